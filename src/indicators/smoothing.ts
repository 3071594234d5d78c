/**
 * Exponential smoothing that begins with the simple mean of the first `length` values, as a plain value:
 *
 *     s = s + factor · (x − s)       EMA: factor = 2 / (length + 1); Wilder: factor = 1 / length
 *
 * J. W. Wilder, "New Concepts in Technical Trading Systems", 1978, for the latter.
 */
export interface Smoothing {
  /** Values taken in, up to `length`. */
  count: number;
  /** Sum of the first ones, then the smoothed value. */
  value: number;
}

export function initialSmoothing(): Smoothing {
  return { count: 0, value: 0 };
}

/** @returns the smoothed value, NaN before `length` values have been taken in */
export function smooth(state: Smoothing, x: number, length: number, factor: number): number {
  if (state.count < length) {
    state.count++;
    state.value += x;
    if (state.count < length) return Number.NaN;
    state.value /= length;
  } else {
    state.value += factor * (x - state.value);
  }
  return state.value;
}

export function emaFactor(length: number): number {
  return 2 / (length + 1);
}
