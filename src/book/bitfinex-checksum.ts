/**
 * Bitfinex's book checksum, in the kernel's memory (`kernel/assembly/bitfinex.ts` has the rule): it comes with every change, so
 * what was computed of a level is kept until it changes.
 */

import { crc32 } from 'node:zlib';
import { kernel } from '../kernel/kernel.ts';
import { ASK, BID } from '../model/event.ts';
import type { Book } from './book.ts';

const DEPTH = 25;

const checksums = new FinalizationRegistry<number>((handle) => kernel.checksumDestroy(handle));

/** The checksum of one book, step by step. */
export class BitfinexChecksum {
  private readonly handle = kernel.bitfinexCreate();
  private readonly book: Book;

  constructor(book: Book) {
    this.book = book;
    checksums.register(this, this.handle);
  }

  /** The checksum of the book as it stands, signed 32 bits. */
  value(): number {
    const { book } = this;
    const bids = book.narrowLadder(BID);
    const asks = book.narrowLadder(ASK);
    if (bids === null || asks === null) return checksumOfTexts(book);
    const value = kernel.bitfinexValue(this.handle, bids.handle, asks.handle, book.priceScale, book.sizeScale);
    return value < 0 ? checksumOfTexts(book) : value | 0;
  }
}

/** The plain way, for numbers of any size. */
function checksumOfTexts(book: Book): number {
  return crcInTurn(texts(book, BID, ''), texts(book, ASK, '-'), DEPTH);
}

/**
 * CRC-32, signed, over the first texts of both sides in turn (bid, ask, bid, …), joined by colons: of levels, or of single orders. A
 * side that is shorter is skipped.
 */
export function crcInTurn(bids: readonly string[], asks: readonly string[], depth: number): number {
  const parts: string[] = [];
  for (let place = 0; place < depth; place++) {
    for (const side of [bids, asks]) {
      const text = side[place];
      if (text !== undefined) parts.push(text);
    }
  }
  return crc32(parts.join(':')) | 0;
}

function texts(book: Book, side: number, sign: string): string[] {
  const { priceScale, sizeScale } = book;
  const found: string[] = [];
  book.forEachLevel(side, DEPTH, (price, size) => {
    found.push(`${asPrinted(price, priceScale)}:${sign}${asPrinted(size, sizeScale)}`);
  });
  return found;
}

/** The number as the venue's own runtime prints it: `2e-7`, not `0.0000002`. */
function asPrinted(mantissa: number | bigint, scale: number): string {
  return String(Number(`${mantissa}e-${scale}`));
}
