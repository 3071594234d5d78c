/**
 * The best `length` orders per side of a pair as Bitfinex's raw books show them, row by row: a client that applies one row
 * after the other never holds more orders than that, nor a crossed book. Orders of one price stand by their ids. One that is
 * pushed out is removed before the new one comes, and one that comes into the window from below is sent as new.
 */

import { crc32 } from 'node:zlib';
import { ASK, BID } from '../model/event.ts';
import { amountText, orderRemovalRow, orderRow } from './bitfinex-wire.ts';
import type { SimOrder, SimOrders } from './sim-orders.ts';

/** The checksum covers so many orders per side, whatever the length of the book. */
const CHECKSUM_ORDERS = 25;

export class BitfinexRawWindow {
  readonly #orders: SimOrders;
  readonly #length: number;
  /** What is shown, by id. */
  readonly #shown = new Map<number, Map<number, SimOrder>>();

  /** @param orders are brought up to date before each `update` */
  constructor(orders: SimOrders, length: number) {
    this.#orders = orders;
    this.#length = length;
    for (const side of [BID, ASK]) this.#shown.set(side, byId(this.#best(side)));
  }

  /** Rows of what has changed since the last time, removals first; none where the window shows none of it. */
  update(): string[] {
    const { instrument } = this.#orders.market;
    const sides = [BID, ASK].map((side) => ({ side, before: this.#shownOf(side), now: byId(this.#best(side)) }));
    for (const { side, now } of sides) this.#shown.set(side, now);
    const removals = sides.flatMap(({ side, before, now }) =>
      [...before.keys()].filter((id) => !now.has(id)).map((id) => orderRemovalRow(id, side)),
    );
    const held = sides.flatMap(({ before, now }) =>
      [...now.values()]
        .filter(({ id, size }) => before.get(id)?.size !== size)
        .map((order) => orderRow(instrument, order)),
    );
    return [...removals, ...held];
  }

  /** Rows of all orders: bids, then asks, best first. */
  snapshot(): string[] {
    const { instrument } = this.#orders.market;
    return [BID, ASK].flatMap((side) => this.#best(side).map((order) => orderRow(instrument, order)));
  }

  /** CRC-32 as a signed number over the best orders, bid and ask by turns: id and amount as they are written. */
  checksum(): number {
    const { instrument } = this.#orders.market;
    const [bids = [], asks = []] = [BID, ASK].map((side) => this.#best(side).slice(0, CHECKSUM_ORDERS));
    const parts: string[] = [];
    for (let place = 0; place < CHECKSUM_ORDERS; place++) {
      for (const order of [bids[place], asks[place]]) {
        if (order !== undefined) parts.push(String(order.id), amountText(instrument, order.side, order.size));
      }
    }
    return crc32(parts.join(':')) | 0;
  }

  #best(side: number): SimOrder[] {
    return this.#orders
      .list(side)
      .sort((a, b) => (a.price === b.price ? a.id - b.id : side === BID ? b.price - a.price : a.price - b.price))
      .slice(0, this.#length);
  }

  #shownOf(side: number): Map<number, SimOrder> {
    return this.#shown.get(side) ?? new Map<number, SimOrder>();
  }
}

function byId(orders: readonly SimOrder[]): Map<number, SimOrder> {
  return new Map(orders.map((order) => [order.id, order]));
}
