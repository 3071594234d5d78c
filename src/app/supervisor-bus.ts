/**
 * The supervisor's own end of the bus: it carries no live frames, only the word that books are lost when their shard
 * is, which the dead shard cannot say any more.
 */

import { STEP_US } from '../exchanges/system-clock.ts';
import type { Member } from './wiring.ts';
import { Outbox } from './threads/outbox.ts';
import type { BusInit, ThreadBus } from './threads/bus-init.ts';
import { openThreadBus } from './threads/bus-init.ts';
import type { LinkEnd } from '../transport/embedded-link.ts';
import { emptyHeader } from '../model/event-header.ts';
import type { StatusView } from '../model/event.ts';
import { partitionOf } from '../model/partition.ts';
import type { Publisher } from '../ports/bus.ts';

export interface LostBook {
  readonly exchange: string;
  readonly symbol: string;
  readonly venueSymbol: string;
}

export class SupervisorBus {
  private threadBus: ThreadBus | null = null;
  private publisher: Publisher | null = null;
  private outbox: Outbox | null = null;
  private readonly partitions: number;
  private readonly maxBatchBytes: number;
  private readonly onFailure: (error: unknown) => void;

  constructor(options: { partitions: number; maxBatchBytes: number; onFailure: (error: unknown) => void }) {
    this.partitions = options.partitions;
    this.maxBatchBytes = options.maxBatchBytes;
    this.onFailure = options.onFailure;
  }

  /** As a member of the wiring: links come and go with the threads at their other ends. */
  member(): Member {
    const isOpen = (): boolean => this.threadBus !== null;
    return {
      role: 'supervisor',
      index: 0,
      host: {
        get alive() {
          return isOpen();
        },
        boot: (init) => this.open(init as BusInit),
        call: <T>(_name: string, ends: unknown): Promise<T> => {
          this.threadBus?.attach(ends as readonly LinkEnd[]);
          return Promise.resolve(undefined as T);
        },
      },
    };
  }

  /**
   * Marks books stale in everything that is fed by the bus. It opens an epoch of its own, so that it is newer than all that
   * the dead shard sent and older than what the next incarnation will.
   * @returns that epoch
   */
  markLost(books: readonly LostBook[], atUs: number, detail: string): number {
    for (const book of books) {
      const partition = partitionOf(book.exchange, book.symbol, this.partitions);
      this.outbox?.add(book.exchange, partition, lostStatus(book, atUs, detail));
    }
    this.outbox?.flush();
    return epochOfLoss(atUs);
  }

  /** Resolves when all that was marked is on the bus, or could not be put there, which `onFailure` was told. */
  async settled(): Promise<void> {
    await this.publisher?.flush().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.threadBus?.bus.close();
    this.threadBus = null;
  }

  private async open(init: BusInit): Promise<void> {
    const threadBus = await openThreadBus(init);
    this.threadBus = threadBus;
    this.publisher = threadBus.bus.publisher();
    this.outbox = new Outbox({
      publisher: this.publisher,
      kind: 'md',
      maxBatchBytes: Math.min(this.maxBatchBytes, threadBus.maxBatchBytes),
      onFailure: this.onFailure,
      onPublished: () => undefined,
      nowMs: () => performance.now(),
    });
  }
}

/** Above every epoch that a shard has opened until then, even where its thread's clock is ahead of the supervisor's. */
export function epochOfLoss(atUs: number): number {
  return atUs + STEP_US;
}

/** What is said of a book whose shard was lost at this time. */
export function lostStatus(book: LostBook, atUs: number, detail: string): StatusView {
  return {
    kind: 'book.status',
    header: {
      ...emptyHeader(),
      ...book,
      exchangeUs: atUs,
      venueTime: false,
      receiveUs: atUs,
      epoch: epochOfLoss(atUs),
      state: 'stale',
      reason: 'shard-lost',
    },
    detail,
    gaps: 0,
    resyncs: 0,
    checksumOk: 0,
    checksumFailed: 0,
  };
}
