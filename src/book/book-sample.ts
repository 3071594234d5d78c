/** Depth near the mid and the best levels of a book as it stands: the numbers of a `book.sample`. */

import { POWERS_OF_TEN } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import { ASKS_AT, BIDS_AT, DEPTH_BANDS_BPS, LEVELS_AT } from '../model/book-sample.ts';
import type { Book } from './book.ts';
import type { Ladder } from './ladder.ts';

const BPS = 10_000;
const BANDS = DEPTH_BANDS_BPS.length;
/** How many levels of a wide book are looked at first. */
const WIDE_LEVELS = 16;
/** Room for the borders of one side, and then for the sums down to them. */
const borders = new Float64Array(BANDS);

/**
 * Writes the numbers of a sample.
 * @param levels listed per side, at most
 * @param out has room for `sampleNumbers(levels)`
 * @returns how many they are
 */
export function sampleBook(book: Book, levels: number, out: Float64Array): number {
  out.fill(Number.NaN, 0, BIDS_AT);
  const bids = book.narrowLadder(BID);
  const asks = book.narrowLadder(ASK);
  const isNarrow = bids !== null && asks !== null;
  if (isNarrow) {
    sumDepth(book, BID, bids, out);
    sumDepth(book, ASK, asks, out);
  } else {
    sumWideDepth(book, out);
  }
  const bidsAt = LEVELS_AT;
  const bidCount = isNarrow ? listBest(book, bids, levels, out, bidsAt) : listWide(book, BID, levels, out, bidsAt);
  const asksAt = bidsAt + 2 * bidCount;
  const askCount = isNarrow ? listBest(book, asks, levels, out, asksAt) : listWide(book, ASK, levels, out, asksAt);
  out[BIDS_AT] = bidCount;
  out[ASKS_AT] = askCount;
  return asksAt + 2 * askCount;
}

function sumDepth({ top, sizeScale }: Book, side: number, ladder: Ladder, out: Float64Array): void {
  const total = top.bid + top.ask;
  if (Number.isNaN(total)) return;
  // Whole numbers up to the division: so a border that is a tick is exactly that.
  for (let band = 0; band < BANDS; band++) {
    const bps = DEPTH_BANDS_BPS[band] as number;
    borders[band] =
      side === BID ? Math.ceil((total * (BPS - bps)) / (2 * BPS)) : -Math.floor((total * (BPS + bps)) / (2 * BPS));
  }
  ladder.sumDown(borders);
  const unit = POWERS_OF_TEN[sizeScale] as number;
  for (let band = 0; band < BANDS; band++) out[2 * band + side] = (borders[band] as number) / unit;
}

function listBest(
  { priceScale, sizeScale }: Book,
  ladder: Ladder,
  levels: number,
  out: Float64Array,
  at: number,
): number {
  const found = ladder.best(levels, out, at);
  const priceUnit = POWERS_OF_TEN[priceScale] as number;
  const sizeUnit = POWERS_OF_TEN[sizeScale] as number;
  for (let i = at; i < at + 2 * found; i += 2) {
    out[i] = Math.abs(out[i] as number) / priceUnit;
    out[i + 1] = (out[i + 1] as number) / sizeUnit;
  }
  return found;
}

/** The plain way, for books whose integers pass 2^53. */
function sumWideDepth(book: Book, out: Float64Array): void {
  const wide = book.top.wide;
  if (wide === null || wide.bid === null || wide.ask === null) return;
  const total = wide.bid + wide.ask;
  for (const side of [BID, ASK]) {
    // Few of a book's levels are near its mid.
    let sums: readonly bigint[] | null = null;
    for (let levels = WIDE_LEVELS; sums === null; levels *= 4) sums = wideDepth(book, side, levels, total);
    for (const [band, sum] of sums.entries()) out[2 * band + side] = inUnits(sum, book.sizeScale);
  }
}

/** @returns sizes within the bands; null where more levels than these may be within */
function wideDepth(book: Book, side: number, levels: number, total: bigint): bigint[] | null {
  const sums = DEPTH_BANDS_BPS.map(() => 0n);
  let within = 0;
  book.forEachLevel(side, levels, (price, size) => {
    const away = side === BID ? total - 2n * BigInt(price) : 2n * BigInt(price) - total;
    for (let band = BANDS - 1; band >= 0; band--) {
      if (away * BigInt(BPS) > total * BigInt(DEPTH_BANDS_BPS[band] as number)) return;
      if (band === BANDS - 1) within++;
      sums[band] = (sums[band] as bigint) + BigInt(size);
    }
  });
  return within < levels ? sums : null;
}

function listWide(book: Book, side: number, levels: number, out: Float64Array, at: number): number {
  let next = at;
  book.forEachLevel(side, levels, (price, size) => {
    out[next++] = inUnits(price, book.priceScale);
    out[next++] = inUnits(size, book.sizeScale);
  });
  return (next - at) / 2;
}

function inUnits(mantissa: number | bigint, scale: number): number {
  return Number(mantissa) / (POWERS_OF_TEN[scale] as number);
}
