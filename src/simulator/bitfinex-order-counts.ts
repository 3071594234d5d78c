/**
 * How many orders stand at each level of a pair. The market knows sizes alone, so the count is a story that fits them: a
 * level begins with one order, more size is a further one, less size is one that left, and one always stays while the
 * level is held.
 */

import { BID } from '../model/event.ts';
import type { LevelChange } from './pair-market.ts';

export class BitfinexOrderCounts {
  /** By price; only levels of more than one order. */
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();

  /** Follows the market: every change of the pair must pass here once. */
  apply(changes: readonly LevelChange[]): void {
    for (const { side, price, size, before } of changes) {
      const counts = this.#of(side);
      const orders = before === 0 ? 0 : (counts.get(price) ?? 1);
      const now = size > before ? orders + 1 : orders - 1;
      if (size > 0 && now > 1) counts.set(price, now);
      else counts.delete(price);
    }
  }

  /** Orders at a level that is held: at least 1. */
  at(side: number, price: number): number {
    return this.#of(side).get(price) ?? 1;
  }

  #of(side: number): Map<number, number> {
    return side === BID ? this.#bids : this.#asks;
  }
}
