import { describe, expect, it } from 'vitest';

import { textOfUtf8 } from '../src/lib/utf8.ts';
import type { FeedRecord } from '../src/model/feed-record.ts';
import { pairFrames } from './pairs/pair-frames.ts';
import { pairsWorkloads } from './pairs/workloads.ts';
import { pairsBenchmark } from './pairs.ts';

function textsOf(records: readonly FeedRecord[]): string[] {
  return records.flatMap(({ data }) => (data === null ? [] : [textOfUtf8(data)]));
}

describe('the frames of many pairs', () => {
  it('are the same in any order, and in order for each pair', () => {
    const of = (order: 'round-robin' | 'bursty'): string[] =>
      textsOf(pairFrames({ seed: 'test', pairs: 5, frames: 100, order }).timed);
    const [turns, bursts] = [of('round-robin'), of('bursty')];
    expect(bursts).not.toEqual(turns);
    const ofBitcoin = (texts: readonly string[]): string[] => texts.filter((text) => text.includes('"BTCUSDT"'));
    expect(ofBitcoin(bursts)).toEqual(ofBitcoin(turns));
    expect(ofBitcoin(turns)).toHaveLength(20);
    expect(bursts.toSorted()).toEqual(turns.toSorted());
  });

  it('of a pair do not depend on how many others there are', () => {
    const few = textsOf(pairFrames({ seed: 'test', pairs: 2, frames: 20, order: 'round-robin' }).timed);
    const many = textsOf(pairFrames({ seed: 'test', pairs: 4, frames: 40, order: 'round-robin' }).timed);
    expect(many.filter((text) => few.includes(text))).toEqual(few);
  });
});

describe('the benchmark of many pairs, in its small mode', () => {
  it('comes to right books, which are the same in any order', async () => {
    const workloads = pairsWorkloads(true);
    const { workloads: reports } = await pairsBenchmark({ warmUp: 0, rounds: 1, workloads });
    expect(reports.map(({ workload }) => workload)).toEqual(['round-robin', 'bursty']);
    for (const { facts, cases } of reports) {
      expect(facts).toMatchObject(workloads[0]?.expected ?? {});
      expect(facts['frames']).toBe(200);
      expect(facts['20 pairs: books']).toBe(reports[0]?.facts['20 pairs: books']);
      expect(cases.map(({ name }) => name)).toEqual(['2 pairs', '20 pairs']);
    }
    expect(reports[0]?.bytesPerPair['20 pairs']?.median).toBeGreaterThan(1000);
  });

  it('gives no figures where a book is not live in the end', async () => {
    const workloads = pairsWorkloads(true).map((one) => ({ ...one, expected: { '20 pairs: live': 19 } }));
    await expect(pairsBenchmark({ warmUp: 0, rounds: 1, workloads })).rejects.toMatchObject({
      code: 'benchmark.unexpected',
    });
  });
});
