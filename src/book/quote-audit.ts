/**
 * Checks a book against the venue's own best prices (Binance `bookTicker`), where both carry the same update numbers:
 * after an update up to number u the book's best prices and sizes must equal the newest quote numbered u or less.
 */

import { formatDecimal } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import type { BookTop } from '../model/event.ts';
import type { LevelBuffer } from './level-buffer.ts';

/** Quotes that may wait for the book to catch up; when full the oldest goes, which only loses a check. */
const WAITING_MAX = 4096;

export interface Quote {
  readonly last: number;
  /** Price and size of bid and ask as plain decimal texts. */
  readonly bid: string;
  readonly ask: string;
}

export interface QuoteAuditState {
  readonly waiting: readonly Quote[];
  readonly newest: Quote | null;
}

export class QuoteAudit {
  private waiting: Quote[] = [];
  private newest: Quote | null = null;

  /** Takes a quote: one level per side, bid first. */
  add(last: number, levels: LevelBuffer): void {
    if (this.waiting.length >= WAITING_MAX) this.waiting.shift();
    this.waiting.push({ last, bid: levelText(levels, BID), ask: levelText(levels, ASK) });
  }

  /** Whether the book, now at update number `last`, agrees; null where no quote is old enough to say. */
  check(last: number, top: BookTop, priceScale: number, sizeScale: number): boolean | null {
    let taken = 0;
    while (taken < this.waiting.length && (this.waiting[taken] as Quote).last <= last) taken++;
    if (taken > 0) {
      this.newest = this.waiting[taken - 1] ?? null;
      this.waiting.splice(0, taken);
    }
    if (this.newest === null) return null;
    const { wide } = top;
    const bid = pairText(wide?.bid ?? top.bid, wide?.bidSize ?? top.bidSize, priceScale, sizeScale);
    const ask = pairText(wide?.ask ?? top.ask, wide?.askSize ?? top.askSize, priceScale, sizeScale);
    return bid === this.newest.bid && ask === this.newest.ask;
  }

  clear(): void {
    this.waiting = [];
    this.newest = null;
  }

  state(): QuoteAuditState {
    return { waiting: this.waiting.slice(), newest: this.newest };
  }

  restore(state: QuoteAuditState): void {
    this.waiting = state.waiting.slice();
    this.newest = state.newest;
  }
}

function pairText(price: number | bigint, size: number | bigint, priceScale: number, sizeScale: number): string {
  return `${formatDecimal(price, priceScale)}:${formatDecimal(size, sizeScale)}`;
}

function levelText(levels: LevelBuffer, row: number): string {
  const price = levels.widePrices.get(row) ?? (levels.price[row] as number);
  const size = levels.wideSizes.get(row) ?? (levels.size[row] as number);
  return pairText(price, size, levels.priceDecimals[row] as number, levels.sizeDecimals[row] as number);
}
