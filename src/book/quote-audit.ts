/**
 * Checks a book against the venue's own best prices (Binance `bookTicker`), where both carry the same update numbers:
 * after an update up to number u the book's best prices and sizes must equal the newest quote numbered u or less.
 */

import { POWERS_OF_TEN } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import type { BookTop } from '../model/event.ts';
import type { LevelBuffer } from './level-buffer.ts';

/** Quotes that may wait for the book to catch up; when full the oldest goes, which only loses a check. */
const WAITING_MAX = 4096;
const INITIAL_CAPACITY = 16;
/** Per quote: its number, then mantissa and decimals of bid, bid size, ask and ask size. */
const WIDTH = 9;

const POWERS = Float64Array.from(POWERS_OF_TEN);

export interface QuoteAuditState {
  /** Quotes that wait for the book, oldest first. */
  readonly waiting: Float64Array;
  /** The last that was taken; NaN where none was. */
  readonly newest: Float64Array;
  /** By update number, the exact mantissas of quotes with one beyond 2^53. */
  readonly wide: readonly (readonly [last: number, mantissas: readonly bigint[]])[];
}

/** No quote at all: most venues send none, and their books need no room for any. */
const NO_QUOTE = new Float64Array(WIDTH).fill(NaN);

export class QuoteAudit {
  /** A ring of `capacity` quotes, the oldest at `first`. */
  private ring = NO_QUOTE;
  private capacity = 0;
  private first = 0;
  private count = 0;
  private newest = NO_QUOTE;
  private readonly wideQuotes = new Map<number, readonly bigint[]>();

  /** Takes a quote: one level per side, bid first. */
  add(last: number, levels: LevelBuffer): void {
    if (this.count === this.capacity) this.makeRoom();
    const at = ((this.first + this.count++) % this.capacity) * WIDTH;
    const { ring } = this;
    const { price, priceDecimals, size, sizeDecimals } = levels;
    ring[at] = last;
    for (let row = BID; row <= ASK; row++) {
      const column = at + 1 + row * 4;
      ring[column] = price[row] as number;
      ring[column + 1] = priceDecimals[row] as number;
      ring[column + 2] = size[row] as number;
      ring[column + 3] = sizeDecimals[row] as number;
    }
    const largest = Math.max(price[BID] as number, size[BID] as number, price[ASK] as number, size[ASK] as number);
    if (levels.wide || largest > Number.MAX_SAFE_INTEGER) this.rememberWide(last, levels);
  }

  /** Whether the book, now at update number `last`, agrees; null where no quote is old enough to say. */
  check(last: number, top: BookTop, priceScale: number, sizeScale: number): boolean | null {
    const { ring } = this;
    let taken = -1;
    while (this.count > 0 && (ring[this.first * WIDTH] as number) <= last) {
      taken = this.first;
      this.first = (this.first + 1) % this.capacity;
      this.count--;
    }
    if (taken >= 0 && this.newest === NO_QUOTE) this.newest = new Float64Array(WIDTH);
    const { newest } = this;
    if (taken >= 0) {
      for (let column = 0; column < WIDTH; column++) newest[column] = ring[taken * WIDTH + column] as number;
    }
    if (Number.isNaN(newest[0])) return null;
    if (top.wide !== null || this.wideQuotes.size > 0) return this.checkWide(top, priceScale, sizeScale);
    return (
      isSame(top.bid, priceScale, newest[1] as number, newest[2] as number) &&
      isSame(top.bidSize, sizeScale, newest[3] as number, newest[4] as number) &&
      isSame(top.ask, priceScale, newest[5] as number, newest[6] as number) &&
      isSame(top.askSize, sizeScale, newest[7] as number, newest[8] as number)
    );
  }

  clear(): void {
    this.first = 0;
    this.count = 0;
    this.newest = NO_QUOTE;
    this.wideQuotes.clear();
  }

  state(): QuoteAuditState {
    const waiting = new Float64Array(this.count * WIDTH);
    for (let quote = 0; quote < this.count; quote++) {
      const from = ((this.first + quote) % this.capacity) * WIDTH;
      waiting.set(this.ring.subarray(from, from + WIDTH), quote * WIDTH);
    }
    return { waiting, newest: this.newest.slice(), wide: [...this.wideQuotes] };
  }

  restore({ waiting, newest, wide }: QuoteAuditState): void {
    this.clear();
    while (this.capacity * WIDTH < waiting.length) this.grow();
    this.ring.set(waiting);
    this.count = waiting.length / WIDTH;
    this.newest = newest.slice();
    for (const [last, numbers] of wide) this.wideQuotes.set(last, numbers);
  }

  private makeRoom(): void {
    if (this.capacity < WAITING_MAX) {
      this.grow();
      return;
    }
    this.wideQuotes.delete(this.ring[this.first * WIDTH] as number);
    this.first = (this.first + 1) % this.capacity;
    this.count--;
  }

  /** Of a full ring, or one without quotes. */
  private grow(): void {
    const { ring, capacity, first } = this;
    this.capacity = Math.max(INITIAL_CAPACITY, 2 * capacity);
    this.ring = new Float64Array(this.capacity * WIDTH);
    this.ring.set(ring.subarray(first * WIDTH, capacity * WIDTH));
    this.ring.set(ring.subarray(0, first * WIDTH), (capacity - first) * WIDTH);
    this.first = 0;
  }

  private rememberWide(last: number, levels: LevelBuffer): void {
    const numbers = [BID, ASK].flatMap((row) => [levels.exactPrice(row), levels.exactSize(row)]);
    this.wideQuotes.set(last, numbers);
  }

  /** The same in bigints: the book or the quote has numbers beyond 2^53. */
  private checkWide(top: BookTop, priceScale: number, sizeScale: number): boolean {
    const { newest, wideQuotes } = this;
    const quoteNumber = newest[0] as number;
    for (const last of wideQuotes.keys()) if (last < quoteNumber) wideQuotes.delete(last);
    const exact = wideQuotes.get(quoteNumber);
    const held = top.wide ?? top;
    const values = [held.bid, held.bidSize, held.ask, held.askSize];
    return values.every((value, index) => {
      if (value === null || Number.isNaN(value)) return false;
      const mantissa = exact?.[index] ?? BigInt(newest[1 + 2 * index] as number);
      const surplus = (index % 2 === 0 ? priceScale : sizeScale) - (newest[2 + 2 * index] as number);
      const power = 10n ** BigInt(Math.abs(surplus));
      return surplus >= 0 ? BigInt(value) === mantissa * power : BigInt(value) * power === mantissa;
    });
  }
}

/** Whether two numbers of different scales are the same. A product beyond 2^53 equals none below. */
function isSame(value: number, scale: number, mantissa: number, decimals: number): boolean {
  if (scale === decimals) return value === mantissa;
  return scale > decimals
    ? value === mantissa * (POWERS[scale - decimals] ?? NaN)
    : value * (POWERS[decimals - scale] ?? NaN) === mantissa;
}
