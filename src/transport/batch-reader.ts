/** Decodes batches into reusable views; the layout is drawn in `codec.ts`. */

import {
  ASK,
  BID,
  EVENT_KINDS,
  type BookView,
  type EventHeader,
  type EventView,
  type MetricView,
  type OrderView,
  type SampleView,
  type ScoreView,
  type StatusView,
  type TradeView,
} from '../model/event.ts';
import type { MetricKind } from '../model/metric.ts';
import * as bases from './batch-bases.ts';
import { ByteReader } from './byte-reader.ts';
import { checkBatch } from './check-batch.ts';
import { CodecError } from './codec-error.ts';
import * as layout from './codec-layout.ts';
import { GROUP_MAX, takeGroup } from './coded-numbers.ts';
import { BookDecoder } from './decode-book.ts';
import { unpackContext } from './event-context.ts';
import {
  newBookView,
  newMetricView,
  newOrderView,
  newSampleView,
  newScoreView,
  newStatusView,
  newTradeView,
} from './event-views.ts';
import { TextCache } from './text-cache.ts';

/** The kinds of an order's events by their number. */
const ORDER_KINDS = new Map<number, OrderView['kind']>(
  (['order.add', 'order.change', 'order.cancel', 'order.fill'] as const).map((kind) => [EVENT_KINDS[kind], kind]),
);

interface BookNames {
  readonly exchange: string;
  readonly symbol: string;
  readonly venueSymbol: string;
}

/**
 * Decodes one batch after another, refilling its own views. Not re-entrant: `onEvent` must not call `read`. Allocates
 * only the texts that are new with each event: trade ids and the words of a status.
 */
export class BatchReader {
  private readonly book: BookView = newBookView();
  private readonly trade: TradeView = newTradeView();
  private readonly order: OrderView = newOrderView();
  private readonly status: StatusView = newStatusView();
  private readonly score: ScoreView = newScoreView();
  private readonly sample: SampleView = newSampleView();
  private readonly metric: MetricView = newMetricView();
  private readonly reader = new ByteReader();
  private readonly bookDecoder = new BookDecoder();
  private readonly bases = new bases.BatchBases();
  private readonly numbers = new Float64Array(GROUP_MAX);
  private readonly knownNames = new TextCache<BookNames>();
  private readonly knownTexts = new TextCache<string>();
  /** The batch's books by ordinal; those behind `bookCount` are an earlier batch's. */
  private readonly books: BookNames[] = [];
  private bookCount = 0;

  /**
   * Calls `onEvent` for each event in order; the view it gets is valid only during the call. The batch's checksum is
   * verified before the first event. What `onEvent` throws passes through.
   * @throws CodecError where the bytes are no batch of this version
   */
  read(data: Uint8Array, onEvent: (view: EventView) => void): void {
    const { reader } = this;
    const events = this.open(data);
    let seen = 0;
    while (reader.at < reader.length) {
      if (reader.bytes[reader.at] === layout.BOOK_ENTRY) {
        this.readBookEntry();
      } else {
        const view = this.readEvent();
        seen++;
        onEvent(view);
      }
    }
    if (seen !== events) throw new CodecError('codec.corrupt', 'the batch lacks events', { seen, events });
  }

  /** Checks the batch and stands before its first record; returns the number of its events. */
  private open(data: Uint8Array): number {
    const { reader } = this;
    checkBatch(data);
    reader.load(data, data.length - layout.CHECKSUM_BYTES);
    reader.take(layout.BATCH_HEADER_BYTES);
    this.bases.clear();
    this.bookCount = 0;
    this.score.model = '';
    return reader.view.getUint32(layout.AT_EVENTS, true);
  }

  private readBookEntry(): void {
    const { reader } = this;
    const start = reader.take(1) + 1;
    reader.takeText();
    reader.takeText();
    reader.takeText();
    this.bases.openBook(this.bookCount);
    this.books[this.bookCount++] = this.knownNames.get(reader, start, reader.at, decodeNames);
  }

  private readEvent(): EventView {
    const { reader } = this;
    const at = reader.take(layout.EVENT_HEAD_BYTES);
    const kind = reader.bytes[at] as number;
    const flags = reader.bytes[at + 1] as number;
    const book = reader.view.getUint16(at + 2, true);
    if ((flags & ~layout.ALL_FLAGS) !== 0) throw new CodecError('codec.corrupt', 'unknown event flags', { flags, at });
    switch (kind) {
      case EVENT_KINDS['book.snapshot']:
      case EVENT_KINDS['book.delta']:
        return this.readBook(kind, flags, book);
      case EVENT_KINDS.trade:
        return this.readTrade(flags, book);
      case EVENT_KINDS['book.status']:
        return this.readStatus(flags, book);
      case EVENT_KINDS['order.score']:
        return this.readScore(flags, book);
      case EVENT_KINDS['book.sample']:
        return this.readNumbers(this.sample, kind, flags, book);
      case EVENT_KINDS.spread:
        return this.readMetric('spread', kind, flags, book);
      case EVENT_KINDS.liquidity:
        return this.readMetric('liquidity', kind, flags, book);
      case EVENT_KINDS.bar:
        return this.readMetric('bar', kind, flags, book);
      case EVENT_KINDS.indicator:
        return this.readMetric('indicator', kind, flags, book);
      case EVENT_KINDS['book.top']:
        return this.readMetric('book.top', kind, flags, book);
    }
    const orderKind = ORDER_KINDS.get(kind);
    if (orderKind === undefined) throw new CodecError('codec.corrupt', 'unknown kind of event', { kind, at });
    return this.readOrder(orderKind, flags, book);
  }

  /** Refills a header and returns the event's rows. */
  private readHeader(header: EventHeader, kind: number, flags: number, book: number): number {
    const { reader, numbers } = this;
    const names = book < this.bookCount ? this.books[book] : undefined;
    if (names === undefined) throw new CodecError('codec.corrupt', 'no such book', { book, at: reader.at });
    this.bases.prepareHeader(book);
    takeGroup(reader, numbers, this.bases.header, 0, bases.HEADER_NUMBERS);
    const rows = numbers[bases.ROWS] as number;
    if (rows >>> 0 !== rows) throw new CodecError('codec.corrupt', 'no count of rows', { rows, at: reader.at });
    header.exchange = names.exchange;
    header.symbol = names.symbol;
    header.venueSymbol = names.venueSymbol;
    header.wide = (flags & layout.WIDE) !== 0;
    header.venueTime = (flags & layout.NO_VENUE_TIME) === 0;
    unpackContext(numbers[bases.CONTEXT] as number, header);
    header.epoch = numbers[bases.EPOCH] as number;
    header.seq = numbers[bases.SEQ] as number;
    header.receiveUs = numbers[bases.RECEIVE_US] as number;
    header.exchangeUs = numbers[bases.EXCHANGE_US] as number;
    header.frame = numbers[bases.FRAME] as number;
    header.span =
      (flags & layout.OTHER_SPAN) === 0 ? bases.spanOf(kind, rows) : reader.view.getUint32(reader.take(4), true);
    this.bases.keepHeader(book, numbers, header.span);
    return rows;
  }

  private readBook(kind: number, flags: number, book: number): BookView {
    const { reader, numbers, book: view } = this;
    const { top, changes } = view;
    const rows = this.readHeader(view.header, kind, flags, book);
    const allKnown = (flags & layout.ALL_KNOWN) !== 0;
    view.kind = kind === EVENT_KINDS['book.delta'] ? 'book.delta' : 'book.snapshot';
    if (view.header.wide) {
      view.venueSeq = reader.f64();
      this.bookDecoder.decodeWide(reader, allKnown, rows, top, changes);
      return view;
    }
    const topAt = this.bases.topAt(book);
    takeGroup(reader, numbers, this.bases.books, topAt, bases.TOP_NUMBERS);
    this.bases.keep(topAt, numbers, bases.TOP_NUMBERS);
    view.venueSeq = numbers[0] as number;
    top.bid = numbers[1] as number;
    top.bidSize = numbers[2] as number;
    top.ask = numbers[3] as number;
    top.askSize = numbers[4] as number;
    top.bidSum = numbers[5] as number;
    top.askSum = numbers[6] as number;
    top.wide = null;
    this.bookDecoder.decodeChanges(reader, allKnown, rows, top, changes);
    return view;
  }

  private readTrade(flags: number, book: number): TradeView {
    const { reader, numbers, trade } = this;
    this.readHeader(trade.header, EVENT_KINDS.trade, flags, book);
    trade.tradeId = reader.text();
    trade.takerSide = (flags & layout.SELL_SIDE) === 0 ? 'buy' : 'sell';
    if (trade.header.wide) {
      trade.widePrice = reader.i128();
      trade.wideSize = reader.i128();
      trade.price = Number(trade.widePrice);
      trade.size = Number(trade.wideSize);
    } else {
      const tradeAt = this.bases.tradeAt(book);
      takeGroup(reader, numbers, this.bases.books, tradeAt, bases.TRADE_NUMBERS);
      this.bases.keep(tradeAt, numbers, bases.TRADE_NUMBERS);
      trade.price = numbers[0] as number;
      trade.size = numbers[1] as number;
      trade.widePrice = 0n;
      trade.wideSize = 0n;
    }
    return trade;
  }

  private readOrder(kind: OrderView['kind'], flags: number, book: number): OrderView {
    const { reader, numbers, order } = this;
    this.readHeader(order.header, EVENT_KINDS[kind], flags, book);
    order.kind = kind;
    order.orderId = reader.text();
    order.side = (flags & layout.SELL_SIDE) === 0 ? BID : ASK;
    order.keepsPlace = (flags & layout.KEEPS_PLACE) !== 0;
    order.told = (flags & layout.TOLD) !== 0;
    if (order.header.wide) {
      order.venueSeq = reader.f64();
      order.widePrice = reader.i128();
      order.wideSize = reader.i128();
      order.wideChange = reader.i128();
      order.price = Number(order.widePrice);
      order.size = Number(order.wideSize);
      order.change = Number(order.wideChange);
    } else {
      const orderAt = this.bases.orderAt(book);
      takeGroup(reader, numbers, this.bases.books, orderAt, bases.ORDER_NUMBERS);
      this.bases.keep(orderAt, numbers, bases.ORDER_NUMBERS);
      order.venueSeq = numbers[0] as number;
      order.price = numbers[1] as number;
      order.size = numbers[2] as number;
      order.change = numbers[3] as number;
      order.widePrice = 0n;
      order.wideSize = 0n;
      order.wideChange = 0n;
    }
    return order;
  }

  private readStatus(flags: number, book: number): StatusView {
    const { reader, numbers, status } = this;
    this.readHeader(status.header, EVENT_KINDS['book.status'], flags, book);
    status.detail = reader.text();
    takeGroup(reader, numbers, bases.ZEROS, 0, 4);
    status.gaps = numbers[0] as number;
    status.resyncs = numbers[1] as number;
    status.checksumOk = numbers[2] as number;
    status.checksumFailed = numbers[3] as number;
    return status;
  }

  private readScore(flags: number, book: number): ScoreView {
    const { reader, numbers, score } = this;
    this.readHeader(score.header, EVENT_KINDS['order.score'], flags, book);
    score.side = (flags & layout.SELL_SIDE) === 0 ? BID : ASK;
    takeGroup(reader, numbers, bases.ZEROS, 0, 8);
    score.price = numbers[0] as number;
    score.size = numbers[1] as number;
    score.score = numbers[2] as number;
    score.z = numbers[3] as number;
    score.scoreSize = numbers[4] as number;
    score.scoreSpread = numbers[5] as number;
    score.scoreMid = numbers[6] as number;
    score.scoreImbalance = numbers[7] as number;
    takeGroup(reader, numbers, bases.ZEROS, 0, 4);
    score.spreadBps = numbers[0] as number;
    score.midDistanceBps = numbers[1] as number;
    score.imbalance = numbers[2] as number;
    score.orders = numbers[3] as number;
    if ((flags & layout.SAME_MODEL) === 0) {
      const start = reader.takeText();
      score.model = this.knownTexts.get(reader, start, reader.at, decodeText);
    }
    return score;
  }

  private readMetric(name: MetricKind, kind: number, flags: number, book: number): MetricView {
    this.metric.kind = name;
    return this.readNumbers(this.metric, kind, flags, book);
  }

  private readNumbers<View extends MetricView | SampleView>(
    view: View,
    kind: number,
    flags: number,
    book: number,
  ): View {
    const { reader } = this;
    this.readHeader(view.header, kind, flags, book);
    const countAt = reader.take(2);
    const count = reader.view.getUint16(countAt, true);
    const at = reader.take(count * 8);
    if (count > view.values.length) view.values = new Float64Array(count);
    for (let i = 0; i < count; i++) view.values[i] = reader.view.getFloat64(at + i * 8, true);
    view.count = count;
    return view;
  }
}

/** Readers that are not at work: one per depth of nesting that was ever needed. */
const idle: BatchReader[] = [];

/**
 * Decodes a batch with a shared reader; see `BatchReader.read`. May be called within `onEvent`.
 * @throws CodecError where the bytes are no batch of this version
 */
export function readBatch(data: Uint8Array, onEvent: (view: EventView) => void): void {
  const reader = idle.pop() ?? new BatchReader();
  try {
    reader.read(data, onEvent);
  } finally {
    idle.push(reader);
  }
}

function decodeNames(source: ByteReader, start: number): BookNames {
  // Read once more by a second reader, since the first has passed them.
  const names = new ByteReader();
  names.load(source.bytes.subarray(start, source.at));
  return { exchange: names.text(), symbol: names.text(), venueSymbol: names.text() };
}

function decodeText(source: ByteReader, start: number, end: number): string {
  return source.textBetween(start, end);
}
