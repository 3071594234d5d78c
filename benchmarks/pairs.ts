/**
 * Does a depth frame cost the same when one ingest shard keeps ten pairs or five thousand? And how much memory does a pair
 * take?
 *
 *     npx node benchmarks/pairs.ts [--workload NAME]... [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where results disagree there is no report, and the exit code is 1.
 */

import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import type { FactsOf } from './harness/facts.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';
import type { Spread } from './harness/spread.ts';
import { spreadOf } from './harness/spread.ts';
import { BYTES_PER_PAIR } from './pairs/cases.ts';
import type { PairsWorkload } from './pairs/workloads.ts';
import { pairsWorkloads } from './pairs/workloads.ts';

export interface PairsOptions extends Rounds {
  readonly workloads: readonly PairsWorkload[];
}

export interface PairsWorkloadReport extends WorkloadReport {
  /** By case: what the shard keeps for each pair, its book of 100 levels a side included. */
  readonly bytesPerPair: Readonly<Record<string, Spread>>;
}

export interface PairsReport extends BenchmarkReport {
  readonly workloads: readonly PairsWorkloadReport[];
}

const CASE_FILE = new URL('pairs/case-main.ts', import.meta.url);

/** @throws BenchmarkError where a book is not right, or depends on the order of the frames: there are no figures then */
export async function pairsBenchmark(options: PairsOptions): Promise<PairsReport> {
  const reports: PairsWorkloadReport[] = [];
  for (const workload of options.workloads) {
    // The order of the frames changes no book.
    const witnesses = reports.map(({ workload: by, facts }) => ({ by, facts }));
    reports.push(await measure(workload, witnesses, options));
  }
  return {
    question: 'does a depth frame cost the same with 10 pairs on an ingest shard and with 5,000?',
    path: 'bytes of a frame in memory -> parser -> one of many books -> its event; no socket, score, bus or store',
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'frame',
    workloads: reports,
  };
}

async function measure(
  workload: PairsWorkload,
  witnesses: readonly FactsOf[],
  options: Rounds,
): Promise<PairsWorkloadReport> {
  const { name, data, passes, cases, expected } = workload;
  const rounds = await runInterleaved({ file: CASE_FILE, cases, ...options, passes });
  const comparison = compareCases({ rounds, passes, unitsFact: 'frames', rivals: [], witnesses, expected });
  const bytesPerPair = await memoryOf(workload, options);
  const notes = [
    ...Object.entries(comparison.facts)
      .filter(([fact]) => fact.endsWith('rows'))
      .map(([fact, rows]) => `${fact} ${(Number(rows) / comparison.units).toFixed(2)} per frame`),
    ...Object.entries(bytesPerPair).map(([caseName, { median, min, max }]) => {
      return `${caseName}: ${median.toFixed(0)} (${min.toFixed(0)} to ${max.toFixed(0)}) bytes per pair`;
    }),
  ];
  return { workload: name, data, passes, ...comparison, notes, bytesPerPair };
}

async function memoryOf({ memory: cases }: PairsWorkload, { rounds }: Rounds): Promise<Record<string, Spread>> {
  const done = await runInterleaved({ file: CASE_FILE, cases, warmUp: 0, rounds, passes: 1 });
  return Object.fromEntries(
    done.map(({ name, counted }) => [name, spreadOf(counted.map(({ facts }) => Number(facts[BYTES_PER_PAIR])))]),
  );
}

if (import.meta.main) await runBenchmark({ workloads: pairsWorkloads, measure: pairsBenchmark });
