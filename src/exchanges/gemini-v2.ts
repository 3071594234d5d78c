/**
 * Gemini, market data v2: archived by the venue, still spoken by recordings.
 * https://docs.gemini.com/websocket/archived/v2
 *
 * How its book works. One `l2` subscription brings book and trades. The first `l2_updates` of a symbol is its whole book and
 * also has the fields `trades`, which are history, and `auction_events`; later ones have neither, and carry absolute sizes.
 * Nothing is numbered and updates have no time, so a loss cannot be seen; heartbeats every five seconds show life alone. A
 * removal may name a level that is not there: it came and went within one frame. A `trade` comes before the update that
 * takes its size off the book.
 */

import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire } from '../ports/exchange-wire.ts';
import {
  geminiComparison,
  geminiInstrumentsRequest,
  geminiLimits,
  parseGeminiHttp,
  routeGeminiHttp,
  splitGeminiSymbol,
} from './gemini-common.ts';
import { MS_MAX, MS_MIN, scanFrame } from './gemini-v2-scan.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJsonWithNumberTexts, text, words } from './json.ts';
import { plainReader } from './plain-reader.ts';

const HEAD_BYTES = 64;
/** In the documented order of fields `type` is first, in that of the alphabet any of the others. */
const FIRST_FIELD = /^\s*\{\s*"(?:type|auction_events|changes|event_id|timestamp|reason|result)"\s*:/;
const SYMBOL_FIELD = /"symbol"\s*:\s*"([^"\\]+)"/;
const DIGITS = /^\d+$/;
/** What a trade says instead of the taker's side where there was none. */
const WITHOUT_TAKER: ReadonlySet<unknown> = new Set(['block', 'auction']);

const message = new WireMessage();

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

function pushChange(row: unknown): boolean {
  if (!Array.isArray(row) || (row[0] !== 'buy' && row[0] !== 'sell')) return false;
  return message.levels.push(row[0] === 'buy' ? BID : ASK, text(row[1]), text(row[2]));
}

/** Sample: `{"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","64250.10","0.75"],["sell","64250.11","0"]]}` */
function parseBook(data: JsonObject, sink: WireSink): void {
  const symbol = text(data['symbol']);
  const changes = data['changes'];
  message.start('trades' in data || 'auction_events' in data ? 'snapshot' : 'delta', symbol);
  if (symbol === '' || !Array.isArray(changes)) {
    malformed(sink, 'l2_updates: no symbol or no changes', symbol);
  } else if (!(changes as unknown[]).every(pushChange)) {
    malformed(sink, 'l2_updates: a change is not [side, price, quantity]', symbol);
  } else {
    sink(message);
  }
}

/** Sample: `{"type":"trade","symbol":"BTCUSD","event_id":3575573053,"timestamp":1785000000123,"price":"64250.11",
 * "quantity":"0.01","side":"sell","tid":2840140956529623}`; several fills may share an `event_id`. */
function parseTrade(data: JsonObject, sink: WireSink): void {
  const symbol = text(data['symbol']);
  const side = data['side'];
  if (WITHOUT_TAKER.has(side)) return sink(message.start('ignored', symbol));
  const id = text(data['tid'] ?? data['event_id']);
  const time = text(data['timestamp']);
  const at = DIGITS.test(time) && Number(time) >= MS_MIN && Number(time) < MS_MAX ? Number(time) * 1000 : NaN;
  message.start('trades', symbol);
  message.exchangeUs = at;
  if (symbol === '' || !DIGITS.test(id) || Number.isNaN(at) || (side !== 'buy' && side !== 'sell')) {
    malformed(sink, 'trade: symbol, tid, timestamp or side is missing or nonsense', symbol);
  } else if (message.trades.push(id, text(data['price']), text(data['quantity']), side === 'buy', at)) {
    sink(message);
  } else {
    malformed(sink, 'trade: price or quantity is not a number above zero', symbol);
  }
  return undefined;
}

/** Sample: `{"reason":"NoValidTradingPairs","result":"error"}` */
function parseRefusal(data: JsonObject, sink: WireSink): void {
  const said = [words(data['reason']), words(data['message'])].filter((part) => part !== '');
  message.start('refused').detail = said.join(': ') || 'error';
  sink(message);
}

/** Any frame of this wire, whatever its spaces and the order of its fields. */
function parseAny(frame: Uint8Array, sink: WireSink): void {
  const data = parseJsonWithNumberTexts(textOfUtf8(frame));
  if (!isObject(data)) return malformed(sink, 'not a JSON object', geminiV2.route(frame));
  if (data['result'] === 'error') return parseRefusal(data, sink);
  switch (data['type']) {
    case 'l2_updates':
      return parseBook(data, sink);
    case 'trade':
      return parseTrade(data, sink);
    case 'heartbeat':
      return sink(message.start('heartbeat'));
    default:
      if (typeof data['type'] === 'string') return sink(message.start('ignored'));
      return malformed(sink, 'neither a type nor an error', geminiV2.route(frame));
  }
}

function request(type: 'subscribe' | 'unsubscribe', symbols: readonly string[]): string {
  return JSON.stringify({
    type,
    subscriptions: [{ name: 'l2', symbols: symbols.map((symbol) => symbol.toUpperCase()) }],
  });
}

export const geminiV2 = {
  exchange: 'gemini',
  wire: 'gemini-v2',
  rules: { snapshot: 'stream', sequence: 'none', checksum: null, keepDigits: false, depth: 'full' },
  limits: {
    ...geminiLimits,
    pairsPerConnection: 100,
    sendIntervalMs: 200,
    // A heartbeat comes every five seconds, also while data flows.
    silenceMs: 15_000,
    ping: null,
  },
  endpoints: { ws: 'wss://api.gemini.com', rest: 'https://api.gemini.com' },

  speaksAt: (url) => /\/v2\/marketdata/.test(url),
  recognises: (frame) => FIRST_FIELD.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),
  route: (frame) => SYMBOL_FIELD.exec(textOfUtf8(frame))?.[1] ?? '',

  reader: plainReader((frame, sink) => {
    if (scanFrame(frame, message)) return sink(message);
    return parseAny(frame, (read) => {
      read.general = true;
      sink(read);
    });
  }),

  connectPath: () => '/v2/marketdata',
  subscribe: ({ venueSymbols }) => [request('subscribe', venueSymbols)],
  resubscribe: (venueSymbol) => [request('unsubscribe', [venueSymbol]), request('subscribe', [venueSymbol])],

  snapshotRequest: () => null,
  comparison: geminiComparison,
  instrumentsRequest: geminiInstrumentsRequest,
  routeHttp: routeGeminiHttp,
  parseHttp: (url, body, sink) => parseGeminiHttp(message, url, body, sink),
  splitSymbol: splitGeminiSymbol,
  venueSymbol: ({ base, quote }) => `${base}${quote}`,
} satisfies ExchangeWire;
