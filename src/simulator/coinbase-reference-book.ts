/**
 * A client of the Coinbase Exchange feed for tests, written from the venue's documentation alone: nothing of it is shared
 * with the simulator or with the product, so that it can judge both.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 */

import { z } from 'zod';

const level = z.tuple([z.string(), z.string()]);
type Level = z.infer<typeof level>;

const product = { product_id: z.string(), time: z.iso.datetime({ precision: 6 }) };
const match = {
  ...product,
  ...{ trade_id: z.int(), sequence: z.int(), maker_order_id: z.uuid(), taker_order_id: z.uuid() },
  ...{ size: z.string(), price: z.string(), side: z.enum(['buy', 'sell']) },
};

/** Every frame that a client of the three channels may get. */
export const coinbaseFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('snapshot'), ...product, bids: z.array(level), asks: z.array(level) }),
  z.strictObject({
    ...{ type: z.literal('l2update'), ...product },
    changes: z.array(z.tuple([z.enum(['buy', 'sell']), z.string(), z.string()])).min(1),
  }),
  z.strictObject({ type: z.literal('match'), ...match }),
  z.strictObject({ type: z.literal('last_match'), ...match }),
  z.strictObject({ type: z.literal('heartbeat'), ...product, sequence: z.int(), last_trade_id: z.int() }),
  z.strictObject({
    type: z.literal('subscriptions'),
    channels: z.array(z.strictObject({ name: z.string(), product_ids: z.array(z.string()) })),
  }),
  z.strictObject({ type: z.literal('error'), message: z.string(), reason: z.string().optional() }),
]);
export type CoinbaseFrame = z.infer<typeof coinbaseFrame>;
type ProductFrame = Exclude<CoinbaseFrame, { type: 'subscriptions' | 'error' }>;

/** One product followed by the venue's own words, as plainly as can be: it throws on the first thing that must not be. */
export class CoinbaseReferenceBook {
  bids = new Map<string, string>();
  asks = new Map<string, string>();
  /** Time of the last book frame. */
  bookTime = '';
  updates = 0;
  matches = 0;
  heartbeats = 0;
  /** Growth of levels: what a whale looks like from outside. */
  readonly growths: { time: string; price: string; by: number }[] = [];
  #isBegun = false;
  #lastTradeId: number | undefined;
  #sequence = 0;

  follow(frame: ProductFrame): void {
    switch (frame.type) {
      case 'snapshot':
        this.bids = new Map(frame.bids);
        this.asks = new Map(frame.asks);
        this.bookTime = frame.time;
        this.#isBegun = true;
        return;
      case 'l2update':
        return this.#update(frame);
      case 'last_match':
        this.#lastTradeId = frame.trade_id;
        return;
      case 'match':
        if (this.#lastTradeId !== undefined && frame.trade_id !== this.#lastTradeId + 1) {
          throw new Error(`trade ${frame.trade_id} after ${this.#lastTradeId}`);
        }
        if (frame.sequence <= this.#sequence) throw new Error(`sequence ${frame.sequence} after ${this.#sequence}`);
        this.#lastTradeId = frame.trade_id;
        this.#sequence = frame.sequence;
        this.matches += 1;
        return;
      case 'heartbeat':
        if (this.#lastTradeId !== undefined && frame.last_trade_id !== this.#lastTradeId) {
          throw new Error(`heartbeat of trade ${frame.last_trade_id}, the last one heard was ${this.#lastTradeId}`);
        }
        if (frame.sequence < this.#sequence) throw new Error(`sequence ${frame.sequence} after ${this.#sequence}`);
        this.#sequence = frame.sequence;
        this.heartbeats += 1;
        return;
    }
  }

  /** Both sides, best first. */
  levels(): { bids: Level[]; asks: Level[] } {
    const sorted = (side: ReadonlyMap<string, string>, direction: 1 | -1): Level[] =>
      [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
    return { bids: sorted(this.bids, -1), asks: sorted(this.asks, 1) };
  }

  #update({ changes, time }: Extract<ProductFrame, { type: 'l2update' }>): void {
    if (!this.#isBegun) throw new Error('an update before the snapshot');
    if (time <= this.bookTime) throw new Error(`an update of ${time} after ${this.bookTime}`);
    this.bookTime = time;
    this.updates += 1;
    for (const [word, price, size] of changes) {
      const side = word === 'buy' ? this.bids : this.asks;
      const growth = Number(size) - Number(side.get(price) ?? 0);
      if (growth > 0) this.growths.push({ time, price, by: growth });
      if (Number(size) > 0) side.set(price, size);
      else if (!side.delete(price)) throw new Error(`removal of ${price}, which was not held`);
    }
    const { bids, asks } = this.levels();
    if (Number(bids[0]?.[0]) >= Number(asks[0]?.[0])) throw new Error(`crossed at ${time}`);
  }
}
