/**
 * Texts of Bitstamp's WebSocket v2 and REST v2, without state. Numbers are texts with a fixed number of decimals per pair;
 * frames are written without spaces and with the data first, REST answers with a space after each comma and colon.
 * https://www.bitstamp.net/websocket/v2/ and https://www.bitstamp.net/api/
 */

import { z } from 'zod';
import { BID } from '../model/event.ts';
import { decimalText } from './decimal-text.ts';
import type { SimInstrument } from './instrument.ts';
import type { Ladder } from './ladder.ts';
import type { MarketTrade } from './pair-market.ts';
import type { SimOrder } from './sim-orders.ts';

/** One trade in so many has an amount that was computed in floats. */
const INEXACT_EVERY = 8;

/** The name on the wire: `btcusd`. */
export function symbolOf({ base, quote }: SimInstrument): string {
  return `${base}${quote}`.toLowerCase();
}

export function priceText({ tickUnits, priceDecimals }: SimInstrument, price: number): string {
  return decimalText(price * tickUnits, priceDecimals);
}

export function sizeText({ sizeDecimals }: SimInstrument, size: number): string {
  return decimalText(size, sizeDecimals);
}

/** A level of a frame; size 0 removes. */
export function levelRow(instrument: SimInstrument, price: number, size: number): string {
  return `["${priceText(instrument, price)}","${sizeText(instrument, size)}"]`;
}

/** Seconds and microseconds, both as texts. @param gap what stands between a name and its value, and between fields */
function times(us: number, gap = ''): string {
  return `"timestamp":${gap}"${Math.floor(us / 1_000_000)}",${gap}"microtimestamp":${gap}"${us}"`;
}

/** A frame of `diff_order_book_<pair>`. `bids` and `asks` are rows, joined by commas. */
export function diffFrame(channel: string, us: number, rows: { readonly bids: string; readonly asks: string }): string {
  return `{"data":{${times(us)},"bids":[${rows.bids}],"asks":[${rows.asks}]},"channel":"${channel}","event":"data"}`;
}

/** What the venue numbers of a trade: the taker's order is the younger one of the two. */
export interface TradeIds {
  readonly trade: number;
  readonly maker: number;
  readonly taker: number;
}

/** A frame of `live_trades_<pair>`. Its microseconds are whole milliseconds. */
export function tradeFrame(channel: string, instrument: SimInstrument, trade: MarketTrade, at: TradeTime): string {
  const { ids, exchangeUs } = at;
  const takerBuys = trade.takerSide === 'buy';
  const us = Math.floor(exchangeUs / 1_000) * 1_000;
  const price = priceText(instrument, trade.price);
  return (
    `{"data":{"id":${ids.trade},"timestamp":"${Math.floor(us / 1_000_000)}",` +
    `"amount":${amountFloat(instrument, trade.size, ids)},"amount_str":"${sizeText(instrument, trade.size)}",` +
    `"price":${Number(price)},"price_str":"${price}","type":${takerBuys ? 0 : 1},"microtimestamp":"${us}",` +
    `"buy_order_id":${takerBuys ? ids.taker : ids.maker},"sell_order_id":${takerBuys ? ids.maker : ids.taker}},` +
    `"channel":"${channel}","event":"trade"}`
  );
}

/** When a trade happened, µs, and its numbers. */
export interface TradeTime {
  readonly exchangeUs: number;
  readonly ids: TradeIds;
}

/** What an event says of an order; `amount` is what it had left, or still has. */
export interface OrderFacts {
  readonly order: SimOrder;
  /** Lots. */
  readonly amount: number;
  readonly traded: number;
  readonly us: number;
  readonly eventId: string;
  readonly previous: string;
}

/** A frame of `live_orders_<pair>`. */
export function orderFrame(
  channel: string,
  instrument: SimInstrument,
  event: 'created' | 'changed' | 'deleted',
  { order, amount, traded, us, eventId, previous }: OrderFacts,
): string {
  const price = priceText(instrument, order.price);
  const size = (lots: number): string => (lots === 0 ? '0' : sizeText(instrument, lots));
  return (
    `{"data":{"id":${order.id},"id_str":"${order.id}","order_type":${order.side === BID ? 0 : 1},"order_subtype":5,` +
    `"datetime":"${Math.round(us / 1_000_000)}","microtimestamp":"${us}","amount":${Number(size(amount))},` +
    `"amount_str":"${size(amount)}","amount_traded":"${size(traded)}","amount_at_create":"${size(order.created)}",` +
    `"price":${Number(price)},"price_str":"${price}","is_liquidation":false},"channel":"${channel}",` +
    `"event":"order_${event}","event_id":"${eventId}","pre_event_id":"${previous}","order_source":"orderbook"}`
  );
}

/** The answer of `GET /api/v2/order_book/<pair>/?group=2`: every order, best price first. */
export function orderList(
  instrument: SimInstrument,
  us: number,
  sides: { readonly bids: readonly SimOrder[]; readonly asks: readonly SimOrder[] },
): string {
  const rows = (orders: readonly SimOrder[]): string =>
    orders
      .map(({ id, price, size }) => `["${priceText(instrument, price)}", "${sizeText(instrument, size)}", "${id}"]`)
      .join(', ');
  return `{${times(us, ' ')}, "bids": [${rows(sides.bids)}], "asks": [${rows(sides.asks)}]}`;
}

/** Now and then as inexact as the venue's own, e.g. 0.014140160000000001: whoever reads it gets wrong digits. */
function amountFloat(instrument: SimInstrument, size: number, { trade }: TradeIds): number {
  const isInexact = trade % INEXACT_EVERY === 0;
  return isInexact ? size * 10 ** -instrument.sizeDecimals : Number(sizeText(instrument, size));
}

/** How `GET /api/v2/order_book/<pair>/` lists a price: order by order, as one level, or order by order with their ids. */
export type BookGroup = '0' | '1' | '2';

/** The answer of `GET /api/v2/order_book/<pair>/` without ids: every level of the book of that moment. */
export function orderBook(
  instrument: SimInstrument,
  book: { readonly us: number; readonly bids: Ladder; readonly asks: Ladder },
  group: Exclude<BookGroup, '2'>,
): string {
  const side = (ladder: Ladder): string => {
    const rows: string[] = [];
    for (let rank = 0; rank < ladder.length; rank++) {
      rows.push(...groupedRows(instrument, ladder, rank, group));
    }
    return `[${rows.join(', ')}]`;
  };
  return `{${times(book.us, ' ')}, "bids": ${side(book.bids)}, "asks": ${side(book.asks)}}`;
}

/** Here, where ids do not show, a level of more than one lot is said to be two orders. */
function groupedRows(instrument: SimInstrument, ladder: Ladder, rank: number, group: '0' | '1'): string[] {
  const price = ladder.priceAt(rank) ?? 0;
  const size = ladder.sizeAt(rank);
  const first = Math.ceil(size / 2);
  const orders = group === '1' ? [size] : [first, size - first].filter((lots) => lots > 0);
  return orders.map((lots) => `["${priceText(instrument, price)}", "${sizeText(instrument, lots)}"]`);
}

/** The answer of `GET /api/v2/trading-pairs-info/`. */
export function tradingPairsInfo(instruments: readonly SimInstrument[]): string {
  const pairs = instruments.map((instrument) => {
    const { base, quote, priceDecimals, sizeDecimals } = instrument;
    return (
      `{"trading": "Enabled", "base_decimals": ${sizeDecimals}, "url_symbol": "${symbolOf(instrument)}", ` +
      `"name": "${base}/${quote}", "instant_and_market_orders": "Enabled", "minimum_order": "20.0 ${quote}", ` +
      `"counter_decimals": ${priceDecimals}, "description": "${base} / ${quote}"}`
    );
  });
  return `[${pairs.join(', ')}]`;
}

const channel = z.object({ channel: z.string() });

/** What a client may send. */
export const requestSchema = z.discriminatedUnion('event', [
  z.object({ event: z.enum(['bts:subscribe', 'bts:unsubscribe']), data: channel }),
  z.object({ event: z.literal('bts:heartbeat') }),
]);

/** The venue's answer to a subscription or to its end. */
export function succeeded(what: 'subscription' | 'unsubscription', channel: string): string {
  return `{"event":"bts:${what}_succeeded","channel":"${channel}","data":{}}`;
}

/** A refusal; it does not say of what. */
export function refusal(message: 'Bad subscription string.' | 'Incorrect JSON format.'): string {
  return `{"event":"bts:error","channel":"","data":{"code":null,"message":"${message}"}}`;
}

export const HEARTBEAT = '{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}';

/** The venue is about to drop the connection. */
export const REQUEST_RECONNECT = '{"event":"bts:request_reconnect","channel":"","data":""}';

/** Body of a failed REST request. */
export function restError(reason: string, code?: string): string {
  return JSON.stringify({ status: 'error', reason, ...(code === undefined ? {} : { code }) });
}
