import { expect, it } from 'vitest';
import { normalCdf, normalQuantile } from './normal.ts';

/** Probabilities of the lower tail and their quantiles, by Python's statistics.NormalDist and mpmath's erfc. */
it.each([
  [0.5, 0],
  [0.3, -0.5244005127080407],
  [0.07, -1.4757910281791702],
  [0.01, -2.3263478740408408],
  [1e-4, -3.71901648545568],
  [1e-9, -5.9978070150076865],
  [1e-15, -7.941345326170995],
  [1e-100, -21.27345356096532],
  [1e-300, -37.0470962993612],
])('gives for %d the quantile %d, and the other tail’s', (p, z) => {
  expect(Math.abs(normalQuantile(p, 1 - p) - z)).toBeLessThan(1e-14 * Math.max(1, Math.abs(z)));
  expect(normalQuantile(1 - p, p) + normalQuantile(p, 1 - p)).toBe(0);
  if (p > 1e-6) expect(Math.abs(normalCdf(z) - p)).toBeLessThan(2e-7);
});

it('is without end where a tail is empty', () => {
  expect([normalQuantile(1, 0), normalQuantile(0, 1)]).toEqual([Infinity, -Infinity]);
});
