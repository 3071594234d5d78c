import { describe, expect, it } from 'vitest';

import { describeWithData } from '../test/data.ts';
import type { Facts } from './harness/facts.ts';
import { UNITS_FACT } from './shards/cases.ts';
import type { ShardsWorkload } from './shards/workloads.ts';
import { shardsCases, shardsWorkloads } from './shards/workloads.ts';
import { shardsBenchmark } from './shards.ts';

const ONCE = { warmUp: 0, rounds: 1 };

describeWithData(
  'the benchmark of shards, in its small mode',
  ['captures', 'binance-spot-4pairs.capture.ndjson.gz'],
  () => {
    it('comes to the same books on one thread and on two', async () => {
      const workloads = shardsWorkloads(true);
      const report = await shardsBenchmark({ ...ONCE, workloads });
      const facts: Facts = report.workloads[0]?.facts ?? {};
      expect(facts).toMatchObject(workloads[0]?.expected ?? {});
      expect(facts[UNITS_FACT]).toBe(2 * Number(facts['frames']));
      expect(report.workloads[0]?.cases).toHaveLength(4);
    });
  },
);

const SIMULATED = { kind: 'kraken-v2', seed: 'tiny', pairs: 1, depth: 10, updates: 50 } as const;
const TINY: ShardsWorkload = {
  name: 'tiny',
  data: 'simulated',
  passes: 2,
  cases: shardsCases(SIMULATED).slice(1, 2),
  expected: {},
};

describe('the benchmark of shards', () => {
  it('gives no figures where the books are not as expected', async () => {
    const wrong = { ...TINY, expected: { checksumsOk: 1 } };
    await expect(shardsBenchmark({ ...ONCE, workloads: [wrong] })).rejects.toMatchObject({
      code: 'benchmark.unexpected',
    });
  });

  it('says which data a thread did not find', async () => {
    const absent = { kind: 'capture', path: '/no/such/recording', only: 'all', timed: 'all' } as const;
    const workload = { ...TINY, cases: shardsCases(absent).slice(1, 2) };
    await expect(shardsBenchmark({ ...ONCE, workloads: [workload] })).rejects.toMatchObject({
      code: 'capture.unreadable',
    });
  });
});
