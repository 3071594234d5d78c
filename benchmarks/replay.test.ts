import { describe, expect, it } from 'vitest';

import { replayWorkloads } from './replay/workloads.ts';
import { replayBenchmark } from './replay.ts';

describe('the benchmark of whole replays, in its small mode', () => {
  it('comes to the results that are known of its data', async () => {
    const workloads = replayWorkloads(true);
    const report = await replayBenchmark({ warmUp: 0, rounds: 1, workloads });
    expect(report.workloads.map(({ workload }) => workload)).toEqual(workloads.map(({ name }) => name));
    for (const { facts, cases } of report.workloads) {
      expect(facts).toMatchObject(workloads[0]?.expected ?? {});
      expect(cases.map(({ partsMs }) => Object.keys(partsMs).length)).toEqual([0, 0, 1, 1]);
    }
  });
});
