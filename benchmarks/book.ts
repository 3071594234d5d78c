/**
 * What does one level update cost in the product's book, against structures of others, and does that depend on the depth of
 * the book? How much memory does a level take?
 *
 *     npx node benchmarks/book.ts [--workload NAME]... [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where books disagree there is no report, and the exit code is 1.
 */

import { LOADED, UPDATED } from './book/book-memory.ts';
import type { BookWorkload } from './book/workloads.ts';
import { bookWorkloads } from './book/workloads.ts';
import type { Round } from './harness/case-protocol.ts';
import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';
import type { Spread } from './harness/spread.ts';
import { spreadOf } from './harness/spread.ts';

export interface BookBenchmarkOptions extends Rounds {
  readonly workloads: readonly BookWorkload[];
}

export interface BookWorkloadReport extends WorkloadReport {
  readonly bytesPerLevel: BytesPerLevel;
}

/** Memory by case, bytes per level held. */
type BytesPerLevel = Readonly<Record<string, MemoryFigures>>;

interface MemoryFigures {
  /** With the snapshot in it. */
  readonly loaded: Spread;
  /** Behind a stream of updates. */
  readonly updated: Spread;
}

export interface BookReport extends BenchmarkReport {
  readonly workloads: readonly BookWorkloadReport[];
}

const CASE_FILE = new URL('book/case-main.ts', import.meta.url);

/** @throws BenchmarkError where the books are not the same in the end: there are no figures then */
export async function bookBenchmark(options: BookBenchmarkOptions): Promise<BookReport> {
  const reports: BookWorkloadReport[] = [];
  for (const workload of options.workloads) reports.push(await measure(workload, options));
  return {
    question: 'what does one level update cost, against other structures and at other depths, and a level in memory?',
    path: 'rows in memory, in the form that each takes them -> levels of one book; no parser before, no events behind',
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'row',
    workloads: reports,
  };
}

async function measure(workload: BookWorkload, options: Rounds): Promise<BookWorkloadReport> {
  const { name, data, passes, cases, rivals } = workload;
  const rounds = await runInterleaved({ file: CASE_FILE, cases, ...options, passes });
  const comparison = compareCases({ rounds, passes, unitsFact: 'rows', rivals, witnesses: [], expected: {} });
  const bytesPerLevel = await memoryOf(workload, options);
  const messages = Object.entries(comparison.facts).filter(([fact]) => fact.endsWith('messages'));
  const notes = [
    ...messages.map(([fact, count]) => `${fact} of ${(comparison.units / Number(count)).toFixed(1)} rows`),
    ...Object.entries(bytesPerLevel).map(([caseName, figures]) => memoryNote(caseName, figures)),
  ];
  return { workload: name, data, passes, ...comparison, notes, bytesPerLevel };
}

async function memoryOf({ memory: cases }: BookWorkload, { rounds }: Rounds): Promise<BytesPerLevel> {
  const done = await runInterleaved({ file: CASE_FILE, cases, warmUp: 0, rounds, passes: 1 });
  const figure = (counted: readonly Round[], fact: string): Spread =>
    spreadOf(counted.map(({ facts }) => Number(facts[fact])));
  return Object.fromEntries(
    done.map(({ name, counted }) => [name, { loaded: figure(counted, LOADED), updated: figure(counted, UPDATED) }]),
  );
}

function memoryNote(caseName: string, { loaded, updated }: MemoryFigures): string {
  return `${caseName}: ${bytesText(loaded)} bytes per level as loaded, ${bytesText(updated)} after updates`;
}

function bytesText({ median, min, max }: Spread): string {
  return `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`;
}

if (import.meta.main) await runBenchmark({ workloads: bookWorkloads, measure: bookBenchmark });
