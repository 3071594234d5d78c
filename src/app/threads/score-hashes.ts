/** A hash over the scores of each book: equal ones say that two runs scored the same orders alike, bit for bit. */

import { crc32 } from 'node:zlib';
import type { ScoreView } from '../../model/event.ts';

/** Numbers of a score. */
const NUMBERS = 9;

export class ScoreHashes {
  private readonly byBook = new Map<string, number>();
  private readonly numbers = new Float64Array(NUMBERS);
  private readonly bytes = new Uint8Array(this.numbers.buffer);

  add({ header, side, price, size, score, z, scoreSize, scoreSpread, scoreMid, scoreImbalance }: ScoreView): void {
    const key = `${header.exchange}:${header.symbol}`;
    const values = [side, price, size, score, z, scoreSize, scoreSpread, scoreMid, scoreImbalance];
    // All NaNs are one value.
    for (let at = 0; at < NUMBERS; at++) this.numbers[at] = Number(values[at]);
    this.byBook.set(key, crc32(this.bytes, this.byBook.get(key) ?? 0));
  }

  /** CRC-32 in hexadecimal; further scores may follow. */
  toRecord(): Record<string, string> {
    return Object.fromEntries([...this.byBook].map(([book, hash]) => [book, hash.toString(16).padStart(8, '0')]));
  }
}
