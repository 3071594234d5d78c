/**
 * Kraken spot, WebSocket v1: frozen by the venue, still spoken by recordings.
 * https://docs.kraken.com/api/docs/websocket-v1/book
 *
 * How its book works. As v2 (same window, same checksum), but numbers are strings and a frame is an array whose last two
 * elements name channel and pair: `[336,{"a":[…]},{"b":[…],"c":"974947235"},"book-1000","XBT/USD"]`. Asks and bids
 * may come in one object or in two; the checksum is in the last. A fourth element `"r"` marks a level that came back
 * into the window: it is set like any other, but its time is old.
 */

import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire, Subscription } from '../ports/exchange-wire.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJson, text } from './json.ts';
import {
  depthOfChannel,
  krakenDepth,
  krakenInstrumentsRequest,
  krakenLimits,
  parseKrakenHttp,
  servedDepth,
  splitKrakenSymbol,
} from './kraken-common.ts';
import { scanFrame } from './kraken-v1-scan.ts';
import { plainReader } from './plain-reader.ts';
import { usFromEpochSeconds } from '../lib/times.ts';

const HEAD_BYTES = 64;
const LAST_TEXT = /"([^"\\]+)"\s*\]\s*$/;
const PAIR_FIELD = /"pair"\s*:\s*"([^"\\]+)"/;

const message = new WireMessage();

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

function pushLevels(side: number, rows: unknown): boolean {
  if (rows === undefined) return true;
  if (!Array.isArray(rows)) return false;
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row) || !message.levels.push(side, text(row[0]), text(row[1]))) return false;
    const at = usFromEpochSeconds(text(row[2]));
    if (Number.isNaN(at)) return false;
    if (row[3] !== 'r' && !(message.exchangeUs >= at)) message.exchangeUs = at;
  }
  return true;
}

function parseBook(channel: string, pair: string, parts: readonly JsonObject[], sink: WireSink): void {
  const isSnapshot = parts.some((part) => 'as' in part || 'bs' in part);
  message.start(isSnapshot ? 'snapshot' : 'delta', pair);
  message.depth = depthOfChannel(channel);
  if (Number.isNaN(message.depth)) return malformed(sink, `book: no such depth as that of ${channel}`, pair);
  for (const part of parts) {
    // In the order in which the venue writes them.
    const [asks, bids] = isSnapshot ? [part['as'], part['bs']] : [part['a'], part['b']];
    if (!pushLevels(ASK, asks) || !pushLevels(BID, bids)) {
      return malformed(sink, 'book: a level is not [price, volume, time]', pair);
    }
  }
  const checksum = text(parts.at(-1)?.['c']);
  message.checksum = checksum === '' ? NaN : Number(checksum);
  if (!isSnapshot && !Number.isInteger(message.checksum)) return malformed(sink, 'book: no checksum c', pair);
  return sink(message);
}

function parseTrades(pair: string, rows: unknown, sink: WireSink): void {
  message.start('trades', pair);
  if (!Array.isArray(rows) || rows.length === 0) return malformed(sink, 'trade: no rows', pair);
  for (const row of rows as unknown[]) {
    const [price, size, time, side] = Array.isArray(row) ? (row as unknown[]) : [];
    const at = usFromEpochSeconds(text(time));
    message.exchangeUs = at;
    const known = side === 'b' || side === 's';
    if (!known || Number.isNaN(at) || !message.trades.push('', text(price), text(size), side === 'b', at)) {
      return malformed(sink, 'trade: a row is not [price, volume, time, side]', pair);
    }
  }
  return sink(message);
}

function parseEvent(event: JsonObject, sink: WireSink): void {
  const pair = text(event['pair']);
  const subscription = isObject(event['subscription']) ? event['subscription'] : {};
  switch (event['event']) {
    case 'heartbeat':
      return sink(message.start('heartbeat'));
    case 'systemStatus':
      message.start('status').detail = text(event['status']);
      return sink(message);
    case 'subscriptionStatus':
      if (event['status'] === 'error') {
        message.start('refused', pair).detail = text(event['errorMessage']);
      } else if (subscription['name'] === 'book') {
        message.start(event['status'] === 'subscribed' ? 'subscribed' : 'unsubscribed', pair).detail = 'book';
        message.depth = servedDepth(subscription['depth']);
        if (pair === '' || Number.isNaN(message.depth)) {
          return malformed(sink, 'subscriptionStatus: no pair, or no such depth', pair);
        }
      } else {
        message.start('ignored');
      }
      return sink(message);
    case 'pong':
      return sink(message.start('ignored'));
    default:
      return malformed(sink, 'unknown event', pair);
  }
}

/** Any frame of this wire, whatever its spaces and the order of its fields. */
function parseAny(frame: Uint8Array, sink: WireSink): void {
  const outer = parseJson(textOfUtf8(frame));
  if (isObject(outer)) return parseEvent(outer, sink);
  if (!Array.isArray(outer) || outer.length < 4) return malformed(sink, 'not an array of four', krakenV1.route(frame));
  const pair = text(outer.at(-1));
  const channel = text(outer.at(-2));
  if (pair === '' || channel === '') return malformed(sink, 'no channel name or pair at the end');
  if (channel === 'trade') return parseTrades(pair, outer[1], sink);
  if (!channel.startsWith('book')) return sink(message.start('ignored', pair));
  const parts = (outer as unknown[]).slice(1, -2);
  if (!parts.every(isObject)) return malformed(sink, 'book: a payload is not an object', pair);
  return parseBook(channel, pair, parts, sink);
}

/** v1 knows two assets by their old names only. */
function oldName(asset: string): string {
  return asset === 'BTC' ? 'XBT' : asset === 'DOGE' ? 'XDG' : asset;
}

function request(event: string, pairs: readonly string[], subscription: JsonObject): string {
  return JSON.stringify({ event, pair: pairs, subscription });
}

export const krakenV1 = {
  exchange: 'kraken',
  wire: 'kraken-v1',
  rules: { snapshot: 'stream', sequence: 'none', checksum: 'kraken-crc32', keepDigits: true, depth: 'window' },
  limits: { ...krakenLimits, ping: '{"event":"ping"}' },
  endpoints: { ws: 'wss://ws.kraken.com', rest: 'https://api.kraken.com' },

  speaksAt: (url) => /kraken/.test(url) && !/\/v2\/?(\?|$)/.test(url),
  recognises: (frame) => /^\s*(?:\[|\{\s*"event")/.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),

  route: (frame) =>
    (LAST_TEXT.exec(textOfUtf8(frame.subarray(-64)))?.[1] ?? PAIR_FIELD.exec(textOfUtf8(frame))?.[1]) || '',

  reader: plainReader((frame, sink) => {
    if (scanFrame(frame, message)) return sink(message);
    return parseAny(frame, (read) => {
      read.general = true;
      sink(read);
    });
  }),

  connectPath: () => '/',

  subscribe({ venueSymbols, bookDepth }) {
    return [
      request('subscribe', venueSymbols, { name: 'book', depth: krakenDepth(bookDepth) }),
      request('subscribe', venueSymbols, { name: 'trade' }),
    ];
  },

  resubscribe(venueSymbol, { bookDepth }: Subscription) {
    const subscription = { name: 'book', depth: krakenDepth(bookDepth) };
    return [request('unsubscribe', [venueSymbol], subscription), request('subscribe', [venueSymbol], subscription)];
  },

  snapshotRequest: () => null,
  instrumentsRequest: krakenInstrumentsRequest,
  routeHttp: () => '',
  parseHttp: (url, body, sink) => parseKrakenHttp(message, url, body, sink),
  splitSymbol: splitKrakenSymbol,
  venueSymbol: ({ base, quote }) => `${oldName(base)}/${oldName(quote)}`,
} satisfies ExchangeWire;
