import { describe, expect, it } from 'vitest';

import { CASE_NAMES } from './hand-off/cases.ts';
import { handOffBenchmark, handOffWorkloads } from './hand-off.ts';

describe('the benchmark of the hand-off, in its small mode', () => {
  it('brings the same events to the other thread, whichever way, pass after pass', async () => {
    const workloads = handOffWorkloads(true).map((one) => ({ ...one, passes: 2 }));
    const report = await handOffBenchmark({ warmUp: 0, rounds: 1, workloads });
    const [market] = report.workloads;
    expect(market?.facts).toMatchObject({ events: 2_000, books: 100 });
    expect(market?.cases.map(({ name }) => name)).toEqual(CASE_NAMES);
  });
});
