/**
 * Simulated worlds in small: a few hundred seeds, other ones with every commit. `npm run simulate:seeds -- --seeds 10000` is
 * the long form.
 */

import { describe, expect, it } from 'vitest';
import { baseSeed, explain, seedsOf } from './seeds.ts';
import { runSeed } from './world.ts';

const SEEDS = 200;
const BASE = baseSeed();

describe(`simulated worlds (base seed ${BASE})`, () => {
  it('keep what must hold, whatever breaks', { timeout: 300_000 }, async () => {
    const failures: string[] = [];
    const totals = { worlds: 0, live: 0, rows: 0, deaths: 0, faults: 0 };
    for (const seed of seedsOf(BASE, SEEDS)) {
      const outcome = await runSeed(seed);
      if (outcome.violations.length > 0) failures.push(explain(outcome));
      const { facts } = outcome;
      totals.worlds++;
      totals.live += facts['live'] ?? 0;
      totals.rows += facts['rows'] ?? 0;
      totals.faults += facts['faults of venues'] ?? 0;
      for (const [fact, count] of Object.entries(facts)) if (fact.startsWith('deaths')) totals.deaths += count;
    }
    console.log(`simulated ${JSON.stringify(totals)}, base seed ${BASE}`);
    expect(failures.join('\n')).toBe('');
    // The weather was bad, and still much was told.
    expect(totals.deaths).toBeGreaterThan(totals.worlds / 2);
    expect(totals.faults).toBeGreaterThan(totals.worlds);
    expect(totals.live).toBeGreaterThan(20 * totals.worlds);
  });

  it('are the same for the same seed, to the last byte, and others for another one', async () => {
    const [first, again, other] = [await runSeed('same-0'), await runSeed('same-0'), await runSeed('same-1')];
    expect(again).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
  });

  it('tell what happened, where they are asked to, and are the same then', async () => {
    const traced = await runSeed('same-0', { traced: 50 });
    expect(traced.trace).toHaveLength(50);
    expect(traced.trace.join('\n')).toMatch(/store has written|bus takes/);
    expect(traced.digest).toBe((await runSeed('same-0')).digest);
  });
});
