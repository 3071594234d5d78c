/**
 * One product's single orders as the channel `full` of Coinbase Exchange publishes them, each message with the next number;
 * by REST every order of now. An order that comes to rest is received and then open; the incoming order of a trade is received,
 * has its matches and is done, and never rests.
 */

import { ASK, BID } from '../model/event.ts';
import {
  changeFrame,
  doneFrame,
  fullMatchFrame,
  openFrame,
  orderListAnswer,
  receivedFrame,
  type FullPlace,
} from './coinbase-wire.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';
import { SimOrders, type SimOrder, type SimOrderTurn } from './sim-orders.ts';

const FIRST_SEQUENCE = 90_000_000;
/** Books are kept, so that an old one can be served: one in so many actions, and so many of them. */
const KEPT_EVERY = 25;
const KEPT_MAX = 8;

export class CoinbaseOrders {
  readonly orders: SimOrders;
  readonly #nextId: () => number;
  #sequence = FIRST_SEQUENCE;
  #tradeId = 0;
  #atUs: number;
  #actions = 0;
  readonly #kept: string[] = [];

  constructor(market: PairMarket, nextId: () => number) {
    this.orders = new SimOrders(market, nextId);
    this.#nextId = nextId;
    this.#atUs = market.changedUs;
  }

  /** @returns the frames of what the action did to orders */
  apply(action: MarketAction): string[] {
    this.#atUs = action.exchangeUs;
    const taker = this.#takerOf(action);
    const frames: string[] = [];
    if (taker !== null) frames.push(receivedFrame(taker, this.#place()));
    for (const turn of this.orders.apply(action)) frames.push(...this.#frames(turn, taker));
    if (taker !== null) frames.push(doneFrame(taker, { reason: 'filled', left: 0 }, this.#place()));
    this.#actions += 1;
    if (this.#actions % KEPT_EVERY === 0) this.#keep();
    return frames;
  }

  /** Every order of now. @param stale an old list instead: true once */
  list(stale: boolean): string {
    const [oldest] = this.#kept;
    if (stale && oldest !== undefined) return oldest;
    const { market } = this.orders;
    const sides = { bids: this.orders.list(BID), asks: this.orders.list(ASK) };
    return orderListAnswer(market.instrument, sides, { sequence: this.#sequence, atUs: this.#atUs });
  }

  #keep(): void {
    this.#kept.push(this.list(false));
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  #takerOf({ trades }: MarketAction): SimOrder | null {
    const last = trades.at(-1);
    if (last === undefined) return null;
    const size = trades.reduce((sum, trade) => sum + trade.size, 0);
    const side = last.takerSide === 'buy' ? BID : ASK;
    return { id: this.#nextId(), side, price: last.price, size, created: size };
  }

  #frames({ kind, order, before }: SimOrderTurn, taker: SimOrder | null): string[] {
    switch (kind) {
      case 'add':
        return [receivedFrame(order, this.#place()), openFrame(order, this.#place())];
      case 'change':
        return [changeFrame(order, before, this.#place())];
      case 'cancel':
        return [doneFrame(order, { reason: 'canceled', left: before }, this.#place())];
      case 'fill': {
        this.#tradeId += 1;
        const match = { tradeId: this.#tradeId, taker: taker?.id ?? 0, size: before - order.size };
        const frames = [fullMatchFrame(order, match, this.#place())];
        if (order.size === 0) frames.push(doneFrame(order, { reason: 'filled', left: 0 }, this.#place()));
        return frames;
      }
    }
  }

  /** Of the next message. */
  #place(): FullPlace {
    this.#sequence += 1;
    return { instrument: this.orders.market.instrument, sequence: this.#sequence, atUs: this.#atUs };
  }
}
