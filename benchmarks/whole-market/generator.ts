/** The measuring side of the load's process. */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { BenchmarkError } from '../harness/benchmark-error.ts';
import type { FromGenerator, GeneratorSpec, Progress, ToGenerator } from './messages.ts';
import { fromGeneratorSchema } from './messages.ts';

const FILE = new URL('generator-main.ts', import.meta.url);

type Of<Kind extends FromGenerator['kind']> = Extract<FromGenerator, { kind: Kind }>;

export class Generator {
  readonly pid: number;
  readonly listening: Of<'listening'>;
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private readonly endedMessage = Promise.withResolvers<Of<'ended'>>();
  private onProgress: (progress: Progress) => void = () => {};

  private constructor(child: ChildProcess, pid: number, listening: Of<'listening'>) {
    this.child = child;
    this.pid = pid;
    this.listening = listening;
    this.exited = once(child, 'exit');
    // It is looked at when the load has ended; until then a failure must not end this process.
    this.endedMessage.promise.catch(() => {});
    child.on('message', (raw) => this.take(fromGeneratorSchema.parse(raw)));
    child.on('exit', (code) => this.endedMessage.reject(died(code)));
  }

  /** Resolves when it listens. @throws BenchmarkError `benchmark.case_died` */
  static async start(spec: GeneratorSpec): Promise<Generator> {
    const child = fork(FILE, [JSON.stringify(spec)], { execArgv: [] });
    const first = await Promise.race([
      once(child, 'message').then(([raw]: unknown[]) => fromGeneratorSchema.parse(raw)),
      once(child, 'exit').then(([code]: unknown[]) => Promise.reject(died(code))),
    ]);
    if (first.kind !== 'listening' || child.pid === undefined) throw died(first.kind);
    return new Generator(child, child.pid, first);
  }

  /** Begins to send. @returns what was sent, once it is. @throws BenchmarkError where the client did not play along */
  send(changesPerSecond: number, seconds: number): Promise<Of<'ended'>> {
    this.say({ kind: 'start', changesPerSecond, seconds });
    return this.endedMessage.promise;
  }

  /** How far it is; never answered before the load begins. */
  progress(): Promise<Progress> {
    return new Promise((resolve) => {
      this.onProgress = resolve;
      this.say({ kind: 'progress' });
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.disconnect();
    await this.exited;
  }

  private say(message: ToGenerator): void {
    this.child.send(message);
  }

  private take(message: FromGenerator): void {
    switch (message.kind) {
      case 'progress':
        return this.onProgress(message.progress);
      case 'ended':
        return this.endedMessage.resolve(message);
      case 'broken':
        return this.endedMessage.reject(
          new BenchmarkError('benchmark.unexpected', message.reason, 'The run lost its place: look at its log.'),
        );
      case 'listening':
        return undefined;
    }
  }
}

function died(how: unknown): BenchmarkError {
  return new BenchmarkError('benchmark.case_died', `the generator ended: ${String(how)}`, 'Its words are above.');
}
