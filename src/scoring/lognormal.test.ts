import { describe, expect, it } from 'vitest';
import { chance, createPrng, exponential, normal } from '../lib/prng.ts';
import { lognormal } from './lognormal.ts';
import { SIZE_MODELS } from './size-models.ts';

const SEED = 'lognormal-1';
const HOUR_US = 3_600_000_000;

interface Order {
  readonly size: number;
  readonly timeUs: number;
}

/** Mean and deviation of ln(size) by the definition, all weights afresh; the clock of the decay never runs back. */
function directly(orders: readonly Order[], halfLifeUs: number): { mu: number; sigma: number } {
  const times: number[] = [];
  for (const { timeUs } of orders) times.push(Math.max(timeUs, times.at(-1) ?? timeUs));
  const now = times.at(-1) ?? 0;
  const weights = times.map((time) => 2 ** (-(now - time) / halfLifeUs));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value, i) => sum + value * (weights[i] ?? NaN), 0) / total;
  const logs = orders.map(({ size }) => Math.log(size));
  const mu = mean(logs);
  return { mu, sigma: Math.sqrt(mean(logs.map((log) => (log - mu) ** 2))) };
}

describe('lognormal', () => {
  it('speaks of the orders before, once there are enough of them', () => {
    const model = lognormal({ halfLifeS: 3600, minOrders: 4 });
    const state = model.initial();
    for (const exponent of [-1, 1, -1]) model.observe(state, Math.exp(exponent), 0);
    expect(model.z(state, Math.E, 0)).toBeNaN();
    model.observe(state, Math.E, 0);
    // Mean 0, deviation 1.
    expect(model.z(state, Math.exp(2.5), 0)).toBeCloseTo(2.5, 12);
    expect(model.z(state, Math.exp(-3), 0)).toBeCloseTo(-3, 12);
    expect(model.z(state, 1, 0)).toBeCloseTo(0, 12);
  });

  it('says nothing while all sizes are the same', () => {
    const model = lognormal({ halfLifeS: 3600, minOrders: 100 });
    const state = model.initial();
    for (let i = 0; i < 500; i++) model.observe(state, 0.1, i * 1_000_000);
    expect(model.z(state, 1_000_000, 0)).toBeNaN();
    model.observe(state, 0.2, 501_000_000);
    expect(model.z(state, 1_000_000, 0)).toBeGreaterThan(100);
  });

  it('halves the weight of an order each half-life', () => {
    const model = lognormal({ halfLifeS: 3600, minOrders: 1 });
    const state = model.initial();
    model.observe(state, 1, 0);
    model.observe(state, Math.E, HOUR_US);
    // Weights 1/2 and 1: mean 2/3, variance 1/2·4/9 + 1·1/9, over 3/2.
    expect(state.mean).toBeCloseTo(2 / 3, 14);
    expect(state.squares / state.weight).toBeCloseTo(2 / 9, 14);
    expect(state.weight).toBe(1.5);
  });

  it('counts a step back in time as none, and waits until the clock has caught up', () => {
    const model = lognormal({ halfLifeS: 3600, minOrders: 1 });
    const state = model.initial();
    for (const timeUs of [HOUR_US, 0, HOUR_US / 2, HOUR_US]) model.observe(state, 2, timeUs);
    expect([state.weight, state.timeUs]).toEqual([4, HOUR_US]);
    model.observe(state, 2, 2 * HOUR_US);
    expect(state.weight).toBe(3);
  });

  it(`agrees with the definition, weights computed afresh, to nine digits (seed ${SEED})`, () => {
    const prng = createPrng(SEED);
    const halfLifeS = 600;
    const model = lognormal({ halfLifeS, minOrders: 1 });
    const state = model.initial();
    const orders: Order[] = [];
    let timeUs = 1_700_000_000_000_000;
    for (let i = 1; i <= 2_000; i++) {
      timeUs += chance(prng, 0.1) ? -exponential(prng, 5e6) : exponential(prng, 3e6);
      const order = { size: Math.exp(3 * normal(prng) - 2), timeUs };
      orders.push(order);
      model.observe(state, order.size, order.timeUs);
      if (i < 10 || i % 100 !== 0) continue;
      const { mu, sigma } = directly(orders, halfLifeS * 1e6);
      const z = model.z(state, 1234.5, timeUs);
      expect(Math.abs(state.mean - mu)).toBeLessThan(1e-9 * Math.max(1, Math.abs(mu)));
      expect(Math.abs(z / ((Math.log(1234.5) - mu) / sigma) - 1)).toBeLessThan(1e-9);
    }
  });

  it('keeps its whole state in a plain value', () => {
    const model = lognormal({ halfLifeS: 3600, minOrders: 1 });
    const state = model.initial();
    for (let i = 1; i < 50; i++) model.observe(state, i, i * 1e6);
    const copy = structuredClone(state);
    for (const one of [state, copy]) model.observe(one, 7, 60e6);
    expect(copy).toEqual(state);
    expect(model.initial()).not.toBe(model.initial());
  });

  it('is found by its name', () => {
    expect(SIZE_MODELS['lognormal']?.({ halfLifeS: 1, minOrders: 1 }).name).toBe('lognormal');
  });
});
