/**
 * The single orders of one pair. The market knows sizes of levels alone, so the orders are a story that fits them: what a
 * level grows by is a further order, at the tail of its queue; what is traded is taken from the head; what is withdrawn goes
 * from the tail, whole orders first, and the last of them becomes smaller. Now and then a small growth is the newest order's
 * own, which loses its place for it.
 */

import { BID } from '../model/event.ts';
import type { LevelChange, MarketAction, PairMarket } from './pair-market.ts';

export interface SimOrder {
  /** Rises with the age of the market: the younger of two orders has the greater one. */
  readonly id: number;
  readonly side: number;
  /** Ticks. */
  readonly price: number;
  /** Lots: what is open. */
  readonly size: number;
  /** Lots at the beginning. */
  readonly created: number;
}

/** What became of one order. `order` is as it is afterwards. */
export interface SimOrderTurn {
  readonly kind: 'add' | 'change' | 'cancel' | 'fill';
  readonly order: SimOrder;
  /** Lots before; 0 of a new order. */
  readonly before: number;
}

/** Orders that a level begins with, at most. */
const ORDERS_AT_START_MAX = 3;
/** One small growth in so many is the newest order's own. */
const GROWTH_EVERY = 6;

export class SimOrders {
  readonly market: PairMarket;
  readonly #nextId: () => number;
  readonly #bids = new Map<number, SimOrder[]>();
  readonly #asks = new Map<number, SimOrder[]>();

  /** Begins with the market as it is. @param nextId rises with each call; shared by all pairs of a venue */
  constructor(market: PairMarket, nextId: () => number) {
    this.market = market;
    this.#nextId = nextId;
    for (const ladder of [market.bids, market.asks]) {
      for (let rank = 0; rank < ladder.length; rank++) {
        this.#fill(ladder.side, ladder.priceAt(rank) ?? 0, ladder.sizeAt(rank));
      }
    }
  }

  /** Follows the market: every action of the pair must pass here once. @returns what became of orders, in order */
  apply({ changes, trades }: MarketAction): SimOrderTurn[] {
    return changes.flatMap((change) => {
      if (change.size > change.before) return this.#grow(change);
      return trades.length > 0 ? this.#trade(change) : this.#withdraw(change);
    });
  }

  /** All orders of a side: best price first, of each price first come first. */
  list(side: number): SimOrder[] {
    const ladder = side === BID ? this.market.bids : this.market.asks;
    return Array.from({ length: ladder.length }, (_, rank) => this.#queue(side, ladder.priceAt(rank) ?? 0)).flat();
  }

  /** The orders of one level, first come first. */
  at(side: number, price: number): readonly SimOrder[] {
    return this.#queue(side, price);
  }

  #fill(side: number, price: number, size: number): void {
    const count = Math.min(size, 1 + (price % ORDERS_AT_START_MAX));
    const share = Math.floor(size / count);
    for (let i = 0; i < count; i++) this.#join(side, price, i === 0 ? size - share * (count - 1) : share);
  }

  #grow({ side, price, size, before }: LevelChange): SimOrderTurn[] {
    const by = size - before;
    const queue = this.#queue(side, price);
    const newest = queue.at(-1);
    const isOwn = newest !== undefined && by % GROWTH_EVERY === 0 && by < Math.exp(this.market.instrument.sizeMu);
    if (!isOwn) return [{ kind: 'add', order: this.#join(side, price, by), before: 0 }];
    const order = { ...newest, size: newest.size + by };
    queue[queue.length - 1] = order;
    return [{ kind: 'change', order, before: newest.size }];
  }

  #trade({ side, price, size, before }: LevelChange): SimOrderTurn[] {
    const queue = this.#queue(side, price);
    const turns: SimOrderTurn[] = [];
    for (let left = before - size; left > 0;) {
      const first = queue[0];
      if (first === undefined) break;
      const order = { ...first, size: Math.max(0, first.size - left) };
      left -= first.size - order.size;
      if (order.size === 0) queue.shift();
      else queue[0] = order;
      turns.push({ kind: 'fill', order, before: first.size });
    }
    this.#forgetEmpty(side, price);
    return turns;
  }

  #withdraw({ side, price, size, before }: LevelChange): SimOrderTurn[] {
    const queue = this.#queue(side, price);
    const turns: SimOrderTurn[] = [];
    for (let left = before - size; left > 0;) {
      const last = queue.at(-1);
      if (last === undefined) break;
      const order = { ...last, size: Math.max(0, last.size - left) };
      left -= last.size - order.size;
      if (order.size === 0) queue.pop();
      else queue[queue.length - 1] = order;
      turns.push({ kind: order.size === 0 ? 'cancel' : 'change', order, before: last.size });
    }
    this.#forgetEmpty(side, price);
    return turns;
  }

  #join(side: number, price: number, size: number): SimOrder {
    const order = { id: this.#nextId(), side, price, size, created: size };
    const queue = this.#queue(side, price);
    if (queue.length === 0) this.#of(side).set(price, queue);
    queue.push(order);
    return order;
  }

  #queue(side: number, price: number): SimOrder[] {
    return this.#of(side).get(price) ?? [];
  }

  #forgetEmpty(side: number, price: number): void {
    if (this.#queue(side, price).length === 0) this.#of(side).delete(price);
  }

  #of(side: number): Map<number, SimOrder[]> {
    return side === BID ? this.#bids : this.#asks;
  }
}
