/** What a comparing benchmark prints. */

import type { CaseFigures, Comparison } from './comparison.ts';
import type { Machine } from './machine.ts';
import type { Spread } from './spread.ts';

export interface WorkloadReport extends Comparison {
  readonly workload: string;
  /** Where the data come from, with their seed where they are made. */
  readonly data: string;
  /** Passes over the data per round. */
  readonly passes: number;
  /** What else the reader has to know of this workload's figures, a line each. */
  readonly notes: readonly string[];
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

/** Enough of a hash for a person to compare; `--json` has all of it. */
const HASH_DIGITS = 16;

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
  const header = ['case', `wall ns/${unit}`, `x ${baseline}`, `CPU ns/${unit}`, `x ${baseline}`];
  const rows = one.cases.map((figures) => row(figures, one.rivals));
  return [
    `${one.workload}: ${one.data}`,
    `  ${grouped(one.units)} ${unit}s x ${one.passes} per round, result ${one.hash.slice(0, HASH_DIGITS)}`,
    ...aligned([[...header, ...one.rivals.map((rival) => `times as fast as ${rival}`)], ...rows]).map(indented),
    ...one.cases.flatMap(partLines).map(indented),
    ...one.notes.map(indented),
  ];
}

function row({ name, wall, cpu, timesAsFast }: CaseFigures, rivals: readonly string[]): string[] {
  const against = rivals.map((rival) => {
    const times = timesAsFast[rival];
    return times === undefined || rival === name ? '' : spreadText(times, 2);
  });
  return [
    name,
    spreadText(wall.nsPerUnit, 0),
    spreadText(wall.ratio, 2),
    spreadText(cpu.nsPerUnit, 0),
    spreadText(cpu.ratio, 2),
    ...against,
  ];
}

function partLines({ name, partsMs }: CaseFigures): string[] {
  return Object.entries(partsMs).map(([part, ms]) => `${name}, ${part}: ${spreadText(ms, 0)} ms of a pass`);
}

/** Columns as wide as their widest cell. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function indented(line: string): string {
  return `  ${line}`;
}

function spreadText({ median, min, max }: Spread, decimals: number): string {
  return `${median.toFixed(decimals)} (${min.toFixed(decimals)} to ${max.toFixed(decimals)})`;
}

/** Thousands apart, for people. */
function grouped(count: number): string {
  return Math.round(count).toLocaleString('en');
}
