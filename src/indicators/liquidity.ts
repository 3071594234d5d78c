/**
 * Liquidity of a minute: per side the sum of price x size over the changes of levels, size being the level's new one, so
 * that a level that goes adds nothing. The ratio is bids over asks.
 */

import { POWERS_OF_TEN } from '../lib/decimal.ts';
import type { BookView } from '../model/event.ts';
import { BID } from '../model/event.ts';

export const LIQUIDITY_WINDOW_US = 60_000_000;

export interface Liquidity {
  /** Quote units. */
  bidValue: number;
  askValue: number;
}

export function initialLiquidity(): Liquidity {
  return { bidValue: 0, askValue: 0 };
}

/** Adds the changes of one event. */
export function addLiquidity(liquidity: Liquidity, { header, changes }: BookView): void {
  const { count, side, price, size } = changes;
  // Whole numbers of the scales' smallest units: one division per side that has changed, not per row.
  let bids = 0;
  let asks = 0;
  for (let row = 0; row < count; row++) {
    const value = (price[row] as number) * (size[row] as number);
    if (side[row] === BID) bids += value;
    else asks += value;
  }
  const unit = (POWERS_OF_TEN[header.priceScale] as number) * (POWERS_OF_TEN[header.sizeScale] as number);
  if (bids !== 0) liquidity.bidValue += bids / unit;
  if (asks !== 0) liquidity.askValue += asks / unit;
}

/** Writes the row of a window. */
export function tellLiquidity({ bidValue, askValue }: Liquidity, out: Float64Array): void {
  out[0] = bidValue;
  out[1] = askValue;
  out[2] = askValue > 0 ? bidValue / askValue : Number.NaN;
}
