/**
 * ccxt's order book: per side an array of `[price, size]` with an index of prices beside it, searched by bisection. `store`
 * makes the array that the side keeps, as its exchanges do per row. Unlimited here, while on Binance it forgets all but a
 * thousand levels a side.
 */

import { pro } from 'ccxt';

import { BID } from '../../src/model/event.ts';
import { doublesOf, wholeOf, type Structure } from './structure.ts';
import type { Row, UpdateStream } from './update-stream.ts';

type CcxtRow = readonly [isBid: boolean, price: number, size: number];
/** What is used of its sides, which are arrays of levels. */
type CcxtSide = (readonly [price: number, size: number])[] & { store(price: number, size: number): void };
interface CcxtBook {
  readonly bids: CcxtSide;
  readonly asks: CcxtSide;
}

export class CcxtStructure implements Structure {
  private readonly exchange = new pro.binance({ enableRateLimit: false });
  private readonly snapshot: readonly CcxtRow[];
  private readonly messages: readonly (readonly CcxtRow[])[];
  private book: CcxtBook = this.newBook();

  constructor({ snapshot, messages }: UpdateStream) {
    this.snapshot = snapshot.map(ccxtRow);
    this.messages = messages.map((rows) => rows.map(ccxtRow));
  }

  load(): void {
    this.book = this.newBook();
    this.apply(this.snapshot);
  }

  run(): number {
    let sum = 0;
    for (const message of this.messages) {
      this.apply(message);
      sum += this.book.bids[0]?.[0] ?? NaN;
    }
    return sum;
  }

  levels(side: number): Iterable<readonly [price: number, size: number]> {
    const levels = side === BID ? this.book.bids : this.book.asks;
    return Array.from(levels, ([price, size]) => wholeOf(price, size));
  }

  private apply(rows: readonly CcxtRow[]): void {
    const { bids, asks } = this.book;
    for (const [isBid, price, size] of rows) (isBid ? bids : asks).store(price, size);
  }

  private newBook(): CcxtBook {
    return this.exchange.orderBook();
  }
}

function ccxtRow(row: Row): CcxtRow {
  return [row.side === BID, ...doublesOf(row)];
}
