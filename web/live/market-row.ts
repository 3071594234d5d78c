/** Rows of markets as they change. */

import type { MarketChange, MarketRow } from '../../src/monitor/api/market.ts';
import { SPARK_POINTS } from '../../src/monitor/api/keys.ts';

/** The row with a change: of the sparkline a change has the new points alone. */
export function changedRow(row: MarketRow, change: MarketChange): MarketRow {
  const spark = change.spark === undefined ? row.spark : [...row.spark, ...change.spark].slice(-SPARK_POINTS);
  return { ...row, ...withoutUndefined(change), spark };
}

/** How far the spread is from its average, as a share of it; null where either is unknown. */
export function spreadDeviation({ spread, spreadAvg15s }: Pick<MarketRow, 'spread' | 'spreadAvg15s'>): number | null {
  return spread === null || spreadAvg15s === null || spreadAvg15s <= 0 ? null : spread / spreadAvg15s - 1;
}

function withoutUndefined(change: MarketChange): Partial<MarketRow> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<MarketRow>;
}
