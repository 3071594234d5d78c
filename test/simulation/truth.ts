/**
 * What the books of a simulated venue really were, moment by moment: a witness inside the venue, which sees every change of
 * the market and no frame. It knows ticks and lots only, and nothing of how the product keeps a book.
 */

import type { Book } from '../../src/book/book.ts';
import { assert } from '../../src/lib/assert.ts';
import type { BookView } from '../../src/model/event.ts';
import type { SimInstrument } from '../../src/simulator/instrument.ts';
import type { Ladder } from '../../src/simulator/ladder.ts';
import type { MarketAction, PairMarket } from '../../src/simulator/pair-market.ts';
import { isMarketBook } from '../fixtures/market-book.ts';

/** The book from `atUs` until the next moment. */
interface Moment {
  readonly atUs: number;
  readonly bids: Ladder;
  readonly asks: Ladder;
}

interface Pair {
  readonly instrument: SimInstrument;
  /** Oldest first. */
  readonly moments: Moment[];
}

export interface TruthOptions {
  /** Levels per side of the books that are held against these. */
  readonly depth: number;
  /** The venue tells times in whole milliseconds, and of each change as it happens. */
  readonly isInMilliseconds: boolean;
}

const MILLISECOND_US = 1000;
/** A snapshot may be of the venue's last publication, which not every venue tells the time of. */
const SNAPSHOT_AGE_US = 1_000_000;
/** What a venue does not say the time of has been under way for no longer. */
const UNDER_WAY_US = 20_000_000;

export class Truth {
  private readonly options: TruthOptions;
  private readonly pairs = new Map<string, Pair>();

  constructor(options: TruthOptions) {
    this.options = options;
  }

  begin(market: PairMarket, atUs: number): void {
    const pair: Pair = { instrument: market.instrument, moments: [] };
    this.pairs.set(market.instrument.pair, pair);
    note(pair, market, atUs);
  }

  note({ market, exchangeUs }: MarketAction): void {
    note(this.pairOf(market.instrument.pair), market, exchangeUs);
  }

  /**
   * Whether a book is the venue's own as of the update that the event tells of. A snapshot is that of some moment of the
   * second before: that it leads on to the next update is for the updates to show.
   */
  isRight({ kind, header }: BookView, book: Book, nowUs: number): boolean {
    const { moments } = this.pairOf(header.symbol);
    const { exchangeUs, venueTime } = header;
    if (!venueTime) return this.wasOnce(header.symbol, book, nowUs - UNDER_WAY_US, nowUs);
    if (kind === 'book.snapshot') {
      return this.wasOnce(header.symbol, book, exchangeUs - SNAPSHOT_AGE_US, exchangeUs + MILLISECOND_US);
    }
    if (this.options.isInMilliseconds) {
      return this.wasOnce(header.symbol, book, exchangeUs, exchangeUs + MILLISECOND_US - 1);
    }
    const lastUs = moments.findLast(({ atUs }) => atUs <= exchangeUs)?.atUs ?? 0;
    return this.wasOnce(header.symbol, book, lastUs, lastUs);
  }

  /** Whether a book is the venue's own of now. */
  isNow(symbol: string, book: Book): boolean {
    const { instrument, moments } = this.pairOf(symbol);
    const last = moments.at(-1);
    return last !== undefined && this.isSame(last, instrument, book);
  }

  /** Whether the venue's book was ever this one between two times, both included. */
  private wasOnce(symbol: string, book: Book, fromUs: number, toUs: number): boolean {
    const { instrument, moments } = this.pairOf(symbol);
    for (let at = moments.length - 1; at >= 0; at--) {
      const moment = moments[at];
      if (moment === undefined) break;
      if (moment.atUs <= toUs && this.isSame(moment, instrument, book)) return true;
      // What was true before has ended by then, unless it ended at that very moment.
      if (moment.atUs < fromUs) break;
    }
    return false;
  }

  private isSame(moment: Moment, instrument: SimInstrument, book: Book): boolean {
    return isMarketBook(book, moment, instrument, this.options.depth);
  }

  private pairOf(symbol: string): Pair {
    const pair = this.pairs.get(symbol);
    assert(pair !== undefined, `no such pair: ${symbol}`);
    return pair;
  }
}

function note({ moments }: Pair, market: PairMarket, atUs: number): void {
  moments.push({ atUs, bids: market.bids.clone(), asks: market.asks.clone() });
}
