/**
 * Sizes by price in a `Map` per side, as many a small bot keeps them: nothing to move and nothing to search, until the best
 * level is removed and all prices have to be looked at for the next one.
 */

import { BID } from '../../src/model/event.ts';
import { doublesOf, wholeOf, type Structure } from './structure.ts';
import type { Row, UpdateStream } from './update-stream.ts';

type MapRow = readonly [isBid: boolean, price: number, size: number];

export class MapStructure implements Structure {
  private readonly snapshot: readonly MapRow[];
  private readonly messages: readonly (readonly MapRow[])[];
  private bids = new MapSide(1);
  private asks = new MapSide(-1);

  constructor({ snapshot, messages }: UpdateStream) {
    this.snapshot = snapshot.map(mapRow);
    this.messages = messages.map((rows) => rows.map(mapRow));
  }

  load(): void {
    this.bids = new MapSide(1);
    this.asks = new MapSide(-1);
    this.apply(this.snapshot);
  }

  run(): number {
    let sum = 0;
    for (const message of this.messages) {
      this.apply(message);
      // Somebody wants to know the best prices after every message.
      sum += this.bids.best() + this.asks.best();
    }
    return sum;
  }

  levels(side: number): Iterable<readonly [price: number, size: number]> {
    return (side === BID ? this.bids : this.asks).levels().map(([price, size]) => wholeOf(price, size));
  }

  private apply(rows: readonly MapRow[]): void {
    for (const [isBid, price, size] of rows) (isBid ? this.bids : this.asks).set(price, size);
  }
}

class MapSide {
  private readonly sizes = new Map<number, number>();
  /** 1 where higher is better, -1 where lower is. */
  private readonly sign: number;
  /** NaN where it has to be looked for. */
  private bestPrice = NaN;

  constructor(sign: number) {
    this.sign = sign;
  }

  set(price: number, size: number): void {
    if (size === 0) {
      if (this.sizes.delete(price) && price === this.bestPrice) this.bestPrice = NaN;
      return;
    }
    this.sizes.set(price, size);
    if (this.sign * (price - this.bestPrice) > 0) this.bestPrice = price;
  }

  best(): number {
    if (!Number.isNaN(this.bestPrice)) return this.bestPrice;
    const { sign } = this;
    let best = -Infinity;
    for (const price of this.sizes.keys()) if (sign * price > best) best = sign * price;
    this.bestPrice = sign * best;
    return this.bestPrice;
  }

  levels(): [price: number, size: number][] {
    return [...this.sizes].sort(([one], [other]) => this.sign * (other - one));
  }
}

function mapRow(row: Row): MapRow {
  return [row.side === BID, ...doublesOf(row)];
}
