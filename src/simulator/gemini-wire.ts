/**
 * Texts of Gemini's WebSocket API of `ws.gemini.com` and of the lists in its REST API, without state. Times are
 * nanoseconds, written as JSON numbers that a double cannot hold, so frames are put together as text.
 * https://developer.gemini.com/websocket/streams
 */

import { z } from 'zod';
import { decimalText } from './decimal-text.ts';
import type { SimInstrument } from './instrument.ts';
import type { Ladder } from './ladder.ts';
import type { MarketTrade } from './pair-market.ts';

/** Levels per side of a REST book that names no limit. */
const REST_LEVELS_DEFAULT = 50;

/** The name in streams and frames: `btcusd`. */
export function symbolOf({ base, quote }: SimInstrument): string {
  return `${base}${quote}`.toLowerCase();
}

export function priceText({ tickUnits, priceDecimals }: SimInstrument, price: number): string {
  return decimalText(price * tickUnits, priceDecimals);
}

export function sizeText({ sizeDecimals }: SimInstrument, size: number): string {
  return decimalText(size, sizeDecimals);
}

/**
 * A time in nanoseconds, 19 digits. The market knows microseconds; the digits below come from `fraction`, any whole
 * number, so that whoever reads the time as a double gets another one.
 */
function nanoseconds(us: number, fraction: number): string {
  return `${us}${String(fraction % 1_000).padStart(3, '0')}`;
}

function rows(instrument: SimInstrument, levels: Iterable<readonly [price: number, size: number]>): string {
  let text = '';
  for (const [price, size] of levels) {
    text += `${text === '' ? '' : ','}["${priceText(instrument, price)}","${sizeText(instrument, size)}"]`;
  }
  return `[${text}]`;
}

/** The best levels of a side, at most `limit`, best first. */
function* levelsOf(ladder: Ladder, limit: number): Generator<readonly [price: number, size: number]> {
  for (let rank = 0; rank < Math.min(limit, ladder.length); rank++) {
    yield [ladder.priceAt(rank) ?? 0, ladder.sizeAt(rank)];
  }
}

/**
 * `<symbol>@depth@100ms`: what happened behind the update `first`, up to and with `last`, as absolute sizes by price in
 * ticks; size 0 removes.
 */
export function depthEvent(
  instrument: SimInstrument,
  event: {
    readonly eventUs: number;
    readonly first: number;
    readonly last: number;
    readonly bids: Iterable<readonly [price: number, size: number]>;
    readonly asks: Iterable<readonly [price: number, size: number]>;
  },
): string {
  const { eventUs, first, last, bids, asks } = event;
  return (
    `{"e":"depthUpdate","E":${nanoseconds(eventUs, last)},"s":"${symbolOf(instrument)}",` +
    `"U":${first},"u":${last},"b":${rows(instrument, bids)},"a":${rows(instrument, asks)}}`
  );
}

/** The book as of the update `last`, in the shape of a difference; its two numbers are the same. */
export function wholeBookEvent(
  instrument: SimInstrument,
  book: { readonly eventUs: number; readonly last: number; readonly bids: Ladder; readonly asks: Ladder },
  limit: number,
): string {
  const { eventUs, last } = book;
  const [bids, asks] = [levelsOf(book.bids, limit), levelsOf(book.asks, limit)];
  return depthEvent(instrument, { eventUs, first: last, last, bids, asks });
}

/** `<symbol>@trade`. `m` says that the buyer was the maker: the taker sold. */
export function tradeEvent(instrument: SimInstrument, trade: MarketTrade, id: number, eventUs: number): string {
  return (
    `{"E":${nanoseconds(eventUs, id)},"s":"${symbolOf(instrument)}","t":${id},` +
    `"p":"${priceText(instrument, trade.price)}","q":"${sizeText(instrument, trade.size)}",` +
    `"m":${trade.takerSide === 'sell'}}`
  );
}

/** `<symbol>@bookTicker`: best prices and sizes as of an update. */
export function tickerEvent(
  instrument: SimInstrument,
  book: { readonly eventUs: number; readonly last: number; readonly bids: Ladder; readonly asks: Ladder },
): string {
  const { eventUs, last, bids, asks } = book;
  return (
    `{"u":${last},"E":${nanoseconds(eventUs, last)},"s":"${symbolOf(instrument)}",` +
    `"b":"${priceText(instrument, bids.priceAt(0) ?? 0)}","B":"${sizeText(instrument, bids.sizeAt(0))}",` +
    `"a":"${priceText(instrument, asks.priceAt(0) ?? 0)}","A":"${sizeText(instrument, asks.sizeAt(0))}"}`
  );
}

/** What a client may send. Methods are written in capitals here, as the documentation has them in both ways. */
export const requestSchema = z.object({
  id: z.union([z.string(), z.int()]),
  method: z.string().toUpperCase(),
  params: z.unknown().optional(),
});

/** Params of SUBSCRIBE and UNSUBSCRIBE. */
export const streamsSchema = z.array(z.string()).min(1);

type RequestId = z.infer<typeof requestSchema>['id'];

/** The reply to a request that was obeyed. */
export function reply(id: RequestId, result: unknown): string {
  return JSON.stringify({ id, status: 200, result });
}

/** Why a request is refused. https://developer.gemini.com/websocket/message-format#error-codes */
const REFUSALS = {
  'authentication-required': { status: 401, code: -1002 },
  'invalid-parameters': { status: 400, code: -1013 },
  'unsupported-operation': { status: 400, code: -1020 },
} as const;

/** The reply to a request that was not obeyed. @param id null where the request could not be read */
export function refusal(id: RequestId | null, reason: keyof typeof REFUSALS, msg: string): string {
  const { status, code } = REFUSALS[reason];
  return JSON.stringify({ id, status, error: { code, msg } });
}

/** `GET /v1/symbols`. */
export function symbolsAnswer(instruments: readonly SimInstrument[]): string {
  return JSON.stringify(instruments.map(symbolOf));
}

/**
 * `GET /v1/symbols/details/<symbol>`. The venue's `tick_size` is the step of sizes and `quote_increment` that of prices;
 * both are JSON numbers, while the smallest order is a text.
 */
export function detailsAnswer(instrument: SimInstrument): string {
  const { base, quote } = instrument;
  const lot = sizeText(instrument, 1);
  return (
    `{"symbol":"${symbolOf(instrument).toUpperCase()}","base_currency":"${base}","quote_currency":"${quote}",` +
    `"tick_size":${lot},"quote_increment":${priceText(instrument, 1)},"min_order_size":"${lot}","status":"open",` +
    `"wrap_enabled":false,"product_type":"spot","contract_type":"vanilla","contract_price_currency":"${quote}"}`
  );
}

/** `GET /v1/symbols/details/all`. */
export function allDetailsAnswer(instruments: readonly SimInstrument[]): string {
  return `[${instruments.map(detailsAnswer).join(',')}]`;
}

/** `GET /v1/book/<symbol>`. @param limits the query's limits per side; 0 is all levels */
export function bookAnswer(
  instrument: SimInstrument,
  book: { readonly bids: Ladder; readonly asks: Ladder; readonly nowUs: number },
  limits: { readonly bids: string | null; readonly asks: string | null },
): string {
  const timestamp = String(Math.floor(book.nowUs / 1_000_000));
  const side = (ladder: Ladder, limit: string | null): unknown[] =>
    Array.from(levelsOf(ladder, restLimit(limit)), ([price, size]) => ({
      price: priceText(instrument, price),
      amount: sizeText(instrument, size),
      timestamp,
    }));
  return JSON.stringify({ bids: side(book.bids, limits.bids), asks: side(book.asks, limits.asks) });
}

function restLimit(text: string | null): number {
  const limit = text === null ? REST_LEVELS_DEFAULT : Number(text);
  return limit === 0 ? Infinity : limit;
}

/** Body of a failed REST request. */
export function restError(reason: string, message: string): string {
  return JSON.stringify({ result: 'error', reason, message });
}
