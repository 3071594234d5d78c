/**
 * Do two ingest shards on threads of their own do twice the work of one? Beside them stands bare `JSON.parse` on one and two
 * threads, which shares nothing either: what it does not reach, the machine does not give.
 *
 *     npx node benchmarks/shards.ts [--workload NAME]... [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where results disagree there is no report, and the exit code is 1.
 */

import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';
import { UNITS_FACT } from './shards/cases.ts';
import type { ShardsWorkload } from './shards/workloads.ts';
import { ONE_PARSER, ONE_SHARD, shardsWorkloads } from './shards/workloads.ts';

export interface ShardsOptions extends Rounds {
  readonly workloads: readonly ShardsWorkload[];
}

const CASE_FILE = new URL('shards/case-main.ts', import.meta.url);

/** @throws BenchmarkError where the shards do not come to the same books: there are no figures then */
export async function shardsBenchmark(options: ShardsOptions): Promise<BenchmarkReport> {
  const reports: WorkloadReport[] = [];
  for (const workload of options.workloads) reports.push(await measure(workload, options));
  return {
    question: 'do two ingest shards do twice the work of one?',
    path: "bytes of frames in each thread's own memory -> parser -> book; no socket, score, bus or store",
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'frame',
    workloads: reports,
  };
}

async function measure(workload: ShardsWorkload, options: Rounds): Promise<WorkloadReport> {
  const { name, data, passes, cases, expected } = workload;
  const rounds = await runInterleaved({ file: CASE_FILE, cases, ...options, passes });
  const comparison = compareCases({
    rounds,
    passes,
    unitsFact: UNITS_FACT,
    rivals: [ONE_SHARD, ONE_PARSER],
    witnesses: [],
    expected,
  });
  const notes = ['two copies of the frames: one after the other in one thread, or at once in two'];
  return { workload: name, data, passes, ...comparison, notes };
}

if (import.meta.main) await runBenchmark({ workloads: shardsWorkloads, measure: shardsBenchmark });
