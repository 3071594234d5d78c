/**
 * The last thousand orders as they are, and a generalised Pareto distribution for the largest tenth of them (peaks over
 * threshold: J. Pickands, "Statistical Inference Using Extreme Order Statistics", Annals of Statistics 3(1), 1975). It is
 * fitted anew every hundred orders; with u the threshold and ζ the share of orders above it:
 *
 *     P(Q > q) = ζ · (1 + ξ (q − u) / σ)^(−1/ξ)   for q > u,   z = Φ⁻¹(1 − P)
 *
 * At and below the threshold P is the order's rank in the sample, orders of the same size counting half.
 */

import { normalQuantile } from '../lib/normal.ts';
import type { GeneralisedPareto } from './generalised-pareto.ts';
import { exceedance, fitGeneralisedPareto } from './generalised-pareto.ts';
import type { SizeModel, SizeModelOptions } from './size-model.ts';

export interface ParetoState {
  /** Orders observed. */
  count: number;
  /** The last sizes, a ring. */
  readonly recent: number[];
  /** As of the last fit: the sizes, rising. */
  sorted: number[];
  /** The size above which the tail holds, the share of orders there, and the tail; null where it cannot be fitted. */
  threshold: number;
  share: number;
  tail: GeneralisedPareto | null;
}

const SAMPLE = 1000;
const REFIT_ORDERS = 100;
const TAIL_SHARE = 0.1;
/** Fewer orders above the threshold than this tell nothing of a tail. */
const TAIL_ORDERS_MIN = 10;
/** A tail that ends makes larger sizes impossible; a score must be finite. */
const PROBABILITY_MIN = 1e-300;

export function pareto({ minOrders }: SizeModelOptions): SizeModel<ParetoState> {
  return {
    name: 'pareto',
    initial: () => ({ count: 0, recent: [], sorted: [], threshold: Number.NaN, share: 0, tail: null }),

    z(state, size) {
      const { count, threshold, share, tail } = state;
      if (count < minOrders || tail === null) return Number.NaN;
      if (size > threshold) {
        const upper = Math.max(PROBABILITY_MIN, share * exceedance(tail, size - threshold));
        return normalQuantile(1 - upper, upper);
      }
      const { sorted } = state;
      const rank = (firstAt(sorted, size, false) + firstAt(sorted, size, true) + 1) / 2 / (sorted.length + 1);
      return normalQuantile(rank, 1 - rank);
    },

    observe(state, size) {
      state.recent[state.count % SAMPLE] = size;
      state.count++;
      if (state.count === minOrders || (state.count > minOrders && state.count % REFIT_ORDERS === 0)) refit(state);
    },
  };
}

function refit(state: ParetoState): void {
  const sorted = Float64Array.from(state.recent).sort();
  const length = sorted.length;
  const threshold = sorted[Math.floor(length * (1 - TAIL_SHARE)) - 1] as number;
  state.sorted = Array.from(sorted);
  const above = state.sorted.slice(firstAt(state.sorted, threshold, true)).map((size) => size - threshold);
  state.threshold = threshold;
  state.share = above.length / length;
  state.tail = above.length < TAIL_ORDERS_MIN ? null : fitGeneralisedPareto(above);
}

/** How many of the rising sizes are below `size`, or, with `orEqual`, at most that. */
function firstAt(sorted: readonly number[], size: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = sorted[middle] as number;
    if (one < size || (orEqual && one === size)) low = middle + 1;
    else high = middle;
  }
  return low;
}
