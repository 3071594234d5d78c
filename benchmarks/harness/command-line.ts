/** The command line that comparing benchmarks share, from the options to the report on stdout. */

import { parseArgs } from 'node:util';

import { AppError } from '../../src/lib/app-error.ts';
import { BenchmarkError } from './benchmark-error.ts';
import type { BenchmarkReport } from './report.ts';
import { reportText } from './report.ts';

export interface Rounds {
  readonly warmUp: number;
  readonly rounds: number;
}

export interface BenchmarkCommand<W extends { readonly name: string }> {
  /** All workloads there are, or those of the small mode. */
  workloads(small: boolean): readonly W[];
  /** @throws AppError where there are no figures */
  measure(options: Rounds & { readonly workloads: readonly W[] }): Promise<BenchmarkReport>;
}

const ROUNDS: Rounds = { warmUp: 2, rounds: 7 };
/** Its times mean nothing; its results are checked all the same. */
const SMALL_ROUNDS: Rounds = { warmUp: 0, rounds: 1 };

/**
 * Options: `--rounds N`, `--warm-up N`, `--workload NAME` (as often as wanted), `--small`, `--json`. stdout carries the
 * report and nothing else; expected trouble becomes its message on stderr and exit code 1.
 */
export async function runBenchmark<W extends { readonly name: string }>(command: BenchmarkCommand<W>): Promise<void> {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string' },
        'warm-up': { type: 'string' },
        workload: { type: 'string', multiple: true, default: [] },
        small: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const standard = values.small ? SMALL_ROUNDS : ROUNDS;
    const report = await command.measure({
      workloads: chosen(command.workloads(values.small), values.workload),
      rounds: count('rounds', values.rounds ?? String(standard.rounds), 1),
      warmUp: count('warm-up', values['warm-up'] ?? String(standard.warmUp), 0),
    });
    console.log(values.json ? JSON.stringify(report, null, 2) : reportText(report));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`${error.code}: ${error.message}\n${error.remedy ?? ''}`);
    process.exitCode = 1;
  }
}

/** @throws BenchmarkError `benchmark.option` where a name names nothing */
export function chosen<W extends { readonly name: string }>(all: readonly W[], names: readonly string[]): readonly W[] {
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new BenchmarkError('benchmark.option', `--workload is ${unknown}`, `There are: ${known.join(', ')}.`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

function count(name: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new BenchmarkError('benchmark.option', `--${name} is ${text}`, `Give a whole number from ${min} up.`);
}
