/**
 * One side of a book: price levels in two flat columns, sorted so that the best level stands last, where most
 * changes happen and inserting moves least. Asks are kept under negated prices, so that one order serves both sides:
 *
 *     key     99  100  101        bids: key = price,   best = highest price
 *     size     5    1    2  ←best  asks: key = -price,  best = lowest price
 *
 * The ladder also knows how far down it may be believed. At and above `horizon` an absent level is known to be
 * empty. Below it (outside what a snapshot covered, or under a depth-limited window) an absent level is unknown
 * until it was seen once; `seen` remembers those that were seen and are empty now.
 */

import { assert } from '../lib/assert.ts';

/** Prices remembered as seen and empty below the horizon; when full they are forgotten, which can only lose orders. */
export const SEEN_MAX = 65_536;

const INITIAL_CAPACITY = 64;

/** Plain form of a ladder, for checkpoints. */
export interface LadderState {
  readonly keys: Float64Array;
  readonly sizes: Float64Array;
  readonly digits: Uint16Array | null;
  readonly horizon: number;
  readonly span: number;
  readonly seen: Float64Array;
}

export class Ladder {
  count = 0;
  /** Sum of all sizes held: a safe integer, or the book must be promoted before. */
  sum = 0;
  keys = new Float64Array(INITIAL_CAPACITY);
  sizes = new Float64Array(INITIAL_CAPACITY);
  /** Decimals of price (high byte) and size (low byte) as the venue wrote them; null where no checksum needs them. */
  digits: Uint16Array | null;
  /** Lowest key whose absence is known to mean "empty". -Infinity: the whole side is known. */
  horizon = Number.NEGATIVE_INFINITY;
  /** Distance from the best level to the horizon when the side was loaded. */
  private span = Number.POSITIVE_INFINITY;
  private readonly seen = new Set<number>();
  private readonly remembers: boolean;

  /**
   * @param options.digits keep the venue's digits of every level, for checksums
   * @param options.remember remember levels below the horizon that were seen and are empty now; false for
   * depth-limited windows, where the venue does not tell what happens below
   */
  constructor(options: { digits: boolean; remember: boolean }) {
    this.digits = options.digits ? new Uint16Array(INITIAL_CAPACITY) : null;
    this.remembers = options.remember;
  }

  clear(): void {
    this.count = 0;
    this.sum = 0;
    this.horizon = Number.NEGATIVE_INFINITY;
    this.span = Number.POSITIVE_INFINITY;
    this.seen.clear();
  }

  /** Index of the level with this key, or `-(place where it would stand) - 1`. */
  find(key: number): number {
    const keys = this.keys;
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = keys[middle] as number;
      if (at < key) low = middle + 1;
      else if (at > key) high = middle - 1;
      else return middle;
    }
    return -low - 1;
  }

  /** Whether the size at an absent key is known (to be zero). */
  knowsAbsent(key: number): boolean {
    return key >= this.horizon || this.seen.has(key);
  }

  /** Sets the size of the level at `index` (from `find`); not zero. */
  update(index: number, size: number, digits: number): void {
    this.sum += size - (this.sizes[index] as number);
    this.sizes[index] = size;
    if (this.digits !== null) this.digits[index] = digits;
  }

  insert(place: number, key: number, size: number, digits: number): void {
    if (this.count === this.keys.length) this.grow();
    const count = this.count;
    if (place < count) {
      this.keys.copyWithin(place + 1, place, count);
      this.sizes.copyWithin(place + 1, place, count);
      this.digits?.copyWithin(place + 1, place, count);
    }
    this.keys[place] = key;
    this.sizes[place] = size;
    if (this.digits !== null) this.digits[place] = digits;
    this.count = count + 1;
    this.sum += size;
  }

  remove(index: number): void {
    const key = this.keys[index] as number;
    this.sum -= this.sizes[index] as number;
    this.keys.copyWithin(index, index + 1, this.count);
    this.sizes.copyWithin(index, index + 1, this.count);
    this.digits?.copyWithin(index, index + 1, this.count);
    this.count--;
    this.rememberEmpty(key);
  }

  /** A level below the horizon was reported empty: from now on its size is known. */
  rememberEmpty(key: number): void {
    if (!this.remembers || key >= this.horizon) return;
    if (this.seen.size >= SEEN_MAX) this.seen.clear();
    this.seen.add(key);
  }

  /** Drops the `excess` worst levels: they left the venue's window, nobody removed them. */
  dropWorst(excess: number): void {
    for (let i = 0; i < excess; i++) this.sum -= this.sizes[i] as number;
    this.keys.copyWithin(0, excess, this.count);
    this.sizes.copyWithin(0, excess, this.count);
    this.digits?.copyWithin(0, excess, this.count);
    this.count -= excess;
  }

  /** Key of the worst level held; the ladder is not empty. */
  worstKey(): number {
    assert(this.count > 0, 'worst level of an empty ladder');
    return this.keys[0] as number;
  }

  /** From now on `isWorn` compares with this moment. */
  measureSpan(): void {
    this.span = this.count === 0 ? Number.POSITIVE_INFINITY : (this.keys[this.count - 1] as number) - this.horizon;
  }

  /** Whether the best level has come nearer to the horizon than half the distance at the start. */
  get isWorn(): boolean {
    return this.count > 0 && (this.keys[this.count - 1] as number) - this.horizon < this.span / 2;
  }

  /** Highest price among the levels held and what is known of others: what must fit when prices grow finer. */
  highestPrice(): number {
    let highest = Number.isFinite(this.horizon) ? Math.abs(this.horizon) : 0;
    for (let i = 0; i < this.count; i++) highest = Math.max(highest, Math.abs(this.keys[i] as number));
    for (const key of this.seen) highest = Math.max(highest, Math.abs(key));
    return highest;
  }

  /** Multiplies all keys and sizes, when an instrument turns out to be quoted in finer steps. */
  rescale(priceFactor: number, sizeFactor: number): void {
    for (let i = 0; i < this.count; i++) {
      this.keys[i] = (this.keys[i] as number) * priceFactor;
      this.sizes[i] = (this.sizes[i] as number) * sizeFactor;
    }
    this.sum *= sizeFactor;
    this.horizon *= priceFactor;
    this.span *= priceFactor;
    if (priceFactor !== 1 && this.seen.size > 0) {
      const keys = [...this.seen];
      this.seen.clear();
      for (const key of keys) this.seen.add(key * priceFactor);
    }
  }

  state(): LadderState {
    return {
      keys: this.keys.slice(0, this.count),
      sizes: this.sizes.slice(0, this.count),
      digits: this.digits?.slice(0, this.count) ?? null,
      horizon: this.horizon,
      span: this.span,
      seen: Float64Array.from(this.seen),
    };
  }

  restore(state: LadderState): void {
    this.clear();
    while (this.keys.length < state.keys.length) this.grow();
    this.keys.set(state.keys);
    this.sizes.set(state.sizes);
    if (this.digits !== null && state.digits !== null) this.digits.set(state.digits);
    this.count = state.keys.length;
    for (const size of state.sizes) this.sum += size;
    this.horizon = state.horizon;
    this.span = state.span;
    for (const key of state.seen) this.seen.add(key);
  }

  private grow(): void {
    const capacity = this.keys.length * 2;
    const keys = new Float64Array(capacity);
    keys.set(this.keys);
    this.keys = keys;
    const sizes = new Float64Array(capacity);
    sizes.set(this.sizes);
    this.sizes = sizes;
    if (this.digits !== null) {
      const digits = new Uint16Array(capacity);
      digits.set(this.digits);
      this.digits = digits;
    }
  }
}
