/**
 * The levels of a book behind the bus, rebuilt from its snapshots and deltas: for depth near the mid and for the best
 * levels. Whole numbers of the scales' smallest units.
 */

import { ChangeBuffer } from '../book/changes.ts';
import { follow, Ladder } from '../book/ladder.ts';
import { POWERS_OF_TEN } from '../lib/decimal.ts';
import type { BookView, ChangeColumns, EventHeader } from '../model/event.ts';
import { ASK, BID } from '../model/event.ts';

const BPS = 1e4;

/** A plain value. */
export interface DepthBookState {
  readonly priceScale: number;
  readonly sizeScale: number;
  readonly bid: number;
  readonly ask: number;
  /** Price and size of one level after the other, in no order. */
  readonly bids: Float64Array;
  readonly asks: Float64Array;
}

/** Where rows stand for the kernel while ladders take them: one place for all books of a thread. */
const rows = new ChangeBuffer();

export class DepthBook {
  priceScale = 0;
  sizeScale = 0;
  /** Best prices in ticks, NaN on an empty side. */
  private bid = Number.NaN;
  private ask = Number.NaN;
  private readonly bids = new Ladder({ digits: false, remember: false });
  private readonly asks = new Ladder({ digits: false, remember: false });

  /** Takes a snapshot instead of what there was. */
  load(view: BookView): void {
    this.bids.clear();
    this.asks.clear();
    this.apply(view);
  }

  apply({ header, changes, top }: BookView): void {
    if (header.priceScale !== this.priceScale || header.sizeScale !== this.sizeScale) this.rescale(header);
    const { count } = changes;
    rows.reserve(count);
    copy(changes, count);
    follow(this.bids, this.asks, rows, count);
    this.bid = top.bid;
    this.ask = top.ask;
  }

  /**
   * Puts base units in the place of distances from the mid in basis points, nearest first: the open sizes of a side within each
   * of them, the border included; both sides must have a level.
   */
  depthWithin(side: number, bands: Float64Array): void {
    const total = this.bid + this.ask;
    const units = POWERS_OF_TEN[this.sizeScale] as number;
    // Whole numbers up to the division: so a border that is a tick is exactly that.
    for (let i = 0; i < bands.length; i++) {
      const bps = bands[i] as number;
      bands[i] =
        side === BID ? Math.ceil((total * (BPS - bps)) / (2 * BPS)) : -Math.floor((total * (BPS + bps)) / (2 * BPS));
    }
    (side === BID ? this.bids : this.asks).sumDown(bands);
    for (let i = 0; i < bands.length; i++) bands[i] = (bands[i] as number) / units;
  }

  /**
   * Writes price and size of one of the best levels of a side after the other from `out[at]` on, best first, in quote and base
   * units.
   * @returns how many there are, `count` at most
   */
  best(side: number, count: number, out: Float64Array, at: number): number {
    const found = (side === ASK ? this.asks : this.bids).best(count, out, at);
    const priceUnit = POWERS_OF_TEN[this.priceScale] as number;
    const sizeUnit = POWERS_OF_TEN[this.sizeScale] as number;
    for (let i = at; i < at + 2 * found; i += 2) {
      out[i] = Math.abs(out[i] as number) / priceUnit;
      out[i + 1] = (out[i + 1] as number) / sizeUnit;
    }
    return found;
  }

  state(): DepthBookState {
    const { priceScale, sizeScale, bid, ask } = this;
    return { priceScale, sizeScale, bid, ask, bids: flat(this.bids), asks: flat(this.asks) };
  }

  restore({ priceScale, sizeScale, bid, ask, bids, asks }: DepthBookState): void {
    this.priceScale = priceScale;
    this.sizeScale = sizeScale;
    this.bid = bid;
    this.ask = ask;
    this.bids.clear();
    this.asks.clear();
    const count = (bids.length + asks.length) / 2;
    rows.reserve(count);
    addLevels(bids, BID, 0);
    addLevels(asks, ASK, bids.length / 2);
    follow(this.bids, this.asks, rows, count);
  }

  /** Brings what there is to the scales of the next event: books only ever widen theirs, but for a snapshot. */
  private rescale({ priceScale, sizeScale }: EventHeader): void {
    const priceFactor = factor(this.priceScale, priceScale);
    const sizeFactor = factor(this.sizeScale, sizeScale);
    for (const side of [this.bids, this.asks]) if (side.count > 0) side.rescale(priceFactor, sizeFactor);
    this.priceScale = priceScale;
    this.sizeScale = sizeScale;
  }
}

/** All rows before any is taken in: the columns may stand in the kernel's memory too, whose views are cut off when it grows. */
function copy({ side, price, size }: ChangeColumns, count: number): void {
  const { scaledPrice, scaledSize, side: sides } = rows;
  for (let row = 0; row < count; row++) {
    sides[row] = side[row] as number;
    scaledPrice[row] = price[row] as number;
    scaledSize[row] = size[row] as number;
  }
}

/** Numbers side by side are carried along by the megabyte, pairs of them are not. */
function flat(side: Ladder): Float64Array {
  const { keys, sizes } = side.levels();
  const numbers = new Float64Array(2 * keys.length);
  for (let i = 0; i < keys.length; i++) {
    numbers[2 * i] = Math.abs(keys[i] as number);
    numbers[2 * i + 1] = sizes[i] as number;
  }
  return numbers;
}

/** Two numbers after the other for each level, as `flat` gives them. */
function addLevels(numbers: Float64Array, side: number, from: number): void {
  for (let row = from, i = 0; i < numbers.length; row++, i += 2) {
    rows.side[row] = side;
    rows.scaledPrice[row] = numbers[i] as number;
    rows.scaledSize[row] = numbers[i + 1] as number;
  }
}

function factor(from: number, to: number): number {
  return to >= from ? (POWERS_OF_TEN[to - from] as number) : 1 / (POWERS_OF_TEN[from - to] as number);
}
