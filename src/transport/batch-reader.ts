/** Decodes batches into reusable views; the layout is drawn in `codec.ts`. */

import {
  ASK,
  EVENT_KINDS,
  TRUST_REASONS,
  TRUST_STATES,
  type BookView,
  type EventHeader,
  type EventView,
  type ScoreView,
  type StatusView,
  type TradeView,
} from '../model/event.ts';
import { ByteReader } from './byte-reader.ts';
import { CodecError } from './codec-error.ts';
import * as layout from './codec-layout.ts';
import { BookDecoder } from './decode-book.ts';
import { newBookView, newScoreView, newStatusView, newTradeView } from './event-views.ts';
import { TextCache } from './text-cache.ts';

interface BookNames {
  readonly exchange: string;
  readonly symbol: string;
  readonly venueSymbol: string;
}

/** Decodes one batch after another, refilling its own views. Not re-entrant: `onEvent` must not call `read`. */
export class BatchReader {
  private readonly book: BookView = newBookView();
  private readonly trade: TradeView = newTradeView();
  private readonly status: StatusView = newStatusView();
  private readonly score: ScoreView = newScoreView();
  private readonly bookDecoder = new BookDecoder();
  private readonly knownNames = new TextCache<BookNames>();
  private readonly knownTexts = new TextCache<string>();
  private readonly books: BookNames[] = [];

  /**
   * Calls `onEvent` for each event in order; the view it gets is valid only during the call. The batch's checksum is
   * verified before the first event. What `onEvent` throws passes through.
   * @throws CodecError where the bytes are no batch of this version
   */
  read(data: Uint8Array, onEvent: (view: EventView) => void): void {
    const reader = new ByteReader(data);
    const events = checkHeader(reader, data);
    this.books.length = 0;
    let seen = 0;
    while (reader.at < reader.length) {
      const at = reader.at;
      const kind = reader.u8();
      if (kind === layout.BOOK_ENTRY) {
        this.readBook(reader);
        continue;
      }
      const view = this.readEvent(reader, kind, at);
      seen++;
      onEvent(view);
    }
    if (seen !== events) throw new CodecError('codec.corrupt', 'the batch lacks events', { seen, events });
  }

  private readBook(reader: ByteReader): void {
    const start = reader.at;
    reader.takeText();
    reader.takeText();
    reader.takeText();
    this.books.push(this.knownNames.get(reader, start, reader.at, decodeNames));
  }

  private readEvent(reader: ByteReader, kind: number, at: number): EventView {
    const headerAt = reader.take(layout.EVENT_HEADER_BYTES - 1);
    const flags = reader.view.getUint8(headerAt);
    if ((flags & ~layout.ALL_FLAGS) !== 0) throw new CodecError('codec.corrupt', 'unknown event flags', { flags, at });
    switch (kind) {
      case EVENT_KINDS['book.snapshot']:
      case EVENT_KINDS['book.delta']:
        this.book.kind = kind === EVENT_KINDS['book.delta'] ? 'book.delta' : 'book.snapshot';
        this.readHeader(reader, headerAt, this.book.header);
        this.book.venueSeq = reader.f64();
        this.bookDecoder.decode(reader, flags, this.book.top, this.book.changes);
        return this.book;
      case EVENT_KINDS.trade:
        this.readHeader(reader, headerAt, this.trade.header);
        return readTrade(reader, this.trade);
      case EVENT_KINDS['book.status']:
        this.readHeader(reader, headerAt, this.status.header);
        return readStatus(reader, this.status);
      case EVENT_KINDS['order.score']:
        this.readHeader(reader, headerAt, this.score.header);
        return this.readScore(reader);
      default:
        throw new CodecError('codec.corrupt', 'unknown kind of event', { kind, at });
    }
  }

  private readHeader(reader: ByteReader, at: number, header: EventHeader): void {
    const { view } = reader;
    const state = TRUST_STATES[view.getUint8(at + 1)];
    const reason = TRUST_REASONS[view.getUint8(at + 2)];
    const names = this.books[view.getUint32(at + 5, true)];
    if (state === undefined || reason === undefined || names === undefined) {
      throw new CodecError('codec.corrupt', 'no such trust state, reason or book', { at });
    }
    header.exchange = names.exchange;
    header.symbol = names.symbol;
    header.venueSymbol = names.venueSymbol;
    header.state = state;
    header.reason = reason;
    header.wide = (view.getUint8(at) & layout.WIDE) !== 0;
    header.venueTime = (view.getUint8(at) & layout.NO_VENUE_TIME) === 0;
    header.priceScale = view.getInt8(at + 3);
    header.sizeScale = view.getInt8(at + 4);
    header.span = view.getUint32(at + 9, true);
    header.exchangeUs = view.getFloat64(at + 13, true);
    header.receiveUs = view.getFloat64(at + 21, true);
    header.epoch = view.getFloat64(at + 29, true);
    header.seq = view.getFloat64(at + 37, true);
    header.frame = view.getFloat64(at + 45, true);
  }

  private readScore(reader: ByteReader): ScoreView {
    const { score } = this;
    const at = reader.take(1 + 11 * 8 + 4);
    const { view } = reader;
    score.side = sideOf(view.getUint8(at), at);
    score.price = view.getFloat64(at + 1, true);
    score.size = view.getFloat64(at + 9, true);
    score.score = view.getFloat64(at + 17, true);
    score.z = view.getFloat64(at + 25, true);
    score.scoreSize = view.getFloat64(at + 33, true);
    score.scoreSpread = view.getFloat64(at + 41, true);
    score.scoreMid = view.getFloat64(at + 49, true);
    score.scoreImbalance = view.getFloat64(at + 57, true);
    score.spreadBps = view.getFloat64(at + 65, true);
    score.midDistanceBps = view.getFloat64(at + 73, true);
    score.imbalance = view.getFloat64(at + 81, true);
    score.orders = view.getInt32(at + 89, true);
    const start = reader.takeText();
    score.model = this.knownTexts.get(reader, start, reader.at, decodeText);
    return score;
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

function checkHeader(reader: ByteReader, data: Uint8Array): number {
  const { view, length } = reader;
  if (length < layout.BATCH_HEADER_BYTES) {
    throw new CodecError('codec.truncated', 'too short for a batch', { length });
  }
  if (view.getUint32(layout.AT_MAGIC, true) !== layout.MAGIC) {
    throw new CodecError('codec.magic', 'these bytes are no batch of events', { length });
  }
  const version = view.getUint16(layout.AT_VERSION, true);
  if (version !== layout.VERSION) {
    throw new CodecError(
      'codec.version',
      `the batch has layout version ${version}, this program reads version ${layout.VERSION}`,
      { found: version, supported: layout.VERSION },
      'run the same release of Whale Watch on every host and replay with the release that wrote the stream',
    );
  }
  const claimed = view.getUint32(layout.AT_LENGTH, true);
  if (claimed !== length)
    throw new CodecError('codec.truncated', 'the batch has lost or gained bytes', { claimed, length });
  if (view.getUint32(layout.AT_CHECKSUM, true) !== layout.checksumOf(data)) {
    throw new CodecError('codec.checksum', 'the bytes of the batch changed on their way', { length });
  }
  reader.take(layout.BATCH_HEADER_BYTES);
  return view.getUint32(layout.AT_EVENTS, true);
}

function decodeNames(source: ByteReader, start: number, end: number): BookNames {
  const names = new ByteReader(source.slice(start, end));
  return { exchange: names.text(), symbol: names.text(), venueSymbol: names.text() };
}

function decodeText(source: ByteReader, start: number, end: number): string {
  return source.textBetween(start, end);
}

function sideOf(value: number, at: number): number {
  if (value > ASK) throw new CodecError('codec.corrupt', 'no such side', { value, at });
  return value;
}

function readTrade(reader: ByteReader, trade: TradeView): TradeView {
  trade.tradeId = reader.text();
  trade.takerSide = sideOf(reader.u8(), reader.at) === 0 ? 'buy' : 'sell';
  if (trade.header.wide) {
    trade.widePrice = reader.i128();
    trade.wideSize = reader.i128();
    trade.price = Number(trade.widePrice);
    trade.size = Number(trade.wideSize);
  } else {
    trade.price = reader.f64();
    trade.size = reader.f64();
    trade.widePrice = 0n;
    trade.wideSize = 0n;
  }
  return trade;
}

function readStatus(reader: ByteReader, status: StatusView): StatusView {
  status.detail = reader.text();
  status.gaps = reader.f64();
  status.resyncs = reader.f64();
  status.checksumOk = reader.f64();
  status.checksumFailed = reader.f64();
  return status;
}
