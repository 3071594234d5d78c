/** What both of Gemini's wires share: symbols, instruments and the limits of its hosts. */

import type { InstrumentRow, WireMessage, WireSink } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ComparisonRule, RestRequest, WireLimits } from '../ports/exchange-wire.ts';
import { isObject, parseJsonWithNumberTexts, text, words } from './json.ts';
import { quoteSplitter } from './quote-splitter.ts';

/**
 * Lists the details of all symbols in one answer. The venue documents one request per symbol only
 * (https://docs.gemini.com/rest-api/#symbol-details); an answer of either shape is read.
 */
const DETAILS_OF_ALL = '/v1/symbols/details/all';
/** A whole book by REST. */
const BOOK_URL = /\/v1\/book\/([^/?]+)\?limit_bids=0&limit_asks=0$/;
const SYMBOLS_PATH = /\/v1\/symbols(?:[/?]|$)/;

/** What Gemini prices its pairs in. */
const splitAtQuote = quoteSplitter('RLUSD GUSD USDC USDT USD BTC ETH SOL EUR GBP SGD DAI LTC BCH FIL');
/** Assets whose pairs with USD look like pairs with GUSD. */
const ENDS_IN_G = /^(PAXG|USDG)(USD)$/;

export const geminiLimits = {
  connectionLifeMs: null,
  connectionsPerInterval: { count: 300, intervalMs: 300_000 },
  // Public requests per minute.
  restWeight: { budget: 120, intervalMs: 60_000 },
} satisfies Partial<WireLimits>;

/** Parts `BTCUSD` or `btcusd`; null where it ends in none of the venue's quotes, as `BTCGUSDPERP` does. */
export function splitGeminiSymbol(venueSymbol: string): { base: string; quote: string } | null {
  const symbol = venueSymbol.toUpperCase();
  const [, exception, dollar] = ENDS_IN_G.exec(symbol) ?? [];
  if (exception !== undefined && dollar !== undefined) return { base: exception, quote: dollar };
  return splitAtQuote(symbol);
}

export function geminiInstrumentsRequest(): RestRequest {
  return { path: DETAILS_OF_ALL, weight: 1 };
}

/** The answer names no moment, and how old it may be is not published. */
export const geminiComparison: ComparisonRule = {
  request: (venueSymbol) => ({ path: `/v1/book/${venueSymbol.toLowerCase()}?limit_bids=0&limit_asks=0`, weight: 1 }),
  leadMs: 5_000,
  settleMs: 2_000,
};

/** The symbol, in small letters, of a book by REST; empty where the URL is of anything else. */
export function routeGeminiHttp(url: string): string {
  return BOOK_URL.exec(url)?.[1] ?? '';
}

/** The new wire writes symbols in small letters, the archived one in capitals: an instrument goes by both. */
function inBothSpellings(row: InstrumentRow): InstrumentRow[] {
  const { venueSymbol } = row;
  return [
    { ...row, venueSymbol: venueSymbol.toLowerCase() },
    { ...row, venueSymbol: venueSymbol.toUpperCase() },
  ];
}

/**
 * Sample: `{"symbol":"BTCUSD","quote_currency":"USD","tick_size":0.00000001,"quote_increment":0.01,"status":"open",
 * "product_type":"spot","base_currency":"BTC"}`. The venue's `tick_size` is the step of sizes; that of prices is
 * `quote_increment`. Swaps are left out: BTCUSDCPERP is not the pair BTC-USDC, although its currencies are.
 */
function rowsOfDetails(details: unknown): InstrumentRow[] {
  if (!isObject(details) || details['product_type'] !== 'spot') return [];
  const [venueSymbol, base, quote] = ['symbol', 'base_currency', 'quote_currency'].map((name) => text(details[name]));
  if (!venueSymbol || !base || !quote) return [];
  return inBothSpellings({
    venueSymbol,
    base,
    quote,
    tickSize: text(details['quote_increment']) || null,
    lotSize: text(details['tick_size']) || null,
    tradable: details['status'] !== 'closed',
  });
}

/** A row of the plain list of names, of which nothing else is known. */
function rowsOfName(venueSymbol: string): InstrumentRow[] {
  const parts = splitGeminiSymbol(venueSymbol);
  if (parts === null) return [];
  return inBothSpellings({ venueSymbol, ...parts, tickSize: null, lotSize: null, tradable: true });
}

/** Sample: `{"bids":[{"price":"64250.10","amount":"0.75","timestamp":"1785000000"}],"asks":[]}`; the timestamp is no order's. */
function parseRestBook(message: WireMessage, symbol: string, body: Uint8Array, sink: WireSink): void {
  const answer = parseJsonWithNumberTexts(textOfUtf8(body));
  message.start('snapshot', symbol);
  const pushSide = (side: number, rows: unknown): boolean =>
    Array.isArray(rows) &&
    (rows as unknown[]).every(
      (row) => isObject(row) && message.levels.push(side, text(row['price']), text(row['amount'])),
    );
  if (isObject(answer) && pushSide(BID, answer['bids']) && pushSide(ASK, answer['asks'])) return sink(message);
  const said = isObject(answer) ? words(answer['reason']) : '';
  message.start('malformed', symbol).detail =
    `book: a level is not {price, amount}; the venue said ${said || 'nothing'}`;
  return sink(message);
}

/**
 * Hands over a book by REST, the instruments in an answer to `/v1/symbols` (names) or `/v1/symbols/details/…` (one, or a list); any other
 * answer is not used.
 */
export function parseGeminiHttp(message: WireMessage, url: string, body: Uint8Array, sink: WireSink): void {
  const symbol = routeGeminiHttp(url);
  if (symbol !== '') return parseRestBook(message, symbol, body, sink);
  if (!SYMBOLS_PATH.test(url)) return sink(message.start('ignored'));
  const answer = parseJsonWithNumberTexts(textOfUtf8(body));
  if (!Array.isArray(answer) && !(isObject(answer) && 'symbol' in answer)) {
    const said = isObject(answer) ? words(answer['reason']) : '';
    message.start('malformed').detail = `${url}: neither a list nor a symbol; the venue said ${said || 'nothing'}`;
    return sink(message);
  }
  const items: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  message.start('instruments');
  message.instruments = items.flatMap((item) => (typeof item === 'string' ? rowsOfName(item) : rowsOfDetails(item)));
  return sink(message);
}
