/**
 * What does it cost to hand an event to another thread: as an object of its own, in batches whose buffers move, or over
 * the bus in process?
 *
 *     npx node benchmarks/hand-off.ts [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where results disagree there is no report, and the exit code is 1.
 */

import type { MarketSpec } from './bus/market.ts';
import type { HandOffCaseSpec } from './hand-off/cases.ts';
import { CASE_NAMES } from './hand-off/cases.ts';
import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import type { Facts } from './harness/facts.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';

export interface HandOffWorkload {
  readonly name: string;
  readonly data: string;
  readonly market: MarketSpec;
  readonly passes: number;
  readonly expected: Facts;
}

export interface HandOffOptions extends Rounds {
  readonly workloads: readonly HandOffWorkload[];
}

const CASE_FILE = new URL('hand-off/case-main.ts', import.meta.url);

/** Everything, or for the small mode a moment of it. */
export function handOffWorkloads(small: boolean): HandOffWorkload[] {
  const market: MarketSpec = { seed: 'hand-off', books: 100, events: small ? 2_000 : 100_000 };
  const { seed, books, events } = market;
  const data = `made in memory, seed "${seed}": deltas of one to three levels and trades of ${books} books`;
  return [{ name: 'market', data, market, passes: 1, expected: { events, books } }];
}

/** @throws BenchmarkError where the results are not sound: there are no figures then */
export async function handOffBenchmark(options: HandOffOptions): Promise<BenchmarkReport> {
  const reports: WorkloadReport[] = [];
  for (const workload of options.workloads) reports.push(await measure(workload, options));
  return {
    question: 'what does it cost to hand an event to another thread?',
    path: 'event in one thread -> message -> event in another thread, encoding and decoding included',
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'event',
    workloads: reports,
  };
}

async function measure(workload: HandOffWorkload, { warmUp, rounds }: Rounds): Promise<WorkloadReport> {
  const { name, data, market, passes, expected } = workload;
  const cases = CASE_NAMES.map((caseName) => {
    const spec: HandOffCaseSpec = { name: caseName, market };
    return { name: caseName, spec };
  });
  const done = await runInterleaved({ file: CASE_FILE, cases, warmUp, rounds, passes });
  const [rival] = CASE_NAMES;
  const rivals = [rival];
  const comparison = compareCases({ rounds: done, passes, unitsFact: 'events', rivals, witnesses: [], expected });
  return { workload: name, data, passes, ...comparison, notes: [] };
}

if (import.meta.main) await runBenchmark({ workloads: handOffWorkloads, measure: handOffBenchmark });
