import { describe, expect, it } from 'vitest';
import { createPrng, int, pick } from '../lib/prng.ts';
import { PriceSet } from './price-set.ts';

const SEED = 'price-set-1';

describe('PriceSet', () => {
  it.each([
    ['side by side', (i: number) => 1_000 + i],
    ['of a wide step', (i: number) => (i + 1) * 1_000_000],
    ['below zero, as asks are', (i: number) => -i - 1],
    ['whose low bits are the same', (i: number) => (i + 1) * 2 ** 32],
    ['near 2^53', (i: number) => 2 ** 53 - 1 - i],
    ['of both sides of 2^31 and 2^32', (i: number) => 2 ** pick(createPrng(String(i)), [31, 32]) + i - 500],
  ])('holds a thousand prices %s, and no other', (_name, priceOf) => {
    const set = new PriceSet();
    const prices = Array.from({ length: 1_000 }, (_, i) => priceOf(i));
    for (const [i, price] of prices.entries()) {
      expect(set.has(price)).toBe(prices.indexOf(price) < i);
      set.add(price);
      set.add(price);
      expect(set.has(price)).toBe(true);
    }
    expect(set.size).toBe(new Set(prices).size);
    for (const price of prices) expect(set.has(-price)).toBe(prices.includes(-price));
    expect(Array.from(set.values())).toEqual([...new Set(prices)].sort((a, b) => a - b));
  });

  it('forgets everything when cleared', () => {
    const set = new PriceSet();
    for (let price = 1; price <= 100; price++) set.add(price);
    set.clear();
    expect([set.size, set.has(1), set.values().length]).toEqual([0, false, 0]);
    set.add(7);
    expect([set.size, set.has(7), set.has(8)]).toEqual([1, true, false]);
  });

  it(`is a set, whatever is added (seed ${SEED})`, () => {
    const prng = createPrng(SEED);
    const set = new PriceSet();
    const naive = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      const price = pick(prng, [1, -1]) * int(prng, 1, pick(prng, [100, 100_000, 2 ** 53 - 1]));
      if (set.has(price) !== naive.has(price)) expect.unreachable(`${price} after ${i}`);
      set.add(price);
      naive.add(price);
    }
    expect(set.size).toBe(naive.size);
    expect(Array.from(set.values())).toEqual([...naive].sort((a, b) => a - b));
  });
});
