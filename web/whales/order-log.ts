/**
 * The newest orders of one pair in flat columns, in the order in which they came. It is a ring: an order's place is its
 * number, counted from the first that was ever pushed, and the oldest are overwritten.
 */

import type { ScoredOrder } from '../../src/monitor/api/order.ts';

const PARTS = 4;
const UNKNOWN = -1;

export class OrderLog {
  readonly capacity: number;
  readonly timeMs: Float64Array;
  readonly price: Float64Array;
  readonly size: Float64Array;
  /** 0 bid, 1 ask. */
  readonly side: Uint8Array;
  /** -1 where there is none. */
  readonly score: Int8Array;
  /** Moment and price from which who draws counts, so that single precision suffices. */
  originMs = 0;
  originPrice = 0;
  /** Rises with each `clear`: what was drawn of this log is void then. */
  generation = 0;
  /** From this moment on no order is missing here: before it there may be some, e.g. the largest of a while. */
  completeFromMs = Infinity;
  /** Number of the next order. */
  end = 0;
  private readonly mask: number;
  private readonly epoch: Float64Array;
  private readonly seq: Float64Array;
  private readonly z: Float32Array;
  private readonly spreadBps: Float32Array;
  private readonly midDistanceBps: Float32Array;
  private readonly imbalance: Float64Array;
  private readonly parts: Int8Array;
  private readonly orders: Int32Array;
  private model = '';

  /** @param capacity a power of two */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.mask = capacity - 1;
    this.timeMs = new Float64Array(capacity);
    this.price = new Float64Array(capacity);
    this.size = new Float64Array(capacity);
    this.side = new Uint8Array(capacity);
    this.score = new Int8Array(capacity);
    this.epoch = new Float64Array(capacity);
    this.seq = new Float64Array(capacity);
    this.z = new Float32Array(capacity);
    this.spreadBps = new Float32Array(capacity);
    this.midDistanceBps = new Float32Array(capacity);
    this.imbalance = new Float64Array(capacity);
    this.parts = new Int8Array(capacity * PARTS);
    this.orders = new Int32Array(capacity);
  }

  /** Number of the oldest order that is still here. */
  get begin(): number {
    return Math.max(0, this.end - this.capacity);
  }

  /** Index into the columns of an order by its number. */
  slot(number: number): number {
    return number & this.mask;
  }

  clear(): void {
    this.end = 0;
    this.completeFromMs = Infinity;
    this.generation++;
  }

  push(order: ScoredOrder): void {
    if (this.end === 0) {
      this.originMs = order.timeMs;
      this.originPrice = order.price;
    }
    const slot = this.end++ & this.mask;
    this.timeMs[slot] = order.timeMs;
    this.price[slot] = order.price;
    this.size[slot] = order.size;
    this.side[slot] = order.side === 'bid' ? 0 : 1;
    this.score[slot] = order.score ?? UNKNOWN;
    const [epoch, seq] = order.id.split('.');
    this.epoch[slot] = Number(epoch);
    this.seq[slot] = Number(seq);
    this.orders[slot] = order.orders ?? UNKNOWN;
    this.z[slot] = order.z ?? NaN;
    this.spreadBps[slot] = order.spreadBps ?? NaN;
    this.midDistanceBps[slot] = order.midDistanceBps ?? NaN;
    this.imbalance[slot] = order.imbalance ?? NaN;
    const parts = slot * PARTS;
    this.parts[parts] = order.scoreSize ?? UNKNOWN;
    this.parts[parts + 1] = order.scoreSpread ?? UNKNOWN;
    this.parts[parts + 2] = order.scoreMid ?? UNKNOWN;
    this.parts[parts + 3] = order.scoreImbalance ?? UNKNOWN;
    this.model = order.model;
  }

  /** The order of a number between `begin` and `end`. */
  at(number: number): ScoredOrder {
    const slot = number & this.mask;
    const part = (index: number): number | null => known(this.parts[slot * PARTS + index]);
    return {
      id: this.idAt(number),
      timeMs: this.timeMs[slot] ?? 0,
      side: this.side[slot] === 0 ? 'bid' : 'ask',
      price: this.price[slot] ?? 0,
      size: this.size[slot] ?? 0,
      notional: (this.price[slot] ?? 0) * (this.size[slot] ?? 0),
      score: known(this.score[slot]),
      z: finite(this.z[slot]),
      scoreSize: part(0),
      scoreSpread: part(1),
      scoreMid: part(2),
      scoreImbalance: part(3),
      spreadBps: finite(this.spreadBps[slot]),
      midDistanceBps: finite(this.midDistanceBps[slot]),
      imbalance: finite(this.imbalance[slot]),
      orders: known(this.orders[slot]),
      model: this.model,
    };
  }

  /** What names the order within its pair. */
  idAt(number: number): string {
    const slot = number & this.mask;
    return `${this.epoch[slot]}.${this.seq[slot]}`;
  }

  /** The number of the order with this name, -1 where it is not here (any more). */
  find(id: string): number {
    const [epoch, seq] = id.split('.').map(Number);
    for (let number = this.end - 1; number >= this.begin; number--) {
      const slot = number & this.mask;
      if (this.seq[slot] === seq && this.epoch[slot] === epoch) return number;
    }
    return -1;
  }

  /** The newest order with so many points; null where there is none. */
  newestFrom(score: number): ScoredOrder | null {
    for (let number = this.end - 1; number >= this.begin; number--) {
      if ((this.score[number & this.mask] ?? UNKNOWN) >= score) return this.at(number);
    }
    return null;
  }

  /** When the oldest and the newest of them were; infinities where there are none. */
  get fromMs(): number {
    return this.end === 0 ? Infinity : (this.timeMs[this.begin & this.mask] ?? Infinity);
  }

  get untilMs(): number {
    return this.end === 0 ? -Infinity : (this.timeMs[(this.end - 1) & this.mask] ?? -Infinity);
  }
}

function known(value: number | undefined): number | null {
  return value === undefined || value === UNKNOWN ? null : value;
}

function finite(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
