/**
 * What the numbers of a batch are told against: writer and reader keep it alike, event by event, so that a batch stands
 * alone. Times and the frame are told against the batch's previous event; trust and scales, epoch, sequence, top,
 * trade and order against the book's previous event in the batch. The first of each is told against zero.
 */

import { EVENT_KINDS, type BookTop } from '../model/event.ts';
import { GROUP_MAX } from './coded-numbers.ts';

/** Places of the header's numbers within their group. */
export const CONTEXT = 0;
export const EPOCH = 1;
export const SEQ = 2;
/** Rows of a book event; 1 for every other kind. */
export const ROWS = 3;
export const RECEIVE_US = 4;
export const EXCHANGE_US = 5;
export const FRAME = 6;
export const HEADER_NUMBERS = 7;

/** venueSeq, bid, bidSize, ask, askSize, bidSum, askSum. */
export const TOP_NUMBERS = 7;
/** price, size. */
export const TRADE_NUMBERS = 2;
/** venueSeq, price, size, change. */
export const ORDER_NUMBERS = 4;

/** A book's bases: the first three numbers of its header, its top, its last trade, its last order. */
const BOOK_HEADER_NUMBERS = 3;
const TOP_AT = BOOK_HEADER_NUMBERS;
const TRADE_AT = TOP_AT + TOP_NUMBERS;
const ORDER_AT = TRADE_AT + TRADE_NUMBERS;
const BOOK_NUMBERS = ORDER_AT + ORDER_NUMBERS;
const INITIAL_BOOKS = 16;

export class BatchBases {
  /** Bases of all books of the batch, one book behind the other. */
  books = new Float64Array(INITIAL_BOOKS * BOOK_NUMBERS);
  /** The header's bases, as `prepareHeader` left them. */
  readonly header = new Float64Array(HEADER_NUMBERS);
  private receiveUs = 0;
  private exchangeUs = 0;
  private frame = 0;

  /** A new batch: nothing has been told yet. */
  clear(): void {
    this.receiveUs = 0;
    this.exchangeUs = 0;
    this.frame = 0;
  }

  /** A book's first use within the batch. */
  openBook(book: number): void {
    const at = book * BOOK_NUMBERS;
    if (at + BOOK_NUMBERS > this.books.length) {
      const grown = new Float64Array(this.books.length * 2);
      grown.set(this.books);
      this.books = grown;
    }
    // A loop: `fill` costs more than so few stores.
    for (let i = 0; i < BOOK_NUMBERS; i++) this.books[at + i] = 0;
  }

  /** Fills `header` for an event of the book. */
  prepareHeader(book: number): void {
    const { header, books } = this;
    const at = book * BOOK_NUMBERS;
    header[CONTEXT] = books[at + CONTEXT] as number;
    header[EPOCH] = books[at + EPOCH] as number;
    header[SEQ] = books[at + SEQ] as number;
    // By far the most events have one row.
    header[ROWS] = 1;
    header[RECEIVE_US] = this.receiveUs;
    header[EXCHANGE_US] = this.exchangeUs;
    header[FRAME] = this.frame;
  }

  /** The event of the book was told: the next one's sequence is expected behind its span. */
  keepHeader(book: number, numbers: Float64Array, span: number): void {
    const { books } = this;
    const at = book * BOOK_NUMBERS;
    books[at + CONTEXT] = numbers[CONTEXT] as number;
    books[at + EPOCH] = numbers[EPOCH] as number;
    books[at + SEQ] = (numbers[SEQ] as number) + span;
    this.receiveUs = numbers[RECEIVE_US] as number;
    this.exchangeUs = numbers[EXCHANGE_US] as number;
    this.frame = numbers[FRAME] as number;
  }

  /** Where the book's top stands in `books`. */
  topAt(book: number): number {
    return book * BOOK_NUMBERS + TOP_AT;
  }

  /** Where the book's last trade stands in `books`. */
  tradeAt(book: number): number {
    return book * BOOK_NUMBERS + TRADE_AT;
  }

  /** Where the book's last order stands in `books`. */
  orderAt(book: number): number {
    return book * BOOK_NUMBERS + ORDER_AT;
  }

  /** Makes the first `count` numbers the bases at that place. */
  keep(at: number, numbers: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) this.books[at + i] = numbers[i] as number;
  }
}

/** What a narrow event's prices are told against: its best price, since most changes are near it. */
export function priceBase(top: BookTop): number {
  if (Number.isFinite(top.bid)) return top.bid;
  return Number.isFinite(top.ask) ? top.ask : 0;
}

/** The bases of numbers that have none. */
export const ZEROS = new Float64Array(GROUP_MAX);

/** The span that an event of so many rows has as a rule: then it is not written. */
export function spanOf(kind: number, rows: number): number {
  if (kind === EVENT_KINDS['book.sample']) return 0;
  return kind === EVENT_KINDS['book.delta'] && rows > 1 ? rows : 1;
}
