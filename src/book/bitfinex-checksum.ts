/**
 * Bitfinex's book checksum: CRC-32 over the best 25 levels of both sides in turn (bid, ask, bid, …), of each level the price
 * and the signed amount (asks negative) as JavaScript prints numbers, all joined by colons. A side that is shorter is
 * skipped. https://docs.bitfinex.com/docs/ws-websocket-checksum
 */

import { crc32 } from 'node:zlib';
import { ASK, BID } from '../model/event.ts';
import type { Book } from './book.ts';

const DEPTH = 25;

/** The checksum of one book. */
export class BitfinexChecksum {
  private readonly book: Book;

  constructor(book: Book) {
    this.book = book;
  }

  /** The checksum of the book as it stands, signed 32 bits. */
  value(): number {
    const bids = this.texts(BID, '');
    const asks = this.texts(ASK, '-');
    const parts: string[] = [];
    for (let level = 0; level < DEPTH; level++) {
      for (const side of [bids, asks]) {
        const text = side[level];
        if (text !== undefined) parts.push(text);
      }
    }
    return crc32(parts.join(':')) | 0;
  }

  private texts(side: number, sign: string): string[] {
    const { priceScale, sizeScale } = this.book;
    const texts: string[] = [];
    this.book.forEachLevel(side, DEPTH, (price, size) => {
      texts.push(`${asPrinted(price, priceScale)}:${sign}${asPrinted(size, sizeScale)}`);
    });
    return texts;
  }
}

/** The number as the venue's own runtime prints it: `2e-7`, not `0.0000002`. */
function asPrinted(mantissa: number | bigint, scale: number): string {
  return String(Number(`${mantissa}e-${scale}`));
}
