/** A hash over the scores of each book: equal ones say that two runs scored the same orders alike, bit for bit. */

import { crc32 } from 'node:zlib';
import { ByBook } from '../../actors/by-book.ts';
import type { ScoreView } from '../../model/event.ts';

/** Numbers of a score. */
const NUMBERS = 9;
/** Scores that are hashed at once: a call costs more than its bytes. */
const SCORES = 32;

interface BookScores {
  /** Of all scores before those that wait. */
  crc: number;
  readonly waiting: Float64Array;
  readonly bytes: Uint8Array;
  /** Numbers that wait. */
  count: number;
}

export class ScoreHashes {
  private readonly books = new ByBook<BookScores>();

  add(score: ScoreView): void {
    const book = this.books.get(score.header) ?? this.open(score);
    const { waiting, count } = book;
    waiting[count] = score.side;
    waiting[count + 1] = score.price;
    waiting[count + 2] = score.size;
    waiting[count + 3] = score.score;
    // All NaNs are one value to the hash.
    waiting[count + 4] = Number.isNaN(score.z) ? Number.NaN : score.z;
    waiting[count + 5] = score.scoreSize;
    waiting[count + 6] = score.scoreSpread;
    waiting[count + 7] = score.scoreMid;
    waiting[count + 8] = score.scoreImbalance;
    book.count += NUMBERS;
    if (book.count === waiting.length) hashWaiting(book);
  }

  /** CRC-32 in hexadecimal; further scores may follow. */
  toRecord(): Record<string, string> {
    const hashes = [...this.books.entries()].map(([key, book]): [string, string] => {
      hashWaiting(book);
      return [key, book.crc.toString(16).padStart(8, '0')];
    });
    return Object.fromEntries(hashes);
  }

  private open({ header }: ScoreView): BookScores {
    const waiting = new Float64Array(SCORES * NUMBERS);
    const book = { crc: 0, waiting, bytes: new Uint8Array(waiting.buffer), count: 0 };
    this.books.set(header, book);
    return book;
  }
}

function hashWaiting(book: BookScores): void {
  book.crc = crc32(book.bytes.subarray(0, book.count * Float64Array.BYTES_PER_ELEMENT), book.crc);
  book.count = 0;
}
