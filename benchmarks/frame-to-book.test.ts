import { describe, expect, it } from 'vitest';

import { OWN_CASES } from './frame-to-book/cases.ts';
import type { Workload } from './frame-to-book/workloads.ts';
import { workloads } from './frame-to-book/workloads.ts';
import { frameToBook } from './frame-to-book.ts';

const ONCE = { warmUp: 0, rounds: 1 };

const TINY: Workload = {
  name: 'tiny',
  data: 'simulated',
  source: { kind: 'kraken-v2', seed: 'tiny', pairs: 1, depth: 10, updates: 50 },
  passes: 2,
  peers: [],
  expected: {},
};

describe('the benchmark from frame to book, in its small mode', () => {
  it('comes to the results that are known of its data, and others come to the same books', async () => {
    const small = workloads(true);
    const report = await frameToBook({ ...ONCE, workloads: small });
    expect(report.workloads.map(({ workload }) => workload)).toEqual(small.map(({ name }) => name));
    for (const { workload, facts, cases } of report.workloads) {
      const { expected, peers } = small.find(({ name }) => name === workload) ?? TINY;
      expect(facts).toMatchObject(expected);
      expect(facts['newOrders']).toBeGreaterThan(0);
      for (const peer of peers) expect(facts[`${peer}: quotes`]).toBeGreaterThan(0);
      expect(cases.map(({ name }) => name)).toEqual([...OWN_CASES, ...peers]);
    }
  });

  it('comes to the same results again, whatever the rounds', async () => {
    const once = await frameToBook({ ...ONCE, workloads: [TINY] });
    const again = await frameToBook({ warmUp: 1, rounds: 2, workloads: [TINY] });
    expect(again.workloads[0]?.hash).toBe(once.workloads[0]?.hash);
  });

  it('gives no figures where the results are not as expected', async () => {
    const wrong = { ...TINY, expected: { checksumsOk: 1 } };
    await expect(frameToBook({ ...ONCE, workloads: [wrong] })).rejects.toMatchObject({ code: 'benchmark.unexpected' });
  });

  it('says which recording cannot be read', async () => {
    const source = { kind: 'capture', path: '/no/such/recording', only: 'all', timed: 'all' } as const;
    const absent: Workload = { ...TINY, source };
    await expect(frameToBook({ ...ONCE, workloads: [absent] })).rejects.toMatchObject({ code: 'capture.unreadable' });
  });
});
