import { describe, expect, it } from 'vitest';

import { describeWithData } from '../test/data.ts';
import type { Facts } from './harness/facts.ts';
import { UNITS_FACT } from './shards/cases.ts';
import type { ShardsWorkload } from './shards/workloads.ts';
import { shardsWorkloads } from './shards/workloads.ts';
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

const TINY: ShardsWorkload = {
  name: 'tiny',
  data: 'simulated',
  passes: 2,
  source: { kind: 'kraken-v2', seed: 'tiny', pairs: 1, depth: 10, updates: 50 },
  expected: {},
};

describe('the benchmark of shards', () => {
  it('gives no figures where the books are not as expected', async () => {
    const wrong = { ...TINY, expected: { checksumsOk: 1 } };
    await expect(shardsBenchmark({ ...ONCE, workloads: [wrong] })).rejects.toMatchObject({
      code: 'benchmark.unexpected',
    });
  });

  it('says that a thread found no data', async () => {
    const source = { kind: 'capture', path: '/no/such/recording', only: 'all', timed: 'all' } as const;
    const absent = { ...TINY, source };
    await expect(shardsBenchmark({ ...ONCE, workloads: [absent] })).rejects.toMatchObject({
      code: 'capture.unreadable',
    });
  });
});
