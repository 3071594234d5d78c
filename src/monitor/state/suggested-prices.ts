/**
 * Where a maker would place a limit order while the spread returns to its mean: half the 15-second mean spread away from
 * the mid, on either side. In a spread that is wider than its mean that is inside it, ahead of the best price; in a
 * narrower one it is behind. It never reaches the other side. The formula stands in docs/MONITOR.md.
 */

import { POWERS_OF_TEN } from '../../lib/decimal.ts';

export interface SuggestedPrices {
  readonly bid: number;
  readonly ask: number;
}

/** @param digits decimals of prices: suggestions are rounded to them, away from the other side */
export function suggestPrices(
  quote: { readonly bid: number; readonly ask: number; readonly spreadAverage: number },
  digits: number,
): SuggestedPrices | null {
  const { bid, ask, spreadAverage } = quote;
  if (!(bid > 0 && ask > bid && spreadAverage > 0)) return null;
  const mid = (bid + ask) / 2;
  const scale = POWERS_OF_TEN[digits];
  if (scale === undefined) return null;
  // What is on a digit but for the rounding of doubles is that digit.
  const buy = Math.floor((mid - spreadAverage / 2) * scale + 1e-6) / scale;
  const sell = Math.ceil((mid + spreadAverage / 2) * scale - 1e-6) / scale;
  return buy > 0 ? { bid: buy, ask: sell } : null;
}
