/**
 * What is fed in, and what is known of it. The counts of recordings were taken from the recordings themselves by naive
 * books that share no code with the product; those of the simulated market come from its making.
 */

import { dataFile } from '../../test/data.ts';
import type { Facts } from '../harness/facts.ts';
import type { FrameSource } from './frames.ts';
import type { KrakenV2Source } from './kraken-v2-batch.ts';
import { krakenV2Batch } from './kraken-v2-batch.ts';

export interface Workload {
  readonly name: string;
  readonly data: string;
  readonly source: FrameSource;
  /** Passes per round, so that a round outlasts the noise of a machine. */
  readonly passes: number;
  readonly expected: Facts;
}

interface Recording {
  readonly name: string;
  readonly data: string;
  readonly passes: number;
  readonly expected: Facts;
}

/** A right book on data without a hole. */
const SOUND: Facts = { checksumsFailed: 0, gaps: 0, crossed: 0, malformed: 0, failures: 0 };

const RECORDINGS: readonly Recording[] = [
  {
    name: 'binance-spot-btcusdt-650s',
    data: 'recorded 2024: depth@100ms, bookTicker, trade of one pair, 650 s',
    passes: 3,
    expected: {
      frames: 99_574,
      snapshots: 1,
      updates: 6_493,
      staleUpdates: 2,
      trades: 19_904,
      changes: 268_176,
      newOrders: 117_558,
      auditsOk: 6_491,
    },
  },
  {
    name: 'binance-spot-3pairs-2021',
    data: 'recorded 2021: depth@100ms, aggTrade, kline of 3 pairs',
    passes: 30,
    expected: {
      frames: 4_719,
      snapshots: 3,
      updates: 2_656,
      staleUpdates: 32,
      trades: 1_910,
      ignored: 118,
      changes: 26_822,
      newOrders: 12_929,
    },
  },
  {
    name: 'binance-spot-4pairs',
    data: 'recorded 2021: depth@100ms, bookTicker, aggTrade, kline of 4 pairs; three quarters of its bytes are snapshots',
    passes: 200,
    expected: {
      frames: 269,
      snapshots: 4,
      updates: 172,
      staleUpdates: 5,
      trades: 2,
      ignored: 2,
      changes: 399,
      newOrders: 204,
    },
  },
  {
    name: 'kraken-v1-book1000-10pairs',
    data: 'recorded 2021: book-1000, trade, ticker of 10 pairs, 31 s, a CRC-32 with each update',
    passes: 40,
    expected: {
      frames: 4_430,
      snapshots: 10,
      updates: 4_269,
      trades: 10,
      ignored: 130,
      changes: 4_272,
      newOrders: 2_123,
      checksumsOk: 4_269,
    },
  },
];

const KRAKEN_V2: KrakenV2Source = {
  kind: 'kraken-v2',
  seed: 'frame-to-score',
  pairs: 10,
  depth: 100,
  updates: 20_000,
};

/**
 * Everything, or for the small mode what takes a moment: one short recording and a little of the simulated market, once.
 * Recordings that are absent are left out, which is said on stderr. @throws DataMissing as `dataFile` does
 */
export function workloads(small: boolean): Workload[] {
  const recordings = small ? RECORDINGS.filter(({ name }) => name === 'binance-spot-4pairs') : RECORDINGS;
  const recorded = recordings.flatMap((recording): Workload[] => {
    const path = dataFile('captures', `${recording.name}.capture.ndjson.gz`);
    if (path === null) return [];
    const expected = { ...SOUND, ...recording.expected };
    return [{ ...recording, passes: small ? 1 : recording.passes, source: { kind: 'capture', path }, expected }];
  });
  return [...recorded, simulated(small ? { ...KRAKEN_V2, pairs: 3, updates: 600 } : KRAKEN_V2, small ? 1 : 6)];
}

function simulated(source: KrakenV2Source, passes: number): Workload {
  const { seed, pairs, depth } = source;
  const { truth } = krakenV2Batch(source);
  return {
    name: 'kraken-v2-simulated',
    data: `simulated, seed "${seed}": book-${depth} and trade of ${pairs} pairs, a CRC-32 with each book frame`,
    source,
    passes,
    expected: { ...SOUND, ...truth },
  };
}
