import { describe, expect, it } from 'vitest';
import { chance, createPrng, exponential, normal, uniform } from '../lib/prng.ts';
import { normalQuantile } from '../lib/normal.ts';
import { quantile } from './quantile.ts';

const SEED = 'quantile-1';

describe('quantile', () => {
  it('ranks a size among those before, equals counting half', () => {
    const model = quantile({ halfLifeS: 3600, minOrders: 4 });
    const state = model.initial();
    for (const size of [1, 2, 2]) model.observe(state, size, 0);
    expect(model.z(state, 3, 0)).toBeNaN();
    model.observe(state, 4, 0);
    const z = (p: number): number => normalQuantile(p, 1 - p);
    expect(model.z(state, 3, 0)).toBeCloseTo(z(3.5 / 5), 12);
    expect(model.z(state, 2, 0)).toBeCloseTo(z(2.5 / 5), 12);
    expect(model.z(state, 100, 0)).toBeCloseTo(z(4.5 / 5), 12);
    expect(model.z(state, 1e-9, 0)).toBeCloseTo(z(0.5 / 5), 12);
  });

  it.each([
    [21, 2],
    [370, 3],
    [15_787, 4],
  ])('needs %d orders to tell a z of %d', (orders, z) => {
    const model = quantile({ halfLifeS: 3600, minOrders: 1 });
    const state = model.initial();
    for (let i = 1; i < orders; i++) model.observe(state, 1, 0);
    expect(model.z(state, 5, 0)).toBeLessThan(z);
    model.observe(state, 1, 0);
    expect(model.z(state, 5, 0)).toBeGreaterThanOrEqual(z);
  });

  it(`is off from the weights computed afresh by what is within two per cent, and no more (seed ${SEED})`, () => {
    const prng = createPrng(SEED);
    const halfLifeS = 60;
    const model = quantile({ halfLifeS, minOrders: 1 });
    const state = model.initial();
    const orders: { readonly size: number; readonly us: number }[] = [];
    let us = 1_700_000_000_000_000;
    for (let i = 1; i <= 3_000; i++) {
      us += chance(prng, 0.001) ? 3600e6 : exponential(prng, 1e6);
      const size = chance(prng, 0.3) ? 0.5 : Math.exp(2.5 * normal(prng) - (i > 2000 ? 3 : 0));
      if (i > 1 && i % 50 === 0) {
        // The clock of the decay stands at the newest order.
        const now = orders.at(-1)?.us ?? us;
        const weigh = (of: (other: number) => boolean): number =>
          orders.reduce((sum, other) => (of(other.size) ? sum + 2 ** (-(now - other.us) / halfLifeS / 1e6) : sum), 0);
        const total = weigh(() => true) + 1;
        const least = (weigh((other) => other < size / 1.0203) + 0.5) / total;
        const most = (weigh((other) => other <= size * 1.0203) + 0.5) / total;
        const z = model.z(state, size, us);
        expect(z).toBeGreaterThanOrEqual(normalQuantile(least, 1 - least) - 1e-9);
        expect(z).toBeLessThanOrEqual(normalQuantile(most, 1 - most) + 1e-9);
      }
      orders.push({ size, us });
      model.observe(state, size, us);
    }
    expect(state.weights.length).toBeLessThanOrEqual(1280);
  });

  it('keeps its whole state in a plain value, over any range of sizes', () => {
    const prng = createPrng(SEED);
    const model = quantile({ halfLifeS: 1, minOrders: 1 });
    const state = model.initial();
    for (let i = 1; i < 500; i++) model.observe(state, 10 ** (40 * uniform(prng) - 20), i * 1e6);
    const copy = structuredClone(state);
    for (const one of [state, copy]) model.observe(one, 7, 5e12);
    expect(copy).toEqual(state);
    // All that was before has lost its weight.
    expect(model.z(state, 8, 5e12)).toBeCloseTo(normalQuantile(0.75, 0.25), 9);
  });
});
