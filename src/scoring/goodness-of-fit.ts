/**
 * How well a size model fits: where it does, the standard scores of the orders are standard normal. The statistic of
 * Kolmogorov and Smirnov over the last ones is the largest difference between their distribution and that one: 0 is perfect,
 * 1 could not be worse; of 2,048 independent scores of a right model it stays below 0.03 in nineteen of twenty cases.
 */

import { normalCdf } from '../lib/normal.ts';

const SAMPLE = 2048;

export class GoodnessOfFit {
  private readonly scores = new Float64Array(SAMPLE);
  private count = 0;

  /** @param z NaN where the model abstained, which says nothing of its fit */
  add(z: number): void {
    if (Number.isNaN(z)) return;
    this.scores[this.count % SAMPLE] = z;
    this.count++;
  }

  /** NaN before the first score. */
  get statistic(): number {
    const size = Math.min(this.count, SAMPLE);
    if (size === 0) return Number.NaN;
    const sorted = this.scores.slice(0, size).sort();
    let largest = 0;
    for (const [i, z] of sorted.entries()) {
      const expected = normalCdf(z);
      largest = Math.max(largest, expected - i / size, (i + 1) / size - expected);
    }
    return largest;
  }
}
