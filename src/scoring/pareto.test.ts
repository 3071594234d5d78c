import { describe, expect, it } from 'vitest';
import { createPrng, normal, uniform } from '../lib/prng.ts';
import { exceedance, fitGeneralisedPareto } from './generalised-pareto.ts';
import { GoodnessOfFit } from './goodness-of-fit.ts';
import { pareto } from './pareto.ts';
import { lognormal } from './lognormal.ts';
import { quantile } from './quantile.ts';

const SEED = 'pareto-1';

describe('fitGeneralisedPareto', () => {
  it.each([-0.3, 0, 0.3, 0.8])(`finds the shape %d of twenty thousand excesses (seed ${SEED})`, (shape) => {
    const prng = createPrng(`${SEED}/${shape}`);
    const excesses = Array.from({ length: 20_000 }, () => {
      const u = 1 - uniform(prng);
      return shape === 0 ? -2 * Math.log(u) : (2 * (u ** -shape - 1)) / shape;
    }).sort((a, b) => a - b);
    const fit = fitGeneralisedPareto(excesses);
    expect(fit.shape).toBeCloseTo(shape, 1);
    expect(Math.abs(fit.scale / 2 - 1)).toBeLessThan(0.05);
    for (const q of [0.5, 0.1, 0.001]) {
      const excess = shape === 0 ? -2 * Math.log(q) : (2 * (q ** -shape - 1)) / shape;
      expect(Math.abs(Math.log(exceedance(fit, excess) / q))).toBeLessThan(0.5);
    }
  });

  it('gives the figures of an independent reading of the paper', () => {
    // test/golden/generalised_pareto.py
    const fit = fitGeneralisedPareto([0.1, 0.2, 0.4, 0.5, 0.9, 1.1, 1.8, 2.5, 4, 9.5]);
    expect(fit.shape).toBeCloseTo(GOLDEN.shape, 12);
    expect(fit.scale).toBeCloseTo(GOLDEN.scale, 12);
  });

  it('knows an end of a light tail', () => {
    expect(exceedance({ shape: -0.5, scale: 1 }, 2)).toBe(0);
    expect(exceedance({ shape: 0, scale: 1 }, 2)).toBeCloseTo(Math.exp(-2), 12);
  });
});

const GOLDEN = { shape: 0.5337457327392539, scale: 1.1670947878718962 };

describe('pareto', () => {
  it(`tells large sizes by the tail, and small ones by their rank (seed ${SEED})`, () => {
    const prng = createPrng(SEED);
    const model = pareto({ halfLifeS: 3600, minOrders: 100 });
    const state = model.initial();
    for (let i = 0; i < 3_000; i++) {
      if (i < 100) expect(model.z(state, 1, 0)).toBeNaN();
      // P(Q > q) = q^-2 from 1 on.
      model.observe(state, (1 - uniform(prng)) ** -0.5, 0);
    }
    expect(model.z(state, Math.SQRT2, 0)).toBeCloseTo(0, 1);
    // 1 in 10,000, where a thousand orders were kept.
    expect(Math.abs(model.z(state, 100, 0) - 3.72)).toBeLessThan(0.4);
    expect(model.z(state, 0.5, 0)).toBeLessThan(-3);
    const copy = structuredClone(state);
    for (const one of [state, copy]) for (let i = 0; i < 150; i++) model.observe(one, 1 + (i % 9), 0);
    expect(copy).toEqual(state);
  });

  it('says nothing where all sizes are the same', () => {
    const model = pareto({ halfLifeS: 3600, minOrders: 100 });
    const state = model.initial();
    for (let i = 0; i < 500; i++) model.observe(state, 0.1, 0);
    expect(model.z(state, 7, 0)).toBeNaN();
  });
});

describe('GoodnessOfFit', () => {
  it('is small for standard normal scores, and large for others', () => {
    const prng = createPrng(SEED);
    const right = new GoodnessOfFit();
    const wrong = new GoodnessOfFit();
    expect(right.statistic).toBeNaN();
    for (let i = 0; i < 5_000; i++) {
      const z = normal(prng);
      right.add(z);
      wrong.add(z + 1);
      right.add(Number.NaN);
    }
    expect(right.statistic).toBeLessThan(0.03);
    expect(wrong.statistic).toBeCloseTo(0.383, 1);
  });

  it('tells which model fits sizes of which kind', () => {
    const statistics = (sizeOf: (z: number) => number): number[] =>
      [lognormal, quantile, pareto].map((make) => {
        const prng = createPrng(SEED);
        const model = make({ halfLifeS: 3600, minOrders: 100 });
        const state = model.initial();
        const fit = new GoodnessOfFit();
        for (let i = 0; i < 5_000; i++) {
          const size = sizeOf(normal(prng));
          fit.add((model.z as (state: unknown, size: number, us: number) => number)(state, size, i * 1e6));
          (model.observe as (state: unknown, size: number, us: number) => void)(state, size, i * 1e6);
        }
        return fit.statistic;
      });
    for (const statistic of statistics(Math.exp)) expect(statistic).toBeLessThan(0.05);
    // Most orders small, some large: no lognormal at all.
    const [bad = 0, ...good] = statistics((z) => (z > 1 ? 10 + z : Math.exp(0.3 * z)));
    expect(bad).toBeGreaterThan(0.2);
    for (const statistic of good) expect(statistic).toBeLessThan(0.1);
  });
});
