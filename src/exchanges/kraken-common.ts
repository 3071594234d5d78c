/** What both of Kraken's wires share. */

import { textOfUtf8 } from '../lib/utf8.ts';
import type { WireMessage, WireSink } from '../book/wire-message.ts';
import type { RestRequest, WireLimits } from '../ports/exchange-wire.ts';
import { integer, isObject, parseJson, text, words } from './json.ts';

/** Kraken's old names of two assets; https://support.kraken.com/articles/360001185506 */
const RENAMED: Readonly<Record<string, string>> = { XBT: 'BTC', XDG: 'DOGE' };

export const KRAKEN_DEPTHS = [10, 25, 100, 500, 1000] as const;

/** `XBT/USD` is BTC and USD; null where the text is no pair. */
export function splitKrakenSymbol(venueSymbol: string): { base: string; quote: string } | null {
  const [base = '', quote = '', ...more] = venueSymbol.split('/');
  if (base === '' || quote === '' || more.length > 0) return null;
  return { base: RENAMED[base] ?? base, quote: RENAMED[quote] ?? quote };
}

/** A subscription serves one of five depths: the smallest that holds what was asked for. */
export function krakenDepth(wanted: number): number {
  return KRAKEN_DEPTHS.find((depth) => depth >= wanted) ?? 1000;
}

/** The depth that the venue names: 10 where it leaves it out, NaN where it serves no such depth. */
export function servedDepth(named: unknown): number {
  if (named === undefined) return KRAKEN_DEPTHS[0];
  const depth = Number(words(named));
  return KRAKEN_DEPTHS.find((served) => served === depth) ?? NaN;
}

const DEPTH_BY_CHANNEL: ReadonlyMap<string, number> = new Map([
  ['book', KRAKEN_DEPTHS[0]],
  ...KRAKEN_DEPTHS.map((depth) => [`book-${depth}`, depth] as const),
]);

/** The depth of v1's channel of that name, such as `book-1000`; NaN for any name that the venue has no book channel of. */
export function depthOfChannel(name: string): number {
  return DEPTH_BY_CHANNEL.get(name) ?? NaN;
}

export const krakenLimits = {
  pairsPerConnection: 200,
  sendIntervalMs: 200,
  // A heartbeat comes each second once something is subscribed.
  silenceMs: 5_000,
  connectionLifeMs: null,
  connectionsPerInterval: { count: 150, intervalMs: 600_000 },
  restWeight: { budget: 60, intervalMs: 60_000 },
} satisfies Omit<WireLimits, 'ping'>;

export function krakenInstrumentsRequest(): RestRequest {
  return { path: '/0/public/AssetPairs', weight: 1 };
}

/** Hands over the pairs of `GET /0/public/AssetPairs`; anything else by REST is not used. */
export function parseKrakenHttp(message: WireMessage, url: string, body: Uint8Array, sink: WireSink): void {
  if (!/\/0\/public\/AssetPairs/.test(url)) return sink(message.start('ignored'));
  const answer = parseJson(textOfUtf8(body));
  const result = isObject(answer) ? answer['result'] : undefined;
  if (!isObject(result)) {
    message.start('malformed').detail = 'AssetPairs: no result object';
    return sink(message);
  }
  message.start('instruments');
  message.instruments = Object.entries(result).flatMap(([name, pair]) => {
    // Names that end in .d are the dark pool's, without a public book.
    if (!isObject(pair) || name.endsWith('.d')) return [];
    const venueSymbol = text(pair['wsname']);
    const parts = splitKrakenSymbol(venueSymbol);
    if (parts === null) return [];
    const lotDecimals = integer(pair['lot_decimals']);
    const priceDecimals = integer(pair['pair_decimals']);
    return [
      {
        venueSymbol,
        ...parts,
        tickSize: text(pair['tick_size']) || decimalStep(priceDecimals),
        lotSize: decimalStep(lotDecimals),
        tradable: pair['status'] === undefined || pair['status'] === 'online',
      },
    ];
  });
  return sink(message);
}

/** 10^-decimals as a plain text, null where the count is nonsense. */
export function decimalStep(decimals: number): string | null {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 20) return null;
  return decimals === 0 ? '1' : `0.${'0'.repeat(decimals - 1)}1`;
}
