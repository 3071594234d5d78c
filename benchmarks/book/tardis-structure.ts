/**
 * tardis-dev's `OrderBook`: a red-black tree of level objects per side. In its favour, the changes that it is updated with
 * are made beforehand, and nobody asks it for its best prices (which begins a walk over the tree).
 */

import type { BookChange } from 'tardis-dev';
import { OrderBook } from 'tardis-dev';

import { ASK, BID } from '../../src/model/event.ts';
import { doublesOf, wholeOf, type Structure } from './structure.ts';
import type { Row, UpdateStream } from './update-stream.ts';

const WHEN = new Date(0);

export class TardisStructure implements Structure {
  private readonly snapshot: BookChange;
  private readonly messages: readonly BookChange[];
  private book = new OrderBook();

  constructor({ snapshot, messages }: UpdateStream) {
    this.snapshot = bookChange(snapshot, true);
    this.messages = messages.map((rows) => bookChange(rows, false));
  }

  load(): void {
    this.book = new OrderBook();
    this.book.update(this.snapshot);
  }

  run(): number {
    const { book } = this;
    let done = 0;
    for (const message of this.messages) {
      book.update(message);
      done++;
    }
    return done;
  }

  levels(side: number): Iterable<readonly [price: number, size: number]> {
    const levels = side === BID ? this.book.bids() : this.book.asks();
    return Array.from(levels, ({ price, amount }) => wholeOf(price, amount));
  }
}

function bookChange(rows: readonly Row[], isSnapshot: boolean): BookChange {
  const levels = (side: number): BookChange['bids'] =>
    rows
      .filter((row) => row.side === side)
      .map((row) => {
        const [price, amount] = doublesOf(row);
        return { price, amount };
      });
  return {
    type: 'book_change',
    symbol: 'BTCUSDT',
    exchange: 'binance',
    isSnapshot,
    bids: levels(BID),
    asks: levels(ASK),
    timestamp: WHEN,
    localTimestamp: WHEN,
  };
}
