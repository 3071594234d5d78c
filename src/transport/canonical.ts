/**
 * The canonical bytes of a market event, for digests: equal exactly where venue, pair, venue time and number, trust
 * state, changes and top are equal. Neither the receive time, epoch, seq, frame nor connection goes in, nor how a value
 * is held: a decimal is written as its mantissa without trailing zeros, so that its scale and width do not show.
 *
 *     event   kind u8 | exchange text | symbol text | state text | exchangeUs f64 (NaN without) | body
 *     book    venueSeq f64 (NaN where none) | bid, bidSize, ask, askSize, bidSum, askSum x | count f64 | row …
 *     row     side u8 | kind u8 | price x | size x | change x
 *     trade   id text | taker side u8 | price x | size x
 *     order   id text | side u8 | keeps its place u8 | told u8 | venueSeq f64 (NaN where none) | price x | size x | change x
 *     x       0 u8                                     no value
 *             1 u8 | decimals i8 | mantissa f64        mantissa within ±(2^53 - 1)
 *             2 u8 | decimals i8 | mantissa i128       beyond
 *
 * A sum beyond 2^53 is the double nearest to it, as the event has it. Decimals may be negative (1000 is 1 with -3); zero is mantissa 0 with 0 decimals.
 */

import { assert } from '../lib/assert.ts';
import {
  EVENT_KINDS,
  isOrderView,
  type BookView,
  type EventHeader,
  type MarketView,
  type OrderView,
  type TradeView,
  type WideChanges,
  type WideTop,
} from '../model/event.ts';
import { setInt128, type ByteWriter } from './byte-writer.ts';
import { CodecError } from './codec-error.ts';

const ABSENT = 0;
const NARROW = 1;
const WIDE = 2;

/** Zeros at the end of a mantissa go in these steps; a table, since powers are dear. */
const ZEROS = [8, 4, 2, 1] as const;
const FACTORS = [1e8, 1e4, 1e2, 1e1] as const;
const INVERSES = [1e-8, 1e-4, 1e-2, 1e-1] as const;

/** Numbers on their way to `decimal`: a double that is an argument is an object. */
const staged = new Float64Array(4);

const DECIMAL_BYTES_MAX = 18;
const ROW_BYTES_MAX = 2 + 3 * DECIMAL_BYTES_MAX;
const BOOK_BYTES_MAX = 2 * 8 + 6 * DECIMAL_BYTES_MAX;

/**
 * Appends the canonical bytes of the event to `out`, and allocates nothing once that has grown. The encoding tells where
 * it ends, so that several in a row stay unambiguous.
 * @throws CodecError `codec.range`; `out` is then as it was before
 */
export function canonicalBytes(view: MarketView, out: ByteWriter, heads = new CanonicalHeads()): void {
  const start = out.length;
  try {
    heads.put(view, out);
    if (view.kind === 'trade') canonicalTrade(view, out);
    else if (isOrderView(view)) canonicalOrder(view, out);
    else canonicalBook(view, out);
  } catch (error) {
    out.length = start;
    throw error;
  }
}

interface Head {
  readonly exchange: string;
  readonly symbol: string;
  readonly state: string;
  readonly length: number;
  /** Its bytes, and some that follow and do not count. */
  readonly words: Int32Array;
}

/** The last head of each kind of event, written again as it is: a book's texts seldom change. */
export class CanonicalHeads {
  private trade: Head | null = null;
  private delta: Head | null = null;

  /** Appends what comes before an event's body. */
  put({ kind, header }: MarketView, out: ByteWriter): void {
    const head = kind === 'trade' ? this.trade : kind === 'book.delta' ? this.delta : null;
    const { exchange, symbol, state, venueTime, exchangeUs } = header;
    if (head !== null && head.state === state && head.symbol === symbol && head.exchange === exchange) {
      const { words, length } = head;
      const at = out.reserve(words.length * 4);
      const { view } = out;
      for (let word = 0; word < words.length; word++) view.setInt32(at + word * 4, words[word] as number, true);
      out.length = at + length;
    } else {
      this.write(kind, header, out);
    }
    const at = out.reserve(8);
    // A receive time in the place of the venue's would make a recording's digest depend on who recorded it.
    out.view.setFloat64(at, venueTime ? exchangeUs : Number.NaN, true);
  }

  private write(kind: MarketView['kind'], { exchange, symbol, state }: EventHeader, out: ByteWriter): void {
    const start = out.length;
    out.u8(EVENT_KINDS[kind]);
    out.text(exchange);
    out.text(symbol);
    out.text(state);
    if (kind !== 'trade' && kind !== 'book.delta') return;
    const length = out.length - start;
    const words = new Int32Array(Math.ceil(length / 4));
    new Uint8Array(words.buffer).set(out.bytes().subarray(start));
    const head = { exchange, symbol, state, length, words };
    if (kind === 'trade') this.trade = head;
    else this.delta = head;
  }
}

function canonicalTrade(trade: TradeView, out: ByteWriter): void {
  const { priceScale, sizeScale, wide } = trade.header;
  out.text(trade.tradeId);
  out.u8(trade.takerSide === 'buy' ? 0 : 1);
  const start = out.reserve(2 * DECIMAL_BYTES_MAX);
  const { view } = out;
  if (wide) {
    const at = wideDecimal(view, start, trade.widePrice, priceScale);
    out.length = wideDecimal(view, at, trade.wideSize, sizeScale);
  } else {
    staged[0] = trade.price;
    staged[1] = trade.size;
    const at = decimal(view, start, staged, 0, priceScale);
    out.length = decimal(view, at, staged, 1, sizeScale);
  }
}

function canonicalOrder(order: OrderView, out: ByteWriter): void {
  const { priceScale, sizeScale, wide } = order.header;
  out.text(order.orderId);
  out.u8(order.side);
  out.u8(order.keepsPlace ? 1 : 0);
  out.u8(order.told ? 1 : 0);
  const start = out.reserve(8 + 3 * DECIMAL_BYTES_MAX);
  const { view } = out;
  view.setFloat64(start, Number.isNaN(order.venueSeq) ? Number.NaN : order.venueSeq, true);
  let at = start + 8;
  if (wide) {
    at = wideDecimal(view, at, order.widePrice, priceScale);
    at = wideDecimal(view, at, order.wideSize, sizeScale);
    out.length = wideDecimal(view, at, order.wideChange, sizeScale);
  } else {
    staged[1] = order.price;
    staged[2] = order.size;
    staged[3] = order.change;
    at = decimal(view, at, staged, 1, priceScale);
    at = decimal(view, at, staged, 2, sizeScale);
    out.length = decimal(view, at, staged, 3, sizeScale);
  }
}

function canonicalBook(book: BookView, out: ByteWriter): void {
  const { header, changes, top } = book;
  const start = out.reserve(BOOK_BYTES_MAX + changes.count * ROW_BYTES_MAX);
  const { view } = out;
  // All NaNs are one value to the digest.
  view.setFloat64(start, Number.isNaN(book.venueSeq) ? Number.NaN : book.venueSeq, true);
  if (header.wide) {
    const { wide } = changes;
    assert(top.wide !== null && wide !== null, `wide ${book.kind} of ${header.symbol} without wide columns`);
    const sums = wideTop(view, start + 8, top.wide, book);
    out.length = wideRows(view, sumsOf(view, sums, book), wide, book);
  } else {
    const sums = narrowTop(view, start + 8, book);
    out.length = rows(view, sumsOf(view, sums, book), book);
  }
}

function narrowTop(view: DataView, start: number, { header, top }: BookView): number {
  const { priceScale, sizeScale } = header;
  staged[0] = top.bid;
  staged[1] = top.bidSize;
  staged[2] = top.ask;
  staged[3] = top.askSize;
  let at = decimal(view, start, staged, 0, priceScale);
  at = decimal(view, at, staged, 1, sizeScale);
  at = decimal(view, at, staged, 2, priceScale);
  return decimal(view, at, staged, 3, sizeScale);
}

function wideTop(view: DataView, start: number, top: WideTop, { header }: BookView): number {
  const { priceScale, sizeScale } = header;
  let at = wideDecimal(view, start, top.bid, priceScale);
  at = wideDecimal(view, at, top.bidSize, sizeScale);
  at = wideDecimal(view, at, top.ask, priceScale);
  return wideDecimal(view, at, top.askSize, sizeScale);
}

/** The sums of both sides, which are whole numbers also beyond 2^53. */
function sumsOf(view: DataView, start: number, { header, top }: BookView): number {
  const { sizeScale } = header;
  staged[0] = top.bidSum;
  staged[1] = top.askSum;
  const at = Number.isSafeInteger(top.bidSum)
    ? decimal(view, start, staged, 0, sizeScale)
    : wideDecimal(view, start, BigInt(top.bidSum), sizeScale);
  return Number.isSafeInteger(top.askSum)
    ? decimal(view, at, staged, 1, sizeScale)
    : wideDecimal(view, at, BigInt(top.askSum), sizeScale);
}

function rows(view: DataView, start: number, { header, changes }: BookView): number {
  const { priceScale, sizeScale } = header;
  const { count, side, kind, price, size, change } = changes;
  view.setFloat64(start, count, true);
  let at = start + 8;
  for (let row = 0; row < count; row++) {
    view.setUint8(at, side[row] as number);
    view.setUint8(at + 1, kind[row] as number);
    at = decimal(view, at + 2, price, row, priceScale);
    at = decimal(view, at, size, row, sizeScale);
    at = decimal(view, at, change, row, sizeScale);
  }
  return at;
}

function wideRows(view: DataView, start: number, wide: WideChanges, { header, changes }: BookView): number {
  const { priceScale, sizeScale } = header;
  const { count, side, kind } = changes;
  view.setFloat64(start, count, true);
  let at = start + 8;
  for (let row = 0; row < count; row++) {
    view.setUint8(at, side[row] as number);
    view.setUint8(at + 1, kind[row] as number);
    at = wideDecimal(view, at + 2, wide.price[row] ?? null, priceScale);
    at = wideDecimal(view, at, wide.size[row] ?? null, sizeScale);
    at = wideDecimal(view, at, wide.change[row] ?? null, sizeScale);
  }
  return at;
}

/**
 * Writes a decimal whose mantissa is a safe integer, and returns where it ends.
 *
 * Whether a power of ten divides it is asked by a product with the inverse, which takes a third of a division's time: of a
 * safe integer it is less than a half away from the quotient, so that rounded it is the quotient where that is whole, and
 * times the power something else where it is not.
 */
function decimal(view: DataView, at: number, values: Float64Array, index: number, scale: number): number {
  const value = values[index] as number;
  if (Number.isNaN(value)) return absent(view, at);
  let mantissa = value;
  let decimals = scale;
  if (mantissa === 0) {
    mantissa = 0; // also of minus zero
    decimals = 0;
  } else if (Math.floor(mantissa * 0.1 + 0.5) * 10 === mantissa) {
    // A safe integer ends in at most 15 zeros.
    for (let step = 0; step < ZEROS.length; step++) {
      const quotient = Math.floor(mantissa * (INVERSES[step] as number) + 0.5);
      if (quotient * (FACTORS[step] as number) !== mantissa) continue;
      mantissa = quotient;
      decimals -= ZEROS[step] as number;
    }
  }
  view.setUint8(at, NARROW);
  view.setInt8(at + 1, decimalsOf(decimals));
  view.setFloat64(at + 2, mantissa, true);
  return at + 10;
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Writes a decimal of any width, and returns where it ends. */
function wideDecimal(view: DataView, at: number, value: bigint | null, scale: number): number {
  if (value === null) return absent(view, at);
  let mantissa = value;
  let decimals = scale;
  while (mantissa < -SAFE || mantissa > SAFE) {
    if (mantissa % 10n !== 0n) {
      view.setUint8(at, WIDE);
      view.setInt8(at + 1, decimalsOf(decimals));
      setInt128(view, at + 2, mantissa);
      return at + 18;
    }
    // Zeros alone may have made it wide.
    mantissa /= 10n;
    decimals--;
  }
  staged[0] = Number(mantissa);
  return decimal(view, at, staged, 0, decimals);
}

function absent(view: DataView, at: number): number {
  view.setUint8(at, ABSENT);
  return at + 1;
}

function decimalsOf(decimals: number): number {
  if (!(decimals >= -128 && decimals <= 127)) {
    throw new CodecError('codec.range', 'a count of decimals is out of range', { decimals });
  }
  return decimals;
}
