/**
 * Kraken spot, WebSocket v2. https://docs.kraken.com/api/docs/websocket-v2/book
 *
 * How its book works. The first frame after a subscription is the snapshot, on the same socket; updates carry absolute
 * quantities. The window is depth-limited: after each message both sides are cut to the subscribed depth, since the
 * venue sends no removal for a level that was pushed out. Nothing is numbered: the CRC-32 that comes with every frame
 * is the gap detector, and it is computed over the digits as sent, so numbers are kept as text.
 */

import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire, Subscription } from '../ports/exchange-wire.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJsonWithNumberTexts, text } from './json.ts';
import {
  krakenDepth,
  krakenInstrumentsRequest,
  krakenLimits,
  parseKrakenHttp,
  servedDepth,
  splitKrakenSymbol,
} from './kraken-common.ts';
import { scanFrame } from './kraken-v2-scan.ts';
import { plainReader } from './plain-reader.ts';
import { usFromRfc3339 } from '../lib/times.ts';

const HEAD_BYTES = 64;
const SYMBOLS = /"symbol"\s*:\s*"([^"\\]+)"/g;
const CONNECTION_LEVEL = /"channel"\s*:\s*"(?:instrument|status|heartbeat)"/;

const message = new WireMessage();

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

function pushLevels(side: number, rows: unknown): boolean {
  if (rows === undefined) return true;
  if (!Array.isArray(rows)) return false;
  return (rows as unknown[]).every(
    (row) => isObject(row) && message.levels.push(side, text(row['price']), text(row['qty'])),
  );
}

/** Sample: `{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":64250.1,"qty":0.75000000}],
 * "asks":[],"checksum":4201790596,"timestamp":"2026-09-01T10:00:00.100001Z"}]}` */
function parseBook(kind: 'snapshot' | 'delta', data: readonly unknown[], sink: WireSink): void {
  for (const book of data) {
    const symbol = isObject(book) ? text(book['symbol']) : '';
    if (!isObject(book) || symbol === '') {
      malformed(sink, 'book: data without a symbol');
      continue;
    }
    message.start(kind, symbol);
    message.exchangeUs = usFromRfc3339(text(book['timestamp']));
    const checksum = text(book['checksum']);
    message.checksum = checksum === '' ? NaN : Number(checksum);
    if (Number.isNaN(message.checksum) || (book['timestamp'] !== undefined && Number.isNaN(message.exchangeUs))) {
      malformed(sink, 'book: checksum or timestamp is missing or nonsense', symbol);
    } else if (!pushLevels(BID, book['bids']) || !pushLevels(ASK, book['asks'])) {
      malformed(sink, 'book: a level is not {price, qty}', symbol);
    } else {
      sink(message);
    }
  }
}

function parseTrades(data: readonly unknown[], sink: WireSink): void {
  // One message per pair: a frame may carry trades of several.
  let open = false;
  for (const trade of data) {
    const symbol = isObject(trade) ? text(trade['symbol']) : '';
    const side = isObject(trade) ? text(trade['side']) : '';
    if (!isObject(trade) || symbol === '' || (side !== 'buy' && side !== 'sell')) {
      malformed(sink, 'trade: no symbol or no side', symbol);
      return;
    }
    if (open && message.venueSymbol !== symbol) sink(message);
    if (!open || message.venueSymbol !== symbol) message.start('trades', symbol);
    open = true;
    const at = usFromRfc3339(text(trade['timestamp']));
    message.exchangeUs = at;
    if (
      Number.isNaN(at) ||
      text(trade['trade_id']) === '' ||
      !message.trades.push(text(trade['trade_id']), text(trade['price']), text(trade['qty']), side === 'buy', at)
    ) {
      malformed(sink, 'trade: trade_id, price, qty or timestamp is nonsense', symbol);
      return;
    }
  }
  if (open) sink(message);
}

function parseInstruments(data: unknown, sink: WireSink): void {
  const pairs = isObject(data) ? data['pairs'] : undefined;
  if (!Array.isArray(pairs)) return malformed(sink, 'instrument: no pairs');
  message.start('instruments');
  message.instruments = (pairs as unknown[]).filter(isObject).flatMap((pair) => {
    const venueSymbol = text(pair['symbol']);
    const parts = splitKrakenSymbol(venueSymbol);
    if (parts === null) return [];
    return [
      {
        venueSymbol,
        ...parts,
        tickSize: text(pair['price_increment']) || null,
        lotSize: text(pair['qty_increment']) || null,
        tradable: pair['status'] === 'online',
      },
    ];
  });
  return sink(message);
}

function parseReply(frame: JsonObject, sink: WireSink): void {
  const result = isObject(frame['result']) ? frame['result'] : {};
  const method = frame['method'];
  if (frame['success'] === false) {
    message.start('refused', text(frame['symbol'])).detail = text(frame['error']);
  } else if ((method === 'subscribe' || method === 'unsubscribe') && result['channel'] === 'book') {
    message.start(method === 'subscribe' ? 'subscribed' : 'unsubscribed', text(result['symbol'])).detail = 'book';
    message.depth = servedDepth(result['depth']);
    if (message.venueSymbol === '' || Number.isNaN(message.depth)) {
      return malformed(sink, `${method}: no symbol, or no such depth`, message.venueSymbol);
    }
  } else {
    message.start('ignored');
  }
  sink(message);
}

function parseStatus(data: unknown, sink: WireSink): void {
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  message.start('status').detail = isObject(first) ? text(first['system']) : '';
  sink(message);
}

/** Any frame of this wire, whatever its spaces and the order of its fields. */
function parseAny(frame: Uint8Array, sink: WireSink): void {
  const outer = parseJsonWithNumberTexts(textOfUtf8(frame));
  if (!isObject(outer)) return malformed(sink, 'not a JSON object', krakenV2.route(frame));
  const data = outer['data'];
  const channel = outer['channel'];
  if (channel === undefined) {
    if ('method' in outer) return parseReply(outer, sink);
    return malformed(sink, 'neither channel nor method', krakenV2.route(frame));
  }
  if (channel === 'heartbeat') return sink(message.start('heartbeat'));
  if (channel === 'status') return parseStatus(data, sink);
  if (channel === 'instrument') return parseInstruments(data, sink);
  if (channel !== 'book' && channel !== 'trade') return sink(message.start('ignored'));
  if (!Array.isArray(data) || data.length === 0) return malformed(sink, `${channel}: no data`, krakenV2.route(frame));
  const isSnapshot = outer['type'] === 'snapshot';
  if (!isSnapshot && outer['type'] !== 'update') return malformed(sink, `${channel}: no type`, krakenV2.route(frame));
  if (channel === 'book') return parseBook(isSnapshot ? 'snapshot' : 'delta', data, sink);
  // Trades in a snapshot are history: they happened before the subscription.
  return isSnapshot ? sink(message.start('ignored')) : parseTrades(data, sink);
}

function subscribeFrames(method: 'subscribe' | 'unsubscribe', symbols: readonly string[], depth: number): string {
  return JSON.stringify({ method, params: { channel: 'book', symbol: symbols, depth } });
}

export const krakenV2 = {
  exchange: 'kraken',
  wire: 'kraken-v2',
  rules: { snapshot: 'stream', sequence: 'none', checksum: 'kraken-crc32', keepDigits: true, depth: 'window' },
  limits: { ...krakenLimits, ping: '{"method":"ping"}' },
  endpoints: { ws: 'wss://ws.kraken.com', rest: 'https://api.kraken.com' },

  speaksAt: (url) => /\/v2\/?(\?|$)/.test(url),
  recognises: (frame) => /^\s*\{\s*"(?:channel|method)"/.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),

  route(bytes) {
    const frame = textOfUtf8(bytes);
    if (CONNECTION_LEVEL.test(frame.slice(0, 40))) return '';
    let found = '';
    for (const match of frame.matchAll(SYMBOLS)) {
      if (found !== '' && match[1] !== found) return '';
      found = match[1] ?? '';
    }
    return found;
  },

  reader: plainReader((frame, sink) => {
    if (scanFrame(frame, message)) return sink(message);
    return parseAny(frame, (read) => {
      read.general = true;
      sink(read);
    });
  }),

  connectPath: () => '/v2',

  subscribe({ venueSymbols, bookDepth }) {
    return [
      JSON.stringify({
        method: 'subscribe',
        params: { channel: 'book', symbol: venueSymbols, depth: krakenDepth(bookDepth), snapshot: true },
      }),
      JSON.stringify({ method: 'subscribe', params: { channel: 'trade', symbol: venueSymbols, snapshot: false } }),
      // What the venue lists, and every change of it, comes on the same connection.
      JSON.stringify({ method: 'subscribe', params: { channel: 'instrument', snapshot: true } }),
    ];
  },

  resubscribe(venueSymbol, { bookDepth }: Subscription) {
    const depth = krakenDepth(bookDepth);
    return [subscribeFrames('unsubscribe', [venueSymbol], depth), subscribeFrames('subscribe', [venueSymbol], depth)];
  },

  snapshotRequest: () => null,
  instrumentsRequest: krakenInstrumentsRequest,
  routeHttp: () => '',
  parseHttp: (url, body, sink) => parseKrakenHttp(message, url, body, sink),
  splitSymbol: splitKrakenSymbol,
  venueSymbol: ({ base, quote }) => `${base}/${quote}`,
} satisfies ExchangeWire;
