/**
 * What a benchmark's figures rest on: every round of every case must have come to the same results, and to those that
 * are known of the data. A figure without that is the time of something else.
 */

import { hash } from 'node:crypto';

import { BenchmarkError } from './benchmark-error.ts';

/** Results of one round by name: counts and digests, never times. Cases that do the same thing use the same name. */
export type Facts = Readonly<Record<string, number | string>>;

export interface FactsOf {
  /** Who says so, for messages to people: case and round. */
  readonly by: string;
  readonly facts: Facts;
}

/**
 * All facts together, each named once.
 * @throws BenchmarkError `benchmark.disagreement` where a fact has two values, `benchmark.unexpected` where one is
 * missing or not as expected
 */
export function agreedFacts(told: readonly FactsOf[], expected: Facts): Facts {
  const agreed = new Map<string, { readonly value: number | string; readonly by: string }>();
  for (const { by, facts } of told) {
    for (const [name, value] of Object.entries(facts)) {
      const before = agreed.get(name);
      if (before === undefined) agreed.set(name, { value, by });
      else if (!Object.is(before.value, value)) throw disagreement(name, before, { value, by });
    }
  }
  for (const [name, value] of Object.entries(expected)) {
    const seen = agreed.get(name)?.value;
    if (!Object.is(seen, value)) throw unexpected(name, value, seen);
  }
  return Object.fromEntries([...agreed].map(([name, { value }]) => [name, value]));
}

/** SHA-256 (hexadecimal) over the facts in the order of their names. */
export function hashOfFacts(facts: Facts): string {
  const lines = Object.keys(facts)
    .sort()
    .map((name) => `${name} ${facts[name]}\n`);
  return hash('sha256', lines.join(''), 'hex');
}

interface Said {
  readonly value: number | string;
  readonly by: string;
}

function disagreement(name: string, one: Said, other: Said): BenchmarkError {
  return new BenchmarkError(
    'benchmark.disagreement',
    `${name} is ${one.value} in ${one.by} and ${other.value} in ${other.by}`,
    'The same data must give the same results: find out why they do not before measuring anything.',
    { name, one, other },
  );
}

function unexpected(name: string, expected: number | string, seen: number | string | undefined): BenchmarkError {
  return new BenchmarkError(
    'benchmark.unexpected',
    `${name} is ${seen ?? 'missing'}, and ${expected} is right`,
    'Either the code is wrong, or the data are not the ones that the benchmark knows.',
    { name, expected, seen },
  );
}
