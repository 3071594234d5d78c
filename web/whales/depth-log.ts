/**
 * The depth of one pair's book over time, as cells for a heat map: what was open in a bucket of prices from one moment until
 * the next. A ring like `OrderLog`. The width of the buckets changes with the market; each cell keeps its own.
 */

import type { HeatColumn, HeatMap } from '../../src/monitor/api/whales.ts';

/** A moment lasts no longer than this, whatever comes next: what was not seen is not drawn. */
const LASTS_MS_MAX = 2500;
/** What a column weighs in the scale of sizes, which follows slowly, so that colours do not flicker. */
const SCALE_GAIN = 0.08;
const BID = 0;
const ASK = 1;

export class DepthLog {
  readonly capacity: number;
  /** Begin of a cell and how long it lasts, ms. */
  readonly timeMs: Float64Array;
  readonly lastsMs: Float32Array;
  /** Lower edge of the cell. */
  readonly price: Float64Array;
  readonly height: Float32Array;
  /** Natural logarithm of the size in the bucket, base units. */
  readonly logSize: Float32Array;
  /** 0 bid, 1 ask. */
  readonly side: Uint8Array;
  originMs = 0;
  originPrice = 0;
  /** Rises with each `clear`: what was drawn of this log is void then. */
  generation = 0;
  end = 0;
  /** Height of the newest cells, quote per base; 0 while nothing is known. */
  bucket = 0;
  /** Logarithms of sizes that are drawn as nothing and as full. */
  logLow = 0;
  logHigh = 1;
  /** The newest column, which has no end yet and is no cell therefore. */
  newest: HeatColumn | null = null;
  private readonly mask: number;
  private scaled = false;

  /** @param capacity cells, a power of two */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.mask = capacity - 1;
    this.timeMs = new Float64Array(capacity);
    this.lastsMs = new Float32Array(capacity);
    this.price = new Float64Array(capacity);
    this.height = new Float32Array(capacity);
    this.logSize = new Float32Array(capacity);
    this.side = new Uint8Array(capacity);
  }

  get begin(): number {
    return Math.max(0, this.end - this.capacity);
  }

  slot(number: number): number {
    return number & this.mask;
  }

  clear(): void {
    this.end = 0;
    this.bucket = 0;
    this.newest = null;
    this.scaled = false;
    this.generation++;
  }

  /** Appends columns; those that are not newer than the newest are left out. */
  push({ bucket, columns }: HeatMap): void {
    if (!(bucket > 0)) return;
    for (const column of columns) {
      if (this.newest !== null && column.timeMs <= this.newest.timeMs) continue;
      // How long the column before has lasted is known only now.
      if (this.newest !== null) this.store(this.newest, column.timeMs - this.newest.timeMs);
      this.bucket = bucket;
      this.newest = column;
      this.follow(column);
    }
  }

  private store({ timeMs, cells }: HeatColumn, lastsMs: number): void {
    const lasts = Math.min(lastsMs, LASTS_MS_MAX);
    for (const [bucket, bids, asks] of cells) {
      if (bids > 0) this.storeCell({ timeMs, lasts, price: bucket * this.bucket, size: bids, side: BID });
      if (asks > 0) this.storeCell({ timeMs, lasts, price: bucket * this.bucket, size: asks, side: ASK });
    }
  }

  private storeCell(cell: { timeMs: number; lasts: number; price: number; size: number; side: number }): void {
    if (this.end === 0) {
      this.originMs = cell.timeMs;
      this.originPrice = cell.price;
    }
    const slot = this.end++ & this.mask;
    this.timeMs[slot] = cell.timeMs;
    this.lastsMs[slot] = cell.lasts;
    this.price[slot] = cell.price;
    this.height[slot] = this.bucket;
    this.logSize[slot] = Math.log(cell.size);
    this.side[slot] = cell.side;
  }

  private follow({ cells }: HeatColumn): void {
    const logs = cells
      .flatMap(([, bids, asks]) => [bids, asks])
      .filter((size) => size > 0)
      .map((size) => Math.log(size))
      .sort((one, other) => one - other);
    const low = logs[Math.floor(logs.length * 0.1)];
    const high = logs[Math.floor(logs.length * 0.985)];
    if (low === undefined || high === undefined) return;
    const gain = this.scaled ? SCALE_GAIN : 1;
    this.scaled = true;
    this.logLow += (low - this.logLow) * gain;
    this.logHigh += (Math.max(high, low + 0.5) - this.logHigh) * gain;
  }
}
