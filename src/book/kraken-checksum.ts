/**
 * Kraken's book checksum: CRC-32 over the best ten asks (low to high), then the best ten bids (high to low); of each
 * level the price's and the size's digits as sent, without point and leading zeros, with nothing between them.
 * https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 *
 * It is verified after every message, which changes a level or two of the twenty. So each level's part of it is computed
 * once, kept in the ladder with the level, and only put together here.
 */

import { crc32 } from 'node:zlib';
import { assert } from '../lib/assert.ts';
import { POWERS_OF_TEN } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import type { Book } from './book.ts';
import { codeOf, digits, shifted, zeroDigits } from './digit-crc.ts';
import type { Ladder, WrittenColumns } from './ladder.ts';
import { writtenAt } from './ladder.ts';

const DEPTH = 10;
const POWERS = Float64Array.from(POWERS_OF_TEN);
const slots = new Int32Array(DEPTH);

/** The checksum of the book as it stands, unsigned 32 bits. The book must keep its digits. */
export function krakenChecksum(book: Book): number {
  const asks = book.narrowLadder(ASK);
  const bids = book.narrowLadder(BID);
  if (asks === null || bids === null) return checksumOfTexts(book);
  return ~withLevels(book, bids, withLevels(book, asks, -1)) >>> 0;
}

/** The CRC's register after the best levels of a side, best first. */
function withLevels({ priceScale, sizeScale }: Book, ladder: Ladder, begun: number): number {
  const { written } = ladder;
  assert(written !== null, 'a checksum of a book that keeps no digits');
  const { codes, lengths } = written;
  let register = begun;
  const count = ladder.listSlots(slots);
  for (let level = 0; level < count; level++) {
    const slot = slots[level] as number;
    const at = writtenAt(slot);
    if (lengths[at] === 0) code(written, at, Math.abs(ladder.keyAt(slot)), ladder.sizeAt(slot), priceScale, sizeScale);
    register = shifted(register, lengths[at] as number) ^ (codes[at] as number);
  }
  return register;
}

/** Computes a level's own part. */
function code(
  written: WrittenColumns,
  at: number,
  price: number,
  size: number,
  priceScale: number,
  sizeScale: number,
): void {
  const decimals = written.digits[at] as number;
  const ofPrice = codeAsWritten(price, priceScale, decimals >>> 8);
  const priceDigits = digits[0] as number;
  const ofSize = codeAsWritten(size, sizeScale, decimals & 0xff);
  const sizeDigits = digits[0] as number;
  written.codes[at] = shifted(ofPrice, sizeDigits) ^ ofSize;
  written.lengths[at] = priceDigits + sizeDigits;
}

/** As `codeOf` of the integer that the digits make, of which `decimals` were behind the point. */
function codeAsWritten(value: number, scale: number, decimals: number): number {
  const surplus = decimals - scale;
  if (surplus === 0) return codeOf(value);
  if (surplus < 0) return codeOf(value / (POWERS[-surplus] as number));
  const register = codeOf(value);
  digits[0] = (digits[0] as number) + surplus;
  return shifted(register, surplus) ^ zeroDigits(surplus);
}

/** The plain way, for numbers of any size. */
function checksumOfTexts(book: Book): number {
  let text = '';
  const append = (price: bigint, size: bigint): void => {
    text += price.toString() + size.toString();
  };
  book.forEachWritten(ASK, DEPTH, append);
  book.forEachWritten(BID, DEPTH, append);
  return crc32(text);
}
