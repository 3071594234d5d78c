/** One workload, several cases, the first of them the baseline: from rounds to figures that may be printed. */

import type { Round } from './case-protocol.ts';
import type { Facts, FactsOf } from './facts.ts';
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
  /** Times as fast as each rival: the rival's time on the clock over this case's, in the same round. */
  readonly timesAsFast: Readonly<Record<string, Spread>>;
  /** Parts of a pass's time on the clock by name, ms. */
  readonly partsMs: Readonly<Record<string, Spread>>;
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
  /** Names of the cases that the others are held against, besides the baseline. */
  readonly rivals: readonly string[];
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
  readonly rivals: readonly string[];
  /** What was found out beside the timed rounds; it must agree with what they say. */
  readonly witnesses: readonly FactsOf[];
  readonly expected: Facts;
}

/**
 * Ratios are taken round by round, before the median: what disturbs the machine for longer than a round disturbs both
 * sides of them.
 * @throws BenchmarkError `benchmark.disagreement` or `benchmark.unexpected`: there are no figures then
 */
export function compareCases(options: ComparisonOptions): Comparison {
  const { rounds, passes, unitsFact, rivals, witnesses, expected } = options;
  const told = rounds.flatMap(({ name, warmUp, counted }) =>
    [...warmUp, ...counted].map(({ facts }, round) => ({ by: `round ${round} of ${name}`, facts })),
  );
  const facts = agreedFacts([...told, ...witnesses], expected);
  const units = Number(facts[unitsFact]);
  const roundsOf = (name: string): readonly Round[] => rounds.find((one) => one.name === name)?.counted ?? [];
  const baseline = rounds[0]?.counted ?? [];
  const figures = (counted: readonly Round[], timeMs: (round: Round) => number): Figures => ({
    nsPerUnit: spreadOf(counted.map((round) => (timeMs(round) * 1e6) / (units * passes))),
    ratio: ratioOf(counted, baseline, timeMs),
  });
  const cases = rounds.map(({ name, counted }) => ({
    name,
    wall: figures(counted, wallMs),
    cpu: figures(counted, ({ cpuMs }) => cpuMs),
    timesAsFast: Object.fromEntries(rivals.map((rival) => [rival, ratioOf(roundsOf(rival), counted, wallMs)])),
    partsMs: partsOf(counted, passes),
  }));
  return { units, rivals, facts, hash: hashOfFacts(facts), cases };
}

function wallMs(round: Round): number {
  return round.wallMs;
}

function ratioOf(rounds: readonly Round[], base: readonly Round[], timeMs: (round: Round) => number): Spread {
  return spreadOf(
    base.map((under, index) => {
      const over = rounds[index];
      return over === undefined ? NaN : timeMs(over) / timeMs(under);
    }),
  );
}

function partsOf(rounds: readonly Round[], passes: number): Record<string, Spread> {
  const names = Object.keys(rounds[0]?.partsMs ?? {});
  return Object.fromEntries(
    names.map((name) => [name, spreadOf(rounds.map(({ partsMs }) => (partsMs[name] ?? NaN) / passes))]),
  );
}
