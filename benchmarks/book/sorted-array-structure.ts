/**
 * The least that can be done: two sorted columns of doubles per side, the best level last, a binary search per row, and
 * everything better moved by one for an insert or a removal. No changes, no sums, no scales.
 */

import { BID } from '../../src/model/event.ts';
import type { Structure } from './structure.ts';
import type { Row, UpdateStream } from './update-stream.ts';

/** Rows as columns: what a parser of one's own would leave. */
interface Columns {
  readonly side: Uint8Array;
  readonly price: Float64Array;
  readonly size: Float64Array;
}

export class SortedArrayStructure implements Structure {
  private readonly snapshot: Columns;
  private readonly messages: readonly Columns[];
  private readonly depth: number;
  private bids: SortedSide;
  private asks: SortedSide;

  constructor({ depth, snapshot, messages }: UpdateStream) {
    this.depth = depth;
    this.snapshot = columns(snapshot);
    this.messages = messages.map(columns);
    this.bids = new SortedSide(depth);
    this.asks = new SortedSide(depth);
  }

  load(): void {
    this.bids = new SortedSide(this.depth);
    this.asks = new SortedSide(this.depth);
    this.apply(this.snapshot);
  }

  run(): number {
    let sum = 0;
    for (const message of this.messages) {
      this.apply(message);
      sum += this.bids.best;
    }
    return sum;
  }

  *levels(side: number): Generator<readonly [price: number, size: number]> {
    yield* (side === BID ? this.bids : this.asks).levels();
  }

  private apply({ side, price, size }: Columns): void {
    const { bids, asks } = this;
    for (let row = 0; row < side.length; row++) {
      if (side[row] === BID) bids.set(price[row] as number, size[row] as number);
      else asks.set(-(price[row] as number), size[row] as number);
    }
  }
}

class SortedSide {
  private count = 0;
  private readonly keys: Float64Array;
  private readonly sizes: Float64Array;

  /** A side may hold twice its depth. */
  constructor(depth: number) {
    this.keys = new Float64Array(2 * depth);
    this.sizes = new Float64Array(2 * depth);
  }

  get best(): number {
    return this.keys[this.count - 1] ?? NaN;
  }

  set(key: number, size: number): void {
    const { keys, sizes, count } = this;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    const isHeld = low < count && keys[low] === key;
    if (isHeld && size !== 0) {
      sizes[low] = size;
    } else if (isHeld) {
      keys.copyWithin(low, low + 1, count);
      sizes.copyWithin(low, low + 1, count);
      this.count--;
    } else if (size !== 0) {
      keys.copyWithin(low + 1, low, count);
      sizes.copyWithin(low + 1, low, count);
      keys[low] = key;
      sizes[low] = size;
      this.count++;
    }
  }

  *levels(): Generator<readonly [price: number, size: number]> {
    for (let at = this.count - 1; at >= 0; at--) yield [Math.abs(this.keys[at] ?? NaN), this.sizes[at] ?? NaN];
  }
}

function columns(rows: readonly Row[]): Columns {
  return {
    side: Uint8Array.from(rows, ({ side }) => side),
    price: Float64Array.from(rows, ({ price }) => price),
    size: Float64Array.from(rows, ({ size }) => size),
  };
}
