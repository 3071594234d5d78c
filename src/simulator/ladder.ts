/**
 * One side of a simulated book: its price levels, in exact ticks and lots. Levels are kept in two sorted arrays with the
 * best level at the end, where most changes happen, so that an insertion moves few entries. A rank counts from the
 * best level, which has rank 0.
 */

import { BID } from '../model/event.ts';

export class Ladder {
  /** `BID` or `ASK` of the event model. */
  readonly side: number;
  /** Prices with the side's sign: ascending means worst to best, on both sides. */
  readonly #keys: number[] = [];
  readonly #sizes: number[] = [];

  constructor(side: number) {
    this.side = side;
  }

  /** Levels held. */
  get length(): number {
    return this.#keys.length;
  }

  /** Price in ticks of the level at this rank, `undefined` beyond the last. */
  priceAt(rank: number): number | undefined {
    const key = this.#keys[this.#keys.length - 1 - rank];
    return key === undefined ? undefined : Math.abs(key);
  }

  /** Size in lots of the level at this rank, 0 beyond the last. */
  sizeAt(rank: number): number {
    return this.#sizes[this.#sizes.length - 1 - rank] ?? 0;
  }

  /** Size in lots at this price, 0 where there is no level. */
  sizeOf(price: number): number {
    const index = this.#indexOf(this.#key(price));
    return this.#keys[index] === this.#key(price) ? (this.#sizes[index] ?? 0) : 0;
  }

  /** Sets a level; size 0 removes it. @returns the size before */
  set(price: number, size: number): number {
    const key = this.#key(price);
    const index = this.#indexOf(key);
    const present = this.#keys[index] === key;
    const before = present ? (this.#sizes[index] ?? 0) : 0;
    if (size === 0) {
      if (present) {
        this.#keys.splice(index, 1);
        this.#sizes.splice(index, 1);
      }
    } else if (present) {
      this.#sizes[index] = size;
    } else {
      this.#keys.splice(index, 0, key);
      this.#sizes.splice(index, 0, size);
    }
    return before;
  }

  /** True where `price` is further from the other side than `other`. */
  isWorse(price: number, other: number): boolean {
    return this.#key(price) < this.#key(other);
  }

  /** An independent copy. */
  clone(): Ladder {
    const copy = new Ladder(this.side);
    copy.#keys.push(...this.#keys);
    copy.#sizes.push(...this.#sizes);
    return copy;
  }

  #key(price: number): number {
    return this.side === BID ? price : -price;
  }

  /** Index of the first key that is not below this one. */
  #indexOf(key: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] ?? Infinity) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
