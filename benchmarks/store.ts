/**
 * What does it take to get rows into QuestDB, against the official client, and how much could the server take at most?
 *
 *     npx node benchmarks/store.ts [--workload NAME]... [--rounds N] [--warm-up N] [--small] [--json]
 *
 * Uses the QuestDB server that `WHALEWATCH_TEST_QUESTDB_URL` names, else starts one; only of its own server does it know
 * the processor time. stdout carries the report and nothing else. Where results disagree there is no report, and the exit
 * code is 1.
 */

import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import type { Facts } from './harness/facts.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';
import type { StoreCaseSpec } from './store/cases.ts';
import { ENCODERS } from './store/encoding.ts';
import type { StoreMarketSpec } from './store/market.ts';
import { dropTables, type StoreServer, storeServer } from './store/server.ts';
import { WRITERS } from './store/writing.ts';

export interface StoreWorkload {
  readonly name: 'encode' | 'write';
  readonly market: StoreMarketSpec;
  readonly passes: number;
  readonly expected: Facts;
}

export interface StoreBenchmarkOptions extends Rounds {
  readonly workloads: readonly StoreWorkload[];
}

const CASE_FILE = new URL('store/case-main.ts', import.meta.url);
const SEED = 'store';

const NOTES: Readonly<Record<StoreWorkload['name'], readonly string[]>> = {
  encode: [],
  write: ["`bytes` sends the store's own requests, encoded beforehand: what the server takes at most"],
};

/** Everything, or for the small mode a moment of it. */
export function storeWorkloads(small: boolean): StoreWorkload[] {
  const market = (changes: number): StoreMarketSpec => ({ seed: SEED, pairs: 40, changes: small ? 2_000 : changes });
  return [
    { name: 'encode', market: market(60_000), passes: 1, expected: {} },
    { name: 'write', market: market(300_000), passes: 1, expected: {} },
  ];
}

/** @throws BenchmarkError where the results are not sound: there are no figures then; AppError where no server is */
export async function storeBenchmark(options: StoreBenchmarkOptions): Promise<BenchmarkReport> {
  const { workloads, warmUp, rounds } = options;
  const server = workloads.some(({ name }) => name === 'write') ? await storeServer() : null;
  try {
    const reports: WorkloadReport[] = [];
    for (const workload of workloads) reports.push(await measure(workload, options, server));
    return {
      question: 'what does it take to get rows into QuestDB, against the official client?',
      path:
        'encode: rows in columns -> order of time -> bytes of a request; ' +
        'write: event -> row -> request -> durable -> seen by queries; CPU without the server, whose own is a part',
      machine: thisMachine(),
      warmUp,
      rounds,
      unit: 'row',
      workloads: reports,
    };
  } finally {
    await server?.stop();
  }
}

async function measure(workload: StoreWorkload, rounds: Rounds, server: StoreServer | null): Promise<WorkloadReport> {
  const { name, market, passes, expected } = workload;
  const prefix = `benchmark_${process.pid}_`;
  const cases = specsOf(workload, prefix, server).map((spec) => ({ name: spec.by, spec }));
  try {
    const done = await runInterleaved({ file: CASE_FILE, cases, ...rounds, passes });
    const rivals = cases.slice(0, 1).map((one) => one.name);
    const comparison = compareCases({ rounds: done, passes, unitsFact: 'rows', rivals, witnesses: [], expected });
    const { seed, changes, pairs } = market;
    const data = `made in memory, seed "${seed}": ${changes} order changes of ${pairs} pairs, and the scores of them`;
    return { workload: name, data, passes, ...comparison, notes: NOTES[name] };
  } finally {
    if (server !== null) await dropTables(server.url, prefix);
  }
}

function specsOf({ name, market }: StoreWorkload, prefix: string, server: StoreServer | null): StoreCaseSpec[] {
  if (name === 'encode') return ENCODERS.map((by) => ({ work: 'encode', by, market }));
  if (server === null) throw new TypeError('rows are written to a server');
  const { url, pid } = server;
  return WRITERS.map((by, at) => ({ work: 'write', by, market, prefix: `${prefix}${at}_`, server: { url, pid } }));
}

if (import.meta.main) await runBenchmark({ workloads: storeWorkloads, measure: storeBenchmark });
