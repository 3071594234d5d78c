import { describe, expect, it } from 'vitest';

import { CASE_NAMES } from './frame-to-score/cases.ts';
import type { Workload } from './frame-to-score/workloads.ts';
import { workloads } from './frame-to-score/workloads.ts';
import { frameToScore } from './frame-to-score.ts';

const ONCE = { warmUp: 0, rounds: 1 };

const TINY: Workload = {
  name: 'tiny',
  data: 'simulated',
  source: { kind: 'kraken-v2', seed: 'tiny', pairs: 1, depth: 10, updates: 50 },
  passes: 2,
  expected: {},
};

describe('the benchmark from frame to score, in its small mode', () => {
  it('comes to the results that are known of its data', async () => {
    const small = workloads(true);
    const report = await frameToScore({ ...ONCE, workloads: small });
    expect(report.workloads.map(({ workload }) => workload)).toEqual(small.map(({ name }) => name));
    for (const { workload, facts, cases } of report.workloads) {
      expect(facts).toMatchObject(small.find(({ name }) => name === workload)?.expected ?? {});
      expect(facts['newOrders']).toBeGreaterThan(0);
      expect(cases.map(({ name }) => name)).toEqual(CASE_NAMES);
    }
  });

  it('comes to the same results again, whatever the rounds', async () => {
    const once = await frameToScore({ ...ONCE, workloads: [TINY] });
    const again = await frameToScore({ warmUp: 1, rounds: 2, workloads: [TINY] });
    expect(again.workloads[0]?.hash).toBe(once.workloads[0]?.hash);
  });

  it('gives no figures where the results are not as expected', async () => {
    const wrong = { ...TINY, expected: { checksumsOk: 1 } };
    await expect(frameToScore({ ...ONCE, workloads: [wrong] })).rejects.toMatchObject({ code: 'benchmark.unexpected' });
  });

  it('says which recording cannot be read', async () => {
    const absent: Workload = { ...TINY, source: { kind: 'capture', path: '/no/such/recording' } };
    await expect(frameToScore({ ...ONCE, workloads: [absent] })).rejects.toMatchObject({ code: 'capture.unreadable' });
  });
});
