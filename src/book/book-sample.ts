/** Depth near the mid and the best levels of a book as it stands: the numbers of a `book.sample`. */

import { POWERS_OF_TEN } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import { kernel, views } from '../kernel/kernel.ts';
import { ASKS_AT, BIDS_AT, DEPTH_BANDS_BPS, LEVELS_AT, sampleNumbers } from '../model/book-sample.ts';
import type { Book } from './book.ts';

const BPS = 10_000;
const BANDS = DEPTH_BANDS_BPS.length;
/** How many levels of a wide book are looked at first. */
const WIDE_LEVELS = 16;
const DOUBLE_BYTES = 8;

const bands = kernel.allocate(BANDS * DOUBLE_BYTES);
views.doubles.set(DEPTH_BANDS_BPS, bands / DOUBLE_BYTES);

/** Where the kernel writes samples with so many levels at most. */
let room = 0;
let block = 0;

/**
 * Writes the numbers of a sample.
 * @param levels listed per side, at most
 * @param out has room for `sampleNumbers(levels)`
 * @returns how many they are
 */
export function sampleBook(book: Book, levels: number, out: Float64Array): number {
  const bids = book.narrowLadder(BID);
  const asks = book.narrowLadder(ASK);
  if (bids === null || asks === null) return sampleWide(book, levels, out);
  if (levels > room) makeRoom(levels);
  const { priceScale, sizeScale } = book;
  const count = kernel.sample(bids.handle, asks.handle, levels, priceScale, sizeScale, bands, BANDS, block);
  const { doubles } = views;
  for (let i = 0, at = block / DOUBLE_BYTES; i < count; i++, at++) out[i] = doubles[at] as number;
  return count;
}

function makeRoom(levels: number): void {
  if (room > 0) kernel.release(block, sampleNumbers(room) * DOUBLE_BYTES);
  room = levels;
  block = kernel.allocate(sampleNumbers(room) * DOUBLE_BYTES);
}

/** The plain way, for books whose integers pass 2^53. */
function sampleWide(book: Book, levels: number, out: Float64Array): number {
  out.fill(Number.NaN, 0, BIDS_AT);
  sumWideDepth(book, out);
  const bids = listWide(book, BID, levels, out, LEVELS_AT);
  const asks = listWide(book, ASK, levels, out, LEVELS_AT + 2 * bids);
  out[BIDS_AT] = bids;
  out[ASKS_AT] = asks;
  return LEVELS_AT + 2 * (bids + asks);
}

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
