/**
 * Texts of the Bitfinex WebSocket v2 and of its public lists, without state. The venue prints numbers as JavaScript does,
 * `5` for 5.0 and `2e-8` for 0.00000002, so that one division gives the right text.
 * https://docs.bitfinex.com/docs/ws-general, https://docs.bitfinex.com/reference/ws-public-books
 */

import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { BID } from '../model/event.ts';
import type { SimInstrument } from './instrument.ts';
import type { MarketTrade, PairMarket } from './pair-market.ts';
import type { SimOrder } from './sim-orders.ts';

/** Flags of a `conf` request: what is added to data frames, and in which form updates come. */
export const TIMESTAMP = 32_768;
export const SEQ_ALL = 65_536;
export const OB_CHECKSUM = 131_072;
export const BULK_UPDATES = 536_870_912;

/** Levels per side that a book may be asked for with. */
export const BOOK_LENGTHS: readonly number[] = [1, 25, 100, 250];
/** The precisions and the one frequency that are simulated: exact prices or single orders, as it happens. */
export const PRECISION = 'P0';
export const RAW = 'R0';
export const FREQUENCY = 'F0';
/** The checksum covers this many levels per side, whatever the length of the book. */
const CHECKSUM_LEVELS = 25;

/** Codes of `error` events. */
export const CODES = {
  unknownEvent: 10_000,
  unknownPrecision: 10_011,
  unknownLength: 10_012,
  subscriptionFailed: 10_300,
  alreadySubscribed: 10_301,
  unknownChannel: 10_302,
  channelLimit: 10_305,
  unsubscriptionFailed: 10_400,
  notSubscribed: 10_401,
} as const;

/** The venue's own codes of some currencies. https://api-pub.bitfinex.com/v2/conf/pub:map:currency:sym */
const CURRENCY_CODES: Readonly<Record<string, string>> = {
  ...{ USDT: 'UST', USDC: 'UDC', EURT: 'EUT', WBTC: 'WBT', BCH: 'BCHN', DASH: 'DSH', IOTA: 'IOT', QTUM: 'QTM' },
  ...{ DATA: 'DAT', ATOM: 'ATO', ALGO: 'ALG', MANA: 'MNA' },
};

/** A pair for trying things out that the venue lists among the others. It has no channels here. */
const PAPER_PAIR = 'TESTBTC:TESTUSD';

/** The pair as lists name it: `BTCUSD`, `BTCUST`, `DOGE:USD`. */
export function pairOf({ base, quote }: SimInstrument): string {
  const [first, second] = [codeOf(base), codeOf(quote)];
  return first.length === 3 && second.length === 3 ? first + second : `${first}:${second}`;
}

/** The pair as channels name it: `tBTCUSD`. */
export function symbolOf(instrument: SimInstrument): string {
  return `t${pairOf(instrument)}`;
}

function codeOf(currency: string): string {
  return CURRENCY_CODES[currency] ?? currency;
}

export function priceText({ tickUnits, priceDecimals }: SimInstrument, price: number): string {
  return String((price * tickUnits) / 10 ** priceDecimals);
}

export function sizeText({ sizeDecimals }: SimInstrument, size: number): string {
  return String(size / 10 ** sizeDecimals);
}

/** A size as an amount with a sign: asks are below zero. */
export function amountText(instrument: SimInstrument, side: number, size: number): string {
  return (side === BID ? '' : '-') + sizeText(instrument, size);
}

/** A level that a book holds. @param orders how many orders there are at it, from 1 */
export function levelRow(
  instrument: SimInstrument,
  side: number,
  level: { readonly price: number; readonly size: number; readonly orders: number },
): string {
  return `[${priceText(instrument, level.price)},${level.orders},${amountText(instrument, side, level.size)}]`;
}

/** A level that a book does not hold any more. The amount is nothing but the side. */
export function removalRow(instrument: SimInstrument, side: number, price: number): string {
  return `[${priceText(instrument, price)},0,${side === BID ? 1 : -1}]`;
}

/** An order that a raw book holds. */
export function orderRow(instrument: SimInstrument, { id, side, price, size }: SimOrder): string {
  return `[${id},${priceText(instrument, price)},${amountText(instrument, side, size)}]`;
}

/** An order that a raw book does not hold any more. */
export function orderRemovalRow(id: number, side: number): string {
  return `[${id},0,${side === BID ? 1 : -1}]`;
}

/**
 * CRC-32 as a signed number over the best 25 levels of a book of this length, best first, bid and ask by turns: price and
 * amount as they are written. A side that is shorter is simply left out of its turns.
 */
export function bookChecksum({ instrument, bids, asks }: PairMarket, length: number): number {
  const parts: string[] = [];
  for (let rank = 0; rank < Math.min(CHECKSUM_LEVELS, length); rank++) {
    for (const ladder of [bids, asks]) {
      const price = ladder.priceAt(rank);
      if (price === undefined) continue;
      parts.push(priceText(instrument, price), amountText(instrument, ladder.side, ladder.sizeAt(rank)));
    }
  }
  return crc32(parts.join(':')) | 0;
}

/** `[ID, MTS, ±AMOUNT, PRICE]`; the amount is above zero where the taker bought. */
export function tradeRow(instrument: SimInstrument, trade: MarketTrade, exchangeUs: number): string {
  const sign = trade.takerSide === 'buy' ? '' : '-';
  const amount = sign + sizeText(instrument, trade.size);
  return `[${trade.id},${millisecondsOf(exchangeUs)},${amount},${priceText(instrument, trade.price)}]`;
}

/** Times on the wire are whole milliseconds. */
export function millisecondsOf(us: number): number {
  return Math.floor(us / 1_000);
}

/** First frame of a connection. */
export function infoEvent(connectionId: number): string {
  const serverId = `00000000-0000-4000-8000-${String(connectionId).padStart(12, '0')}`;
  return JSON.stringify({ event: 'info', version: 2, serverId, platform: { status: 1 } });
}

/** What a refusal says, with the fields of the request that it is about. */
export function errorEvent(request: Readonly<Record<string, unknown>>, code: number, msg: string): string {
  return JSON.stringify({ ...request, event: 'error', msg, code });
}

/** The lists that `GET /v2/conf/<key>,<key>` knows. */
const LISTS: Readonly<Record<string, (instruments: readonly SimInstrument[]) => string[]>> = {
  'pub:list:pair:exchange': (instruments) => [...instruments.map(pairOf), PAPER_PAIR],
  'pub:list:currency': (instruments) => [
    ...new Set(instruments.flatMap(({ base, quote }) => [codeOf(base), codeOf(quote)])),
  ],
};

/** One list per key; `undefined` where there is no such list. */
export function listsAnswer(keys: readonly string[], instruments: readonly SimInstrument[]): string | undefined {
  const lists = keys.map((key) => LISTS[key]?.(instruments));
  return lists.includes(undefined) ? undefined : JSON.stringify(lists);
}

const subId = z.union([z.string(), z.int()]).optional();

/** What a client may send. Names and numbers that are not the venue's are refused one by one, each with its code. */
export const requestSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('conf'), flags: z.int().min(0) }),
  z.object({
    event: z.literal('subscribe'),
    channel: z.string().default(''),
    symbol: z.string().default(''),
    prec: z.string().default(PRECISION),
    freq: z.string().default(FREQUENCY),
    len: z.union([z.string(), z.int()]).transform(String).default('25'),
    subId,
  }),
  z.object({ event: z.literal('unsubscribe'), chanId: z.int().optional() }),
  z.object({ event: z.literal('ping'), cid: z.int().optional() }),
]);
export type Request = z.infer<typeof requestSchema>;
