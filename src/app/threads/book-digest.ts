/** The whole of a book in few bytes, for comparisons with the truth where one is at hand. */

import { createHash } from 'node:crypto';
import type { Book } from '../../book/book.ts';
import { formatDecimal } from '../../lib/decimal.ts';
import { ASK, BID } from '../../model/event.ts';

/** More levels than any side has. */
const ALL = 2 ** 31;

/** SHA-256 over all levels, best first, bids before asks, each as `bid 64250.1 0.75` without idle zeros, and a line feed. */
export function digestOfBook(book: Book): string {
  const hash = createHash('sha256');
  for (const side of [BID, ASK]) {
    const word = side === BID ? 'bid' : 'ask';
    book.forEachLevel(side, ALL, (price, size) => {
      hash.update(`${word} ${formatDecimal(price, book.priceScale)} ${formatDecimal(size, book.sizeScale)}\n`);
    });
  }
  return hash.digest('base64');
}
