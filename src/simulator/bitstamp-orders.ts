/**
 * One pair's single orders as Bitstamp publishes them: an event for whatever becomes of an order, chained by ids that begin
 * with the moment; by REST every order of now. A trade is told as the venue does: the taker's order is created at a price
 * that crosses the book and is gone, then each order that it met, all of one moment.
 */

import { ASK, BID } from '../model/event.ts';
import { orderFrame, orderList, symbolOf, type OrderFacts } from './bitstamp-wire.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';
import { SimOrders, type SimOrder, type SimOrderTurn } from './sim-orders.ts';

/** Books are kept, so that an old one can be served: one in so many moments, and so many of them. */
const KEPT_EVERY = 25;
const KEPT_MAX = 8;

export class BitstampOrders {
  readonly channel: string;
  readonly orders: SimOrders;
  readonly #nextId: () => number;
  /** Moment of the newest event, µs: each action of the market has its own. */
  #us: number;
  /** Events of that moment so far. */
  #inMoment = 0;
  #eventId: string;
  #moments = 0;
  readonly #kept: string[] = [];

  constructor(market: PairMarket, nextId: () => number) {
    this.channel = `live_orders_${symbolOf(market.instrument)}`;
    this.orders = new SimOrders(market, nextId);
    this.#nextId = nextId;
    this.#us = market.changedUs;
    this.#eventId = eventId(this.#us, 0);
  }

  /** @returns the frames of what the action did to orders */
  apply(action: MarketAction): string[] {
    this.#us = Math.max(action.exchangeUs, this.#us + 1);
    this.#inMoment = 0;
    const turns = this.orders.apply(action);
    const frames = [...this.#taker(action), ...turns.map((turn) => this.#frame(turn))];
    this.#moments += 1;
    if (this.#moments % KEPT_EVERY === 0) this.#keep();
    return frames;
  }

  /** Every order of now. @param stale an old list instead: true once */
  list(stale: boolean): string {
    const [oldest] = this.#kept;
    if (stale && oldest !== undefined) return oldest;
    return orderList(this.orders.market.instrument, this.#us, {
      bids: this.orders.list(BID),
      asks: this.orders.list(ASK),
    });
  }

  #keep(): void {
    this.#kept.push(this.list(false));
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  /** The incoming order of a trade never rests: it is created and filled whole. */
  #taker({ trades }: MarketAction): string[] {
    const last = trades.at(-1);
    if (last === undefined) return [];
    const created = trades.reduce((sum, { size }) => sum + size, 0);
    const side = last.takerSide === 'buy' ? BID : ASK;
    const order: SimOrder = { id: this.#nextId(), side, price: last.price, size: created, created };
    return [
      this.#frame({ kind: 'add', order, before: 0 }),
      this.#frame({ kind: 'fill', order: { ...order, size: 0 }, before: created }),
    ];
  }

  #frame({ kind, order, before }: SimOrderTurn): string {
    const previous = this.#eventId;
    this.#eventId = eventId(this.#us, this.#inMoment++);
    const traded = kind === 'fill' ? before - order.size : 0;
    // What is withdrawn is told with what was open.
    const amount = kind === 'cancel' ? before : order.size;
    const facts: OrderFacts = { order, amount, traded, us: this.#us, eventId: this.#eventId, previous };
    const event = kind === 'add' ? 'created' : order.size === 0 ? 'deleted' : 'changed';
    return orderFrame(this.channel, this.orders.market.instrument, event, facts);
  }
}

/** Sample: `000659d4-cba3-ac00-0002-000103000020`: the moment in µs, a counter within it, and numbers of the venue's own. */
function eventId(us: number, inMoment: number): string {
  const moment = us.toString(16).padStart(16, '0');
  const place = inMoment.toString(16).padStart(4, '0');
  return `${moment.slice(0, 8)}-${moment.slice(8, 12)}-${moment.slice(12)}-${place}-000100000020`;
}
