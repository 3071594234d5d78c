/** Which seeds are run, and what is said of those that fail. */

import { execFileSync } from 'node:child_process';
import type { Outcome } from './world.ts';

/** The commit that is checked out, so that every commit is tried with other seeds; `seeds` where there is none. */
export function baseSeed(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'seeds';
  }
}

export function seedsOf(base: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${base}-${index}`);
}

/** What failed, and how to see it again. */
export function explain({ seed, violations }: Outcome): string {
  const [first, ...more] = violations;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return `seed ${seed}: ${first}${others}\n  again: npm run simulate:seeds -- --seed ${seed} --trace`;
}
