/**
 * Kraken's book checksum: CRC-32 over the best ten asks (low to high), then the best ten bids (high to low); of each
 * level the price's and the size's digits as sent, without point and leading zeros, with nothing between them.
 * https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 */

import { crc32 } from 'node:zlib';
import { ASK, BID } from '../model/event.ts';
import type { Book } from './book.ts';

const DEPTH = 10;

/** The checksum of the book as it stands, unsigned 32 bits. The book must keep its digits. */
export function krakenChecksum(book: Book): number {
  let text = '';
  const append = (price: number | bigint, size: number | bigint): void => {
    text += price.toString() + size.toString();
  };
  book.forEachWritten(ASK, DEPTH, append);
  book.forEachWritten(BID, DEPTH, append);
  return crc32(text);
}
