/**
 * Texts of the Coinbase Exchange feed and of its list of products, without state. Fields stand in the order in which the
 * venue writes them, which is not that of its documentation.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 */

import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { BID } from '../model/event.ts';
import { decimalText, rfc3339 } from './decimal-text.ts';
import type { SimInstrument } from './instrument.ts';
import type { Ladder } from './ladder.ts';
import type { LevelChange, MarketTrade } from './pair-market.ts';
import type { SimOrder } from './sim-orders.ts';

/** Channels that are simulated; `full` is for who signs. */
export const CHANNELS = ['full', 'level2_batch', 'matches', 'heartbeat'] as const;
export type Channel = (typeof CHANNELS)[number];

/** The one account that there is. */
export const CREDENTIALS = {
  key: 'simulated-key',
  secret: 'c2ltdWxhdGVkLXNlY3JldA==',
  passphrase: 'simulated',
} as const;

/** Channels that have needed keys since 2023. */
const LOCKED_CHANNELS: ReadonlySet<string> = new Set(['level2', 'level3', 'full', 'user']);

export function priceText({ tickUnits, priceDecimals }: SimInstrument, price: number): string {
  return decimalText(price * tickUnits, priceDecimals);
}

/** Zero has as many decimals as any other size: `0.00000000`. */
export function sizeText({ sizeDecimals }: SimInstrument, size: number): string {
  return decimalText(size, sizeDecimals);
}

/** The first frame of `level2_batch` for a product: every level, best first. */
export function snapshotFrame(
  instrument: SimInstrument,
  { bids, asks }: { readonly bids: Ladder; readonly asks: Ladder },
  exchangeUs: number,
): string {
  const rows = (ladder: Ladder): string =>
    Array.from({ length: ladder.length }, (_, rank) => {
      const price = priceText(instrument, ladder.priceAt(rank) ?? 0);
      return `["${price}","${sizeText(instrument, ladder.sizeAt(rank))}"]`;
    }).join(',');
  return (
    `{"type":"snapshot","product_id":"${instrument.pair}","asks":[${rows(asks)}],"bids":[${rows(bids)}],` +
    `"time":"${rfc3339(exchangeUs)}"}`
  );
}

/** The answer of `GET /products/<id>/book?level=2`: the book of now. The third column counts orders, which nobody has here. */
export function bookAnswer(
  instrument: SimInstrument,
  { bids, asks }: { readonly bids: Ladder; readonly asks: Ladder },
  { sequence, nowUs }: { readonly sequence: number; readonly nowUs: number },
): string {
  const rows = (ladder: Ladder): unknown[] =>
    Array.from({ length: ladder.length }, (_, rank) => [
      priceText(instrument, ladder.priceAt(rank) ?? 0),
      sizeText(instrument, ladder.sizeAt(rank)),
      1,
    ]);
  return JSON.stringify({
    ...{ sequence, bids: rows(bids), asks: rows(asks), auction_mode: false, auction: null, time: rfc3339(nowUs) },
  });
}

/** All changes of a batch in the order in which they happened; a level may come several times. */
export function updateFrame(instrument: SimInstrument, changes: readonly LevelChange[], exchangeUs: number): string {
  const rows = changes.map(({ side, price, size }) => {
    const word = side === BID ? 'buy' : 'sell';
    return `["${word}","${priceText(instrument, price)}","${sizeText(instrument, size)}"]`;
  });
  return (
    `{"type":"l2update","product_id":"${instrument.pair}","changes":[${rows.join(',')}],` +
    `"time":"${rfc3339(exchangeUs)}"}`
  );
}

/** A trade with what the feed says of it beyond the market's own words. */
export interface Match {
  readonly instrument: SimInstrument;
  readonly trade: MarketTrade;
  readonly exchangeUs: number;
  readonly sequence: number;
  /** Place of the product in its market. */
  readonly product: number;
}

/** `last_match` tells of the last trade before a subscription. The side is that of the maker. */
export function matchFrame(type: 'match' | 'last_match', match: Match): string {
  const { instrument, trade, exchangeUs, sequence, product } = match;
  return (
    `{"type":"${type}","trade_id":${trade.id},"maker_order_id":"${orderId(product, 2 * trade.id)}",` +
    `"taker_order_id":"${orderId(product, 2 * trade.id + 1)}","side":"${trade.takerSide === 'buy' ? 'sell' : 'buy'}",` +
    `"size":"${sizeText(instrument, trade.size)}","price":"${priceText(instrument, trade.price)}",` +
    `"product_id":"${instrument.pair}","sequence":${sequence},"time":"${rfc3339(exchangeUs)}"}`
  );
}

/** Where a message of `full` stands. */
export interface FullPlace {
  readonly instrument: SimInstrument;
  readonly sequence: number;
  readonly atUs: number;
}

/** An order's id: `00000000-0000-4000-8000-0000000003e8`. */
export function fullOrderId(id: number): string {
  return orderId(0, id);
}

function fullFrame(type: string, side: number, fields: string, { instrument, sequence, atUs }: FullPlace): string {
  return (
    `{"type":"${type}",${fields},"side":"${side === BID ? 'buy' : 'sell'}","product_id":"${instrument.pair}",` +
    `"time":"${rfc3339(atUs)}","sequence":${sequence}}`
  );
}

export function receivedFrame({ id, side, price, created }: SimOrder, place: FullPlace): string {
  const { instrument } = place;
  const fields =
    `"order_id":"${fullOrderId(id)}","order_type":"limit","size":"${sizeText(instrument, created)}",` +
    `"price":"${priceText(instrument, price)}","client_oid":""`;
  return fullFrame('received', side, fields, place);
}

export function openFrame({ id, side, price, size }: SimOrder, place: FullPlace): string {
  const { instrument } = place;
  const fields =
    `"order_id":"${fullOrderId(id)}","price":"${priceText(instrument, price)}",` +
    `"remaining_size":"${sizeText(instrument, size)}"`;
  return fullFrame('open', side, fields, place);
}

export function changeFrame({ id, side, price, size }: SimOrder, before: number, place: FullPlace): string {
  const { instrument } = place;
  const fields =
    `"reason":"modify_order","order_id":"${fullOrderId(id)}","price":"${priceText(instrument, price)}",` +
    `"old_size":"${sizeText(instrument, before)}","new_size":"${sizeText(instrument, size)}"`;
  return fullFrame('change', side, fields, place);
}

export function doneFrame(
  { id, side, price }: SimOrder,
  { reason, left }: { readonly reason: 'filled' | 'canceled'; readonly left: number },
  place: FullPlace,
): string {
  const { instrument } = place;
  const fields =
    `"order_id":"${fullOrderId(id)}","reason":"${reason}","price":"${priceText(instrument, price)}",` +
    `"remaining_size":"${sizeText(instrument, left)}"`;
  return fullFrame('done', side, fields, place);
}

/** A match of the maker with so much of the taker. */
export function fullMatchFrame(
  maker: SimOrder,
  { tradeId, taker, size }: { readonly tradeId: number; readonly taker: number; readonly size: number },
  place: FullPlace,
): string {
  const { instrument } = place;
  const fields =
    `"trade_id":${tradeId},"maker_order_id":"${fullOrderId(maker.id)}","taker_order_id":"${fullOrderId(taker)}",` +
    `"size":"${sizeText(instrument, size)}","price":"${priceText(instrument, maker.price)}"`;
  return fullFrame('match', maker.side, fields, place);
}

/** The answer of `GET /products/<product>/book?level=3`. */
export function orderListAnswer(
  instrument: SimInstrument,
  sides: { readonly bids: readonly SimOrder[]; readonly asks: readonly SimOrder[] },
  { sequence, atUs }: { readonly sequence: number; readonly atUs: number },
): string {
  const rows = (orders: readonly SimOrder[]): string =>
    orders
      .map(
        ({ id, price, size }) =>
          `["${priceText(instrument, price)}","${sizeText(instrument, size)}","${fullOrderId(id)}"]`,
      )
      .join(',');
  return (
    `{"bids":[${rows(sides.bids)}],"asks":[${rows(sides.asks)}],"sequence":${sequence},"auction_mode":false,` +
    `"auction":null,"time":"${rfc3339(atUs)}"}`
  );
}

function orderId(product: number, order: number): string {
  return `${product.toString(16).padStart(8, '0')}-0000-4000-8000-${order.toString(16).padStart(12, '0')}`;
}

export function heartbeatFrame(heartbeat: {
  readonly product: string;
  readonly sequence: number;
  readonly lastTradeId: number;
  readonly exchangeUs: number;
}): string {
  const { product, sequence, lastTradeId, exchangeUs } = heartbeat;
  return (
    `{"type":"heartbeat","last_trade_id":${lastTradeId},"product_id":"${product}","sequence":${sequence},` +
    `"time":"${rfc3339(exchangeUs)}"}`
  );
}

/** The answer to a request that was obeyed: all that the connection listens to. */
export function subscriptionsFrame(products: ReadonlyMap<Channel, readonly string[]>): string {
  const channels = [...products].map(([name, product_ids]) => ({ name, product_ids }));
  return JSON.stringify({ type: 'subscriptions', channels });
}

export function errorFrame(message: string, reason?: string): string {
  return JSON.stringify({ type: 'error', message, reason });
}

const products = z.array(z.string());

/** What a client may send. A channel without products of its own is meant for those of the request. */
export const requestSchema = z.object({
  type: z.enum(['subscribe', 'unsubscribe']),
  product_ids: products.default([]),
  channels: z
    .array(
      z.union([
        z.string().transform((name) => ({ name, product_ids: undefined })),
        z.object({ name: z.string(), product_ids: products.optional() }),
      ]),
    )
    .min(1),
  /** Who asks, as far as is told. */
  key: z.string().optional(),
  passphrase: z.string().optional(),
  timestamp: z.string().optional(),
  signature: z.string().optional(),
});
export type Request = z.infer<typeof requestSchema>;

/** Narrows to the channels that are simulated. */
export function isChannel(name: string): name is Channel {
  return CHANNELS.some((channel) => channel === name);
}

/** Whether a request is signed by the account. How old the signature is does not matter here: time is simulated. */
export function isSigned({ key, passphrase, timestamp = '', signature }: Request): boolean {
  const secret = Buffer.from(CREDENTIALS.secret, 'base64');
  const expected = createHmac('sha256', secret).update(`${timestamp}GET/users/self/verify`).digest('base64');
  return key === CREDENTIALS.key && passphrase === CREDENTIALS.passphrase && signature === expected;
}

/** Why a channel is not granted. */
export function refusalOf(channel: string): string {
  return LOCKED_CHANNELS.has(channel)
    ? 'level2, level3, and full channels now require authentication.'
    : `${channel} is not a valid channel`;
}

/** The answer of `GET /products`. */
export function productsAnswer(instruments: readonly SimInstrument[]): string {
  return JSON.stringify(
    instruments.map((instrument) => ({
      ...{ id: instrument.pair, base_currency: instrument.base, quote_currency: instrument.quote },
      ...{ quote_increment: priceText(instrument, 1), base_increment: sizeText(instrument, 1) },
      ...{ display_name: `${instrument.base}/${instrument.quote}`, min_market_funds: '1', status: 'online' },
      ...{ status_message: '', post_only: false, limit_only: false, cancel_only: false },
      ...{ trading_disabled: false, auction_mode: false, fx_stablecoin: false },
    })),
  );
}
