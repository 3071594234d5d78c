/** What each shard is given, and what is known of it. */

import { dataFile } from '../../test/data.ts';
import { RECORDINGS } from '../frame-to-book/recordings.ts';
import type { Facts } from '../harness/facts.ts';
import type { ShardsSpec } from './cases.ts';
import type { ShardData } from './shard.protocol.ts';

export interface ShardsCase {
  readonly name: string;
  readonly spec: ShardsSpec;
}

export interface ShardsWorkload {
  readonly name: string;
  readonly data: string;
  /** Passes per round. */
  readonly passes: number;
  /** Baseline first. */
  readonly cases: readonly ShardsCase[];
  /** Of one copy. */
  readonly expected: Facts;
}

/** By the name of their recording; the second for the small mode. */
const FULL = { name: 'binance-650s', passes: 3 } as const;
const SMALL = { name: 'binance-4pairs', passes: 1 } as const;

/** The product on one thread and on two, and what the machine gives. */
export function shardsCases(source: ShardData['source']): ShardsCase[] {
  return [
    { name: ONE_SHARD, spec: { threads: 1, data: { work: 'whalewatch', source } } },
    { name: TWO_SHARDS, spec: { threads: 2, data: { work: 'whalewatch', source } } },
    { name: ONE_PARSER, spec: { threads: 1, data: { work: 'JSON.parse', source } } },
    { name: TWO_PARSERS, spec: { threads: 2, data: { work: 'JSON.parse', source } } },
  ];
}

export const ONE_SHARD = '1 shard';
const TWO_SHARDS = '2 shards';
export const ONE_PARSER = '1 thread of JSON.parse';
const TWO_PARSERS = '2 threads of JSON.parse';

/** Recordings that are absent are left out, which is said on stderr. @throws DataMissing as `dataFile` does */
export function shardsWorkloads(small: boolean): ShardsWorkload[] {
  const { name, passes } = small ? SMALL : FULL;
  return RECORDINGS.filter((one) => one.name === name).flatMap(({ file, data, expected, only, timed }) => {
    const path = dataFile('captures', `${file}.capture.ndjson.gz`);
    if (path === null) return [];
    // Nothing is scored here.
    const { newOrders: _, ...ofBooks } = expected;
    return [{ name, data, passes, cases: shardsCases({ kind: 'capture', path, only, timed }), expected: ofBooks }];
  });
}
