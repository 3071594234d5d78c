/** A case's end of the thread of one shard. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { valueOf } from '../../src/actors/runtime/failure.ts';
import type { CopyFacts, FromShard, ShardData, ToShard } from './shard.protocol.ts';

export class ShardThread {
  private readonly worker = new Worker(new URL('shard-main.ts', import.meta.url));

  /** Starts a thread and has it load its frames. It ends with its process. @throws AppError where it cannot load them */
  static async start(data: ShardData): Promise<ShardThread> {
    const shard = new ShardThread();
    await shard.ask({ kind: 'load', data });
    return shard;
  }

  async reset(copies: number): Promise<void> {
    await this.ask({ kind: 'reset', copies });
  }

  /** @returns what each copy came to */
  run(): Promise<CopyFacts> {
    return this.ask({ kind: 'run' });
  }

  /** A thread that throws ends this process with its words: there is nobody who could go on without it. */
  private async ask(message: ToShard): Promise<CopyFacts> {
    const answered = once(this.worker, 'message') as Promise<[FromShard]>;
    this.worker.postMessage(message);
    const [answer] = await answered;
    return valueOf(answer) as CopyFacts;
  }
}
