/** What both of Coinbase's wires share: how it names pairs, writes times and lists what it trades. */

import type { InstrumentRow, WireMessage, WireSink } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJson, text, words } from './json.ts';
import { usFromRfc3339 } from '../lib/times.ts';

/** What Go, and so the venue, writes for a time that was never set; it has come with updates that were good. */
const UNSET_TIME = '0001-01-01T';
const PRODUCTS_PATH = /\/products(?:\?|$)/;

/** Host names of Advanced Trade: `advanced-trade-ws.coinbase.com` and that for the data of users. */
const ADVANCED_HOST = /^wss?:\/\/advanced-trade-ws\b/;

/** Whether a socket opened to this URL speaks Advanced Trade; every other one is taken for the feed of Exchange. */
export const isAdvancedTrade = (url: string): boolean => ADVANCED_HOST.test(url);

/** `BTC-USD` is BTC and USD; null where the text is no pair. */
export function splitCoinbaseSymbol(venueSymbol: string): { base: string; quote: string } | null {
  const [base = '', quote = '', ...more] = venueSymbol.split('-');
  return base === '' || quote === '' || more.length > 0 ? null : { base, quote };
}

/**
 * A field with a time as µs since the epoch: NaN where the venue leaves it out or never set it, null where there is
 * something else in it.
 */
export function coinbaseTime(value: unknown): number | null {
  if (value === undefined || text(value).startsWith(UNSET_TIME)) return NaN;
  const us = usFromRfc3339(text(value));
  if (Number.isNaN(us)) return null;
  // The epoch itself is another way of saying that there is none.
  return us > 0 ? us : NaN;
}

/**
 * Hands over the products of either REST interface, whichever wire is asked; anything else by REST is not used. On both,
 * `base_increment` is the step of sizes. Futures go by names of their own and are left out.
 *
 * Samples: `[{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01",
 * "base_increment":"0.00000001","status":"online","cancel_only":false,"trading_disabled":false}]` and
 * `{"products":[{"product_id":"BTC-USD","base_currency_id":"BTC","quote_currency_id":"USD","price_increment":"0.01",
 * "base_increment":"0.00000001","status":"online","is_disabled":false,"view_only":false,"product_type":"SPOT"}]}`
 */
export function parseCoinbaseHttp(message: WireMessage, url: string, body: Uint8Array, sink: WireSink): void {
  if (!PRODUCTS_PATH.test(url)) return sink(message.start('ignored'));
  const answer = parseJson(textOfUtf8(body));
  const products = isObject(answer) ? answer['products'] : answer;
  if (!Array.isArray(products)) {
    const said = isObject(answer) ? words(answer['message']) : '';
    message.start('malformed').detail = `products: no list; the venue said ${said || 'nothing'}`;
    return sink(message);
  }
  message.start('instruments').instruments = (products as unknown[]).filter(isObject).flatMap(instrumentOf);
  return sink(message);
}

function instrumentOf(product: JsonObject): InstrumentRow[] {
  const isAdvanced = 'product_id' in product;
  const venueSymbol = text(product[isAdvanced ? 'product_id' : 'id']);
  const base = text(product[isAdvanced ? 'base_currency_id' : 'base_currency']);
  const quote = text(product[isAdvanced ? 'quote_currency_id' : 'quote_currency']);
  if (venueSymbol === '' || base === '' || quote === '') return [];
  if (product['product_type'] !== undefined && product['product_type'] !== 'SPOT') return [];
  return [
    {
      venueSymbol,
      base,
      quote,
      // Advanced has a `quote_increment` too: the step of amounts of money.
      tickSize: step(product[isAdvanced ? 'price_increment' : 'quote_increment']),
      lotSize: step(product['base_increment']),
      tradable: product['status'] === 'online' && !RESTING.some((flag) => product[flag] === true),
    },
  ];
}

/** Each of these means that nothing is traded; `post_only` and `limit_only` restrict orders alone. */
const RESTING = ['trading_disabled', 'cancel_only', 'is_disabled', 'view_only'] as const;

function step(value: unknown): string | null {
  return Number(text(value)) > 0 ? text(value) : null;
}
