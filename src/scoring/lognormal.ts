/**
 * ln(size) taken as normal, mean and deviation estimated with weights that halve every half-life of event time:
 *
 *     W = Σ w,  mu = Σ w·x / W,  sigma² = Σ w·(x − mu)² / W   with w = 2^(−age / half-life)
 *
 * kept incrementally (D. H. D. West, "Updating mean and variance estimates", CACM 22(9), 1979, with decay).
 */

import type { SizeModel, SizeModelOptions } from './size-model.ts';

export interface LognormalState {
  /** Orders observed. */
  count: number;
  weight: number;
  mean: number;
  /** Weighted sum of squared deviations. */
  squares: number;
  /** Event time of the newest order, µs; the clock of the decay never runs back. */
  timeUs: number;
}

export function lognormal({ halfLifeS, minOrders }: SizeModelOptions): SizeModel<LognormalState> {
  const halfLifeUs = halfLifeS * 1e6;
  // A size is asked about and then learned: its logarithm is taken once.
  let lastSize = NaN;
  let lastLog = NaN;
  const logOf = (size: number): number => {
    if (size !== lastSize) {
      lastSize = size;
      lastLog = Math.log(size);
    }
    return lastLog;
  };
  return {
    name: 'lognormal',
    initial: () => ({ count: 0, weight: 0, mean: 0, squares: 0, timeUs: Number.NEGATIVE_INFINITY }),

    z(state, size) {
      // Decay scales weight and squares alike, so sigma does not depend on the time that has passed since.
      if (state.count < minOrders) return NaN;
      const sigma = Math.sqrt(state.squares / state.weight);
      return sigma > 0 ? (logOf(size) - state.mean) / sigma : NaN;
    },

    observe(state, size, timeUs) {
      const elapsedUs = state.count === 0 ? 0 : Math.max(0, timeUs - state.timeUs);
      const decay = elapsedUs === 0 ? 1 : 2 ** (-elapsedUs / halfLifeUs);
      const x = logOf(size);
      state.weight = state.weight * decay + 1;
      const deviation = x - state.mean;
      state.mean += deviation / state.weight;
      state.squares = state.squares * decay + deviation * (x - state.mean);
      state.timeUs = Math.max(state.timeUs, timeUs);
      state.count++;
    },
  };
}
