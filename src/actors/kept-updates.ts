/**
 * The splice of updates onto a snapshot by REST: while one is under way, the frames that come are kept, and are read again
 * behind it. What proves that nothing is missing between the two depends on how the venue numbers its updates:
 *
 *     range    kept    |101-105|106-107|108-110|      a snapshot numbered 100 or more leads on to 101
 *     rising   kept    |@10    |@25    |@31    |      one of the moment 10 or later: what came between two moments nobody
 *                                                     knows, so that an update from before the snapshot must have been heard
 */

import type { BookRules } from '../book/wire-message.ts';
import type { PendingFrame } from './pending-frames.ts';
import { PendingFrames } from './pending-frames.ts';

export interface KeptUpdatesState {
  readonly pending: readonly PendingFrame[];
  /** First update number that a snapshot must reach; NaN while any will do. */
  readonly pendingFirst: number;
}

export class KeptUpdates {
  private readonly frames = new PendingFrames();
  private least = NaN;

  get isEmpty(): boolean {
    return this.frames.count === 0;
  }

  /** Number or moment that a snapshot must reach; NaN while any will do. */
  get first(): number {
    return this.least;
  }

  /** Keeps a copy of a frame. Where it is one too many the oldest are forgotten, and a snapshot must reach further. */
  keep(bytes: Uint8Array, receiveUs: number, first: number, last: number): void {
    const { frames } = this;
    if (frames.count === 0) this.least = first;
    if (!frames.add(bytes, receiveUs, first, last)) this.least = frames.first;
  }

  /** A snapshot that does not lead on to this update is of no use, though nothing is kept yet. */
  expect(first: number): void {
    this.least = first;
  }

  forget(): void {
    this.frames.clear();
    this.least = NaN;
  }

  /** Whether a snapshot with this number or moment leads on to the first update that was kept. */
  isReachedBy(snapshotLast: number, sequence: BookRules['sequence']): boolean {
    return !((sequence === 'range' ? snapshotLast + 1 : snapshotLast) < this.least);
  }

  /** Takes all of them, in the order of their numbers: two connections bring them interleaved, each perhaps with holes. */
  take(): readonly PendingFrame[] {
    const kept = this.frames.list().sort((a, b) => a.first - b.first);
    this.forget();
    return kept;
  }

  state(): KeptUpdatesState {
    return { pending: this.frames.list(), pendingFirst: this.least };
  }

  restore({ pending, pendingFirst }: KeptUpdatesState): void {
    this.frames.restore(pending);
    this.least = pendingFirst;
  }
}
