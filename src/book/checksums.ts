/** The checksums by which venues let one prove a book. */

import { BitfinexChecksum } from './bitfinex-checksum.ts';
import type { Book } from './book.ts';
import { KrakenChecksum } from './kraken-checksum.ts';
import type { BookRules } from './wire-message.ts';

export interface BookChecksum {
  /** Of the book as it stands, in the form in which its venue writes it. */
  value(): number;
}

export function createChecksum(kind: BookRules['checksum'], book: Book): BookChecksum | null {
  switch (kind) {
    case 'kraken-crc32':
      return new KrakenChecksum(book);
    case 'bitfinex-crc32':
      return new BitfinexChecksum(book);
    case null:
      return null;
  }
}
