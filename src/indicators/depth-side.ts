/**
 * The levels of one side, for sums over the levels near the mid. Prices are whole ticks.
 *
 * Levels near a reference price stand in a band: one cell per tick, and a sum per 256 cells, so that a change costs two
 * stores whatever the depth, and a sum over thousands of ticks a few hundred additions. Levels beyond the band are in a map;
 * where ticks are so fine that a band would be too long, all are.
 *
 *     far ──┤ low                                    high ├── far
 *     cells  0 0 5 0 1 2 0 … │ 0 7 0 … │ …                      one per tick
 *     sums   └─── 256 ─────┘   └ 256 ┘
 */

const BLOCK_BITS = 8;
const BLOCK = 1 << BLOCK_BITS;
/** Cells of the longest band: 4 MiB. */
const CELLS_MAX = 512 * 1024;

export class DepthSide {
  /** Tick of the first cell. */
  private low = 0;
  private cells = new Float64Array(0);
  private sums = new Float64Array(0);
  private readonly far = new Map<number, number>();

  /** Sets the open size of a level; 0 where it is gone. */
  set(price: number, size: number): void {
    const cell = price - this.low;
    if (cell >= 0 && cell < this.cells.length) {
      const block = cell >>> BLOCK_BITS;
      this.sums[block] = (this.sums[block] as number) + (size - (this.cells[cell] as number));
      this.cells[cell] = size;
    } else if (size === 0) {
      this.far.delete(price);
    } else {
      this.far.set(price, size);
    }
  }

  /** Sum of the sizes from one price to another, both included. */
  between(from: number, to: number): number {
    const { cells, sums, low } = this;
    if (from < low || to >= low + cells.length) return this.betweenAll(from, to);
    let cell = from - low;
    const end = to - low + 1;
    let sum = 0;
    for (; cell < end && (cell & (BLOCK - 1)) !== 0; cell++) sum += cells[cell] as number;
    for (; cell + BLOCK <= end; cell += BLOCK) sum += sums[cell >>> BLOCK_BITS] as number;
    for (; cell < end; cell++) sum += cells[cell] as number;
    return sum;
  }

  /**
   * Writes price and size of the first levels from a price on, in steps of +1 (rising) or -1 tick.
   * @returns how many there were
   */
  firstFrom(price: number, step: 1 | -1, count: number, prices: Float64Array, sizes: Float64Array): number {
    const { cells, sums, low } = this;
    let found = 0;
    let cell = price - low;
    const isInBand = cell >= 0 && cell < cells.length;
    while (found < count && cell >= 0 && cell < cells.length) {
      const size = cells[cell] as number;
      if (size > 0) {
        prices[found] = low + cell;
        sizes[found++] = size;
      } else if (sums[cell >>> BLOCK_BITS] === 0) {
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
    const length = Math.ceil((to - from + 1) / BLOCK) * BLOCK;
    const isShort = length > 0 && length <= CELLS_MAX;
    this.low = isShort ? from : 0;
    const cells = isShort ? length : 0;
    if (cells === this.cells.length) {
      this.cells.fill(0);
      this.sums.fill(0);
    } else {
      this.cells = new Float64Array(cells);
      this.sums = new Float64Array(cells >>> BLOCK_BITS);
    }
    this.far.clear();
    for (const [price, size] of levels) this.set(price, size);
  }

  clear(): void {
    this.cells.fill(0);
    this.sums.fill(0);
    this.far.clear();
  }

  /** All levels, in no order. */
  *levels(): Generator<readonly [price: number, size: number]> {
    yield* this.far;
    const { cells, sums, low } = this;
    for (let block = 0; block < sums.length; block++) {
      if (sums[block] === 0) continue;
      for (let cell = block << BLOCK_BITS; cell < (block + 1) << BLOCK_BITS; cell++) {
        const size = cells[cell] as number;
        if (size > 0) yield [low + cell, size];
      }
    }
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
