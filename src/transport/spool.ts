/**
 * What a publisher cannot hold in memory while the bus does not answer, on disk, in order.
 *
 *     take ──> memory has room, and nothing waits ──> publisher
 *      │                                                 ^
 *      └─────> waits: on the disk, or, where that is full, in memory ── oldest first, once the bus takes batches again
 *
 * Batches of a lane keep their order, since all batches do: nothing passes what waits. Ids are those that they came with. What is on
 * the disk ends with the thread (see `DiskQueue`): its successor's epochs are newer, and the word that this one's books are lost stands
 * on the bus before it could send anything, so that consumers would drop what it found as old.
 */

import type { Lane, Publisher } from '../ports/bus.ts';
import type { DiskQueue } from './disk-queue.ts';

export interface SpoolOptions {
  readonly publisher: Publisher;
  readonly queue: DiskQueue;
  /** Batches on their way to the bus from which on further ones go to the disk. */
  readonly memoryBatches: number;
  /** How many may be on their way while batches from the disk are sent; at most `memoryBatches`. */
  readonly catchUpBatches: number;
  readonly nowMs: () => number;
  readonly events: SpoolEvents;
}

export interface SpoolEvents {
  /** Batches go to the disk from now on. */
  onBegin(): void;
  /** The disk takes no more, once in each such time; batches wait in memory. @param trouble null where it is the bound */
  onFull(trouble: unknown): void;
  /** The bus has been handed all of them. */
  onCaughtUp(facts: { batches: number; bytes: number; durationMs: number }): void;
}

interface Waiting {
  readonly lane: Lane;
  readonly id: string;
  /** Null where it is on the disk. */
  data: Uint8Array | null;
  readonly resolve: (taken: Promise<void>) => void;
  readonly reject: (reason: unknown) => void;
}

export class Spool {
  /** Batches and bytes that went to the disk so far. */
  readonly totals = { batches: 0, bytes: 0 };
  private readonly options: SpoolOptions;
  /** On their way to the bus. */
  private underWay = 0;
  /** In order: as many as the queue has records are on the disk, those behind them in memory. */
  private readonly waiting: Waiting[] = [];
  /** Of the present time of trouble; null outside of one. */
  private episode: { readonly sinceMs: number; batches: number; bytes: number; isFull: boolean } | null = null;
  private failure: { readonly reason: unknown } | null = null;

  constructor(options: SpoolOptions) {
    this.options = options;
  }

  /** Batches and bytes on the disk. */
  get onDisk(): { readonly batches: number; readonly bytes: number } {
    const { records: batches, bytes } = this.options.queue;
    return { batches, bytes };
  }

  /** As `Publisher.publish`: resolves when the bus has taken it, however long it lay on the disk. */
  take(lane: Lane, data: Uint8Array, id: string): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure.reason);
    if (this.waiting.length === 0 && this.underWay < this.options.memoryBatches) return this.hand(lane, data, id);
    return new Promise((resolve, reject) => {
      this.waiting.push({ lane, id, data, resolve, reject });
      this.store();
    });
  }

  close(): void {
    this.options.queue.close();
  }

  private hand(lane: Lane, data: Uint8Array, id: string): Promise<void> {
    this.underWay++;
    return this.options.publisher.publish(lane, data, id).then(
      () => {
        this.underWay--;
        this.sendOn();
      },
      (reason: unknown) => {
        this.underWay--;
        this.fail(reason);
        throw reason;
      },
    );
  }

  /** Brings to the disk what waits in memory, in order, as far as there is room. */
  private store(): void {
    const { queue, events, nowMs } = this.options;
    for (let next = this.waiting[queue.records]; next?.data; next = this.waiting[queue.records]) {
      if (this.episode === null) {
        this.episode = { sinceMs: nowMs(), batches: 0, bytes: 0, isFull: false };
        events.onBegin();
      }
      const { episode } = this;
      const { length } = next.data;
      if (!queue.append(next.data)) {
        if (!episode.isFull) events.onFull(queue.trouble);
        episode.isFull = true;
        return;
      }
      next.data = null;
      for (const counts of [episode, this.totals]) {
        counts.batches++;
        counts.bytes += length;
      }
    }
  }

  /** The bus has taken a batch: others may follow. */
  private sendOn(): void {
    const { queue, catchUpBatches, events, nowMs } = this.options;
    if (this.waiting.length === 0 || this.failure !== null) return;
    try {
      while (this.underWay < catchUpBatches) {
        const next = this.waiting[0];
        if (next === undefined) break;
        const data = next.data ?? queue.shift();
        if (data === null) break;
        this.waiting.shift();
        next.resolve(this.hand(next.lane, data, next.id));
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    this.store();
    if (this.waiting.length > 0 || this.episode === null) return;
    const { sinceMs, batches, bytes } = this.episode;
    this.episode = null;
    events.onCaughtUp({ batches, bytes, durationMs: nowMs() - sinceMs });
  }

  /** Nothing may follow a batch that the bus did not take. */
  private fail(reason: unknown): void {
    this.failure ??= { reason };
    for (const { reject } of this.waiting.splice(0)) reject(reason);
    this.options.queue.close();
  }
}
