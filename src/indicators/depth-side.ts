/**
 * The levels of one side, for sums over the levels near the mid. Prices are whole ticks.
 *
 * Levels near a reference price stand in a band: one cell per tick, a sum per 32 cells, and one per 32 sums, so that a
 * change costs three stores whatever the depth, and a sum over a hundred thousand ticks some two hundred additions. Levels
 * beyond the band are in a map; where ticks are so fine that a band would be too long, all are.
 *
 *     far ──┤ low                                    high ├── far
 *     cells   0 0 5 0 1 2 0 … │ 0 7 0 … │ …                      one per tick
 *     blocks  └──── 32 ─────┘   └─ 32 ─┘
 *     sums    └──────────── 1024 ──────────
 */

import type { ChangeColumns } from '../model/event.ts';

const BLOCK_BITS = 5;
const BLOCK = 1 << BLOCK_BITS;
const SUM_BITS = 10;
const SUM = 1 << SUM_BITS;
/** Cells of the longest band: 4 MiB. */
const CELLS_MAX = 512 * 1024;

export class DepthSide {
  /** Tick of the first cell. */
  private low = 0;
  private cells = new Float64Array(0);
  private blocks = new Float64Array(0);
  private sums = new Float64Array(0);
  private readonly far = new Map<number, number>();

  /** Takes the changes of one side. In one loop: a double that is an argument is an object. */
  apply({ count, side, price, size }: ChangeColumns, wanted: number): void {
    const { cells, blocks, sums, low } = this;
    const { length } = cells;
    for (let row = 0; row < count; row++) {
      if (side[row] !== wanted) continue;
      const cell = (price[row] as number) - low;
      if (cell >= 0 && cell < length) {
        const now = size[row] as number;
        const at = cell | 0;
        const change = now - (cells[at] as number);
        cells[at] = now;
        blocks[at >>> BLOCK_BITS] = (blocks[at >>> BLOCK_BITS] as number) + change;
        sums[at >>> SUM_BITS] = (sums[at >>> SUM_BITS] as number) + change;
      } else {
        this.setFar(price[row] as number, size[row] as number);
      }
    }
  }

  /** Sets the open size of a level; 0 where it is gone. */
  set(price: number, size: number): void {
    const cell = price - this.low;
    if (cell >= 0 && cell < this.cells.length) {
      const change = size - (this.cells[cell] as number);
      this.cells[cell] = size;
      this.blocks[cell >>> BLOCK_BITS] = (this.blocks[cell >>> BLOCK_BITS] as number) + change;
      this.sums[cell >>> SUM_BITS] = (this.sums[cell >>> SUM_BITS] as number) + change;
    } else {
      this.setFar(price, size);
    }
  }

  /** Sum of the sizes from one price to another, both included. */
  between(from: number, to: number): number {
    const { cells, blocks, sums, low } = this;
    if (from < low || to >= low + cells.length) return this.betweenAll(from, to);
    const end = to - low + 1;
    let cell = from - low;
    let sum = 0;
    for (; cell < end && (cell & (BLOCK - 1)) !== 0; cell++) sum += cells[cell] as number;
    for (; cell + BLOCK <= end && (cell & (SUM - 1)) !== 0; cell += BLOCK) sum += blocks[cell >>> BLOCK_BITS] as number;
    for (; cell + SUM <= end; cell += SUM) sum += sums[cell >>> SUM_BITS] as number;
    for (; cell + BLOCK <= end; cell += BLOCK) sum += blocks[cell >>> BLOCK_BITS] as number;
    for (; cell < end; cell++) sum += cells[cell] as number;
    return sum;
  }

  /**
   * Writes price and size of the first levels from a price on, in steps of +1 (rising) or -1 tick.
   * @returns how many there were
   */
  firstFrom(price: number, step: 1 | -1, count: number, prices: Float64Array, sizes: Float64Array): number {
    const { cells, blocks, low } = this;
    let found = 0;
    let cell = price - low;
    const isInBand = cell >= 0 && cell < cells.length;
    while (found < count && cell >= 0 && cell < cells.length) {
      const size = cells[cell] as number;
      if (size > 0) {
        prices[found] = low + cell;
        sizes[found++] = size;
      } else if (blocks[cell >>> BLOCK_BITS] === 0) {
        // An empty block: on to the next one.
        cell = step > 0 ? cell | (BLOCK - 1) : cell & ~(BLOCK - 1);
      }
      cell += step;
    }
    if (found === count || (isInBand && this.far.size === 0)) return found;
    // Behind the band there are the far ones of this direction alone.
    return this.firstOf(isInBand ? this.far : this.levels(), price, step, found, count, prices, sizes);
  }

  /** Lays the band out anew: from one tick to another, both included, where it is not too long. */
  centre(from: number, to: number): void {
    const levels = [...this.levels()];
    const length = Math.ceil((to - from + 1) / SUM) * SUM;
    const isShort = length > 0 && length <= CELLS_MAX;
    this.low = isShort ? from : 0;
    const cells = isShort ? length : 0;
    if (cells === this.cells.length) {
      this.clear();
    } else {
      this.cells = new Float64Array(cells);
      this.blocks = new Float64Array(cells >>> BLOCK_BITS);
      this.sums = new Float64Array(cells >>> SUM_BITS);
      this.far.clear();
    }
    for (const [price, size] of levels) this.set(price, size);
  }

  clear(): void {
    this.cells.fill(0);
    this.blocks.fill(0);
    this.sums.fill(0);
    this.far.clear();
  }

  /** All levels, in no order. */
  *levels(): Generator<readonly [price: number, size: number]> {
    yield* this.far;
    const { cells, blocks, low } = this;
    for (let block = 0; block < blocks.length; block++) {
      if (blocks[block] === 0) continue;
      for (let cell = block << BLOCK_BITS; cell < (block + 1) << BLOCK_BITS; cell++) {
        const size = cells[cell] as number;
        if (size > 0) yield [low + cell, size];
      }
    }
  }

  private setFar(price: number, size: number): void {
    if (size === 0) this.far.delete(price);
    else this.far.set(price, size);
  }

  private betweenAll(from: number, to: number): number {
    let sum = 0;
    for (const [price, size] of this.levels()) if (price >= from && price <= to) sum += size;
    return sum;
  }

  /** Adds the first of `levels` from a price on to those that were found. */
  private firstOf(
    levels: Iterable<readonly [price: number, size: number]>,
    start: number,
    step: 1 | -1,
    found: number,
    count: number,
    prices: Float64Array,
    sizes: Float64Array,
  ): number {
    const ahead = [...levels].filter(([price]) => (price - start) * step >= 0);
    ahead.sort(([a], [b]) => (a - b) * step);
    const total = Math.min(count, found + ahead.length);
    for (let i = found; i < total; i++) [prices[i], sizes[i]] = ahead[i - found] as readonly [number, number];
    return total;
  }
}
