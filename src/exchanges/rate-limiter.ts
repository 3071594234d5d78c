/**
 * Keeps the sum of weights in *every* interval at or below a budget: a log of what was spent, not a bucket, since a full
 * bucket that refills lets nearly twice the budget through in one interval, and venues answer that with a ban.
 * Pure: the time is passed in.
 */

export interface RateLimiterOptions {
  /** Weight that may be spent in any interval. */
  readonly budget: number;
  readonly intervalMs: number;
  /** Weight per interval that others behind the same address may spend, as `observeUsed` sees it. Default 0. */
  readonly reserved?: number;
}

interface Spending {
  readonly atUs: number;
  readonly weight: number;
}

export class RateLimiter {
  private readonly options: RateLimiterOptions;
  private spendings: Spending[] = [];
  private spent = 0;
  private blockedUntilUs = 0;

  constructor(options: RateLimiterOptions) {
    this.options = options;
  }

  /**
   * Spends `weight` if it fits now. A weight above the whole budget is taken for the whole budget.
   * @returns 0 when it was spent, else µs until it is worth asking again (nothing was spent then)
   */
  take(nowUs: number, weight: number): number {
    this.forget(nowUs);
    if (nowUs < this.blockedUntilUs) return this.blockedUntilUs - nowUs;
    const { budget, intervalMs } = this.options;
    const cost = Math.min(weight, budget);
    let excess = this.spent + cost - budget;
    if (excess <= 0) {
      this.spend(nowUs, cost);
      return 0;
    }
    for (const { atUs, weight: freed } of this.spendings) {
      excess -= freed;
      if (excess <= 0) return atUs + intervalMs * 1000 - nowUs;
    }
    return intervalMs * 1000;
  }

  /**
   * What the venue says was spent in its current interval, by everybody behind this address: whatever exceeds our own
   * and the reserved weight counts against the budget from now on.
   */
  observeUsed(nowUs: number, used: number): void {
    this.forget(nowUs);
    const foreign = used - this.spent - (this.options.reserved ?? 0);
    if (foreign > 0) this.spend(nowUs, foreign);
  }

  /** The venue wants silence: nothing is granted before. An earlier, longer block stays. */
  block(untilUs: number): void {
    this.blockedUntilUs = Math.max(this.blockedUntilUs, untilUs);
  }

  private spend(atUs: number, weight: number): void {
    this.spendings.push({ atUs, weight });
    this.spent += weight;
  }

  private forget(nowUs: number): void {
    const horizonUs = nowUs - this.options.intervalMs * 1000;
    let gone = 0;
    for (const { atUs, weight } of this.spendings) {
      if (atUs > horizonUs) break;
      this.spent -= weight;
      gone++;
    }
    if (gone > 0) this.spendings = this.spendings.slice(gone);
  }
}
