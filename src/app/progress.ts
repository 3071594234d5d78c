/** Says from time to time how many books are live, while that changes: with thousands of pairs a start takes minutes. */

import type { BookStatus } from '../ports/monitor-source.ts';

/** No more than one word in this time. */
const PAUSE_US = 10_000_000;

export interface ProgressReport {
  readonly live: number;
  readonly books: number;
  /** By exchange, as `23/60`. */
  readonly venues: Readonly<Record<string, string>>;
}

export class Progress {
  private said = '';
  private saidUs = Number.NEGATIVE_INFINITY;

  /** What is worth saying now; null for nothing. The last book that comes live is said at once. */
  report(books: readonly BookStatus[], nowUs: number): ProgressReport | null {
    const counts = new Map<string, { live: number; books: number }>();
    let live = 0;
    for (const { exchange, state } of books) {
      const count = counts.get(exchange) ?? { live: 0, books: 0 };
      count.books++;
      if (state === 'live') count.live++;
      if (state === 'live') live++;
      counts.set(exchange, count);
    }
    const venues = Object.fromEntries([...counts].map(([exchange, at]) => [exchange, `${at.live}/${at.books}`]));
    const text = JSON.stringify(venues);
    const isDue = nowUs - this.saidUs >= PAUSE_US || live === books.length;
    if (text === this.said || !isDue) return null;
    this.said = text;
    this.saidUs = nowUs;
    return { live, books: books.length, venues };
  }
}
