/**
 * What do all analytics cost on top of books and whale scores?
 *
 *     npx node benchmarks/analytics.ts [--workload NAME]... [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where results disagree there is no report, and the exit code is 1.
 */

import type { CaseSpec } from './analytics/cases.ts';
import { CASES } from './analytics/cases.ts';
import type { Workload } from './frame-to-book/workloads.ts';
import { workloads } from './frame-to-book/workloads.ts';
import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import type { Facts } from './harness/facts.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';

export interface AnalyticsBenchmarkOptions extends Rounds {
  readonly workloads: readonly Workload[];
}

/** Two cases take little of a machine's time, so a round may be longer than where there are five. */
const PASSES_FACTOR = 2;

const CASE_FILE = new URL('analytics/case-main.ts', import.meta.url);

/** @throws BenchmarkError where the results are not sound: there are no figures then; AppError where data are missing */
export async function analyticsBenchmark(options: AnalyticsBenchmarkOptions): Promise<BenchmarkReport> {
  const reports: WorkloadReport[] = [];
  for (const workload of options.workloads) reports.push(await measure(workload, options));
  return {
    question: 'what do all analytics cost on top of books and whale scores?',
    path: 'bytes of frames in memory -> books -> whale scores -> analytics, in one thread; no socket, bus or store',
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'frame',
    workloads: reports,
  };
}

async function measure(workload: Workload, rounds: Rounds): Promise<WorkloadReport> {
  const { name, data, source, expected } = workload;
  const passes = workload.passes * PASSES_FACTOR;
  const cases = CASES.map((caseName) => {
    const spec: CaseSpec = { name: caseName, source };
    return { name: caseName, spec };
  });
  const done = await runInterleaved({ file: CASE_FILE, cases, ...rounds, passes });
  const comparison = compareCases({
    rounds: done,
    passes,
    unitsFact: 'frames',
    rivals: [],
    witnesses: [],
    expected: ownFacts(expected),
  });
  const rows = Object.entries(comparison.facts).filter(([fact]) => fact.endsWith(' rows'));
  return {
    workload: name,
    data,
    passes,
    ...comparison,
    notes: [rows.map(([kind, count]) => `${kind} ${count}`).join(', ')],
  };
}

/** What is known of the product's own books and scores; how others fare is another benchmark's. */
function ownFacts(expected: Facts): Facts {
  return Object.fromEntries(Object.entries(expected).filter(([fact]) => !/^(tardis-dev|ccxt): /.test(fact)));
}

if (import.meta.main) await runBenchmark({ workloads, measure: analyticsBenchmark });
