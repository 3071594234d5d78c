import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../exchanges/session-test-world.ts';
import { ComparisonRota } from './comparison-rota.ts';

const MINUTE_MS = 60_000;

function rotaOf(everyMs: number, budget = 120): { rota: ComparisonRota; clock: FakeClock; compared: string[] } {
  const clock = new FakeClock();
  const compared: string[] = [];
  const rota = new ComparisonRota({
    ...{ clock, everyMs, restWeight: { budget, intervalMs: MINUTE_MS }, restShare: 0.5, weight: 1 },
    compare: (symbol) => compared.push(symbol),
  });
  return { rota, clock, compared };
}

describe('the rota of comparisons', () => {
  it('takes every pair once in its time, evenly, and further pairs from when they come', async () => {
    const { rota, clock, compared } = rotaOf(10 * MINUTE_MS);
    rota.add(['a', 'b']);
    rota.start();
    rota.start();
    await clock.advance(5 * MINUTE_MS - 1);
    expect(compared).toEqual([]);
    await clock.advance(5 * MINUTE_MS + 1);
    expect(compared.splice(0)).toEqual(['a', 'b']);
    rota.add(['c', 'd']);
    await clock.advance(20 * MINUTE_MS);
    expect(compared.splice(0)).toEqual(['a', 'b', 'c', 'd', 'a', 'b', 'c']);
    rota.stop();
    await clock.advance(60 * MINUTE_MS);
    expect([compared, clock.pending]).toEqual([[], 0]);
  });

  it('takes no more than a quarter of its part of the request budget', () => {
    const { rota } = rotaOf(MINUTE_MS);
    rota.add(Array.from({ length: 100 }, (_, pair) => `pair ${pair}`));
    // Half of 120 a minute, a quarter of that: one each four seconds, so a hundred pairs take 400 s.
    expect(rota.stepMs).toBe(4_000);
    const rich = rotaOf(MINUTE_MS, 120_000).rota;
    rich.add(Array.from({ length: 100 }, (_, pair) => `pair ${pair}`));
    expect(rich.stepMs).toBe(600);
  });
});
