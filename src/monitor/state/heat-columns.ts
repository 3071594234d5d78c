/**
 * The best levels of each second in coarse buckets of price, for a heat map. All columns have the same width of buckets: 1,
 * 2 or 5 times a power of ten, chosen by how far the levels reach. Where they come to reach much farther, or less far, the
 * width is chosen anew, and earlier columns go.
 */

import { HEAT_COLUMNS_MAX } from '../api/keys.ts';
import type { HeatColumn, HeatMap } from '../api/whales.ts';

/** Buckets that the levels of one second are spread over: those aimed at, and the bounds to either side. */
const BUCKETS = 24;
const BUCKETS_MIN = 5;
const BUCKETS_MAX = 96;

export class HeatColumns {
  /** Columns that were ever put in; with the width it says what a reader has not seen yet. */
  count = 0;
  /** Width of a bucket, quote per base; 0 before the first column. */
  bucket = 0;
  private columns: HeatColumn[] = [];

  /** @param values those of a `book.top` result: the number of bids, then price and size of each bid and of each ask */
  put(timeMs: number, values: Float64Array, valueCount: number): void {
    const reach = reachOf(values, valueCount);
    if (reach === null) return;
    const buckets = reach / this.bucket;
    if (buckets > BUCKETS_MAX || (buckets < BUCKETS_MIN && widthFor(reach) < this.bucket)) {
      this.bucket = widthFor(reach);
      this.columns = [];
    }
    this.columns.push({ timeMs, cells: this.cellsOf(values, valueCount) });
    this.count++;
    if (this.columns.length > HEAT_COLUMNS_MAX) this.columns.shift();
  }

  /** Columns from the `from`-th ever put in (0-based) on that are still here. */
  since(from: number): HeatMap {
    const first = this.count - this.columns.length;
    return { bucket: this.bucket, columns: this.columns.slice(Math.max(0, from - first)) };
  }

  private cellsOf(values: Float64Array, valueCount: number): HeatColumn['cells'] {
    const cells = new Map<number, [number, number, number]>();
    const bids = values[0] ?? 0;
    for (let at = 1, level = 0; at + 1 < valueCount; at += 2, level++) {
      const price = values[at] ?? 0;
      // A price on the border belongs to the bucket that it begins, whatever the division makes of it.
      const number = Math.floor(price / this.bucket + 1e-9);
      const cell = cells.get(number) ?? [number, 0, 0];
      cell[level < bids ? 1 : 2] += values[at + 1] ?? 0;
      cells.set(number, cell);
    }
    return [...cells.values()].toSorted(([a], [b]) => a - b);
  }
}

/** Distance of the farthest levels from each other; null where there are none, or they are nowhere. */
function reachOf(values: Float64Array, valueCount: number): number | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 1; at + 1 < valueCount; at += 2) {
    const price = values[at] ?? Number.NaN;
    low = Math.min(low, price);
    high = Math.max(high, price);
  }
  if (!Number.isFinite(low) || !Number.isFinite(high) || high <= 0) return null;
  // A single level has no reach: a basis point of its price will do.
  return high > low ? high - low : high / 10_000;
}

function widthFor(reach: number): number {
  const wanted = reach / BUCKETS;
  const power = Math.floor(Math.log10(wanted));
  const factor = [1, 2, 5, 10].find((one) => one * 10 ** power >= wanted) ?? 10;
  return Number(`${factor}e${power}`);
}
