/**
 * Exponential back-off with full jitter: the n-th delay is uniform between zero and `base * 2^n`, capped. Clients that
 * failed together thus return spread out, which any smaller jitter achieves less well
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */

export interface BackoffOptions {
  /** Longest possible first delay, ms. */
  readonly baseMs: number;
  /** Longest possible delay, ms. */
  readonly maxMs: number;
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
}

export class Backoff {
  private readonly options: BackoffOptions;
  private ceilingMs: number;
  private count = 0;

  constructor(options: BackoffOptions) {
    this.options = options;
    this.ceilingMs = options.baseMs;
  }

  /** Delays given since the last reset. */
  get attempts(): number {
    return this.count;
  }

  /** The next delay, whole ms. */
  next(): number {
    const { maxMs, uniform } = this.options;
    const ceilingMs = Math.min(this.ceilingMs, maxMs);
    this.ceilingMs = ceilingMs * 2;
    this.count++;
    return Math.round(uniform() * ceilingMs);
  }

  /** The trouble is over: the next delay is a first one again. */
  reset(): void {
    this.ceilingMs = this.options.baseMs;
    this.count = 0;
  }
}
