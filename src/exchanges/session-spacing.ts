/**
 * Spaces out repeated wishes for the same thing. The first is granted at once; each further one within a minute waits
 * for a growing, jittered time, so that a book that cannot be put right does not eat the budget of all others.
 */

import { Backoff } from '../lib/backoff.ts';
import type { Random } from '../ports/random.ts';

const FORGIVEN_US = 60_000_000;
const BASE_MS = 500;
const MAX_MS = 30_000;

export class Spacing {
  private readonly random: Random;
  private readonly wishes = new Map<string, { readonly backoff: Backoff; dueUs: number }>();

  constructor(random: Random) {
    this.random = random;
  }

  /** How long this wish should wait, ms. Remembers it, one entry per key for good: keys must be bounded. */
  delayMs(key: string, nowUs: number): number {
    const known = this.wishes.get(key);
    if (known === undefined) {
      const backoff = new Backoff({ baseMs: BASE_MS, maxMs: MAX_MS, uniform: () => this.random.next() });
      this.wishes.set(key, { backoff, dueUs: nowUs });
      return 0;
    }
    let delayMs = 0;
    if (nowUs - known.dueUs > FORGIVEN_US) known.backoff.reset();
    else delayMs = known.backoff.next();
    known.dueUs = nowUs + delayMs * 1000;
    return delayMs;
  }
}
