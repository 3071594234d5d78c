/**
 * What the books of a simulated venue really were, moment by moment: a witness inside the venue, which sees every change of
 * the market, and no frame.
 */

import type { Book } from '../../src/book/book.ts';
import { assert } from '../../src/lib/assert.ts';
import type { BookView } from '../../src/model/event.ts';
import type { Ladder } from '../../src/simulator/ladder.ts';
import type { PairMarket } from '../../src/simulator/pair-market.ts';
import type { VenueDefinition, VenueProtocol } from '../../src/simulator/venue-protocol.ts';
import { exactLevels } from '../fixtures/book-views.ts';
import { unitsOf } from '../fixtures/exact.ts';
import { witnessed } from '../fixtures/venue-witness.ts';

/** In exact units. */
type Level = readonly [price: bigint, size: bigint];

/** Levels best first. */
interface Sides {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** The book from `atUs` until the next moment. */
interface Moment {
  readonly atUs: number;
  /** Reads it, once: most moments are never asked for. */
  readonly sides: () => Sides;
}

export interface TrueBooksOptions {
  /** Levels per side of the books that are held against these. */
  readonly depth: number;
  /** The venue tells times in whole milliseconds, and of each change as it happens. */
  readonly isInMilliseconds: boolean;
}

/** Moments that are kept, µs: longer than any frame is under way. */
const KEPT_US = 3_000_000;
/** A snapshot may be of the venue's last publication, which not every venue tells the time of. */
const SNAPSHOT_AGE_US = 1_000_000;
const MILLISECOND_US = 1_000;

export class TrueBooks {
  private readonly options: TrueBooksOptions;
  /** By pair, oldest first. */
  private readonly moments = new Map<string, Moment[]>();

  constructor(options: TrueBooksOptions) {
    this.options = options;
  }

  /** The same venue, with this witness inside. */
  witness(definition: VenueDefinition): VenueDefinition {
    return witnessed(definition, {
      onBegin: (market, protocol, nowUs) => this.note(protocol, market, nowUs),
      onAction: ({ market, exchangeUs }, protocol) => this.note(protocol, market, exchangeUs),
    });
  }

  /**
   * Whether a book is the venue's own as of the update that the event tells of. A snapshot is that of any moment of the
   * second before: that it leads on to the next update is for the updates to show.
   */
  isRight({ kind, header }: BookView, book: Book): boolean {
    const { symbol, exchangeUs } = header;
    const moments = this.moments.get(symbol);
    assert(moments !== undefined, `no such pair: ${symbol}`);
    const held = { bids: exactLevels(book, 'bid'), asks: exactLevels(book, 'ask') };
    const newestUs = moments.at(-1)?.atUs ?? 0;
    // A time that cannot be is a digit that was changed.
    const isTimed = exchangeUs > newestUs - KEPT_US && exchangeUs < newestUs + KEPT_US;
    if (kind === 'book.snapshot' || !isTimed) {
      const until = isTimed ? exchangeUs : newestUs;
      return this.between(moments, until - SNAPSHOT_AGE_US, until + MILLISECOND_US).some((one) => same(held, one));
    }
    if (this.options.isInMilliseconds) {
      return this.between(moments, exchangeUs, exchangeUs + MILLISECOND_US - 1).some((one) => same(held, one));
    }
    const lastUs = moments.findLast(({ atUs }) => atUs <= exchangeUs)?.atUs ?? 0;
    return this.between(moments, lastUs, lastUs).some((one) => same(held, one));
  }

  private note(protocol: VenueProtocol, market: PairMarket, atUs: number): void {
    const { instrument } = market;
    const { pair } = instrument;
    const moments = this.moments.get(pair) ?? [];
    this.moments.set(pair, moments);
    const [bids, asks] = [market.bids.clone(), market.asks.clone()];
    const levels = (ladder: Ladder): Level[] =>
      Array.from({ length: Math.min(ladder.length, this.options.depth) }, (_, rank) => {
        const [price, size] = protocol.levelText(instrument, ladder.priceAt(rank) ?? 0, ladder.sizeAt(rank));
        return [unitsOf(price), unitsOf(size)];
      });
    let sides: Sides | null = null;
    moments.push({ atUs, sides: () => (sides ??= { bids: levels(bids), asks: levels(asks) }) });
    if ((moments[0]?.atUs ?? 0) > atUs - 2 * KEPT_US) return;
    this.moments.set(
      pair,
      moments.filter((one) => one.atUs > atUs - KEPT_US),
    );
  }

  /** What the book was at any time from one to the other, both included. */
  private between(moments: readonly Moment[], fromUs: number, toUs: number): Sides[] {
    const first = moments.findLastIndex(({ atUs }) => atUs < fromUs);
    // Where a moment is exactly at the beginning, the one before is over.
    const begins = moments[first + 1]?.atUs === fromUs ? first + 1 : Math.max(0, first);
    return moments
      .slice(begins)
      .filter(({ atUs }) => atUs <= toUs)
      .map(({ sides }) => sides());
  }
}

function same(one: Sides, other: Sides): boolean {
  return sameLevels(one.bids, other.bids) && sameLevels(one.asks, other.asks);
}

function sameLevels(some: readonly Level[], others: readonly Level[]): boolean {
  return (
    some.length === others.length &&
    some.every(([price, size], at) => price === others[at]?.[0] && size === others[at]?.[1])
  );
}
