/** What a comparing benchmark prints. */

import type { Comparison } from './comparison.ts';
import type { Machine } from './machine.ts';
import type { Spread } from './spread.ts';

export interface WorkloadReport extends Comparison {
  readonly workload: string;
  /** Where the data come from, with their seed where they are made. */
  readonly data: string;
  /** Passes over the data per round. */
  readonly passes: number;
}

export interface BenchmarkReport {
  readonly question: string;
  /** The code that is measured, and what is left out. */
  readonly path: string;
  readonly machine: Machine;
  readonly warmUp: number;
  readonly rounds: number;
  /** What is counted, e.g. `frame`. */
  readonly unit: string;
  readonly workloads: readonly WorkloadReport[];
}

/** The report as text for people. */
export function reportText(report: BenchmarkReport): string {
  const { machine, rounds, warmUp, unit } = report;
  const head = [
    `question  ${report.question}`,
    `path      ${report.path}`,
    `machine   ${machine.cores} cores, ${machine.memoryGb} GiB, ${machine.platform}, Node ${machine.node}`,
    `rounds    ${rounds} after ${warmUp} to warm up, cases in turn, a process each; median (min to max)`,
  ];
  return [...head, ...report.workloads.flatMap((one) => ['', ...workloadLines(one, unit)])].join('\n');
}

function workloadLines(one: WorkloadReport, unit: string): string[] {
  const baseline = one.cases[0]?.name ?? '';
  const width = Math.max(...one.cases.map(({ name }) => name.length));
  return [
    `${one.workload}: ${one.data}`,
    `  ${one.units.toLocaleString('en')} ${unit}s x ${one.passes} per round, result ${one.hash.slice(0, 16)}`,
    ...one.cases.map(
      ({ name, nsPerUnit, ratio }) =>
        `  ${name.padEnd(width)}  ${spreadText(nsPerUnit, 0).padStart(24)} ns/${unit}` +
        `  ${perSecond(nsPerUnit.median).padStart(11)} ${unit}s/s  ${spreadText(ratio, 2)} x ${baseline}`,
    ),
  ];
}

function spreadText({ median, min, max }: Spread, decimals: number): string {
  return `${median.toFixed(decimals)} (${min.toFixed(decimals)} to ${max.toFixed(decimals)})`;
}

function perSecond(ns: number): string {
  return Math.round(1e9 / ns).toLocaleString('en');
}
