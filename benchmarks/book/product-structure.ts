/**
 * The product's book, from the rows as its parsers hand them on. It does more than the others here: exact integers with
 * scales and their bounds, the change of each row, sums of both sides and best prices after each message, and what of the
 * book is known at all.
 */

import { Book } from '../../src/book/book.ts';
import { LevelBuffer } from '../../src/book/level-buffer.ts';
import type { ChangeBuffer } from '../../src/book/changes.ts';
import { BID } from '../../src/model/event.ts';
import type { Structure } from './structure.ts';
import type { Row, UpdateStream } from './update-stream.ts';
import { PRICE_DECIMALS, SIZE_DECIMALS, WRITTEN_DECIMALS } from './update-stream.ts';

export class ProductStructure implements Structure {
  private readonly depth: number;
  private readonly snapshot: LevelBuffer;
  private readonly messages: readonly LevelBuffer[];
  private book = newBook({ keepDigits: false });

  constructor({ depth, snapshot, messages }: UpdateStream) {
    this.depth = depth;
    this.snapshot = levelBuffer(snapshot);
    this.messages = messages.map(levelBuffer);
  }

  load(): void {
    this.book = newBook({ keepDigits: false });
    loadBook(this.book, this.snapshot, this.depth);
  }

  run(): number {
    const { book } = this;
    let sum = 0;
    for (const message of this.messages) {
      book.apply(message);
      sum += book.top.bid;
    }
    return sum;
  }

  levels(side: number): Iterable<readonly [price: number, size: number]> {
    const { narrow } = this.book.state();
    if (narrow === null) throw new TypeError('this stream has no number beyond 2^53');
    const { keys, sizes } = side === BID ? narrow.bids : narrow.asks;
    return Array.from(keys, (key, index) => [Math.abs(key), sizes[index] ?? NaN] as const).toReversed();
  }
}

/** A book of the stream's pair, whose ticks and lots are known. */
export function newBook(options: { readonly keepDigits: boolean; readonly changes?: ChangeBuffer }): Book {
  // Where the digits are kept, the scale is that of the digits.
  const scales = options.keepDigits ? {} : { priceScale: PRICE_DECIMALS, sizeScale: SIZE_DECIMALS };
  return new Book({ ...options, ...scales });
}

/** Begins as on a venue that was asked for so many levels and sends every change from then on. */
export function loadBook(book: Book, snapshot: LevelBuffer, depth: number): void {
  book.load(snapshot, { limit: depth, window: false });
}

/** Rows as a parser leaves them: the venue's digits, with the zeros that it writes behind. */
export function levelBuffer(rows: readonly Row[]): LevelBuffer {
  const buffer = new LevelBuffer();
  for (const { side, price, size } of rows) {
    const priceMantissa = price * 10 ** (WRITTEN_DECIMALS - PRICE_DECIMALS);
    const sizeMantissa = size * 10 ** (WRITTEN_DECIMALS - SIZE_DECIMALS);
    buffer.add(side, priceMantissa, WRITTEN_DECIMALS, sizeMantissa, WRITTEN_DECIMALS);
  }
  return buffer;
}
