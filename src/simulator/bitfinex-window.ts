/**
 * The best `length` levels of a pair as Bitfinex shows them, row by row: a client that applies one row after the other never
 * holds more levels than that, nor a crossed book. A level that is pushed out is removed before the new one comes, and
 * one that comes into the window from below is sent as new.
 */

import type { BitfinexOrderCounts } from './bitfinex-order-counts.ts';
import { levelRow, removalRow } from './bitfinex-wire.ts';
import type { Ladder } from './ladder.ts';
import type { LevelChange, MarketAction, PairMarket } from './pair-market.ts';

export class BitfinexWindow {
  readonly #market: PairMarket;
  readonly #counts: BitfinexOrderCounts;
  readonly #length: number;
  /** Worst price shown per side while the side fills the window; `undefined` while all its levels are shown. */
  #bidEdge: number | undefined;
  #askEdge: number | undefined;

  /** @param counts are brought up to date before each `update` */
  constructor(market: PairMarket, counts: BitfinexOrderCounts, length: number) {
    this.#market = market;
    this.#counts = counts;
    this.#length = length;
    this.#bidEdge = this.#edgeOf(market.bids);
    this.#askEdge = this.#edgeOf(market.asks);
  }

  /** Rows of an action that the book has already gone through, removals first; none where the window shows none of it. */
  update({ changes }: MarketAction): string[] {
    const { bids, asks } = this.#market;
    const removals = [...this.#removals(bids, changes, this.#bidEdge), ...this.#removals(asks, changes, this.#askEdge)];
    const held = [...this.#held(bids, changes, this.#bidEdge), ...this.#held(asks, changes, this.#askEdge)];
    this.#bidEdge = this.#edgeOf(bids);
    this.#askEdge = this.#edgeOf(asks);
    return [...removals, ...held];
  }

  /** Rows of all levels: bids, then asks, best first. */
  snapshot(): string[] {
    const { bids, asks } = this.#market;
    return [bids, asks].flatMap((ladder) =>
      Array.from({ length: Math.min(this.#length, ladder.length) }, (_, rank) => this.#row(ladder, rank)),
    );
  }

  #edgeOf(ladder: Ladder): number | undefined {
    return ladder.priceAt(this.#length - 1);
  }

  /** What was shown and is gone, then what was pushed out, best first. */
  #removals(ladder: Ladder, changes: readonly LevelChange[], oldEdge: number | undefined): string[] {
    const { instrument } = this.#market;
    const fresh = new Set<number>();
    const gone: number[] = [];
    for (const { side, price, size, before } of changes) {
      if (side !== ladder.side) continue;
      if (before === 0) fresh.add(price);
      else if (size === 0 && isShown(ladder, price, oldEdge)) gone.push(price);
    }
    for (let rank = this.#length; rank < ladder.length; rank++) {
      const price = ladder.priceAt(rank);
      if (price === undefined || !isShown(ladder, price, oldEdge)) break;
      if (!fresh.has(price)) gone.push(price);
    }
    return gone.map((price) => removalRow(instrument, ladder.side, price));
  }

  /** Changes inside the window in the order in which they happened, then what came in from below, best first. */
  #held(ladder: Ladder, changes: readonly LevelChange[], oldEdge: number | undefined): string[] {
    const edge = this.#edgeOf(ladder);
    const sent = new Set<number>();
    const rows: string[] = [];
    for (const { side, price, size } of changes) {
      if (side !== ladder.side || size === 0 || !isShown(ladder, price, edge)) continue;
      sent.add(price);
      rows.push(this.#rowOf(ladder, price, size));
    }
    if (oldEdge === undefined) return rows;
    const entered: string[] = [];
    for (let rank = Math.min(this.#length, ladder.length) - 1; rank >= 0; rank--) {
      const price = ladder.priceAt(rank);
      if (price === undefined || !ladder.isWorse(price, oldEdge)) break;
      if (!sent.has(price)) entered.unshift(this.#row(ladder, rank));
    }
    return [...rows, ...entered];
  }

  #row(ladder: Ladder, rank: number): string {
    return this.#rowOf(ladder, ladder.priceAt(rank) ?? 0, ladder.sizeAt(rank));
  }

  #rowOf({ side }: Ladder, price: number, size: number): string {
    return levelRow(this.#market.instrument, side, { price, size, orders: this.#counts.at(side, price) });
  }
}

/** Whether a window with this worst price shows a level. */
function isShown(ladder: Ladder, price: number, edge: number | undefined): boolean {
  return edge === undefined || !ladder.isWorse(price, edge);
}
