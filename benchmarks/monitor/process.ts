/** A process of the benchmark: one question after the other, one answer each. */

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { BenchmarkError } from '../harness/benchmark-error.ts';
import type { Question } from './messages.ts';

type Answered = { readonly value: unknown } | { readonly error: string };

/** The side of the process: answers each question. */
export function answer(reply: (question: Question) => Promise<unknown>): void {
  process.on('message', (question: Question) => {
    reply(question).then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
}

/** The benchmark's side. */
export class Peer {
  private readonly child: ChildProcess;

  constructor(file: string) {
    this.child = fork(new URL(file, import.meta.url), [], {
      serialization: 'advanced',
      stdio: ['ignore', 2, 2, 'ipc'],
    });
  }

  /** @throws BenchmarkError with the words of the process, or where it has ended */
  async ask<T>(question: Question): Promise<T> {
    const answers = new AbortController();
    const { signal } = answers;
    const gone = once(this.child, 'exit', { signal }).then((): Answered => ({ error: 'it has ended' }));
    const said = once(this.child, 'message', { signal }).then(([message]): Answered => message as Answered);
    this.child.send(question);
    const answered = await Promise.race([said, gone]);
    for (const one of [said, gone]) one.catch(() => undefined);
    answers.abort();
    if ('value' in answered) return answered.value as T;
    throw new BenchmarkError('benchmark.case_died', `a process failed: ${answered.error}`, 'Look at its words above.');
  }

  stop(): void {
    this.child.kill();
  }
}
