/**
 * The best `depth` levels of a pair as Kraken shows them: the client applies a message and cuts its book to the depth,
 * so a level that is pushed out gets no removal, and one that comes back into the window is sent again.
 */

import { bookChecksum, bookFrame, levelRow } from './kraken-wire.ts';
import type { Ladder } from './ladder.ts';
import type { LevelChange, MarketAction, PairMarket } from './pair-market.ts';

export class KrakenWindow {
  readonly depth: number;
  readonly #market: PairMarket;
  /** Worst price shown per side while the side fills the window; `undefined` while all its levels are shown. */
  #bidEdge: number | undefined;
  #askEdge: number | undefined;

  constructor(market: PairMarket, depth: number) {
    this.#market = market;
    this.depth = depth;
    this.#bidEdge = this.#edgeOf(market.bids);
    this.#askEdge = this.#edgeOf(market.asks);
  }

  /** The frame of an action that the book has already gone through; `undefined` where the window shows none of it. */
  update({ changes }: MarketAction): string | undefined {
    const { bids, asks } = this.#market;
    const bidRows = this.#rows(bids, changes, this.#bidEdge);
    const askRows = this.#rows(asks, changes, this.#askEdge);
    this.#bidEdge = this.#edgeOf(bids);
    this.#askEdge = this.#edgeOf(asks);
    if (bidRows.length === 0 && askRows.length === 0) return undefined;
    const rows = { bids: bidRows.join(','), asks: askRows.join(',') };
    return bookFrame('update', this.#market, rows, bookChecksum(this.#market));
  }

  snapshot(): string {
    const rows = { bids: this.#allRows(this.#market.bids), asks: this.#allRows(this.#market.asks) };
    return bookFrame('snapshot', this.#market, rows, bookChecksum(this.#market));
  }

  #edgeOf(ladder: Ladder): number | undefined {
    return ladder.priceAt(this.depth - 1);
  }

  /** Changes inside the window in the order in which they happened, then what came in from below, best first. */
  #rows(ladder: Ladder, changes: readonly LevelChange[], oldEdge: number | undefined): string[] {
    const { instrument } = this.#market;
    const edge = this.#edgeOf(ladder);
    const sent = new Set<number>();
    const rows: string[] = [];
    for (const { side, price, size } of changes) {
      const lastShown = size === 0 ? oldEdge : edge;
      if (side !== ladder.side || (lastShown !== undefined && ladder.isWorse(price, lastShown))) continue;
      sent.add(price);
      rows.push(levelRow(instrument, price, size));
    }
    return oldEdge === undefined ? rows : [...rows, ...this.#refill(ladder, oldEdge, sent)];
  }

  #refill(ladder: Ladder, oldEdge: number, sent: ReadonlySet<number>): string[] {
    const rows: string[] = [];
    for (let rank = Math.min(this.depth, ladder.length) - 1; rank >= 0; rank--) {
      const price = ladder.priceAt(rank);
      if (price === undefined || !ladder.isWorse(price, oldEdge)) break;
      if (!sent.has(price)) rows.unshift(levelRow(this.#market.instrument, price, ladder.sizeAt(rank)));
    }
    return rows;
  }

  #allRows(ladder: Ladder): string {
    const rows: string[] = [];
    for (let rank = 0; rank < Math.min(this.depth, ladder.length); rank++) {
      rows.push(levelRow(this.#market.instrument, ladder.priceAt(rank) ?? 0, ladder.sizeAt(rank)));
    }
    return rows.join(',');
  }
}
