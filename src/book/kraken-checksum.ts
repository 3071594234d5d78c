/**
 * Kraken's book checksum: CRC-32 over the best ten asks (low to high), then the best ten bids (high to low); of each
 * level the price's and the size's digits as sent, without point and leading zeros, with nothing between them.
 * https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 *
 * It is verified after every message, which changes a level or two, and most often none of the twenty. So what was
 * computed of a level, and of a side, is kept until it changes, and only put together here.
 */

import { crc32 } from 'node:zlib';
import { POWERS_OF_TEN } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import type { Book } from './book.ts';
import { codeOf, digits, shifted, zeroDigits } from './digit-crc.ts';
import type { Ladder } from './ladder.ts';

const DEPTH = 10;
const POWERS = Float64Array.from(POWERS_OF_TEN);
const slots = new Int32Array(DEPTH);

/** The checksum of one book, step by step. */
export class KrakenChecksum {
  private readonly asks = new SideCode();
  private readonly bids = new SideCode();
  private readonly book: Book;
  private priceScale = 0;
  private sizeScale = 0;

  /** @param book keeps its digits */
  constructor(book: Book) {
    this.book = book;
  }

  /** The checksum of the book as it stands, unsigned 32 bits. */
  value(): number {
    const { book, asks, bids } = this;
    const askLadder = book.narrowLadder(ASK);
    const bidLadder = book.narrowLadder(BID);
    if (askLadder === null || bidLadder === null) return checksumOfTexts(book);
    if (book.priceScale !== this.priceScale || book.sizeScale !== this.sizeScale) {
      this.priceScale = book.priceScale;
      this.sizeScale = book.sizeScale;
      asks.forget();
      bids.forget();
    }
    asks.follow(askLadder, book);
    bids.follow(bidLadder, book);
    const afterAsks = shifted(-1, asks.length) ^ asks.code;
    return ~(shifted(afterAsks, bids.length) ^ bids.code) >>> 0;
  }
}

/** The best levels of a side as they were last: their codes, one by one and together. */
class SideCode {
  /** The CRC's register after all digits, begun from zero, and their number. */
  code = 0;
  length = 0;
  private count = 0;
  private levels = new LevelCodes();
  private spare = new LevelCodes();

  forget(): void {
    this.count = 0;
  }

  follow(ladder: Ladder, { priceScale, sizeScale }: Book): void {
    const { levels: before, spare: now, count: countBefore } = this;
    if (countBefore === DEPTH && ladder.touched < (before.keys[DEPTH - 1] as number)) return;
    const count = ladder.listSlots(slots);
    let code = 0;
    let length = 0;
    let old = 0;
    for (let level = 0; level < count; level++) {
      const slot = slots[level] as number;
      const key = ladder.keyAt(slot);
      const size = ladder.sizeAt(slot);
      const decimals = ladder.decimalsAt(slot);
      while (old < countBefore && (before.keys[old] as number) > key) old++;
      now.keys[level] = key;
      now.sizes[level] = size;
      now.decimals[level] = decimals;
      const isSame = old < countBefore && before.keys[old] === key && before.sizes[old] === size;
      if (isSame && before.decimals[old] === decimals) {
        now.codes[level] = before.codes[old] as number;
        now.lengths[level] = before.lengths[old] as number;
      } else {
        const ofPrice = codeAsWritten(Math.abs(key), priceScale, decimals >>> 8);
        const priceDigits = digits[0] as number;
        const ofSize = codeAsWritten(size, sizeScale, decimals & 0xff);
        const sizeDigits = digits[0] as number;
        now.codes[level] = shifted(ofPrice, sizeDigits) ^ ofSize;
        now.lengths[level] = priceDigits + sizeDigits;
      }
      code = shifted(code, now.lengths[level] as number) ^ (now.codes[level] as number);
      length += now.lengths[level] as number;
    }
    this.code = code;
    this.length = length;
    this.count = count;
    this.levels = now;
    this.spare = before;
    ladder.touched = Number.NEGATIVE_INFINITY;
  }
}

class LevelCodes {
  readonly keys = new Float64Array(DEPTH);
  readonly sizes = new Float64Array(DEPTH);
  readonly decimals = new Uint16Array(DEPTH);
  /** The register after the level's digits, begun from zero, and their number. */
  readonly codes = new Int32Array(DEPTH);
  readonly lengths = new Int32Array(DEPTH);
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
