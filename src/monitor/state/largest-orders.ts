/**
 * The largest orders of the last hour by notional. Each ten minutes have a list of their own, so that an order that ages
 * out is followed by the next largest and not by a hole.
 */

import { LARGEST_MAX } from '../api/keys.ts';
import type { ScoredOrder } from '../api/order.ts';

const BLOCK_US = 600e6;
const HOUR_US = 3600e6;

interface Entry {
  readonly atUs: number;
  readonly order: ScoredOrder;
}

export class LargestOrders {
  /** Grows with each change of the list. */
  version = 0;
  private readonly blocks = new Map<number, Entry[]>();
  private nowUs = 0;

  /** @param order made only where it is large enough */
  add(notional: number, atUs: number, order: () => ScoredOrder): void {
    this.nowUs = Math.max(this.nowUs, atUs);
    const number = Math.floor(atUs / BLOCK_US);
    let block = this.blocks.get(number);
    if (block === undefined) {
      block = [];
      this.blocks.set(number, block);
      for (const old of this.blocks.keys()) if ((old + 1) * BLOCK_US <= this.nowUs - HOUR_US) this.blocks.delete(old);
    }
    const smallest = block.at(-1)?.order.notional ?? Number.NEGATIVE_INFINITY;
    if (block.length === LARGEST_MAX && notional <= smallest) return;
    const place = block.findIndex((entry) => entry.order.notional < notional);
    block.splice(place < 0 ? block.length : place, 0, { atUs, order: order() });
    if (block.length > LARGEST_MAX) block.pop();
    this.version++;
  }

  /** Largest first. */
  list(): ScoredOrder[] {
    const all = [...this.blocks.values()].flat().filter(({ atUs }) => atUs > this.nowUs - HOUR_US);
    return all
      .map(({ order }) => order)
      .toSorted((a, b) => b.notional - a.notional)
      .slice(0, LARGEST_MAX);
  }
}
