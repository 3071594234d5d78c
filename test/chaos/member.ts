/** The harness's side of a process of the run. */

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { MemberAnswer, MemberRequest } from './member.protocol.ts';

export class Member {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private readonly ended: Promise<unknown>;
  private requests = 0;

  /** @param log what it writes goes to the end of this file */
  constructor(log: string) {
    const output = openSync(log, 'a');
    this.child = fork(join(import.meta.dirname, 'member-main.ts'), [], {
      execArgv: [],
      stdio: ['ignore', output, output, 'ipc'],
    });
    this.ended = once(this.child, 'exit').then(() => {
      for (const { reject } of this.waiting.values()) reject(new Error('the process has ended'));
      this.waiting.clear();
    });
    this.child.on('message', ({ id, error, value }: MemberAnswer) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
  }

  /** @throws Error with the process's own words, or where it ends first */
  ask(request: MemberRequest): Promise<unknown> {
    const id = ++this.requests;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, request }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  /** Ends it without a word; resolves when it is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Lets none of it run until `goOn`, as a machine that hangs. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  /** Drains it and ends it. */
  async stop(): Promise<void> {
    await this.ask({ type: 'stop' });
    await this.kill();
  }
}
