/** One workload, several cases, the first of them the baseline: from rounds to figures that may be printed. */

import type { Round } from './case-protocol.ts';
import type { Facts } from './facts.ts';
import { agreedFacts, hashOfFacts } from './facts.ts';
import type { CaseRounds } from './interleaved.ts';
import type { Spread } from './spread.ts';
import { spreadOf } from './spread.ts';

export interface CaseFigures {
  readonly name: string;
  /** Time on the clock: what a frame waits for, and what other people's work on the machine adds to. */
  readonly wall: Figures;
  /** Processor time of the process: what a frame costs, whoever else is at work. */
  readonly cpu: Figures;
}

export interface Figures {
  /** Time per unit of work, ns. */
  readonly nsPerUnit: Spread;
  /** Times the baseline's time in the same round. */
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
  const baseline = rounds[0]?.counted ?? [];
  const figures = (counted: readonly Round[], timeMs: (round: Round) => number): Figures => ({
    nsPerUnit: spreadOf(counted.map((round) => (timeMs(round) * 1e6) / (units * passes))),
    ratio: spreadOf(baseline.map((base, round) => ratioOf(counted[round], base, timeMs))),
  });
  const cases = rounds.map(({ name, counted }) => ({
    name,
    wall: figures(counted, ({ wallMs }) => wallMs),
    cpu: figures(counted, ({ cpuMs }) => cpuMs),
  }));
  return { units, facts, hash: hashOfFacts(facts), cases };
}

function ratioOf(round: Round | undefined, base: Round, timeMs: (round: Round) => number): number {
  return round === undefined ? NaN : timeMs(round) / timeMs(base);
}
