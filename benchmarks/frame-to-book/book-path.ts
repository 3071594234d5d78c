/**
 * A way from frames to order books that is not the product's: somebody else's, driven as its own users drive it.
 *
 * Prices and sizes are doubles here, since that is what the others keep. A decimal text and the product's exact integers
 * have one nearest double each, so equal digits are equal doubles.
 */

import { hash } from 'node:crypto';

import type { Facts } from '../harness/facts.ts';

/** The best prices and their sizes; `NaN` where a side is empty or there is no book yet. */
export interface Quote {
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
}

/** Size by price. */
export interface BookLevels {
  readonly bids: ReadonlyMap<number, number>;
  readonly asks: ReadonlyMap<number, number>;
}

export interface BookPath {
  /** Begins anew: empty books, a fresh connection. */
  open(): void;
  /**
   * Takes the records from `from` to `to`, exclusive.
   * @returns how much was done since `open`, in the path's own unit; the same work gives the same number
   */
  feed(from: number, to: number): number | Promise<number>;
  /** What it could not read or refused since `open`. */
  readonly failures: number;
  quote(venueSymbol: string): Quote;
  levels(venueSymbol: string): BookLevels;
}

export const NO_QUOTE: Quote = { bid: NaN, bidSize: NaN, ask: NaN, askSize: NaN };

/** Equal in all four; `NaN` equals `NaN`. */
export function sameQuote(one: Quote, other: Quote): boolean {
  return (
    Object.is(one.bid, other.bid) &&
    Object.is(one.bidSize, other.bidSize) &&
    Object.is(one.ask, other.ask) &&
    Object.is(one.askSize, other.askSize)
  );
}

/**
 * Where all books stand in the end, as a fact that every case with books tells under the same name.
 * @param quotes by `BASE-QUOTE`, in any order
 */
export function lastQuotes(quotes: Iterable<readonly [symbol: string, quote: Quote]>): Facts {
  const lines = [...quotes].map(([symbol, { bid, bidSize, ask, askSize }]) => {
    return `${symbol} ${bidSize} @ ${bid} | ${ask} @ ${askSize}`;
  });
  return { lastQuotes: hash('sha256', lines.sort().join('\n'), 'hex') };
}
