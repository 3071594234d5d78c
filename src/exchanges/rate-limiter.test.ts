import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RateLimiter } from './rate-limiter.ts';

const SECOND = 1_000_000;

describe('a budget of 10 per second', () => {
  const limiter = (): RateLimiter => new RateLimiter({ budget: 10, intervalMs: 1000 });

  it('grants until it is spent, then says when the first spending leaves the interval', () => {
    const rate = limiter();
    expect(rate.take(0, 6)).toBe(0);
    expect(rate.take(100_000, 4)).toBe(0);
    expect(rate.take(200_000, 1)).toBe(800_000);
    expect(rate.take(200_000, 7)).toBe(900_000);
    expect(rate.take(SECOND, 6)).toBe(0);
  });

  it('takes a weight above the budget for the whole budget', () => {
    const rate = limiter();
    expect(rate.take(0, 50)).toBe(0);
    expect(rate.take(1, 1)).toBe(SECOND - 1);
    expect(rate.take(SECOND, 50)).toBe(0);
  });

  it('counts what the venue saw others spend, once', () => {
    const rate = limiter();
    rate.take(0, 2);
    rate.observeUsed(1000, 9);
    rate.observeUsed(2000, 9);
    expect(rate.take(3000, 1)).toBe(0);
    expect(rate.take(4000, 1)).toBeGreaterThan(0);
  });

  it('leaves out what is reserved for others', () => {
    const rate = new RateLimiter({ budget: 10, intervalMs: 1000, reserved: 30 });
    rate.observeUsed(0, 30);
    expect(rate.take(0, 10)).toBe(0);
  });

  it('grants nothing while it is blocked, and a shorter block does not shorten it', () => {
    const rate = limiter();
    rate.block(5 * SECOND);
    rate.block(2 * SECOND);
    expect(rate.take(SECOND, 1)).toBe(4 * SECOND);
    expect(rate.take(5 * SECOND, 1)).toBe(0);
  });
});

it('never grants more than the budget in any interval, and waiting as told always helps', () => {
  const steps = fc.array(
    fc.record({ afterUs: fc.integer({ min: 0, max: 400_000 }), weight: fc.integer({ min: 1, max: 12 }) }),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(steps, (wishes) => {
      const rate = new RateLimiter({ budget: 10, intervalMs: 1000 });
      const granted: { atUs: number; weight: number }[] = [];
      let nowUs = 0;
      for (const { afterUs, weight } of wishes) {
        nowUs += afterUs;
        const waitUs = rate.take(nowUs, weight);
        if (waitUs > 0) {
          nowUs += waitUs;
          expect(rate.take(nowUs, weight)).toBe(0);
        }
        granted.push({ atUs: nowUs, weight: Math.min(weight, 10) });
      }
      for (const { atUs: endUs } of granted) {
        const inside = granted.filter(({ atUs }) => atUs > endUs - SECOND && atUs <= endUs);
        expect(inside.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(10);
      }
    }),
    { numRuns: 200 },
  );
});
