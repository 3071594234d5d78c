/** One workload, several cases, one of them the baseline: from rounds to figures that may be printed. */

import type { Facts } from './facts.ts';
import { agreedFacts, hashOfFacts } from './facts.ts';
import type { CaseRounds } from './interleaved.ts';
import type { Spread } from './spread.ts';
import { spreadOf } from './spread.ts';

export interface CaseFigures {
  readonly name: string;
  /** Time per unit of work, ns. */
  readonly nsPerUnit: Spread;
  /** Times the baseline's time of the same round. */
  readonly ratio: Spread;
}

export interface Comparison {
  readonly facts: Facts;
  /** SHA-256 over the facts. */
  readonly hash: string;
  readonly cases: readonly CaseFigures[];
}

export interface ComparisonOptions<Name extends string> {
  readonly rounds: Readonly<Record<Name, CaseRounds>>;
  readonly baseline: Name;
  /** Units of work in one round: units in a pass times passes. */
  readonly unitsPerRound: number;
  readonly expected: Facts;
}

/**
 * Ratios are taken round by round, before the median: what disturbs the machine for longer than a round disturbs both
 * sides of them.
 * @throws BenchmarkError `benchmark.disagreement` or `benchmark.unexpected`: there are no figures then
 */
export function compareCases<Name extends string>(options: ComparisonOptions<Name>): Comparison {
  const { rounds, baseline, unitsPerRound, expected } = options;
  const entries = Object.entries<CaseRounds>(rounds);
  const told = entries.flatMap(([name, { warmUp, counted }]) =>
    [...warmUp, ...counted].map(({ facts }, round) => ({ by: `round ${round} of ${name}`, facts })),
  );
  const facts = agreedFacts(told, expected);
  const baselineMs = rounds[baseline].counted.map(({ elapsedMs }) => elapsedMs);
  const cases = entries.map(([name, { counted }]) => ({
    name,
    nsPerUnit: spreadOf(counted.map(({ elapsedMs }) => (elapsedMs * 1e6) / unitsPerRound)),
    ratio: spreadOf(counted.map(({ elapsedMs }, round) => elapsedMs / (baselineMs[round] ?? NaN))),
  }));
  return { facts, hash: hashOfFacts(facts), cases };
}
