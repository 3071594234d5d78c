/** The benchmark's side of a case: a process of its own, on the same Node as this one. */

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';

import { valueOf } from '../../src/actors/runtime/failure.ts';
import { BenchmarkError } from './benchmark-error.ts';
import type { FromCase, Round, ToCase } from './case-protocol.ts';
import { isFromCase, roundSchema } from './case-protocol.ts';

export interface CaseOptions {
  /** For messages to people. */
  readonly name: string;
  /** What the case is told to prepare; a plain value. */
  readonly spec: unknown;
}

export class CaseProcess {
  readonly name: string;
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
  static async start(file: URL, { name, spec }: CaseOptions): Promise<CaseProcess> {
    const child = fork(file, [], {
      execArgv: ['--expose-gc'],
      serialization: 'advanced',
      // What a case prints is for people; the report has stdout for itself.
      stdio: ['ignore', 2, 2, 'ipc'],
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

  /** @throws BenchmarkError `benchmark.case_died`; AppError where a pass went wrong (its reason) */
  async round(passes: number): Promise<Round> {
    return roundSchema.parse(await this.ask({ kind: 'round', passes }));
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
      const fail = (how: string): void => {
        forget();
        reject(died(name, how));
      };
      const onExit = (code: number | null, signal: string | null): void => fail(`exit ${code ?? signal}`);
      const onError = (error: Error): void => fail(error.message);
      const onMessage = (value: unknown): void => {
        forget();
        if (isFromCase(value)) resolve(value);
        else reject(died(name, 'it answered nonsense'));
      };
      const forget = (): void => void child.off('message', onMessage).off('exit', onExit).off('error', onError);
      child.on('message', onMessage).on('exit', onExit).on('error', onError);
      child.send(message, (error) => {
        if (error !== null) fail(error.message);
      });
    });
    return valueOf(answer);
  }
}

function died(name: string, how: string): BenchmarkError {
  return new BenchmarkError('benchmark.case_died', `the process of ${name} ended: ${how}`, 'See its own words above.');
}
