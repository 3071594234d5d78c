/** A hash over the rows of analytics, per book: equal ones say that two runs measured the same, bit for bit. */

import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { ByBook } from '../../actors/by-book.ts';
import type { MetricView } from '../../model/event.ts';
import { EVENT_KINDS } from '../../model/event.ts';

export class RowHashes {
  private readonly books = new ByBook<Hash>();

  /** Takes a row in: its kind, its time and its numbers. */
  add({ kind, header, values, count }: MetricView): void {
    let hash = this.books.get(header);
    if (hash === undefined) {
      hash = createHash('sha256');
      this.books.set(header, hash);
    }
    const bytes = new DataView(new ArrayBuffer(8 * (count + 2)));
    bytes.setFloat64(0, EVENT_KINDS[kind], true);
    bytes.setFloat64(8, header.exchangeUs, true);
    for (let i = 0; i < count; i++) {
      const value = values[i] as number;
      // All NaNs are one value to the hash.
      bytes.setFloat64(16 + 8 * i, Number.isNaN(value) ? Number.NaN : value, true);
    }
    hash.update(bytes);
  }

  /** In hexadecimal; further rows may follow. */
  toRecord(): Record<string, string> {
    return Object.fromEntries([...this.books.entries()].map(([book, hash]) => [book, hash.copy().digest('hex')]));
  }
}
