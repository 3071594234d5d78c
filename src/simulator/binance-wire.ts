/**
 * Texts of the Binance spot API, without state: market streams, REST answers and control replies.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 */

import { z } from 'zod';
import { decimalText } from './decimal-text.ts';
import type { SimInstrument } from './instrument.ts';
import type { Ladder } from './ladder.ts';
import type { MarketTrade } from './pair-market.ts';

/** Prices and sizes are written with this many decimals, whatever the grid of the pair. */
const WIRE_DECIMALS = 8;
const USDT_MINIMUM = '5.00000000';
/** Request weight per minute and address that `exchangeInfo` announces. */
export const WEIGHT_PER_MINUTE = 6_000;
/** Levels per side of the largest snapshot. */
export const SNAPSHOT_LEVELS_MAX = 5_000;
const SNAPSHOT_LEVELS_DEFAULT = 100;
export const EXCHANGE_INFO_WEIGHT = 20;

/** The name on the wire: `BTCUSDT`. */
export function symbolOf(instrument: SimInstrument): string {
  return instrument.base + instrument.quote;
}

export function priceText({ tickUnits, priceDecimals }: SimInstrument, price: number): string {
  return decimalText(price * tickUnits, priceDecimals, WIRE_DECIMALS);
}

export function sizeText({ sizeDecimals }: SimInstrument, size: number): string {
  return decimalText(size, sizeDecimals, WIRE_DECIMALS);
}

function row(instrument: SimInstrument, price: number, size: number): string {
  return `["${priceText(instrument, price)}","${sizeText(instrument, size)}"]`;
}

/** Rows of the changed levels in the order in which they were first touched. */
export function changedRows(instrument: SimInstrument, sizes: ReadonlyMap<number, number>): string {
  let rows = '';
  for (const [price, size] of sizes) rows += (rows === '' ? '' : ',') + row(instrument, price, size);
  return `[${rows}]`;
}

/** `<symbol>@depth@100ms`: `first` and `last` are the update ids that the event folds, both inclusive. */
export function depthEvent(event: {
  symbol: string;
  eventMs: number;
  first: number;
  last: number;
  bids: string;
  asks: string;
}): string {
  const { symbol, eventMs, first, last, bids, asks } = event;
  return `{"e":"depthUpdate","E":${eventMs},"s":"${symbol}","U":${first},"u":${last},"b":${bids},"a":${asks}}`;
}

/** `<symbol>@trade`. `m` says that the buyer was the maker: the taker sold. */
export function tradeEvent(instrument: SimInstrument, trade: MarketTrade, eventMs: number): string {
  return (
    `{"e":"trade","E":${eventMs},"s":"${symbolOf(instrument)}","t":${trade.id},` +
    `"p":"${priceText(instrument, trade.price)}","q":"${sizeText(instrument, trade.size)}",` +
    `"T":${eventMs},"m":${trade.takerSide === 'sell'},"M":true}`
  );
}

/** `<symbol>@bookTicker`; carries no time. */
export function tickerEvent(instrument: SimInstrument, updateId: number, bids: Ladder, asks: Ladder): string {
  return (
    `{"u":${updateId},"s":"${symbolOf(instrument)}",` +
    `"b":"${priceText(instrument, bids.priceAt(0) ?? 0)}","B":"${sizeText(instrument, bids.sizeAt(0))}",` +
    `"a":"${priceText(instrument, asks.priceAt(0) ?? 0)}","A":"${sizeText(instrument, asks.sizeAt(0))}"}`
  );
}

/** `GET /api/v3/depth`: the best `limit` levels of both sides. */
export function snapshot(
  instrument: SimInstrument,
  book: { lastUpdateId: number; bids: Ladder; asks: Ladder },
  limit: number,
): string {
  const side = (ladder: Ladder): string => {
    const rows: string[] = [];
    for (let rank = 0; rank < Math.min(limit, ladder.length); rank++) {
      rows.push(row(instrument, ladder.priceAt(rank) ?? 0, ladder.sizeAt(rank)));
    }
    return `[${rows.join(',')}]`;
  };
  return `{"lastUpdateId":${book.lastUpdateId},"bids":${side(book.bids)},"asks":${side(book.asks)}}`;
}

/** The `limit` of a snapshot request, or `undefined` where it is none. */
export function snapshotLimit(text: string | null): number | undefined {
  if (text === null) return SNAPSHOT_LEVELS_DEFAULT;
  const limit = Number(text);
  return Number.isInteger(limit) && limit >= 1 ? Math.min(limit, SNAPSHOT_LEVELS_MAX) : undefined;
}

/** Weight of a snapshot request by its limit. */
export function snapshotWeight(limit: number): number {
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

/** `GET /api/v3/exchangeInfo`. */
export function exchangeInfo(instruments: readonly SimInstrument[], serverMs: number): string {
  const rateLimits = [
    { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: WEIGHT_PER_MINUTE },
    { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 61_000 },
  ];
  const symbols = instruments.map(symbolInfo);
  return JSON.stringify({ timezone: 'UTC', serverTime: serverMs, rateLimits, exchangeFilters: [], symbols });
}

function symbolInfo(instrument: SimInstrument): Record<string, unknown> {
  const { base, quote } = instrument;
  const lot = sizeText(instrument, 1);
  return {
    symbol: symbolOf(instrument),
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: WIRE_DECIMALS,
    quoteAsset: quote,
    quotePrecision: WIRE_DECIMALS,
    quoteAssetPrecision: WIRE_DECIMALS,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET'],
    icebergAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      {
        filterType: 'PRICE_FILTER',
        minPrice: priceText(instrument, 1),
        maxPrice: priceText(instrument, instrument.startTicks * 10),
        tickSize: priceText(instrument, 1),
      },
      { filterType: 'LOT_SIZE', minQty: lot, maxQty: sizeText(instrument, 10 ** 15), stepSize: lot },
      { filterType: 'NOTIONAL', minNotional: USDT_MINIMUM, applyMinToMarket: true },
    ],
    permissions: ['SPOT'],
  };
}

const idSchema = z.union([z.int(), z.string().regex(/^[A-Za-z0-9]{1,36}$/), z.null()]);

/** What a client may send. */
export const requestSchema = z.discriminatedUnion('method', [
  z.object({ method: z.enum(['SUBSCRIBE', 'UNSUBSCRIBE']), params: z.array(z.string()).min(1), id: idSchema }),
  z.object({ method: z.literal('LIST_SUBSCRIPTIONS'), id: idSchema }),
  z.object({ method: z.literal('SET_PROPERTY'), params: z.tuple([z.literal('combined'), z.boolean()]), id: idSchema }),
]);

/** The reply to a request that was obeyed. */
export function controlReply(id: unknown, result: unknown): string {
  return JSON.stringify({ result, id });
}

/** Codes of error frames: 2 invalid request, 3 invalid JSON. */
export function controlError(code: 2 | 3, message: string): string {
  return JSON.stringify({ code, msg: message });
}

/** Body of a failed REST request. */
export function restError(code: number, message: string): string {
  return JSON.stringify({ code, msg: message });
}
