/**
 * One side of the book that a stream of updates is made from: a plain sorted array of prices, each as its distance from the
 * mid price in ticks, nearest first.
 */

import { chance, int, type Prng } from '../../src/lib/prng.ts';
import { BID } from '../../src/model/event.ts';
import type { Shares } from './update-shape.ts';
import { DISTANCES, FIRST_RANKS, RETURNING_SHARE, ROW_SHARES, SPACING_TICKS_MAX } from './update-shape.ts';
import type { Row } from './update-stream.ts';

/** How strongly a side that has grown or shrunk is drawn back to its depth. */
const PULL = 5;
const SIZE_LOTS_MAX = 1_000_000;

export class StreamSide {
  private readonly side: number;
  private readonly depth: number;
  private readonly mid: number;
  private readonly prng: Prng;
  /** Held, ascending. */
  private readonly held: number[] = [];
  private readonly sizes = new Map<number, number>();
  /** Held once and not now, ascending. */
  private readonly gone: number[] = [];

  constructor(options: { side: number; depth: number; mid: number; prng: Prng }) {
    this.side = options.side;
    this.depth = options.depth;
    this.mid = options.mid;
    this.prng = options.prng;
    let distance = 0;
    for (let level = 0; level < this.depth; level++) {
      distance += int(this.prng, 1, SPACING_TICKS_MAX);
      this.held.push(distance);
      this.sizes.set(distance, this.newSize(0));
    }
  }

  /** All levels, best first. */
  rows(): Row[] {
    return this.held.map((distance) => this.row(distance, this.sizes.get(distance) ?? 0));
  }

  /** Appends up to so many rows to a message, best first; fewer where there is no place left for them. */
  message(rows: number, out: Row[]): void {
    let rank = Math.min(this.draw(FIRST_RANKS), Math.max(0, this.held.length - 2 * rows));
    let last = 0;
    for (let row = 0; row < rows && rank < this.held.length; row++) {
      const change = this.change(rank, last);
      if (change === null) {
        rank++;
        continue;
      }
      out.push(this.row(change.distance, change.size));
      last = change.distance;
      // What is left of the message must find room below.
      const step = Math.min(this.draw(DISTANCES), Math.max(1, Math.floor((this.held.length - rank) / (rows - row))));
      rank = change.rank + step;
    }
  }

  /**
   * Changes something at a rank or just before it, behind `last`.
   * @returns where, and the rank of the level at or before it; null where there is no place for it
   */
  private change(rank: number, last: number): { distance: number; size: number; rank: number } | null {
    const { prng, held } = this;
    const kind = prng() / 2 ** 32;
    const distance = held[rank] as number;
    if (kind < ROW_SHARES.update) {
      const size = this.newSize(this.sizes.get(distance) ?? 0);
      this.sizes.set(distance, size);
      return { distance, size, rank };
    }
    const above = Math.max(last, held[rank - 1] ?? 0);
    if (kind < ROW_SHARES.update + ROW_SHARES.removeAbsent) {
      const absent = this.absent(above, distance);
      return absent === null ? null : { distance: absent, size: 0, rank: rank - 1 };
    }
    const missing = (this.depth - held.length) / this.depth;
    if (chance(prng, 0.5 + PULL * missing)) {
      const added = this.absent(above, distance);
      if (added === null) return null;
      const size = this.newSize(0);
      held.splice(rank, 0, added);
      this.sizes.set(added, size);
      const at = placeOf(this.gone, added);
      if (this.gone[at] === added) this.gone.splice(at, 1);
      return { distance: added, size, rank };
    }
    held.splice(rank, 1);
    this.sizes.delete(distance);
    this.gone.splice(placeOf(this.gone, distance), 0, distance);
    return { distance, size: 0, rank: rank - 1 };
  }

  /** A place between the two that holds no level: one that did before, or any. Null where there is none. */
  private absent(above: number, below: number): number | null {
    const { prng, gone } = this;
    if (below - above < 2) return null;
    const from = placeOf(gone, above + 1);
    const until = placeOf(gone, below);
    if (until > from && chance(prng, RETURNING_SHARE)) return gone[int(prng, from, until - 1)] ?? null;
    return int(prng, above + 1, below - 1);
  }

  private newSize(before: number): number {
    const size = int(this.prng, 1, SIZE_LOTS_MAX);
    return size === before ? size + 1 : size;
  }

  private row(distance: number, size: number): Row {
    return { side: this.side, price: this.side === BID ? this.mid - distance : this.mid + distance, size };
  }

  private draw(shares: Shares): number {
    let left = this.prng() / 2 ** 32;
    for (const [share, from, to] of shares) {
      if (left < share) return int(this.prng, from, to);
      left -= share;
    }
    return shares.at(-1)?.[2] ?? 0;
  }
}

/** Where a value stands or would stand in an ascending array. */
function placeOf(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
