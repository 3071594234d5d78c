/** Stores that are too slow or away, a bus that is away, and clocks that jump, in simulated worlds that are calm otherwise. */

import { describe, expect, it } from 'vitest';
import { PRESSURE } from '../../src/app/threads/live-feeds.ts';
import type { Plan } from './plan.ts';
import { runSeed, type Outcome } from './world.ts';

/** One venue with numbers and one with checksums, one pair each; nothing breaks by itself. */
function calm(plan: Plan): Plan {
  return {
    ...plan,
    ...{ ingestShards: 1, partitions: 1, pairs: plan.pairs.slice(0, 1), ratePerPair: 10, levelsPerSide: 20 },
    venues: plan.venues.slice(0, 2).map((venue) => ({ ...venue, faults: [], compareEveryMs: 0 })),
    ...{ netLatencyUsMax: 2000, refusal: 0, strikes: 0, breaks: 0, freezes: 0, blackouts: 0, stalls: 0, clockSteps: 0 },
    ...{ crashes: { ingest: 0, scoring: 0, analytics: 0, store: 0 }, hasSnapshots: true },
    bus: { ...plan.bus, latencyUsMax: 500, twice: 0, again: 0, window: 64, capacity: 100_000, maxPending: 16_384 },
    store: { writeUsMax: 500, failure: 0, batchRows: 100, flushMs: 50 },
  };
}

async function story(seed: string, change: (plan: Plan) => Plan): Promise<Outcome['facts']> {
  const outcome = await runSeed(seed, { isMeasured: true, sabotage: { plan: (plan) => change(calm(plan)) } });
  expect(outcome.violations).toEqual([]);
  return outcome.facts;
}

describe('a store that is ten times too slow', () => {
  /** 100 rows come in 2.6 s, and take 26 s to be written on average. */
  const slow = { writeUsMax: 26_000_000, failure: 0, batchRows: 100, flushMs: 50 };

  it('fills a bus that is large, no memory, and catches up', async () => {
    const facts = await story('slow-store-large-bus', (plan) => ({ ...plan, storyUs: 60e6, store: slow }));
    expect(facts).toMatchObject({ 'waits for room': 0, 'cut off by venues': 0, 'longest pause ms': 0 });
    expect(facts['longest lag ms']).toBeGreaterThan(30_000);
  }, 60_000);

  it('fills a bus that is small, which reaches the sockets; what the venues then cut off is a gap on record', async () => {
    const facts = await story('slow-store-small-bus', (plan) => ({
      ...{ ...plan, storyUs: 60e6, unreadMax: 50 },
      bus: { ...plan.bus, capacity: 50, maxBatchBytes: 128 },
      store: slow,
    }));
    expect(facts['waits for room']).toBeGreaterThan(0);
    expect(facts['most in flight']).toBeGreaterThanOrEqual(PRESSURE.high);
    expect(facts['cut off by venues']).toBeGreaterThan(0);
    expect(facts['longest lag ms']).toBeGreaterThan(5000);
    expect(facts['longest pause ms']).toBeGreaterThan(5000);
  }, 60_000);
});

describe('a store that is away for ten minutes', () => {
  it('is waited for: the bus holds everything, the store a batch, and no row is missing once it is back', async () => {
    const facts = await story('store-away', (plan) => ({
      ...{ ...plan, storyUs: 600e6, ratePerPair: 2, venues: plan.venues.slice(0, 1) },
      store: { ...plan.store, failure: 1 },
    }));
    expect(facts).toMatchObject({ 'waits for room': 0, 'cut off by venues': 0 });
    expect(facts['longest lag ms']).toBeGreaterThan(590_000);
  }, 60_000);
});

describe('a bus that is away for a minute', () => {
  it('has ingest hold what fits its window, then read no more: what it has said arrives in order, the rest is a gap on record', async () => {
    const facts = await story('bus-away', (plan) => ({
      ...{ ...plan, storyUs: 60e6, unreadMax: 50 },
      bus: { ...plan.bus, isAway: true, maxBatchBytes: 128 },
    }));
    expect(facts['most in flight']).toBeGreaterThanOrEqual(PRESSURE.high);
    expect(facts['longest pause ms']).toBeGreaterThan(30_000);
    expect(facts['cut off by venues']).toBeGreaterThan(0);
  }, 60_000);
});

describe('a clock that jumps by up to an hour, either way', () => {
  it.each(['jumps-1', 'jumps-2', 'jumps-3'])(
    'leaves epochs rising, books right and no row out, also where threads start anew (seed %s)',
    async (seed) => {
      const facts = await story(seed, (plan) => ({
        ...{ ...plan, storyUs: 20e6, clockSteps: 0.5, clockStepUsMax: 3_600_000_000 },
        crashes: { ingest: 0.2, scoring: 0.1, analytics: 0.1, store: 0.1 },
      }));
      expect(facts['live']).toBeGreaterThan(50);
    },
    60_000,
  );
});
