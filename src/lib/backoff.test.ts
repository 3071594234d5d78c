import { expect, it } from 'vitest';

import { Backoff } from './backoff.ts';
import { createPrng, uniform } from './prng.ts';

const options = { baseMs: 500, maxMs: 30_000 };

it('doubles the longest possible delay up to the maximum', () => {
  const backoff = new Backoff({ ...options, uniform: () => 1 });
  const delays = Array.from({ length: 9 }, () => backoff.next());
  expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoff.attempts).toBe(9);
});

it('spreads delays over the whole range from zero', () => {
  const prng = createPrng('backoff');
  const backoff = new Backoff({ ...options, uniform: () => uniform(prng) });
  for (let i = 0; i < 7; i++) backoff.next();
  const delays = Array.from({ length: 1000 }, () => backoff.next());
  expect(Math.min(...delays)).toBeLessThan(300);
  expect(Math.max(...delays)).toBeGreaterThan(29_700);
  expect(delays.every((delay) => Number.isInteger(delay) && delay <= options.maxMs)).toBe(true);
});

it('starts over after a reset', () => {
  const backoff = new Backoff({ ...options, uniform: () => 1 });
  backoff.next();
  backoff.next();
  backoff.reset();
  expect(backoff.attempts).toBe(0);
  expect(backoff.next()).toBe(500);
});
