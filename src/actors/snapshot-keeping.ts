/**
 * Keeps the state of one consumer's books in snapshots, and acknowledges to the bus what the last one includes: so whatever
 * ends the thread, its successor has the state as of some moment and gets everything since then again. What the books had
 * taken before is dropped by their positions, and what they make of the rest is the same as before.
 *
 * A snapshot is taken book by book, between the batches: each book as it is at that moment, with its own position. That
 * needs no pause, since books do not depend on each other. The consumer's position at the beginning is what the snapshot
 * includes as a whole, and what is acknowledged once it is kept; the results of all that it includes are on the bus by then.
 */

import type { StateKeeper } from '../ports/state-keeper.ts';
import type { SnapshotHeading } from './snapshot-format.ts';
import { SnapshotWriter } from './snapshot-format.ts';

export interface SnapshotLimits {
  /** A snapshot begins after so much time, if anything came meanwhile. */
  readonly everyMs: number;
  /** And before that when so many batches or bytes are not acknowledged: the bus holds them for us. */
  readonly batches: number;
  readonly bytes: number;
}

export interface SnapshotKeepingOptions {
  /** Of the snapshot; the consumer's. */
  readonly name: string;
  readonly heading: SnapshotHeading;
  readonly keeper: StateKeeper;
  readonly limits: SnapshotLimits;
  /** How many books there are, and the state of each. The value is copied within the call. */
  readonly books: () => number;
  readonly stateOf: (index: number) => unknown;
  /** Resolves when the bus has taken all results so far. */
  readonly settle: () => Promise<void>;
  /** Everything up to this position need not come again. */
  readonly acknowledge: (position: number) => void;
  /** Resolves in the event loop's next turn: batches have theirs. */
  readonly nextTurn: () => Promise<void>;
  /** Milliseconds, monotone. */
  readonly nowMs: () => number;
  readonly onSlice: (durationMs: number) => void;
  readonly onKept: (facts: { records: number; bytes: number; durationMs: number }) => void;
  /** It could not be kept; the one before it stands, and another is tried soon. */
  readonly onFailed: (error: unknown) => void;
}

/** Of the thread's time in one go. */
const SLICE_MS = 1;
/** A part of a snapshot on its way to the keeper. */
const PART_BYTES = 512 * 1024;
const RETRY_MS = 1_000;
/** Time between two snapshots, as a multiple of what one takes of the thread: it gets a tenth at most, unless the bus is pressed. */
const REST = 9;

export class SnapshotKeeping {
  private readonly options: SnapshotKeepingOptions;
  /** The newest batch that the books have taken, and how much has come since the last snapshot began. */
  private position = 0;
  private batches = 0;
  private bytes = 0;
  private notBeforeMs = 0;
  private failedUntilMs = 0;
  private running: Promise<void> | null = null;

  constructor(options: SnapshotKeepingOptions) {
    this.options = options;
    this.notBeforeMs = options.nowMs() + options.limits.everyMs;
  }

  /** The books have taken everything up to a batch of so many bytes. */
  passed(position: number, bytes: number): void {
    const { limits } = this.options;
    this.position = position;
    this.batches++;
    this.bytes += bytes;
    if (this.batches >= limits.batches || this.bytes >= limits.bytes) this.begin();
  }

  /** Begins a snapshot where it is time for one. */
  tick(): void {
    if (this.batches > 0 && this.options.nowMs() >= this.notBeforeMs) this.begin();
  }

  /** Takes a last snapshot of all that has come; resolves when it is kept, or could not be. */
  async finish(): Promise<void> {
    await this.running;
    if (this.batches === 0) return;
    this.failedUntilMs = 0;
    this.begin();
    await this.running;
  }

  private begin(): void {
    // After a failure the limits are passed with each batch: not all of them try again.
    if (this.running !== null || this.failedUntilMs > this.options.nowMs()) return;
    const { batches, bytes } = this;
    this.batches = 0;
    this.bytes = 0;
    this.running = this.keep(this.position)
      .catch((error: unknown) => {
        this.batches += batches;
        this.bytes += bytes;
        this.failedUntilMs = this.options.nowMs() + RETRY_MS;
        this.notBeforeMs = this.failedUntilMs;
        this.options.onFailed(error);
      })
      .finally(() => {
        this.running = null;
      });
  }

  private async keep(position: number): Promise<void> {
    const { name, heading, keeper, limits, books, stateOf, settle, acknowledge, nextTurn, nowMs } = this.options;
    const startedMs = nowMs();
    const draft = await keeper.draft(name);
    const writer = new SnapshotWriter(heading);
    let total = 0;
    let workMs = 0;
    const out = async (part: Uint8Array): Promise<void> => {
      total += part.length;
      await draft.write(part);
    };
    for (let index = 0; index < books();) {
      const sliceMs = nowMs();
      let elapsedMs = 0;
      do {
        writer.add(stateOf(index++));
        elapsedMs = nowMs() - sliceMs;
      } while (elapsedMs < SLICE_MS && index < books() && writer.bytes < PART_BYTES);
      workMs += elapsedMs;
      this.options.onSlice(elapsedMs);
      if (writer.bytes >= PART_BYTES) await out(writer.take());
      await nextTurn();
    }
    await out(writer.end());
    await settle();
    await draft.commit();
    acknowledge(position);
    this.notBeforeMs = nowMs() + Math.max(limits.everyMs, workMs * REST);
    this.options.onKept({ records: writer.records, bytes: total, durationMs: nowMs() - startedMs });
  }
}
