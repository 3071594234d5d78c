/** Encodes events into batches; the layout is drawn in `codec.ts`. */

import { assert, assertNever } from '../lib/assert.ts';
import {
  EVENT_KINDS,
  TRUST_REASONS,
  TRUST_STATES,
  type BookView,
  type EventHeader,
  type EventView,
  type ScoreView,
  type StatusView,
  type TradeView,
  type TrustReason,
  type TrustState,
} from '../model/event.ts';
import { BookTable } from './book-table.ts';
import { ByteWriter } from './byte-writer.ts';
import { CodecError } from './codec-error.ts';
import * as layout from './codec-layout.ts';
import { columnFlags, encodeChanges, encodeTop, encodeWideTop } from './encode-book.ts';

const STATE_CODES = new Map<TrustState, number>(TRUST_STATES.map((state, code) => [state, code]));
const REASON_CODES = new Map<TrustReason, number>(TRUST_REASONS.map((reason, code) => [reason, code]));

/**
 * Collects events into one batch after another. A thread keeps one writer per lane and takes the batch when it is
 * large enough or its input pauses.
 */
export class BatchWriter {
  private readonly out = new ByteWriter();
  private readonly books = new BookTable();
  private batch = 0;
  private batchBooks = 0;
  private count = 0;

  constructor() {
    this.out.reserve(layout.BATCH_HEADER_BYTES);
  }

  /** Events in the batch so far. */
  get events(): number {
    return this.count;
  }

  /** Size of the batch so far, its header included. */
  get bytes(): number {
    return this.out.length;
  }

  /**
   * Appends the event; the view may be reused afterwards.
   * @throws CodecError `codec.range`; the batch is then as it was before
   */
  append(view: EventView): void {
    const start = this.out.length;
    const { batchBooks } = this;
    try {
      this.encode(view);
      this.count++;
    } catch (error) {
      // A half-written event must not follow the good ones. Its book entry went as well: forget that it was written.
      this.out.length = start;
      if (this.batchBooks > batchBooks) {
        this.batchBooks = batchBooks;
        this.books.find(view.header.exchange, view.header.symbol, view.header.venueSymbol).batch = -1;
      }
      throw error;
    }
  }

  /** The batch in a buffer of its own, which the caller may transfer; the writer starts afresh. */
  take(): Uint8Array<ArrayBuffer> {
    const { view } = this.out;
    view.setUint32(layout.AT_MAGIC, layout.MAGIC, true);
    view.setUint16(layout.AT_VERSION, layout.VERSION, true);
    view.setUint16(layout.AT_RESERVED, 0, true);
    view.setUint32(layout.AT_LENGTH, this.out.length, true);
    view.setUint32(layout.AT_EVENTS, this.count, true);
    view.setUint32(layout.AT_CHECKSUM, layout.checksumOf(this.out.bytes()), true);
    const taken = this.out.copy();
    this.out.clear();
    this.out.reserve(layout.BATCH_HEADER_BYTES);
    this.batch++;
    this.batchBooks = 0;
    this.count = 0;
    return taken;
  }

  private encode(view: EventView): void {
    switch (view.kind) {
      case 'book.snapshot':
      case 'book.delta':
        this.encodeBook(view);
        break;
      case 'trade':
        this.encodeTrade(view);
        break;
      case 'book.status':
        this.encodeStatus(view);
        break;
      case 'order.score':
        this.encodeScore(view);
        break;
      default:
        assertNever(view);
    }
  }

  private encodeHeader(header: EventHeader, kind: number, bodyFlags: number): void {
    if (header.span >>> 0 !== header.span) {
      throw new CodecError('codec.range', 'a span is no 32-bit count', { span: header.span });
    }
    const book = this.bookIndex(header);
    const at = this.out.reserve(layout.EVENT_HEADER_BYTES);
    const { view } = this.out;
    view.setUint8(at, kind);
    view.setUint8(at + 1, bodyFlags | (header.wide ? layout.WIDE : 0) | (header.venueTime ? 0 : layout.NO_VENUE_TIME));
    view.setUint8(at + 2, codeOf(STATE_CODES, header.state));
    view.setUint8(at + 3, codeOf(REASON_CODES, header.reason));
    view.setInt8(at + 4, scaleOf(header.priceScale));
    view.setInt8(at + 5, scaleOf(header.sizeScale));
    view.setUint32(at + 6, book, true);
    view.setUint32(at + 10, header.span, true);
    view.setFloat64(at + 14, header.exchangeUs, true);
    view.setFloat64(at + 22, header.receiveUs, true);
    view.setFloat64(at + 30, header.epoch, true);
    view.setFloat64(at + 38, header.seq, true);
    view.setFloat64(at + 46, header.frame, true);
  }

  private bookIndex(header: EventHeader): number {
    const entry = this.books.find(header.exchange, header.symbol, header.venueSymbol);
    if (entry.batch !== this.batch) {
      entry.batch = this.batch;
      entry.index = this.batchBooks++;
      this.out.u8(layout.BOOK_ENTRY);
      this.out.text(entry.exchange);
      this.out.text(entry.symbol);
      this.out.text(entry.venueSymbol);
    }
    return entry.index;
  }

  private encodeBook(event: BookView): void {
    const { changes, top, header } = event;
    const flags = columnFlags(changes);
    this.encodeHeader(header, EVENT_KINDS[event.kind], flags);
    this.out.f64(event.venueSeq);
    if (header.wide) {
      assert(top.wide !== null && changes.wide !== null, `wide ${event.kind} of ${header.symbol} without wide columns`);
      encodeWideTop(this.out, top.wide);
    } else {
      encodeTop(this.out, top);
    }
    encodeChanges(this.out, changes, flags, header.wide);
  }

  private encodeTrade(event: TradeView): void {
    this.encodeHeader(event.header, EVENT_KINDS.trade, 0);
    this.out.text(event.tradeId);
    this.out.u8(event.takerSide === 'buy' ? 0 : 1);
    if (event.header.wide) {
      this.out.i128(event.widePrice);
      this.out.i128(event.wideSize);
    } else {
      this.out.f64(event.price);
      this.out.f64(event.size);
    }
  }

  private encodeStatus(event: StatusView): void {
    this.encodeHeader(event.header, EVENT_KINDS['book.status'], 0);
    this.out.text(event.detail);
    this.out.f64(event.gaps);
    this.out.f64(event.resyncs);
    this.out.f64(event.checksumOk);
    this.out.f64(event.checksumFailed);
  }

  private encodeScore(event: ScoreView): void {
    this.encodeHeader(event.header, EVENT_KINDS['order.score'], 0);
    const at = this.out.reserve(1 + 11 * 8 + 4);
    const { view } = this.out;
    view.setUint8(at, event.side);
    view.setFloat64(at + 1, event.price, true);
    view.setFloat64(at + 9, event.size, true);
    view.setFloat64(at + 17, event.score, true);
    view.setFloat64(at + 25, event.z, true);
    view.setFloat64(at + 33, event.scoreSize, true);
    view.setFloat64(at + 41, event.scoreSpread, true);
    view.setFloat64(at + 49, event.scoreMid, true);
    view.setFloat64(at + 57, event.scoreImbalance, true);
    view.setFloat64(at + 65, event.spreadBps, true);
    view.setFloat64(at + 73, event.midDistanceBps, true);
    view.setFloat64(at + 81, event.imbalance, true);
    view.setInt32(at + 89, event.orders, true);
    this.out.text(event.model);
  }
}

function codeOf<T extends string>(codes: ReadonlyMap<T, number>, word: T): number {
  const code = codes.get(word);
  assert(code !== undefined, `no code for ${word}`);
  return code;
}

function scaleOf(scale: number): number {
  if (!(scale >= -128 && scale <= 127)) throw new CodecError('codec.range', 'a scale is out of range', { scale });
  return scale;
}
