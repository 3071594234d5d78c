/**
 * The levels of a book behind the bus, rebuilt from its snapshots and deltas: for depth near the mid and for the best
 * levels. Whole numbers of the scales' smallest units; of a wide book the nearest doubles, which is right for statistics.
 */

import { POWERS_OF_TEN } from '../lib/decimal.ts';
import type { BookView, EventHeader } from '../model/event.ts';
import { ASK, BID } from '../model/event.ts';
import { DepthSide } from './depth-side.ts';

/** The bands reach so far to both sides of the price that they were laid out around, in parts of it. */
const BAND = 0.015;
/** The mid may move so far from there before they are laid out anew: depth is asked for within 1 % of it. */
const MOVE_MAX = 0.004;
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

export class DepthBook {
  priceScale = 0;
  sizeScale = 0;
  /** Best prices in ticks, NaN on an empty side. */
  private bid = Number.NaN;
  private ask = Number.NaN;
  /** The bands are laid out around this price; NaN before they are. */
  private centre = Number.NaN;
  private readonly bids = new DepthSide();
  private readonly asks = new DepthSide();

  /** Takes a snapshot instead of what there was. */
  load(view: BookView): void {
    const { header, top } = view;
    this.bids.clear();
    this.asks.clear();
    if (header.priceScale !== this.priceScale || header.sizeScale !== this.sizeScale) this.rescale(header);
    // Before the levels come, so that none of them has to move.
    const mid = (top.bid + top.ask) / 2;
    if (this.isOff(mid)) this.layOut(mid);
    this.apply(view);
  }

  apply({ header, changes, top }: BookView): void {
    if (header.priceScale !== this.priceScale || header.sizeScale !== this.sizeScale) this.rescale(header);
    this.bids.apply(changes, BID);
    this.asks.apply(changes, ASK);
    this.bid = top.bid;
    this.ask = top.ask;
    const mid = (top.bid + top.ask) / 2;
    if (this.isOff(mid)) this.layOut(mid);
  }

  /** Base units within so many basis points of the mid, the border included; both sides must have a level. */
  depthWithin(side: number, bps: number): number {
    const { bid, ask } = this;
    const total = bid + ask;
    const units = POWERS_OF_TEN[this.sizeScale] as number;
    // Whole numbers up to the division: so a border that is a tick is exactly that.
    return side === BID
      ? this.bids.between(Math.ceil((total * (BPS - bps)) / (2 * BPS)), bid) / units
      : this.asks.between(ask, Math.floor((total * (BPS + bps)) / (2 * BPS))) / units;
  }

  /**
   * Writes the best levels of a side, best first, in quote and base units.
   * @returns how many there are, `count` at most
   */
  best(side: number, count: number, prices: Float64Array, sizes: Float64Array): number {
    const from = side === ASK ? this.ask : this.bid;
    if (Number.isNaN(from)) return 0;
    const found =
      side === ASK
        ? this.asks.firstFrom(from, 1, count, prices, sizes)
        : this.bids.firstFrom(from, -1, count, prices, sizes);
    const priceUnit = POWERS_OF_TEN[this.priceScale] as number;
    const sizeUnit = POWERS_OF_TEN[this.sizeScale] as number;
    for (let i = 0; i < found; i++) {
      prices[i] = (prices[i] as number) / priceUnit;
      sizes[i] = (sizes[i] as number) / sizeUnit;
    }
    return found;
  }

  state(): DepthBookState {
    const { priceScale, sizeScale, bid, ask } = this;
    return { priceScale, sizeScale, bid, ask, bids: flat(this.bids), asks: flat(this.asks) };
  }

  restore({ priceScale, sizeScale, bid, ask, bids, asks }: DepthBookState): void {
    this.bids.clear();
    this.asks.clear();
    this.priceScale = priceScale;
    this.sizeScale = sizeScale;
    this.bid = bid;
    this.ask = ask;
    for (let i = 0; i < bids.length; i += 2) this.bids.set(bids[i] as number, bids[i + 1] as number);
    for (let i = 0; i < asks.length; i += 2) this.asks.set(asks[i] as number, asks[i + 1] as number);
    const mid = (bid + ask) / 2;
    if (!Number.isNaN(mid)) this.layOut(mid);
  }

  /** Whether the bands do not suit this mid: also where they were not laid out yet. */
  private isOff(mid: number): boolean {
    return !Number.isNaN(mid) && !(Math.abs(mid - this.centre) <= MOVE_MAX * this.centre);
  }

  private layOut(mid: number): void {
    this.centre = mid;
    const from = Math.max(0, Math.floor(mid * (1 - BAND)));
    const to = Math.ceil(mid * (1 + BAND));
    // Bids above the mid and asks below it are those of the next moves.
    const margin = Math.ceil(mid * MOVE_MAX);
    this.bids.centre(from, Math.floor(mid) + margin);
    this.asks.centre(Math.max(0, Math.ceil(mid) - margin), to);
  }

  /** Brings what there is to the scales of the next event: books only ever widen theirs, but for a snapshot. */
  private rescale({ priceScale, sizeScale }: EventHeader): void {
    const priceFactor = factor(this.priceScale, priceScale);
    const sizeFactor = factor(this.sizeScale, sizeScale);
    for (const side of [this.bids, this.asks]) {
      const levels = [...side.levels()];
      side.centre(0, -1);
      side.clear();
      for (const [price, size] of levels) side.set(Math.round(price * priceFactor), size * sizeFactor);
    }
    this.centre = Number.NaN;
    this.priceScale = priceScale;
    this.sizeScale = sizeScale;
  }
}

/** Numbers side by side are carried along by the megabyte, pairs of them are not. */
function flat(side: DepthSide): Float64Array {
  const numbers: number[] = [];
  for (const [price, size] of side.levels()) numbers.push(price, size);
  return Float64Array.from(numbers);
}

function factor(from: number, to: number): number {
  return to >= from ? (POWERS_OF_TEN[to - from] as number) : 1 / (POWERS_OF_TEN[from - to] as number);
}
