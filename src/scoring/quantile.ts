/**
 * The sizes themselves, without a shape assumed: a decayed DDSketch (C. Masson, J. E. Rim, H. K. Lee, "DDSketch", VLDB 12(12),
 * 2019). Sizes are counted in buckets whose borders grow by 2 %, so that a size is known to 1 %:
 *
 *     bucket = ceil(ln q / ln γ),   γ = (1 + 0.01) / (1 − 0.01)
 *
 * Weights halve every half-life, by forward decay (G. Cormode et al., "Forward Decay", ICDE 2009): instead of all old weights
 * falling, each new one is larger. With W the weight of all orders in units of the newest, below and same that of smaller
 * buckets and of the order's own:
 *
 *     p = (below + same / 2 + 1/2) / (W + 1),   z = Φ⁻¹(p)
 *
 * Its error: orders of the same bucket, within 2 %, count as equal, so that p is off by same / 2W at most. And it does not
 * claim more than it has seen: the greatest p is 1 − 1 / 2(W + 1), so that z >= 2, 3 and 4 need 21, 370 and 15,787 orders.
 */

import { normalQuantile } from '../lib/normal.ts';
import type { SizeModel, SizeModelOptions } from './size-model.ts';

export interface QuantileState {
  /** Orders observed. */
  count: number;
  /** Event time of the newest order, µs; the clock of the decay never runs back. */
  timeUs: number;
  /** Weight of the next order at that time, and of all orders. */
  unit: number;
  total: number;
  /** Bucket of the first weight. */
  first: number;
  weights: Float64Array;
  /** The same as a Fenwick tree (P. M. Fenwick, 1994), so that sums take a dozen steps. */
  tree: Float64Array;
}

const ACCURACY = 0.01;
const LOG_GAMMA = Math.log((1 + ACCURACY) / (1 - ACCURACY));
/** Buckets of a new sketch, and of each step by which it grows: a factor of 167 in size. */
const BUCKETS_ADDED = 256;
/** Sizes from 1e-17 to 1e17; what is beyond counts in the last bucket. */
const BUCKET_MAX = 2000;
/** Weights are brought down before they are too large to be exact together. */
const UNIT_MAX = 2 ** 40;
/** After so many, what was before has no weight left. */
const HALF_LIVES_MAX = 900;

export function quantile({ halfLifeS, minOrders }: SizeModelOptions): SizeModel<QuantileState> {
  const halfLifeUs = halfLifeS * 1e6;
  return {
    name: 'quantile',
    initial: () => ({
      count: 0,
      timeUs: Number.NEGATIVE_INFINITY,
      unit: 1,
      total: 0,
      first: 0,
      weights: new Float64Array(0),
      tree: new Float64Array(0),
    }),

    z(state, size) {
      if (state.count < minOrders) return Number.NaN;
      const at = bucketOf(size) - state.first;
      const upTo = weightUpTo(state.tree, at);
      const below = weightUpTo(state.tree, at - 1);
      const { unit, total } = state;
      const scale = total + unit;
      const lower = ((below + upTo) / 2 + unit / 2) / scale;
      const upper = (total - (below + upTo) / 2 + unit / 2) / scale;
      return normalQuantile(lower, upper);
    },

    observe(state, size, timeUs) {
      const elapsedUs = state.count === 0 ? 0 : Math.max(0, timeUs - state.timeUs);
      if (elapsedUs > 0) grow(state, elapsedUs / halfLifeUs);
      state.timeUs = Math.max(state.timeUs, timeUs);
      const bucket = bucketOf(size);
      makeRoom(state, bucket);
      const at = bucket - state.first;
      state.weights[at] = (state.weights[at] as number) + state.unit;
      addWeight(state.tree, at, state.unit);
      state.total += state.unit;
      state.count++;
    },
  };
}

function bucketOf(size: number): number {
  return Math.max(-BUCKET_MAX, Math.min(BUCKET_MAX, Math.ceil(Math.log(size) / LOG_GAMMA)));
}

/** So many half-lives pass. */
function grow(state: QuantileState, halfLives: number): void {
  state.unit *= 2 ** Math.min(halfLives, HALF_LIVES_MAX);
  if (state.unit < UNIT_MAX) return;
  for (const column of [state.weights, state.tree]) {
    for (let i = 0; i < column.length; i++) column[i] = (column[i] as number) / state.unit;
  }
  state.total /= state.unit;
  state.unit = 1;
}

/** Sum of the weights of the buckets from the first one to that at `at`, included. */
function weightUpTo(tree: Float64Array, at: number): number {
  let sum = 0;
  for (let node = Math.min(at + 1, tree.length); node > 0; node -= node & -node) sum += tree[node - 1] as number;
  return sum;
}

function addWeight(tree: Float64Array, at: number, weight: number): void {
  for (let node = at + 1; node <= tree.length; node += node & -node) {
    tree[node - 1] = (tree[node - 1] as number) + weight;
  }
}

/** Makes the columns reach to the bucket: the first ones lie around it, further ones are added where they are needed. */
function makeRoom(state: QuantileState, bucket: number): void {
  const { first, weights } = state;
  if (bucket >= first && bucket < first + weights.length) return;
  if (weights.length === 0) {
    state.first = bucket - BUCKETS_ADDED / 2;
    state.weights = new Float64Array(BUCKETS_ADDED);
    state.tree = new Float64Array(BUCKETS_ADDED);
    return;
  }
  const missing = bucket < first ? first - bucket : bucket - (first + weights.length) + 1;
  const added = Math.ceil(missing / BUCKETS_ADDED) * BUCKETS_ADDED;
  state.first = bucket < first ? first - added : first;
  state.weights = new Float64Array(weights.length + added);
  state.tree = new Float64Array(weights.length + added);
  state.weights.set(weights, first - state.first);
  for (const [at, weight] of state.weights.entries()) if (weight !== 0) addWeight(state.tree, at, weight);
}
