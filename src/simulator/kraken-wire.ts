/**
 * Texts of the Kraken WebSocket API v2, without state. Prices and quantities are JSON numbers with a fixed number of
 * decimals per pair, so frames are put together as text: a number type would lose the trailing zeros.
 * https://docs.kraken.com/api/docs/websocket-v2/book
 */

import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { decimalText, rfc3339 } from './decimal-text.ts';
import type { SimInstrument } from './instrument.ts';
import type { Ladder } from './ladder.ts';
import type { MarketTrade, PairMarket } from './pair-market.ts';
import type { SimOrder } from './sim-orders.ts';

export const BOOK_DEPTHS: readonly number[] = [10, 25, 100, 500, 1_000];
const BOOK_DEPTH_DEFAULT = 10;
/** The checksum covers this many levels per side, whatever the depth. */
const CHECKSUM_LEVELS = 10;

/** The name on the wire: `BTC/USD`. */
export function symbolOf(instrument: SimInstrument): string {
  return `${instrument.base}/${instrument.quote}`;
}

export function priceText({ tickUnits, priceDecimals }: SimInstrument, price: number): string {
  return decimalText(price * tickUnits, priceDecimals);
}

export function sizeText({ sizeDecimals }: SimInstrument, size: number): string {
  return decimalText(size, sizeDecimals);
}

/** A level of a book message; size 0 removes. */
export function levelRow(instrument: SimInstrument, price: number, size: number): string {
  return `{"price":${priceText(instrument, price)},"qty":${sizeText(instrument, size)}}`;
}

/** A frame of the `book` channel. `bids` and `asks` are rows, joined by commas. */
export function bookFrame(
  type: 'snapshot' | 'update',
  market: PairMarket,
  rows: { bids: string; asks: string },
  checksum: number,
): string {
  return (
    `{"channel":"book","type":"${type}","data":[{"symbol":"${symbolOf(market.instrument)}",` +
    `"bids":[${rows.bids}],"asks":[${rows.asks}],` +
    `"checksum":${checksum},"timestamp":"${rfc3339(market.changedUs)}"}]}`
  );
}

/** The depths of `level3`, and the one account that there is. */
export const ORDER_DEPTHS: readonly number[] = [10, 100, 1_000];
export const CREDENTIALS = { key: 'simulated-key', secret: 'c2ltdWxhdGVkLXNlY3JldA==', passphrase: '' } as const;
/** What `level3` is asked for with. */
export const TOKEN = 'simulated-token';

/** The answer of `POST /0/private/GetWebSocketsToken`. */
export const TOKEN_ANSWER = JSON.stringify({ error: [], result: { token: TOKEN, expires: 900 } });

/** The venue's name of an order. */
export function orderIdOf(id: number): string {
  return `OSIMUL-AAAAA-${String(id).padStart(6, '0')}`;
}

/** An order of a snapshot. */
export function orderListRow(instrument: SimInstrument, { id, price, size }: SimOrder, us: number): string {
  return (
    `{"order_id":"${orderIdOf(id)}","limit_price":${priceText(instrument, price)},` +
    `"order_qty":${sizeText(instrument, size)},"timestamp":"${rfc3339(us)}"}`
  );
}

/** What became of an order. */
export function orderEventRow(
  instrument: SimInstrument,
  event: 'add' | 'modify' | 'delete',
  order: SimOrder,
  us: number,
): string {
  return `{"event":"${event}",${orderListRow(instrument, order, us).slice(1)}`;
}

/** A frame of the `level3` channel. `bids` and `asks` are rows, joined by commas. */
export function level3Frame(
  type: 'snapshot' | 'update',
  market: PairMarket,
  rows: { bids: string; asks: string },
  checksum: number,
): string {
  return (
    `{"channel":"level3","type":"${type}","data":[{"symbol":"${symbolOf(market.instrument)}",` +
    `"bids":[${rows.bids}],"asks":[${rows.asks}],` +
    `"checksum":${checksum},"timestamp":"${rfc3339(market.changedUs)}"}]}`
  );
}

/**
 * CRC-32 over the digits of the best ten asks, then bids, best first: price and quantity without point and leading
 * zeros. These digits are just the integers that the texts stand for.
 */
export function bookChecksum({ instrument, bids, asks }: PairMarket): number {
  return crc32(checksumDigits(asks, instrument.tickUnits) + checksumDigits(bids, instrument.tickUnits));
}

function checksumDigits(ladder: Ladder, tickUnits: number): string {
  let digits = '';
  for (let rank = 0; rank < Math.min(CHECKSUM_LEVELS, ladder.length); rank++) {
    digits += `${(ladder.priceAt(rank) ?? 0) * tickUnits}${ladder.sizeAt(rank)}`;
  }
  return digits;
}

/** A trade row of the `trade` channel. */
export function tradeRow(instrument: SimInstrument, trade: MarketTrade, exchangeUs: number): string {
  return (
    `{"symbol":"${symbolOf(instrument)}","side":"${trade.takerSide}",` +
    `"price":${priceText(instrument, trade.price)},"qty":${sizeText(instrument, trade.size)},` +
    `"ord_type":"market","trade_id":${trade.id},"timestamp":"${rfc3339(exchangeUs)}"}`
  );
}

export function tradeFrame(type: 'snapshot' | 'update', rows: readonly string[]): string {
  return `{"channel":"trade","type":"${type}","data":[${rows.join(',')}]}`;
}

/** The `instrument` channel's snapshot: all assets and pairs. */
export function instrumentFrame(instruments: readonly SimInstrument[]): string {
  const assets = [...new Set(instruments.flatMap(({ base, quote }) => [base, quote]))].map(
    (id) => `{"id":"${id}","status":"enabled","precision":10,"precision_display":5,"borrowable":false}`,
  );
  const pairs = instruments.map((instrument) => {
    const { base, quote, priceDecimals, sizeDecimals } = instrument;
    const lot = sizeText(instrument, 1);
    return (
      `{"symbol":"${symbolOf(instrument)}","base":"${base}","quote":"${quote}","status":"online",` +
      `"price_precision":${priceDecimals},"price_increment":${priceText(instrument, 1)},` +
      `"qty_precision":${sizeDecimals},"qty_increment":${lot},"qty_min":${lot},` +
      `"cost_precision":${priceDecimals + sizeDecimals},"cost_min":0.5,"marginable":false,"has_index":false}`
    );
  });
  return `{"channel":"instrument","type":"snapshot","data":{"assets":[${assets.join(',')}],"pairs":[${pairs.join(',')}]}}`;
}

/** Assets that the REST interface still calls by their old names, which the WebSocket no longer does. */
const REST_NAMES: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };

/**
 * The answer of `GET /0/public/AssetPairs`: every pair by its alternative name.
 * https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs
 */
export function assetPairsAnswer(instruments: readonly SimInstrument[]): string {
  return JSON.stringify({ error: [], result: Object.fromEntries(instruments.map(assetPair)) });
}

function assetPair(instrument: SimInstrument): [name: string, pair: Record<string, unknown>] {
  const { priceDecimals, sizeDecimals } = instrument;
  const base = REST_NAMES[instrument.base] ?? instrument.base;
  const quote = REST_NAMES[instrument.quote] ?? instrument.quote;
  const altname = `${base}${quote}`;
  const pair = {
    ...{ altname, wsname: `${base}/${quote}`, aclass_base: 'currency', base, aclass_quote: 'currency', quote },
    ...{ pair_decimals: priceDecimals, cost_decimals: priceDecimals + sizeDecimals, lot_decimals: sizeDecimals },
    ...{ lot: 'unit', lot_multiplier: 1, ordermin: sizeText(instrument, 1), costmin: '0.5' },
    ...{ tick_size: priceText(instrument, 1), status: 'online' },
  };
  return [altname, pair];
}

/** First frame of a connection. Connection ids pass 2^53 on purpose: the venue's do. */
export function statusFrame(connectionId: number): string {
  const id = 9_007_199_254_740_993n + BigInt(connectionId);
  return (
    '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",' +
    `"connection_id":${id}}]}`
  );
}

export const HEARTBEAT = '{"channel":"heartbeat"}';

const symbols = z.array(z.string()).min(1);
const book = z.object({
  channel: z.literal('book'),
  symbol: symbols,
  depth: z.int().default(BOOK_DEPTH_DEFAULT),
  snapshot: z.boolean().default(true),
});
const level3 = z.object({
  channel: z.literal('level3'),
  symbol: symbols,
  depth: z.int().default(BOOK_DEPTH_DEFAULT),
  snapshot: z.boolean().default(true),
  token: z.string().default(''),
});
const trade = z.object({ channel: z.literal('trade'), symbol: symbols, snapshot: z.boolean().default(false) });
const instrument = z.object({ channel: z.literal('instrument'), snapshot: z.boolean().default(true) });
const reqId = z.int().optional();

export const channelSchema = z.discriminatedUnion('channel', [book, level3, trade, instrument]);
export type ChannelRequest = z.infer<typeof channelSchema>;

/** What a client may send. */
export const requestSchema = z.discriminatedUnion('method', [
  z.object({ method: z.enum(['subscribe', 'unsubscribe']), params: channelSchema, req_id: reqId }),
  z.object({ method: z.literal('ping'), req_id: reqId }),
]);

/** An answer to a request. `time_in` and `time_out` are the same moment, as no simulated time passes between. */
export function reply(fields: Record<string, unknown>, nowUs: number): string {
  const time = rfc3339(nowUs);
  return JSON.stringify({ ...fields, time_in: time, time_out: time });
}
