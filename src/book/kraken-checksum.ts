/**
 * Kraken's book checksum, in the kernel's memory (`kernel/assembly/kraken.ts` has the rule): verified after every message, so
 * what was computed of a level is kept until it changes.
 */

import { crc32 } from 'node:zlib';
import { kernel } from '../kernel/kernel.ts';
import { ASK, BID } from '../model/event.ts';
import type { Book } from './book.ts';

const DEPTH = 10;

const checksums = new FinalizationRegistry<number>((handle) => kernel.checksumDestroy(handle));

/** The checksum of one book, step by step. */
export class KrakenChecksum {
  private readonly handle = kernel.krakenCreate();
  private readonly book: Book;

  /** @param book keeps its digits */
  constructor(book: Book) {
    this.book = book;
    checksums.register(this, this.handle);
  }

  /** The checksum of the book as it stands, unsigned 32 bits. */
  value(): number {
    const { book } = this;
    const bids = book.narrowLadder(BID);
    const asks = book.narrowLadder(ASK);
    if (bids === null || asks === null) return checksumOfTexts(book);
    return kernel.krakenValue(this.handle, bids.handle, asks.handle, book.priceScale, book.sizeScale) >>> 0;
  }
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
