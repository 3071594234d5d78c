/**
 * Restart intensity, as OTP means it: more than `maxRestarts` within `periodMs` and the child is given up.
 * https://www.erlang.org/doc/system/sup_princ.html#maximum-restart-intensity
 */
export class RestartWindow {
  private readonly maxRestarts: number;
  private readonly periodMs: number;
  private times: number[] = [];

  constructor(options: { maxRestarts: number; periodMs: number }) {
    this.maxRestarts = options.maxRestarts;
    this.periodMs = options.periodMs;
  }

  /** Restarts within the period that ends at the last one. */
  get count(): number {
    return this.times.length;
  }

  /** Takes a restart in; false where it is one too many. */
  allow(nowMs: number): boolean {
    this.times = [...this.times.filter((time) => time > nowMs - this.periodMs), nowMs];
    return this.times.length <= this.maxRestarts;
  }
}
