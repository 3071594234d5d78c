/**
 * What a book tells the world: its events, each with the identity (epoch, seq) that makes it unmistakable and the trust
 * state that says how far it may be believed. Views are refilled for every event.
 */

import { sampleBook } from '../book/book-sample.ts';
import type { Book } from '../book/book.ts';
import { cut } from '../book/order-book.ts';
import type { OrderTurn } from '../book/order-turns.ts';
import type { TradeBuffer } from '../book/wire-message.ts';
import { AHEAD_US_MAX } from '../indicators/event-clock.ts';
import type { BookView, EventView, TrustReason, TrustState } from '../model/event.ts';
import type { Instrument } from '../model/instrument.ts';
import type { BookCounters, FrameContext } from './book.protocol.ts';
import type { BookViews } from './book-views.ts';
import type { Position } from './positions.ts';
import type { TradeCopiesState } from './trade-copies.ts';
import { TradeCopies } from './trade-copies.ts';

export interface Trust {
  readonly trust: TrustState;
  readonly reason: TrustReason;
  /** Words for people: what was expected, what was seen. */
  readonly detail: string;
}

/** The whole state as a plain value. */
export interface BookEventsState extends Trust {
  readonly epoch: number;
  readonly nextSeq: number;
  readonly position: Position | null;
  readonly lastTradeUs: number;
  readonly tradeOrdinal: number;
  readonly tradeCopies: TradeCopiesState;
  readonly nextSampleUs: number;
  readonly exchangeUs: number;
}

export interface BookEventsOptions {
  readonly instrument: Instrument;
  readonly book: Book;
  readonly emit: (view: EventView) => void;
  /** Every epoch is above this. */
  readonly epochFloor: number;
  /** Shared by all books of a thread. */
  readonly views: BookViews;
}

const SECOND_US = 1_000_000;

export class BookEvents implements Trust {
  trust: TrustState = 'syncing';
  reason: TrustReason = 'connecting';
  detail = '';
  /** The venue's time of the last event, µs; NaN where it told none. */
  exchangeUs = NaN;
  /** Behind the last event emitted; 0 and 0 before the first. */
  private positionEpoch = 0;
  private positionSeq = 0;
  private readonly book: Book;
  private readonly emit: (view: EventView) => void;
  private readonly epochFloor: number;
  private epoch = 0;
  private nextSeq = 0;
  private lastTradeUs = NaN;
  private tradeOrdinal = 0;
  private readonly tradeCopies = new TradeCopies();
  /** From this time on an event is behind a full second of which there is no sample yet. */
  private nextSampleUs: number;

  private readonly instrument: Instrument;
  private readonly views: BookViews;

  constructor({ instrument, book, emit, epochFloor, views }: BookEventsOptions) {
    this.instrument = instrument;
    this.book = book;
    this.emit = emit;
    this.epochFloor = epochFloor;
    this.views = views;
    this.nextSampleUs = this.beforeSamples;
  }

  /** Behind the last event emitted; null before the first. */
  get position(): Position | null {
    return this.positionEpoch === 0 ? null : { epoch: this.positionEpoch, nextSeq: this.positionSeq };
  }

  /** Whether an epoch was opened at all. */
  get isOpen(): boolean {
    return this.epoch > 0;
  }

  /** From now on events belong to a new epoch, opened by what was received at this time. */
  openEpoch(receiveUs: number): void {
    this.epoch = Math.max(receiveUs, this.epoch + 1, this.epochFloor + 1);
    this.nextSeq = 0;
  }

  /** Says that the trust has changed, where it has. */
  setTrust({ trust, reason, detail }: Trust, exchangeUs: number, context: FrameContext, counters: BookCounters): void {
    if (trust === this.trust && reason === this.reason) return;
    this.trust = trust;
    this.reason = reason;
    this.detail = detail;
    this.nextSampleUs = this.beforeSamples;
    this.fillHeader(exchangeUs, context, 1);
    const view = this.views.status;
    view.detail = detail;
    view.gaps = counters.gaps;
    view.resyncs = counters.resyncs;
    view.checksumOk = counters.checksumOk;
    view.checksumFailed = counters.checksumFailed;
    this.emit(view);
  }

  /**
   * A message of this time is about to change the book, or a trade to be told: where it is the first behind a full second, tells how
   * the book stands.
   * @param exchangeUs NaN where the venue told no time
   */
  passTime(exchangeUs: number, context: FrameContext): void {
    const timeUs = Number.isNaN(exchangeUs) ? context.receiveUs : exchangeUs;
    if (timeUs < this.nextSampleUs || this.trust !== 'live') return;
    const { sample: view, sampleLevels } = this.views;
    if (view === null || timeUs > context.receiveUs + AHEAD_US_MAX) return;
    this.nextSampleUs = (Math.floor(timeUs / SECOND_US) + 1) * SECOND_US;
    this.fillHeader(exchangeUs, context, 0);
    view.count = sampleBook(this.book, sampleLevels, view.values);
    this.emit(view);
  }

  /** Tells the book's last message: its changes, or after a snapshot its levels. */
  emitBook(kind: BookView['kind'], exchangeUs: number, venueSeq: number, context: FrameContext): void {
    const { book } = this;
    const { book: view } = this.views;
    const { changes } = book;
    view.kind = kind;
    view.venueSeq = venueSeq;
    view.changes = changes;
    view.top = book.top;
    this.fillHeader(exchangeUs, context, kind === 'book.delta' ? Math.max(1, changes.count) : 1);
    view.header.wide = changes.wide !== null;
    this.emit(view);
  }

  /** Tells each trade that no other connection has brought before. */
  emitTrades(trades: TradeBuffer, context: FrameContext, counters: BookCounters): void {
    for (let row = 0; row < trades.count; row++) {
      if (this.tradeCopies.isCopy(trades.id[row] ?? '', context.conn, context.receiveUs)) {
        counters.tradeCopies++;
        continue;
      }
      counters.trades++;
      this.passTime(trades.exchangeUs[row] as number, context);
      this.emitTrade(trades, row, context);
    }
  }

  /** Tells what one order's turn was, of venues whose channel is of single orders. */
  emitOrder(turn: OrderTurn, exchangeUs: number, venueSeq: number, context: FrameContext): void {
    const { header, order: view } = this.views;
    this.fillHeader(exchangeUs, context, 1);
    // Its own digits are its scale: it must not depend on what the book has seen so far.
    const price = cut(turn.price, turn.priceDecimals);
    const size = cut(turn.size, turn.sizeDecimals);
    const change = cut(turn.change, turn.sizeDecimals);
    view.price = Number(price);
    view.size = Number(size);
    view.change = Number(change);
    header.priceScale = turn.priceDecimals;
    header.sizeScale = turn.sizeDecimals;
    header.wide = ![view.price, view.size, view.change].every((value) => Number.isSafeInteger(value));
    view.widePrice = header.wide ? price : 0n;
    view.wideSize = header.wide ? size : 0n;
    view.wideChange = header.wide ? change : 0n;
    view.kind = turn.kind;
    view.venueSeq = venueSeq;
    view.orderId = turn.id;
    view.side = turn.side;
    view.keepsPlace = turn.keepsPlace;
    view.told = turn.told;
    this.emit(view);
  }

  /** The state as a plain value; later events do not change it. */
  state(): BookEventsState {
    const { trust, reason, detail, epoch, nextSeq, position, lastTradeUs, tradeOrdinal } = this;
    const { nextSampleUs, exchangeUs } = this;
    const tradeCopies = this.tradeCopies.state();
    return {
      ...{ trust, reason, detail, epoch, nextSeq, position, lastTradeUs, tradeOrdinal },
      ...{ tradeCopies, nextSampleUs, exchangeUs },
    };
  }

  restore(state: BookEventsState): void {
    this.trust = state.trust;
    this.reason = state.reason;
    this.detail = state.detail;
    this.epoch = state.epoch;
    this.nextSeq = state.nextSeq;
    this.positionEpoch = state.position?.epoch ?? 0;
    this.positionSeq = state.position?.nextSeq ?? 0;
    this.lastTradeUs = state.lastTradeUs;
    this.tradeOrdinal = state.tradeOrdinal;
    this.tradeCopies.restore(state.tradeCopies);
    this.nextSampleUs = state.nextSampleUs;
    this.exchangeUs = state.exchangeUs;
  }

  /** Any time is behind a second without a sample; none, where there are to be no samples. */
  private get beforeSamples(): number {
    return this.views.sample === null ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  private emitTrade(trades: TradeBuffer, row: number, context: FrameContext): void {
    const { header, trade: view } = this.views;
    const exchangeUs = trades.exchangeUs[row] as number;
    this.tradeOrdinal = exchangeUs === this.lastTradeUs ? this.tradeOrdinal + 1 : 0;
    this.lastTradeUs = exchangeUs;
    this.fillHeader(exchangeUs, context, 1);
    // A trade's own digits are its scale: it must not depend on what the book has seen so far.
    header.priceScale = trades.priceDecimals[row] as number;
    header.sizeScale = trades.sizeDecimals[row] as number;
    const widePrice = trades.widePrices.get(row);
    const wideSize = trades.wideSizes.get(row);
    header.wide = widePrice !== undefined || wideSize !== undefined;
    view.price = widePrice === undefined ? (trades.price[row] as number) : Number(widePrice);
    view.size = wideSize === undefined ? (trades.size[row] as number) : Number(wideSize);
    if (header.wide) {
      view.widePrice = widePrice ?? BigInt(view.price);
      view.wideSize = wideSize ?? BigInt(view.size);
    }
    view.tradeId = trades.id[row] === '' ? String(this.tradeOrdinal) : (trades.id[row] as string);
    view.takerSide = trades.takerBuys[row] === true ? 'buy' : 'sell';
    this.emit(view);
  }

  private fillHeader(exchangeUs: number, context: FrameContext, span: number): void {
    const { book, instrument } = this;
    const { header } = this.views;
    this.exchangeUs = exchangeUs;
    header.exchange = instrument.exchange;
    header.symbol = instrument.symbol;
    header.venueSymbol = instrument.venueSymbol;
    header.venueTime = !Number.isNaN(exchangeUs);
    header.exchangeUs = header.venueTime ? exchangeUs : context.receiveUs;
    header.receiveUs = context.receiveUs;
    header.frame = context.frame;
    header.epoch = this.epoch;
    header.seq = this.nextSeq;
    header.span = span;
    header.state = this.trust;
    header.reason = this.reason;
    header.priceScale = book.priceScale;
    header.sizeScale = book.sizeScale;
    header.wide = false;
    this.nextSeq += span;
    this.positionEpoch = this.epoch;
    this.positionSeq = this.nextSeq;
  }
}
