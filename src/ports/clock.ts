/**
 * The only way to the time. Whatever waits or stamps takes a clock, so that a simulation or a test can drive it by hand.
 */
export interface Clock {
  /** µs since the epoch, a whole number. Never falls, whatever happens to the system's time. */
  nowUs(): number;
  /**
   * Calls `fn` once, `ms` milliseconds from now or a little later, never during this call.
   * @returns cancels the timer; harmless when it has fired
   */
  setTimer(ms: number, fn: () => void): CancelTimer;
}

export type CancelTimer = () => void;
