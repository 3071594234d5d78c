/**
 * The ladder of a *wide* book, one whose integers pass 2^53: the same rules as `Ladder`, in bigints. Slower and rare
 * (a trillion units at eight decimals), so it favours plainness; a property test holds the two against each other.
 */

import type { Ladder } from './ladder.ts';
import { SEEN_MAX } from './ladder.ts';

export interface WideLadderState {
  readonly keys: readonly bigint[];
  readonly sizes: readonly bigint[];
  readonly digits: readonly number[];
  /** null: the whole side is known. */
  readonly horizon: bigint | null;
  /** null: infinite. */
  readonly span: bigint | null;
  readonly seen: readonly bigint[];
}

export class WideLadder {
  sum = 0n;
  keys: bigint[] = [];
  sizes: bigint[] = [];
  digits: number[] = [];
  horizon: bigint | null = null;
  private span: bigint | null = null;
  private readonly seen = new Set<bigint>();
  private remembers: boolean;

  constructor(remember: boolean) {
    this.remembers = remember;
  }

  /** Takes over the levels and the knowledge of a narrow ladder. */
  static from(ladder: Ladder, remember: boolean): WideLadder {
    const state = ladder.state();
    const wide = new WideLadder(remember);
    wide.restore({
      keys: Array.from(state.keys, BigInt),
      sizes: Array.from(state.sizes, BigInt),
      digits: state.digits === null ? Array.from(state.keys, () => 0) : Array.from(state.digits),
      horizon: Number.isFinite(state.horizon) ? BigInt(state.horizon) : null,
      span: Number.isFinite(state.span) ? BigInt(state.span) : null,
      seen: Array.from(state.seen, BigInt),
    });
    return wide;
  }

  get count(): number {
    return this.keys.length;
  }

  clear(remember: boolean): void {
    this.sum = 0n;
    this.keys = [];
    this.sizes = [];
    this.digits = [];
    this.horizon = null;
    this.span = null;
    this.seen.clear();
    this.remembers = remember;
  }

  find(key: bigint): number {
    let low = 0;
    let high = this.keys.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.keys[middle] as bigint;
      if (at < key) low = middle + 1;
      else if (at > key) high = middle - 1;
      else return middle;
    }
    return -low - 1;
  }

  knowsAbsent(key: bigint): boolean {
    return this.horizon === null || key >= this.horizon || this.seen.has(key);
  }

  measureSpan(): void {
    const best = this.keys.at(-1);
    this.span = best === undefined || this.horizon === null ? null : best - this.horizon;
  }

  get isWorn(): boolean {
    const best = this.keys.at(-1);
    if (best === undefined || this.horizon === null || this.span === null) return false;
    return (best - this.horizon) * 2n < this.span;
  }

  update(index: number, size: bigint, digits: number): void {
    this.sum += size - (this.sizes[index] as bigint);
    this.sizes[index] = size;
    this.digits[index] = digits;
  }

  insert(place: number, key: bigint, size: bigint, digits: number): void {
    this.keys.splice(place, 0, key);
    this.sizes.splice(place, 0, size);
    this.digits.splice(place, 0, digits);
    this.sum += size;
  }

  remove(index: number): void {
    const key = this.keys[index] as bigint;
    this.sum -= this.sizes[index] as bigint;
    this.keys.splice(index, 1);
    this.sizes.splice(index, 1);
    this.digits.splice(index, 1);
    this.rememberEmpty(key);
  }

  rememberEmpty(key: bigint): void {
    if (!this.remembers || this.horizon === null || key >= this.horizon) return;
    if (this.seen.size >= SEEN_MAX) this.seen.clear();
    this.seen.add(key);
  }

  dropWorst(excess: number): void {
    for (const size of this.sizes.splice(0, excess)) this.sum -= size;
    this.keys.splice(0, excess);
    this.digits.splice(0, excess);
  }

  rescale(priceFactor: bigint, sizeFactor: bigint): void {
    this.keys = this.keys.map((key) => key * priceFactor);
    this.sizes = this.sizes.map((size) => size * sizeFactor);
    this.sum *= sizeFactor;
    if (this.horizon !== null) this.horizon *= priceFactor;
    if (this.span !== null) this.span *= priceFactor;
    const seen = [...this.seen];
    this.seen.clear();
    for (const key of seen) this.seen.add(key * priceFactor);
  }

  state(): WideLadderState {
    return {
      keys: this.keys.slice(),
      sizes: this.sizes.slice(),
      digits: this.digits.slice(),
      horizon: this.horizon,
      span: this.span,
      seen: [...this.seen],
    };
  }

  restore(state: WideLadderState): void {
    this.clear(this.remembers);
    this.keys = state.keys.slice();
    this.sizes = state.sizes.slice();
    this.digits = state.digits.slice();
    for (const size of state.sizes) this.sum += size;
    this.horizon = state.horizon;
    this.span = state.span;
    for (const key of state.seen) this.seen.add(key);
  }
}
