/** The benchmark's side of a case: a process of its own, on the same Node as this one. */

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';

import { valueOf } from '../../src/actors/runtime/failure.ts';
import { BenchmarkError } from './benchmark-error.ts';
import type { FromCase, Round, ToCase } from './case-protocol.ts';

export class CaseProcess {
  private readonly name: string;
  private readonly child: ChildProcess;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.child = child;
  }

  /**
   * Starts a process and has it load its data. The caller stops it.
   * @param file module that calls `serveCase`
   * @throws BenchmarkError `benchmark.case_died`; AppError where the case cannot prepare (its reason)
   */
  static async start(options: { name: string; file: URL; spec: unknown }): Promise<CaseProcess> {
    const { name, file, spec } = options;
    const child = fork(file, [], {
      execArgv: ['--expose-gc'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const started = new CaseProcess(name, child);
    try {
      await started.ask({ kind: 'prepare', spec });
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** @throws BenchmarkError `benchmark.case_died`, `benchmark.disagreement` */
  async round(passes: number): Promise<Round> {
    return (await this.ask({ kind: 'round', passes })) as Round;
  }

  /** Ends the process, whatever it is doing. It has nothing to save. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  }

  private async ask(message: ToCase): Promise<unknown> {
    const { child, name } = this;
    const answer = await new Promise<FromCase>((resolve, reject) => {
      const settle = (act: () => void): void => {
        child.off('message', onMessage).off('exit', onExit).off('error', onError);
        act();
      };
      const onMessage = (value: unknown): void => settle(() => resolve(value as FromCase));
      const onExit = (code: number | null, signal: string | null): void =>
        settle(() => reject(died(name, `exit ${code ?? signal}`)));
      const onError = (error: Error): void => settle(() => reject(died(name, error.message)));
      child.once('message', onMessage).once('exit', onExit).once('error', onError);
      child.send(message, (error) => {
        if (error !== null) onError(error);
      });
    });
    return valueOf(answer);
  }
}

function died(name: string, how: string): BenchmarkError {
  return new BenchmarkError('benchmark.case_died', `the process of ${name} ended: ${how}`, 'See its own words above.');
}
