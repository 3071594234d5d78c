/**
 * The order-by-order book of one pair (L3): every resting order with its place in the queue of its price. Price levels are
 * derived from it, so that a venue that sends orders feeds the same book of levels as one that sends totals.
 *
 *     price 100.5   [A 0.3]  [B 1.2]  [C 0.5]      total 2.0 in 3 orders; A is served first
 *     price 100.4   [D 7.0]
 *
 * An order that becomes smaller keeps its place; one that changes its price, or becomes larger where the venue's rules say
 * so, goes to the tail of its queue. Which of these an update is, the venue's wire knows.
 *
 * Quantities are exact: whole numbers of 10^-22, finer than any venue writes, in bigints. Pure: no clock, no I/O.
 */

import { DECIMALS_MAX } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import type { LevelBuffer } from './level-buffer.ts';

/** A resting order. Quantities in units of 10^-22, and with how many decimals the venue has written them. */
export interface RestingOrder {
  readonly id: string;
  readonly side: number;
  readonly price: bigint;
  readonly size: bigint;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

/** The whole state as a plain value. */
export interface OrderBookState {
  /** Of each price first come first. */
  readonly orders: readonly RestingOrder[];
  /** Prices that `drain` has not told yet, and the totals that it told last. */
  readonly touched: readonly {
    readonly side: number;
    readonly price: bigint;
    readonly priceDecimals: number;
    readonly sizeDecimals: number;
    readonly told: bigint;
  }[];
}

/** A number as the venue wrote it. */
export interface Written {
  readonly mantissa: number | bigint;
  readonly decimals: number;
}

const POWERS: readonly bigint[] = Array.from({ length: DECIMALS_MAX + 1 }, (_, exponent) => 10n ** BigInt(exponent));

interface Order {
  readonly id: string;
  size: bigint;
  priceDecimals: number;
  sizeDecimals: number;
  /** What `textsAt` has made of it; null where it has changed since. */
  text: string | null;
  queue: Queue;
  previous: Order | null;
  next: Order | null;
}

/** The orders of one price, first come first. */
interface Queue {
  readonly side: number;
  readonly price: bigint;
  readonly priceDecimals: number;
  /** The most decimals with which a size has been written here: they hold the total. */
  sizeDecimals: number;
  total: bigint;
  /** The total as `drain` told it last: zero before the first time. */
  told: bigint;
  count: number;
  head: Order | null;
  tail: Order | null;
}

export class OrderBook {
  private readonly orders = new Map<string, Order>();
  private readonly bids = new Map<bigint, Queue>();
  private readonly asks = new Map<bigint, Queue>();
  /** Queues whose total has changed since the last `drain`, in the order in which they were first touched. */
  private readonly touched = new Set<Queue>();

  /** Orders held. */
  get count(): number {
    return this.orders.size;
  }

  clear(): void {
    this.orders.clear();
    this.bids.clear();
    this.asks.clear();
    this.touched.clear();
  }

  order(id: string): RestingOrder | null {
    const order = this.orders.get(id);
    if (order === undefined) return null;
    return restingOf(order);
  }

  /** Orders of one side. */
  countOf(side: number): number {
    let count = 0;
    for (const queue of this.side(side).values()) count += queue.count;
    return count;
  }

  /** The prices of one side in units, in no order. */
  prices(side: number): bigint[] {
    return [...this.side(side).keys()];
  }

  /** The best price of a side, in units; null where it is empty. Looks at every price. */
  best(side: number): bigint | null {
    return this.extreme(side, side === BID);
  }

  /** The price of a side that is furthest from the other side, in units; null where it is empty. Looks at every price. */
  worst(side: number): bigint | null {
    return this.extreme(side, side !== BID);
  }

  /**
   * A new order joins the tail of its queue.
   * @param size above zero
   * @returns false where the id is held already; nothing changes then
   */
  add(id: string, side: number, price: Written, size: Written): boolean {
    if (this.orders.has(id)) return false;
    const queue = this.queueOf(side, price);
    const order: Order = {
      id,
      size: unitsOf(size),
      priceDecimals: price.decimals,
      sizeDecimals: size.decimals,
      text: null,
      queue,
      previous: null,
      next: null,
    };
    this.orders.set(id, order);
    this.join(order, size.decimals);
    return true;
  }

  /**
   * An order now has this size, and keeps its place.
   * @returns false where no such order is held
   */
  resize(id: string, size: Written): boolean {
    const order = this.orders.get(id);
    if (order === undefined) return false;
    const units = unitsOf(size);
    if (units <= 0n) {
      this.take(order);
      return true;
    }
    const { queue } = order;
    queue.total += units - order.size;
    queue.sizeDecimals = Math.max(queue.sizeDecimals, size.decimals);
    order.size = units;
    order.sizeDecimals = size.decimals;
    order.text = null;
    this.touched.add(queue);
    return true;
  }

  /**
   * So much of an order was filled or withdrawn; what is left keeps its place, and nothing left is the end of it.
   * @returns false where no such order is held
   */
  reduce(id: string, by: Written): boolean {
    const order = this.orders.get(id);
    if (order === undefined) return false;
    const left = order.size - unitsOf(by);
    if (left <= 0n) {
      this.take(order);
      return true;
    }
    order.size = left;
    order.text = null;
    order.sizeDecimals = Math.max(order.sizeDecimals, by.decimals);
    order.queue.total -= unitsOf(by);
    order.queue.sizeDecimals = Math.max(order.queue.sizeDecimals, by.decimals);
    this.touched.add(order.queue);
    return true;
  }

  /**
   * An order goes to the tail of a queue, its own or another price's, with this size; nothing is the end of it.
   * @returns false where no such order is held
   */
  move(id: string, price: Written, size: Written): boolean {
    const order = this.orders.get(id);
    if (order === undefined) return false;
    const units = unitsOf(size);
    if (units <= 0n) {
      this.take(order);
      return true;
    }
    const { side } = order.queue;
    this.leave(order);
    order.queue = this.queueOf(side, price);
    order.size = units;
    order.text = null;
    order.priceDecimals = price.decimals;
    order.sizeDecimals = size.decimals;
    this.join(order, size.decimals);
    return true;
  }

  /** An order is gone. @returns false where no such order is held */
  remove(id: string): boolean {
    const order = this.orders.get(id);
    if (order === undefined) return false;
    this.take(order);
    return true;
  }

  /** Sizes of the orders that are served before this one, in sum; null where it is not held. */
  sizeAhead(id: string): bigint | null {
    const order = this.orders.get(id);
    if (order === undefined) return null;
    let ahead = 0n;
    for (let before = order.previous; before !== null; before = before.previous) ahead += before.size;
    return ahead;
  }

  /** The orders of one price, first come first. */
  queue(side: number, price: Written): RestingOrder[] {
    return this.queueAt(side, unitsOf(price));
  }

  /** The orders of one price in units, first come first. */
  queueAt(side: number, price: bigint): RestingOrder[] {
    const queue = this.side(side).get(price);
    const orders: RestingOrder[] = [];
    for (let order = queue?.head ?? null; order !== null; order = order.next) orders.push(restingOf(order));
    return orders;
  }

  /**
   * A text of each order of one price, first come first. It is made once for as long as the order stays as it is, so that
   * it must follow from the order alone, and always the same way.
   */
  textsAt(side: number, price: bigint, make: (order: RestingOrder) => string): string[] {
    const texts: string[] = [];
    for (let order = this.side(side).get(price)?.head ?? null; order !== null; order = order.next) {
      order.text ??= make(restingOf(order));
      texts.push(order.text);
    }
    return texts;
  }

  /** Forgets the orders of one price, which have left the venue's window: no level is told of it. */
  forgetAt(side: number, price: bigint): void {
    const queue = this.side(side).get(price);
    if (queue === undefined) return;
    for (let order = queue.head; order !== null; order = order.next) this.orders.delete(order.id);
    this.side(side).delete(price);
    this.touched.delete(queue);
  }

  /** Appends every level whose total is another one than at the last call, with it (zero: gone) and the number of orders. */
  drain(levels: LevelBuffer): void {
    for (const queue of this.touched) {
      const { side, price, priceDecimals, total, sizeDecimals, count } = queue;
      if (total === queue.told) continue;
      queue.told = total;
      levels.addExact(side, cut(price, priceDecimals), priceDecimals, cut(total, sizeDecimals), sizeDecimals, count);
    }
    this.touched.clear();
  }

  /** The state as a plain value; later changes do not change it. */
  state(): OrderBookState {
    const listed = [BID, ASK].flatMap((side) => this.prices(side).flatMap((price) => this.queueAt(side, price)));
    const touched = [...this.touched].map(({ side, price, priceDecimals, sizeDecimals, told }) => ({
      side,
      price,
      priceDecimals,
      sizeDecimals,
      told,
    }));
    return { orders: listed, touched };
  }

  restore({ orders, touched }: OrderBookState): void {
    this.clear();
    for (const { id, side, price, size, priceDecimals, sizeDecimals } of orders) {
      const written = (units: bigint, decimals: number): Written => ({ mantissa: cut(units, decimals), decimals });
      this.add(id, side, written(price, priceDecimals), written(size, sizeDecimals));
    }
    for (const queue of this.touched) queue.told = queue.total;
    this.touched.clear();
    for (const { side, price, priceDecimals, sizeDecimals, told } of touched) {
      const queue = this.queueOf(side, { mantissa: cut(price, priceDecimals), decimals: priceDecimals });
      queue.told = told;
      queue.sizeDecimals = Math.max(queue.sizeDecimals, sizeDecimals);
      if (queue.count === 0) this.side(side).delete(price);
      this.touched.add(queue);
    }
  }

  private extreme(side: number, highest: boolean): bigint | null {
    let found: bigint | null = null;
    for (const price of this.side(side).keys()) {
      if (found === null || (highest ? price > found : price < found)) found = price;
    }
    return found;
  }

  private side(side: number): Map<bigint, Queue> {
    return side === BID ? this.bids : this.asks;
  }

  private queueOf(side: number, price: Written): Queue {
    const units = unitsOf(price);
    const queues = this.side(side);
    let queue = queues.get(units);
    if (queue === undefined) {
      const priceDecimals = price.decimals;
      queue = {
        side,
        price: units,
        priceDecimals,
        sizeDecimals: 0,
        total: 0n,
        told: 0n,
        count: 0,
        head: null,
        tail: null,
      };
      // Gone and back within one message, it is still the level that was touched.
      for (const touched of this.touched) if (touched.side === side && touched.price === units) queue = touched;
      queues.set(units, queue);
    }
    return queue;
  }

  private join(order: Order, sizeDecimals: number): void {
    const { queue } = order;
    order.previous = queue.tail;
    order.next = null;
    if (queue.tail === null) queue.head = order;
    else queue.tail.next = order;
    queue.tail = order;
    queue.total += order.size;
    queue.sizeDecimals = Math.max(queue.sizeDecimals, sizeDecimals);
    queue.count++;
    this.touched.add(queue);
  }

  private leave(order: Order): void {
    const { queue, previous, next } = order;
    if (previous === null) queue.head = next;
    else previous.next = next;
    if (next === null) queue.tail = previous;
    else next.previous = previous;
    queue.total -= order.size;
    queue.count--;
    if (queue.count === 0) this.side(queue.side).delete(queue.price);
    this.touched.add(queue);
  }

  private take(order: Order): void {
    this.leave(order);
    this.orders.delete(order.id);
  }
}

/** A number in units of 10^-22. */
export function unitsOf({ mantissa, decimals }: Written): bigint {
  return BigInt(mantissa) * (POWERS[DECIMALS_MAX - decimals] ?? 1n);
}

/** The mantissa of a number of units at so many decimals; what is finer is cut off. */
export function cut(units: bigint, decimals: number): bigint {
  return units / (POWERS[DECIMALS_MAX - decimals] ?? 1n);
}

function restingOf({ id, size, priceDecimals, sizeDecimals, queue: { side, price } }: Order): RestingOrder {
  return { id, side, price, size, priceDecimals, sizeDecimals };
}
