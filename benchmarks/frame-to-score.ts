/**
 * How long does a frame take to become book and score, and how does that compare with merely parsing it?
 *
 *     node benchmarks/frame-to-score.ts [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where results disagree there is no report, and the exit code is 1.
 */

import { parseArgs } from 'node:util';

import { AppError } from '../src/lib/app-error.ts';
import type { CaseSpec } from './frame-to-score/cases.ts';
import { CASE_NAMES } from './frame-to-score/cases.ts';
import type { Workload } from './frame-to-score/workloads.ts';
import { workloads } from './frame-to-score/workloads.ts';
import { BenchmarkError } from './harness/benchmark-error.ts';
import { compareCases } from './harness/comparison.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';
import { reportText } from './harness/report.ts';

export interface FrameToScoreOptions {
  readonly workloads: readonly Workload[];
  readonly warmUp: number;
  readonly rounds: number;
}

const CASE_FILE = new URL('frame-to-score/case-main.ts', import.meta.url);
const ROUNDS = 7;
const WARM_UP_ROUNDS = 2;

/** @throws BenchmarkError where the results are not sound: there are no figures then; AppError where data are missing */
export async function frameToScore(options: FrameToScoreOptions): Promise<BenchmarkReport> {
  const reports: WorkloadReport[] = [];
  for (const workload of options.workloads) reports.push(await measure(workload, options));
  return {
    question: 'how long does a frame take to become book and score, against JSON.parse of the same text?',
    path: 'text in memory -> wire parser -> book -> order changes and sums [-> whale score]; no socket, bus or store',
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'frame',
    workloads: reports,
  };
}

async function measure(workload: Workload, { warmUp, rounds }: FrameToScoreOptions): Promise<WorkloadReport> {
  const { name, data, source, passes, expected } = workload;
  const cases = CASE_NAMES.map((caseName) => {
    const spec: CaseSpec = { name: caseName, source };
    return { name: caseName, spec };
  });
  const done = await runInterleaved({ file: CASE_FILE, cases, warmUp, rounds, passes });
  return { workload: name, data, passes, ...compareCases({ rounds: done, passes, unitsFact: 'frames', expected }) };
}

function count(name: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new BenchmarkError('benchmark.option', `--${name} is ${text}`, `Give a whole number from ${min} up.`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      'warm-up': { type: 'string' },
      small: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const { small } = values;
  const report = await frameToScore({
    workloads: workloads(small),
    rounds: count('rounds', values.rounds ?? String(small ? 1 : ROUNDS), 1),
    warmUp: count('warm-up', values['warm-up'] ?? String(small ? 0 : WARM_UP_ROUNDS), 0),
  });
  console.log(values.json ? JSON.stringify(report, null, 2) : reportText(report));
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`${error.code}: ${error.message}\n${error.remedy ?? ''}`);
    process.exitCode = 1;
  }
}
