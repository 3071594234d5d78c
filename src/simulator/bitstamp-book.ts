/**
 * One pair as Bitstamp publishes it: every so often the book as it is, of which the socket gets the levels that differ
 * from the last time, and REST the whole. Both name the moment of the state they show, in µs that rise strictly. There is
 * no number and no checksum. A level that came and went in between is never heard of, so each removal is of a level that
 * was shown.
 *
 * A journal of what was published lets the book be served as it was about ten seconds ago: the venue's cache does that.
 */

import { BID } from '../model/event.ts';
import { diffFrame, levelRow, orderBook, symbolOf, type BookGroup } from './bitstamp-wire.ts';
import type { Ladder } from './ladder.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';

/** Times that can be undone: ten seconds of them, at one each 150 ms. */
const JOURNAL_LENGTH = 67;

/** Sizes before a change, in lots, by price in ticks. */
type SizesBefore = Map<number, number>;

/** How a book differs from the one published before it. */
interface Step {
  /** Moment of the book before, µs. */
  readonly beforeUs: number;
  readonly bids: SizesBefore;
  readonly asks: SizesBefore;
}

export class BitstampBook {
  readonly symbol: string;
  readonly diffChannel: string;
  readonly market: PairMarket;
  /** Moment of the newest change, µs: each one has its own. */
  #changedUs: number;
  /** Moment of the book that was published last, µs. */
  #publishedUs: number;
  /** What has been touched since. */
  #bids: SizesBefore = new Map();
  #asks: SizesBefore = new Map();
  readonly #journal: Step[] = [];

  constructor(market: PairMarket) {
    this.market = market;
    this.symbol = symbolOf(market.instrument);
    this.diffChannel = `diff_order_book_${this.symbol}`;
    this.#changedUs = market.changedUs;
    this.#publishedUs = market.changedUs;
  }

  apply(action: MarketAction): void {
    this.#changedUs = Math.max(action.exchangeUs, this.#changedUs + 1);
    for (const { side, price, before } of action.changes) {
      const touched = side === BID ? this.#bids : this.#asks;
      if (!touched.has(price)) touched.set(price, before);
    }
  }

  /** Publishes the book of now. @returns the frame of what differs; `undefined` where nothing does */
  publish(): string | undefined {
    if (this.#changedUs === this.#publishedUs) return undefined;
    const { bids, asks } = this.market;
    const rows = { bids: this.#rows(bids, this.#bids), asks: this.#rows(asks, this.#asks) };
    this.#journal.push({ beforeUs: this.#publishedUs, bids: this.#bids, asks: this.#asks });
    if (this.#journal.length > JOURNAL_LENGTH) this.#journal.shift();
    this.#publishedUs = this.#changedUs;
    this.#bids = new Map();
    this.#asks = new Map();
    const differs = rows.bids !== '' || rows.asks !== '';
    return differs ? diffFrame(this.diffChannel, this.#publishedUs, rows) : undefined;
  }

  /** The book that was published last. @param stale the oldest one that is still known instead: true once, but old */
  orderBook(group: Exclude<BookGroup, '2'>, stale: boolean): string {
    const bids = this.market.bids.clone();
    const asks = this.market.asks.clone();
    undo(bids, this.#bids);
    undo(asks, this.#asks);
    let us = this.#publishedUs;
    for (const step of stale ? this.#journal.toReversed() : []) {
      undo(bids, step.bids);
      undo(asks, step.asks);
      us = step.beforeUs;
    }
    return orderBook(this.market.instrument, { us, bids, asks }, group);
  }

  /** Rows of the touched levels that are not as they were, best first. */
  #rows(ladder: Ladder, touched: SizesBefore): string {
    return [...touched]
      .filter(([price, before]) => ladder.sizeOf(price) !== before)
      .map(([price]) => price)
      .sort((a, b) => (ladder.side === BID ? b - a : a - b))
      .map((price) => levelRow(this.market.instrument, price, ladder.sizeOf(price)))
      .join(',');
  }
}

function undo(ladder: Ladder, before: SizesBefore): void {
  for (const [price, size] of before) ladder.set(price, size);
}
