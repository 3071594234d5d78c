/** Encodes events into batches; the layout is drawn in `codec.ts`. */

import { assert, assertNever } from '../lib/assert.ts';
import {
  ASK,
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
import * as bases from './batch-bases.ts';
import { BookTable } from './book-table.ts';
import { ByteWriter } from './byte-writer.ts';
import { CodecError } from './codec-error.ts';
import * as layout from './codec-layout.ts';
import { GROUP_MAX, putGroup } from './coded-numbers.ts';
import { areAllKnown, encodeChanges, encodeWideChanges, encodeWideTop } from './encode-book.ts';
import { ContextPacker } from './event-context.ts';

/** Small: a thread may have a thousand lanes, and most batches are. */
const INITIAL_BYTES = 4 * 1024;

/**
 * Collects events into one batch after another. A thread keeps one writer per lane and takes the batch when it is
 * large enough or its input pauses. Appending allocates nothing once the buffer has grown to the batches' size.
 */
export class BatchWriter {
  private readonly out = new ByteWriter(INITIAL_BYTES);
  private readonly table = new BookTable();
  private readonly bases = new bases.BatchBases();
  private readonly contexts = new ContextPacker();
  /** The header's and the body's numbers of the event at hand. */
  private readonly header = new Float64Array(GROUP_MAX);
  private readonly body = new Float64Array(GROUP_MAX);
  private batch = 0;
  private batchBooks = 0;
  private count = 0;
  private model = '';

  constructor() {
    this.out.reserve(layout.BATCH_HEADER_BYTES);
  }

  /** Events in the batch so far. */
  get events(): number {
    return this.count;
  }

  /** Size of the batch so far. */
  get bytes(): number {
    return this.out.length + layout.CHECKSUM_BYTES;
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
        this.table.find(view.header.exchange, view.header.symbol, view.header.venueSymbol).batch = -1;
      }
      throw error;
    }
  }

  /** The batch in a buffer of its own, which the caller may transfer; the writer starts afresh. */
  take(): Uint8Array<ArrayBuffer> {
    const { out } = this;
    const { view } = out;
    view.setUint32(layout.AT_MAGIC, layout.MAGIC, true);
    view.setUint16(layout.AT_VERSION, layout.VERSION, true);
    view.setUint16(layout.AT_RESERVED, 0, true);
    view.setUint32(layout.AT_LENGTH, this.bytes, true);
    view.setUint32(layout.AT_EVENTS, this.count, true);
    const checksum = layout.checksumOf(out.bytes());
    const checksumAt = out.reserve(layout.CHECKSUM_BYTES);
    out.view.setUint32(checksumAt, checksum, true);
    const taken = out.copy();
    out.clear();
    out.reserve(layout.BATCH_HEADER_BYTES);
    this.bases.clear();
    this.batch++;
    this.batchBooks = 0;
    this.count = 0;
    this.model = '';
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
      case 'order.add':
      case 'order.change':
      case 'order.cancel':
      case 'order.fill':
        this.encodeOrder(view);
        break;
      case 'order.score':
        this.encodeScore(view);
        break;
      case 'book.sample':
      case 'spread':
      case 'liquidity':
      case 'bar':
      case 'indicator':
      case 'book.top':
        this.encodeNumbers(view);
        break;
      default:
        assertNever(view);
    }
  }

  /** Writes the header and returns the book's ordinal. Its numbers become bases only with `keepHeader`. */
  private encodeHeader(header: EventHeader, kind: number, bodyFlags: number, rows: number): number {
    const { out, header: numbers } = this;
    const book = this.bookIndex(header);
    const isSpanOther = header.span !== bases.spanOf(kind, rows);
    let flags = bodyFlags;
    if (header.wide) flags |= layout.WIDE;
    if (!header.venueTime) flags |= layout.NO_VENUE_TIME;
    if (isSpanOther) flags |= layout.OTHER_SPAN;
    const at = out.reserve(layout.EVENT_HEAD_BYTES);
    const { view } = out;
    view.setUint8(at, kind);
    view.setUint8(at + 1, flags);
    view.setUint16(at + 2, book, true);
    numbers[bases.CONTEXT] = this.contexts.pack(header);
    numbers[bases.EPOCH] = header.epoch;
    numbers[bases.SEQ] = header.seq;
    numbers[bases.ROWS] = rows;
    numbers[bases.RECEIVE_US] = header.receiveUs;
    numbers[bases.EXCHANGE_US] = header.exchangeUs;
    numbers[bases.FRAME] = header.frame;
    this.bases.prepareHeader(book);
    putGroup(out, numbers, this.bases.header, 0, bases.HEADER_NUMBERS);
    if (isSpanOther) this.encodeSpan(header.span);
    return book;
  }

  private encodeSpan(span: number): void {
    if (span >>> 0 !== span) throw new CodecError('codec.range', 'a span is no 32-bit count', { span });
    const at = this.out.reserve(4);
    this.out.view.setUint32(at, span, true);
  }

  private bookIndex(header: EventHeader): number {
    const entry = this.table.find(header.exchange, header.symbol, header.venueSymbol);
    if (entry.batch !== this.batch) {
      const index = this.batchBooks;
      if (index >= layout.BOOKS_MAX) throw new CodecError('codec.range', 'too many books for a batch', { index });
      this.batchBooks++;
      entry.batch = this.batch;
      entry.index = index;
      this.bases.openBook(index);
      this.out.u8(layout.BOOK_ENTRY);
      this.out.text(entry.exchange);
      this.out.text(entry.symbol);
      this.out.text(entry.venueSymbol);
    }
    return entry.index;
  }

  private encodeBook(event: BookView): void {
    const { changes, top, header } = event;
    const { out } = this;
    const allKnown = areAllKnown(changes);
    const book = this.encodeHeader(header, EVENT_KINDS[event.kind], allKnown ? layout.ALL_KNOWN : 0, changes.count);
    if (header.wide) {
      assert(top.wide !== null, `wide ${event.kind} of ${header.symbol} without a wide top`);
      out.f64(event.venueSeq);
      encodeWideTop(out, top, top.wide);
      encodeWideChanges(out, changes, allKnown);
    } else {
      const { body } = this;
      body[0] = event.venueSeq;
      body[1] = top.bid;
      body[2] = top.bidSize;
      body[3] = top.ask;
      body[4] = top.askSize;
      body[5] = top.bidSum;
      body[6] = top.askSum;
      const topAt = this.bases.topAt(book);
      putGroup(out, body, this.bases.books, topAt, bases.TOP_NUMBERS);
      encodeChanges(out, changes, top, allKnown);
      this.bases.keep(topAt, body, bases.TOP_NUMBERS);
    }
    this.bases.keepHeader(book, this.header, header.span);
  }

  private encodeTrade(event: TradeView): void {
    const { header } = event;
    const { out } = this;
    const book = this.encodeHeader(header, EVENT_KINDS.trade, event.takerSide === 'buy' ? 0 : layout.SELL_SIDE, 1);
    out.text(event.tradeId);
    if (header.wide) {
      out.i128(event.widePrice);
      out.i128(event.wideSize);
    } else {
      const { body } = this;
      body[0] = event.price;
      body[1] = event.size;
      const tradeAt = this.bases.tradeAt(book);
      putGroup(out, body, this.bases.books, tradeAt, bases.TRADE_NUMBERS);
      this.bases.keep(tradeAt, body, bases.TRADE_NUMBERS);
    }
    this.bases.keepHeader(book, this.header, header.span);
  }

  private encodeOrder(event: OrderView): void {
    const { header } = event;
    const { out } = this;
    let flags = event.side === ASK ? layout.SELL_SIDE : 0;
    if (event.keepsPlace) flags |= layout.KEEPS_PLACE;
    if (event.told) flags |= layout.TOLD;
    const book = this.encodeHeader(header, EVENT_KINDS[event.kind], flags, 1);
    out.text(event.orderId);
    if (header.wide) {
      out.f64(event.venueSeq);
      out.i128(event.widePrice);
      out.i128(event.wideSize);
      out.i128(event.wideChange);
    } else {
      const { body } = this;
      body[0] = event.venueSeq;
      body[1] = event.price;
      body[2] = event.size;
      body[3] = event.change;
      const orderAt = this.bases.orderAt(book);
      putGroup(out, body, this.bases.books, orderAt, bases.ORDER_NUMBERS);
      this.bases.keep(orderAt, body, bases.ORDER_NUMBERS);
    }
    this.bases.keepHeader(book, this.header, header.span);
  }

  private encodeStatus(event: StatusView): void {
    const { body } = this;
    const book = this.encodeHeader(event.header, EVENT_KINDS['book.status'], 0, 1);
    this.out.text(event.detail);
    body[0] = event.gaps;
    body[1] = event.resyncs;
    body[2] = event.checksumOk;
    body[3] = event.checksumFailed;
    putGroup(this.out, body, bases.ZEROS, 0, 4);
    this.bases.keepHeader(book, this.header, event.header.span);
  }

  private encodeScore(event: ScoreView): void {
    const { out, body } = this;
    const isSameModel = event.model === this.model;
    const flags = (event.side === ASK ? layout.SELL_SIDE : 0) | (isSameModel ? layout.SAME_MODEL : 0);
    const book = this.encodeHeader(event.header, EVENT_KINDS['order.score'], flags, 1);
    body[0] = event.price;
    body[1] = event.size;
    body[2] = event.score;
    body[3] = event.z;
    body[4] = event.scoreSize;
    body[5] = event.scoreSpread;
    body[6] = event.scoreMid;
    body[7] = event.scoreImbalance;
    putGroup(out, body, bases.ZEROS, 0, 8);
    body[0] = event.spreadBps;
    body[1] = event.midDistanceBps;
    body[2] = event.imbalance;
    body[3] = event.orders;
    putGroup(out, body, bases.ZEROS, 0, 4);
    if (!isSameModel) {
      out.text(event.model);
      this.model = event.model;
    }
    this.bases.keepHeader(book, this.header, event.header.span);
  }

  private encodeNumbers({ kind, header, values, count }: MetricView | SampleView): void {
    const { out } = this;
    if (count > layout.METRIC_NUMBERS_MAX) throw new CodecError('codec.range', 'too many numbers', { count });
    const book = this.encodeHeader(header, EVENT_KINDS[kind], 0, 1);
    const at = out.reserve(2 + count * 8);
    const { view } = out;
    view.setUint16(at, count, true);
    for (let i = 0; i < count; i++) view.setFloat64(at + 2 + i * 8, values[i] as number, true);
    this.bases.keepHeader(book, this.header, header.span);
  }
}
