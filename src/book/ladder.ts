/**
 * One side of a book: price levels, sorted from the best to the worst, in the kernel's memory (`kernel/assembly/ladder.ts` has
 * the structure). Asks are kept under negated prices, so that one order serves both sides: the best level has the highest key.
 *
 * The ladder also knows how far down it may be believed. At and above `horizon` an absent level is known to be empty. Below
 * it (outside what a snapshot covered, or under a depth-limited window) an absent level is unknown until it was seen once;
 * those that were seen and are empty now are remembered.
 */

import { assert } from '../lib/assert.ts';
import { kernel, views } from '../kernel/kernel.ts';
import { LADDER, RESULT_ROWS, TO_SIZE } from '../kernel/layout.ts';
import type { ChangeBuffer } from './changes.ts';
import type { LevelBuffer } from './level-buffer.ts';

/** Prices remembered as seen and empty below the horizon; when full they are forgotten, which can only lose orders. */
export const SEEN_MAX = 65_536;

/** Of a level that is listed: key, size, decimals. */
const LISTED_BYTES = 18;

/** Plain form of a ladder, for checkpoints. */
export interface LadderState {
  /** Worst first. */
  readonly keys: Float64Array;
  readonly sizes: Float64Array;
  readonly digits: Uint16Array | null;
  readonly horizon: number;
  readonly span: number;
  readonly seen: Float64Array;
}

/** Levels as they are now, best first. */
export interface ListedLevels {
  readonly keys: Float64Array;
  readonly sizes: Float64Array;
  /** Decimals of price (high byte) and size (low byte) as the venue wrote them; 0 where they are not kept. */
  readonly decimals: Uint16Array;
}

const ladders = new FinalizationRegistry<number>((handle) => kernel.destroy(handle));

export class Ladder {
  /** Where the ladder stands in the kernel's memory. */
  readonly handle: number;
  private readonly keepsDigits: boolean;
  private remembers: boolean;

  /**
   * @param options.digits keep the decimals of every level as the venue wrote them, for checksums
   * @param options.remember remember levels below the horizon that were seen and are empty now; false for
   * depth-limited windows, where the venue does not tell what happens below
   */
  constructor(options: { digits: boolean; remember: boolean }) {
    this.keepsDigits = options.digits;
    this.remembers = options.remember;
    this.handle = kernel.create(Number(options.digits), Number(options.remember));
    ladders.register(this, this.handle);
  }

  /** Takes everything out. @param remember as for a new ladder, from now on */
  clear(remember = this.remembers): void {
    this.remembers = remember;
    kernel.clear(this.handle, Number(remember));
  }

  /** Levels held. */
  get count(): number {
    return this.word(LADDER.count);
  }

  /** Sum of all sizes held: the nearest double where it passes 2^53. */
  get sum(): number {
    return kernel.sum(this.handle);
  }

  /** Lowest key whose absence is known to mean "empty". -Infinity: the whole side is known. */
  get horizon(): number {
    return this.double(LADDER.horizon);
  }

  set horizon(key: number) {
    views.doubles[(this.handle + LADDER.horizon) >> 3] = key;
  }

  /** NaN where there is no level. */
  get bestKey(): number {
    return keyAt(kernel.first(this.handle));
  }

  get worstKey(): number {
    return keyAt(kernel.last(this.handle));
  }

  get worstSize(): number {
    const slot = kernel.last(this.handle);
    return slot === 0 ? NaN : (views.doubles[(slot + TO_SIZE) >> 3] as number);
  }

  /** So many levels, or all where they are fewer. */
  levels(depth = Number.POSITIVE_INFINITY): ListedLevels {
    const count = Math.min(depth, this.count);
    const bytes = Math.max(1, count * LISTED_BYTES);
    const block = kernel.allocate(bytes);
    kernel.list(this.handle, count, block);
    const { buffer } = views.bytes;
    const listed = {
      keys: new Float64Array(buffer, block, count).slice(),
      sizes: new Float64Array(buffer, block + 8 * count, count).slice(),
      decimals: new Uint16Array(buffer, block + 16 * count, count).slice(),
    };
    kernel.release(block, bytes);
    return listed;
  }

  /**
   * Applies rows `from` to `to` (excluded) of a message, all of this side, whose numbers at the book's scales stand in
   * `changes`, and appends a row to these for each level whose size changed.
   * @returns removals of levels that were not held
   */
  apply(side: number, levels: LevelBuffer, changes: ChangeBuffer, from: number, to: number): number {
    const { base, room, count } = changes;
    const unknown = kernel.applyRows(this.handle, side, levels.base, levels.room, base, room, from, to, count);
    changes.count = views.words[RESULT_ROWS] as number;
    return unknown;
  }

  /**
   * Fills the ladder, which is empty, with rows `from` to `to` (excluded) of a message, as `apply` would.
   * @returns false where they are not in order, best first, or one has no size; nothing is filled then
   */
  fill(side: number, levels: LevelBuffer, { base, room }: ChangeBuffer, from: number, to: number): boolean {
    return kernel.fill(this.handle, side, levels.base, levels.room, base, room, from, to) !== 0;
  }

  /** Appends a row for each level to `changes`, best first, each as new as it stands. */
  listInto(side: number, changes: ChangeBuffer): void {
    changes.reserve(changes.count + this.count);
    changes.count = kernel.listRows(this.handle, side, changes.base, changes.room, changes.count);
  }

  /** A level below the horizon was reported empty: from now on its size is known. */
  rememberEmpty(key: number): void {
    kernel.rememberEmpty(this.handle, key);
  }

  /** Drops the worst level: it left the venue's window, nobody removed it. The ladder is not empty. */
  dropWorst(): void {
    assert(this.count > 0, 'worst level of an empty ladder');
    kernel.dropWorst(this.handle);
  }

  /** Whether the best level has come nearer to the horizon than half the distance at the last `measureSpan`. */
  get isWorn(): boolean {
    return kernel.isWorn(this.handle) !== 0;
  }

  /** From now on `isWorn` compares with this moment. */
  measureSpan(): void {
    kernel.measureSpan(this.handle);
  }

  /** Highest price among the levels held and what is known of others: what must fit when prices grow finer. */
  highestPrice(): number {
    const { horizon, bestKey, worstKey } = this;
    const known = [horizon, bestKey, worstKey].filter(Number.isFinite).map(Math.abs);
    let highest = Math.max(0, ...known);
    for (const key of this.seen()) highest = Math.max(highest, Math.abs(key));
    return highest;
  }

  largestSize(): number {
    return this.levels().sizes.reduce((largest, size) => Math.max(largest, size), 0);
  }

  /** Multiplies all keys and sizes, when an instrument turns out to be quoted in finer steps. */
  rescale(priceFactor: number, sizeFactor: number): void {
    const seen = this.seen();
    const state = this.state();
    kernel.rescale(this.handle, priceFactor, sizeFactor);
    if (priceFactor === 1 || seen.length === 0) return;
    this.restore({
      ...state,
      keys: state.keys.map((key) => key * priceFactor),
      sizes: state.sizes.map((size) => size * sizeFactor),
      horizon: state.horizon * priceFactor,
      span: state.span * priceFactor,
      seen: seen.map((key) => key * priceFactor),
    });
  }

  state(): LadderState {
    const { keys, sizes, decimals } = this.levels();
    return {
      keys: keys.toReversed(),
      sizes: sizes.toReversed(),
      digits: this.keepsDigits ? decimals.toReversed() : null,
      horizon: this.horizon,
      span: this.double(LADDER.span),
      seen: this.seen(),
    };
  }

  restore({ keys, sizes, digits, horizon, span, seen }: LadderState): void {
    this.clear();
    for (let row = keys.length - 1; row >= 0; row--) {
      kernel.append(this.handle, keys[row] as number, sizes[row] as number, digits?.[row] ?? 0);
    }
    views.doubles[(this.handle + LADDER.horizon) >> 3] = horizon;
    views.doubles[(this.handle + LADDER.span) >> 3] = span;
    for (const key of seen) kernel.remember(this.handle, key);
  }

  /** Keys below the horizon that were seen and are empty now, in ascending order, whatever the order they came in. */
  private seen(): Float64Array {
    const slots = this.word(LADDER.seenSlots) >> 3;
    if (slots === 0) return new Float64Array(0);
    return views.doubles
      .slice(slots, slots + this.word(LADDER.seenCount))
      .filter((key) => key !== 0)
      .sort();
  }

  private word(offset: number): number {
    return views.words[(this.handle + offset) >> 2] as number;
  }

  private double(offset: number): number {
    return views.doubles[(this.handle + offset) >> 3] as number;
  }
}

function keyAt(slot: number): number {
  return slot === 0 ? NaN : (views.doubles[slot >> 3] as number);
}
