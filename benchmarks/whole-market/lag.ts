/** How far the tables are behind the clock. */

import { MARKET_CHANGES_PER_S } from './market.ts';
import type { Look } from './watch.ts';

export interface Lag {
  readonly atS: number;
  readonly lagS: number;
}

/**
 * The lag at each look: how long ago as many changes were due as rows are visible. Changes that the product did not let
 * in count as well, since they are counted from when they were due and not from when they were sent.
 */
export function lagOf(looks: readonly Look[], times: number): Lag[] {
  const perSecond = times * MARKET_CHANGES_PER_S;
  return looks.map(({ atS, progress, rows }) => ({ atS, lagS: (progress.due - rows.order_changes) / perSecond }));
}

/** The straight line nearest to the lags, by least squares. */
export function lineThrough(lags: readonly Lag[]): { readonly slope: number } {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanAtS = mean(lags.map(({ atS }) => atS));
  const meanLagS = mean(lags.map(({ lagS }) => lagS));
  let [covariance, variance] = [0, 0];
  for (const { atS, lagS } of lags) {
    covariance += (atS - meanAtS) * (lagS - meanLagS);
    variance += (atS - meanAtS) ** 2;
  }
  return { slope: variance === 0 ? 0 : covariance / variance };
}
