/** Middle and range of a handful of figures: with few rounds on a shared machine, more would be pretence. */

import { assert } from '../../src/lib/assert.ts';

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws AssertionFailed where there are no figures */
export function spreadOf(figures: readonly number[]): Spread {
  assert(figures.length > 0, 'a spread needs at least one figure');
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}
