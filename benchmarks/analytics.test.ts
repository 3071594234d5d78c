import { describe, expect, it } from 'vitest';

import { CASES } from './analytics/cases.ts';
import { analyticsBenchmark } from './analytics.ts';
import { workloads } from './frame-to-book/workloads.ts';

describe('the benchmark of analytics, in its small mode', () => {
  it('comes to the books and scores that are known of its data, and to rows', async () => {
    const small = workloads(true);
    const report = await analyticsBenchmark({ warmUp: 0, rounds: 1, workloads: small });
    expect(report.workloads.map(({ workload }) => workload)).toEqual(small.map(({ name }) => name));
    for (const { facts, cases } of report.workloads) {
      expect(facts['newOrders']).toBeGreaterThan(0);
      expect(facts['spread rows']).toBeGreaterThan(0);
      expect(cases.map(({ name }) => name)).toEqual(CASES);
    }
  });
});
