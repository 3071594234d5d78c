/**
 * Holds what the bus carries of the books, stretch by stretch, against all that happened in the simulated markets. A stretch is
 * what a book tells as live in one epoch, from its snapshot until it is cut off. In each
 *
 * - the snapshot is the venue's book at the snapshot's own number, or time;
 * - every update leads from one moment of the venue's book to the next that the venue told of: none is wrong, none is missing,
 *   none comes twice, and each row says what it changed;
 * - every trade is one of the venue's, and all of them are there.
 *
 * What the end of a stretch takes along is what came between its last row and its gap, and nothing else.
 */

import type { BookView, EventView, StatusView, TradeView } from '../../src/model/event.ts';
import { commonUnits, isMarketBook } from '../fixtures/market-book.ts';
import { ToldBook } from './told-book.ts';
import { MarketCursor, type PairRecord, type VenueRecord } from './venue-record.ts';

export interface StretchCounts {
  stretches: number;
  snapshots: number;
  /** Live updates, and their rows. */
  updates: number;
  rows: number;
  trades: number;
  /** Longest time from the last row of a stretch to its gap, µs. */
  silenceUsMax: number;
}

interface Watched {
  readonly key: string;
  readonly venue: VenueRecord;
  readonly pair: PairRecord;
  cursor: MarketCursor;
  told: ToldBook;
  /** Where the next event must stand. */
  epoch: number;
  nextSeq: number;
  /** A snapshot has opened the epoch, and nothing has been wrong with it since. */
  isFollowed: boolean;
  /** The venue's time of the first and the last live update of the stretch; NaN outside of one. */
  sinceUs: number;
  lastUs: number;
  /** Of the last trade, in this epoch and in all; 0 before the first. */
  tradeInEpoch: number;
  tradeEver: number;
}

/** The subscription to trades may take effect so long after that to the book. */
const TRADES_LATE_US = 1_000_000;

export class Stretches {
  /** The first explains those after it. */
  readonly faults: string[] = [];
  readonly counts: StretchCounts = { stretches: 0, snapshots: 0, updates: 0, rows: 0, trades: 0, silenceUsMax: 0 };
  private readonly venues: ReadonlyMap<string, VenueRecord>;
  private readonly books = new Map<string, Watched>();

  /** @param venues by exchange */
  constructor(venues: ReadonlyMap<string, VenueRecord>) {
    this.venues = venues;
  }

  /** Takes the events of the bus in its order. */
  add(view: EventView): void {
    const { header } = view;
    const watched = this.watchedOf(header.exchange, header.symbol);
    if (header.epoch < watched.epoch) this.blame(watched, `goes back to the epoch ${header.epoch}`);
    if (header.epoch !== watched.epoch) {
      this.endStretch(watched, header.receiveUs);
      Object.assign(watched, { epoch: header.epoch, nextSeq: 0, isFollowed: false, tradeInEpoch: 0 });
    }
    if (header.seq !== watched.nextSeq) this.blame(watched, `tells ${header.seq} where ${watched.nextSeq} is next`);
    watched.nextSeq = header.seq + header.span;
    if (view.kind === 'book.snapshot') this.onSnapshot(watched, view);
    else if (view.kind === 'book.delta') this.onDelta(watched, view);
    else if (view.kind === 'trade') this.onTrade(watched, view);
    else if (view.kind === 'book.status') this.onStatus(watched, view);
  }

  /** Nothing follows. */
  finish(): void {
    for (const watched of this.books.values()) this.endStretch(watched, watched.lastUs);
  }

  private watchedOf(exchange: string, symbol: string): Watched {
    const key = `${exchange}:${symbol}`;
    let watched = this.books.get(key);
    if (watched !== undefined) return watched;
    const venue = this.venues.get(exchange);
    if (venue === undefined) throw new Error(`no record of ${exchange}`);
    const pair = venue.pair(symbol);
    watched = {
      ...{ key, venue, pair, cursor: new MarketCursor(pair), told: new ToldBook(), epoch: 0, nextSeq: 0 },
      ...{ isFollowed: false, sinceUs: NaN, lastUs: NaN, tradeInEpoch: 0, tradeEver: 0 },
    };
    this.books.set(key, watched);
    return watched;
  }

  private onSnapshot(watched: Watched, view: BookView): void {
    watched.told = new ToldBook();
    watched.cursor = new MarketCursor(watched.pair);
    const { cursor, venue, told } = watched;
    const { firstNumber } = venue.telling;
    const number = firstNumber === null ? null : view.venueSeq - firstNumber;
    while (
      number === null ? cursor.nextUs <= view.header.exchangeUs : cursor.changes < number && cursor.nextUs < Infinity
    ) {
      cursor.step();
    }
    this.counts.snapshots++;
    const wrong =
      told.take(view) ?? (number === null || cursor.changes === number ? null : 'is of no moment of the venue');
    watched.isFollowed = wrong === null && this.isRight(watched);
    if (!watched.isFollowed)
      this.blame(watched, `opens with another book than the venue’s: ${wrong ?? 'levels differ'}`);
  }

  private onDelta(watched: Watched, view: BookView): void {
    const isLive = view.header.state === 'live';
    const { exchangeUs } = view.header;
    if (isLive) {
      if (Number.isNaN(watched.sinceUs)) {
        this.counts.stretches++;
        watched.sinceUs = exchangeUs;
      }
      watched.lastUs = exchangeUs;
      this.counts.updates++;
      this.counts.rows += view.changes.count;
    }
    // What was wrong once is told once.
    if (!watched.isFollowed) {
      if (isLive && watched.nextSeq === view.header.span) this.blame(watched, 'begins an epoch without a snapshot');
      return;
    }
    const wrong =
      watched.told.take(view) ?? this.follow(watched, view) ?? (this.isRight(watched) ? null : 'levels differ');
    if (wrong === null) return;
    watched.isFollowed = false;
    if (isLive)
      this.blame(watched, `tells what the venue did not, at seq ${view.header.seq} (${exchangeUs} µs): ${wrong}`);
  }

  /** Goes on to the moment that the update is of. @returns what is wrong with that; null where nothing is */
  private follow({ cursor, venue }: Watched, { header: { exchangeUs }, venueSeq }: BookView): string | null {
    const { depth, foldedUs, firstNumber } = venue.telling;
    const firstUs = cursor.nextUs;
    if (foldedUs === 0) {
      const before = cursor.shown(depth);
      for (;;) {
        const atUs = cursor.nextUs;
        if (atUs > exchangeUs) return 'nothing happened then';
        cursor.step();
        if (!cursor.isShown(before, depth)) return atUs === exchangeUs ? null : `lacks what happened at ${atUs} µs`;
      }
    }
    if (firstUs > exchangeUs) return 'nothing happened then';
    const lateUs = exchangeUs - firstUs - venue.leaptBetween(firstUs, exchangeUs);
    if (lateUs >= foldedUs) return `lacks the update of what happened at ${firstUs} µs`;
    while (cursor.nextUs <= exchangeUs) cursor.step();
    const number = venueSeq - (firstNumber ?? NaN);
    return firstNumber === null || cursor.changes === number ? null : `has the number ${number}, not ${cursor.changes}`;
  }

  private onTrade(watched: Watched, { header, tradeId, price, size, takerSide }: TradeView): void {
    const { instrument, trades } = watched.pair;
    const { timeUnitUs } = watched.venue.telling;
    const id = Number(tradeId);
    const truth = trades[id - 1];
    this.counts.trades++;
    const [trueTick, toldTick] = commonUnits(instrument.priceDecimals, header.priceScale);
    const [trueLot, toldLot] = commonUnits(instrument.sizeDecimals, header.sizeScale);
    const isRight =
      truth !== undefined &&
      truth.trade.price * instrument.tickUnits * trueTick === price * toldTick &&
      truth.trade.size * trueLot === size * toldLot &&
      truth.trade.takerSide === takerSide &&
      Math.floor(truth.atUs / timeUnitUs) * timeUnitUs === header.exchangeUs;
    if (!isRight) this.blame(watched, `tells a trade ${tradeId} that is not the venue’s`);
    if (id <= watched.tradeEver) this.blame(watched, `tells the trade ${id} behind ${watched.tradeEver}`);
    else if (watched.tradeInEpoch > 0 && id !== watched.tradeInEpoch + 1) {
      this.blame(watched, `lacks trades between ${watched.tradeInEpoch} and ${id}`);
    }
    watched.tradeInEpoch = id;
    watched.tradeEver = Math.max(id, watched.tradeEver);
  }

  private onStatus(watched: Watched, { header }: StatusView): void {
    if (header.state !== 'live') this.endStretch(watched, header.receiveUs);
  }

  private endStretch(watched: Watched, gapUs: number): void {
    const { sinceUs, lastUs, tradeInEpoch, pair } = watched;
    if (Number.isNaN(sinceUs)) return;
    this.counts.silenceUsMax = Math.max(this.counts.silenceUsMax, gapUs - lastUs);
    Object.assign(watched, { sinceUs: NaN, lastUs: NaN });
    const [fromUs, { trades }] = [sinceUs + TRADES_LATE_US, pair];
    const next = tradeInEpoch > 0 ? trades[tradeInEpoch] : trades.find(({ atUs }) => atUs > fromUs);
    // It was sent before the last update.
    if (next !== undefined && next.atUs < lastUs) this.blame(watched, `lacks the trade ${next.trade.id}`);
  }

  private isRight({ told, cursor, pair, venue }: Watched): boolean {
    return isMarketBook(told, cursor, pair.instrument, venue.telling.depth);
  }

  private blame({ key, epoch }: Watched, what: string): void {
    this.faults.push(`${key} ${what}, in the epoch ${epoch}`);
  }
}
