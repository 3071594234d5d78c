import { describe, expect, it } from 'vitest';
import { chance, createPrng, exponential, int, normal, pick, uniform } from './prng.ts';

const SEED = 'prng-test';

function draws(count: number, draw: () => number): number[] {
  return Array.from({ length: count }, draw);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe(`prng (seed ${SEED})`, () => {
  it('repeats the same numbers for the same seed and others for another', () => {
    const first = createPrng(SEED);
    const again = createPrng(SEED);
    const other = createPrng(`${SEED}2`);
    const numbers = draws(100, first);
    expect(draws(100, again)).toEqual(numbers);
    expect(draws(100, other)).not.toEqual(numbers);
  });

  it('keeps its sequence for ever, so that recorded seeds stay valid', () => {
    expect(draws(4, createPrng(1))).toMatchInlineSnapshot(`
      [
        1322085210,
        3448142222,
        3302266490,
        64907770,
      ]
    `);
  });

  it('is uniform: every sixteenth of the range is hit as often', () => {
    const prng = createPrng(SEED);
    const buckets = Array.from({ length: 16 }, () => 0);
    for (let i = 0; i < 160_000; i++) {
      const bucket = Math.floor(uniform(prng) * 16);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('draws integers from the whole closed range', () => {
    const prng = createPrng(SEED);
    const seen = new Set(draws(1_000, () => int(prng, -2, 3)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
  });

  it('draws normal values of mean 0 and deviation 1', () => {
    const prng = createPrng(SEED);
    const values = draws(50_000, () => normal(prng));
    expect(Math.abs(mean(values))).toBeLessThan(0.02);
    expect(Math.abs(mean(values.map((value) => value * value)) - 1)).toBeLessThan(0.03);
  });

  it('draws exponential waits of the asked mean, never negative', () => {
    const prng = createPrng(SEED);
    const values = draws(50_000, () => exponential(prng, 250));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.abs(mean(values) - 250)).toBeLessThan(5);
  });

  it('picks each item and refuses to pick from nothing', () => {
    const prng = createPrng(SEED);
    expect(new Set(Array.from({ length: 100 }, () => pick(prng, ['a', 'b', 'c']))).size).toBe(3);
    expect(() => pick(prng, [])).toThrow(RangeError);
  });

  it('says yes as often as asked', () => {
    const prng = createPrng(SEED);
    const yes = draws(20_000, () => (chance(prng, 0.1) ? 1 : 0));
    expect(Math.abs(mean(yes) - 0.1)).toBeLessThan(0.01);
  });
});
