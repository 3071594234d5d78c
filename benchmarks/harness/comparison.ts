/** One workload, several cases, the first of them the baseline: from rounds to figures that may be printed. */

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
  /** Units of work in one pass. */
  readonly units: number;
  readonly facts: Facts;
  /** SHA-256 over the facts. */
  readonly hash: string;
  readonly cases: readonly CaseFigures[];
}

export interface ComparisonOptions {
  readonly rounds: readonly CaseRounds[];
  readonly passes: number;
  /** Name of the fact that counts the units of work in a pass. */
  readonly unitsFact: string;
  readonly expected: Facts;
}

/**
 * Ratios are taken round by round, before the median: what disturbs the machine for longer than a round disturbs both
 * sides of them.
 * @throws BenchmarkError `benchmark.disagreement` or `benchmark.unexpected`: there are no figures then
 */
export function compareCases({ rounds, passes, unitsFact, expected }: ComparisonOptions): Comparison {
  const told = rounds.flatMap(({ name, warmUp, counted }) =>
    [...warmUp, ...counted].map(({ facts }, round) => ({ by: `round ${round} of ${name}`, facts })),
  );
  const facts = agreedFacts(told, expected);
  const units = Number(facts[unitsFact]);
  const baselineMs = rounds[0]?.counted.map(({ elapsedMs }) => elapsedMs) ?? [];
  const cases = rounds.map(({ name, counted }) => ({
    name,
    nsPerUnit: spreadOf(counted.map(({ elapsedMs }) => (elapsedMs * 1e6) / (units * passes))),
    ratio: spreadOf(counted.map(({ elapsedMs }, round) => elapsedMs / (baselineMs[round] ?? NaN))),
  }));
  return { units, facts, hash: hashOfFacts(facts), cases };
}
