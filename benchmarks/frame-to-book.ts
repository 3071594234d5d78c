/**
 * How long does a frame take to become a book with its events, and a score? How does that compare with merely parsing
 * it, and with what others make of the same frames?
 *
 *     npx node benchmarks/frame-to-book.ts [--workload NAME]... [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where results disagree there is no report, and the exit code is 1.
 */

import type { AgreementSpec } from './frame-to-book/agreement.ts';
import type { CaseSpec } from './frame-to-book/cases.ts';
import { OWN_CASES } from './frame-to-book/cases.ts';
import { SHARD_FACT } from './frame-to-book/product-path.ts';
import type { Workload } from './frame-to-book/workloads.ts';
import { workloads } from './frame-to-book/workloads.ts';
import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import type { Facts, FactsOf } from './harness/facts.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';

export interface FrameToBookOptions extends Rounds {
  readonly workloads: readonly Workload[];
}

const CASE_FILE = new URL('frame-to-book/case-main.ts', import.meta.url);
const AGREEMENT_FILE = new URL('frame-to-book/agreement-main.ts', import.meta.url);

/** @throws BenchmarkError where the results are not sound: there are no figures then; AppError where data are missing */
export async function frameToBook(options: FrameToBookOptions): Promise<BenchmarkReport> {
  const reports: WorkloadReport[] = [];
  for (const workload of options.workloads) reports.push(await measure(workload, options));
  return {
    question: 'how long does a frame take to become a book, against JSON.parse alone and against others?',
    path: 'frame in memory (bytes for whalewatch, text for the others) -> parser -> book; no socket, bus or store',
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'frame',
    workloads: reports,
  };
}

async function measure(workload: Workload, { warmUp, rounds }: Rounds): Promise<WorkloadReport> {
  const { name, data, source, passes, peers, expected } = workload;
  const witnesses = await agreements(workload);
  const cases = [...OWN_CASES, ...peers].map((caseName) => {
    const spec: CaseSpec = { name: caseName, source };
    return { name: caseName, spec };
  });
  const done = await runInterleaved({ file: CASE_FILE, cases, warmUp, rounds, passes });
  const comparison = compareCases({ rounds: done, passes, unitsFact: 'frames', rivals: peers, witnesses, expected });
  return { workload: name, data, passes, ...comparison, notes: notesOf(workload, comparison.facts) };
}

/** Whether the others come to the same books, found out before anything is timed. */
async function agreements({ peers, source }: Workload): Promise<FactsOf[]> {
  const cases = peers.map((peer) => {
    const spec: AgreementSpec = { peer, source };
    return { name: `agreement with ${peer}`, spec };
  });
  const found = await runInterleaved({ file: AGREEMENT_FILE, cases, warmUp: 0, rounds: 1, passes: 1 });
  return found.flatMap(({ name, counted }) => counted.map(({ facts }) => ({ by: name, facts })));
}

function notesOf({ peers }: Workload, facts: Facts): string[] {
  const counted = Object.entries(facts).filter(([name]) => name.startsWith(SHARD_FACT));
  const own = counted.map(([name, value]) => `${name.slice(SHARD_FACT.length)} ${value}`).join(', ');
  const agreements = peers.map((peer) => {
    const of = (name: string): string => Number(facts[`${peer}: ${name}`]).toLocaleString('en');
    const levels = `${of('levels')} levels in the end, ${of('levelsLacking')} lacking, ${of('levelsTooMany')} too many`;
    return `${peer}: of ${of('quotes')} new best prices or sizes ${of('otherQuotes')} differ from ours; ${levels}`;
  });
  return [`${SHARD_FACT}${own}`, ...agreements];
}

if (import.meta.main) await runBenchmark({ workloads, measure: frameToBook });
