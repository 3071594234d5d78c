import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import type { Facts } from '../harness/facts.ts';
import type { ReaderJob, ReaderMessage } from './topology.ts';

/** The benchmark's side of a reader's thread. An error in it rejects what is waited for. */
export class Reader {
  private readonly thread: Worker;
  private readonly done: Promise<Facts>;

  private constructor(thread: Worker) {
    this.thread = thread;
    this.done = said(thread, 'done').then((message) => (message.kind === 'done' ? message.facts : {}));
    // Whoever waits is told; a pass that ends before must not end the process.
    this.done.catch(() => undefined);
  }

  /** Resolves when the reader reads. */
  static async start(job: ReaderJob): Promise<Reader> {
    const thread = new Worker(new URL('reader-thread.ts', import.meta.url), {
      workerData: job,
      transferList: job.end === undefined ? [] : [job.end.port],
    });
    const ready = said(thread, 'ready');
    const reader = new Reader(thread);
    await ready;
    return reader;
  }

  /** What has arrived, once all has. */
  async arrived(): Promise<Facts> {
    return await this.done;
  }

  async stop(): Promise<void> {
    await this.thread.terminate();
  }
}

async function said(thread: Worker, kind: ReaderMessage['kind']): Promise<ReaderMessage> {
  for (;;) {
    const [message]: ReaderMessage[] = await once(thread, 'message');
    if (message?.kind === kind) return message;
  }
}
