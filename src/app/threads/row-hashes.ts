/** A hash over the rows of analytics, per book: equal ones say that two runs measured the same, bit for bit. */

import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { MetricView } from '../../model/event.ts';
import { EVENT_KINDS } from '../../model/event.ts';

export class RowHashes {
  private readonly byBook = new Map<string, Hash>();

  /** Takes a row in: its kind, its time and its numbers. */
  add({ kind, header: { exchange, symbol, exchangeUs }, values, count }: MetricView): void {
    const key = `${exchange}:${symbol}`;
    let hash = this.byBook.get(key);
    if (hash === undefined) {
      hash = createHash('sha256');
      this.byBook.set(key, hash);
    }
    const bytes = new DataView(new ArrayBuffer(8 * (count + 2)));
    bytes.setFloat64(0, EVENT_KINDS[kind], true);
    bytes.setFloat64(8, exchangeUs, true);
    // All NaNs are one value.
    for (let i = 0; i < count; i++) bytes.setFloat64(16 + 8 * i, Number(values[i]), true);
    hash.update(bytes);
  }

  /** In hexadecimal; further rows may follow. */
  toRecord(): Record<string, string> {
    return Object.fromEntries([...this.byBook].map(([book, hash]) => [book, hash.copy().digest('hex')]));
  }
}
