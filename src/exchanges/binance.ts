/**
 * Binance spot: WebSocket streams and REST.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 *
 * How its book works. `<symbol>@depth@100ms` sends absolute sizes of the levels that changed; `U` and `u` are the first
 * and the last update number that an event folds, without a hole per symbol. The first state is asked for by REST and
 * has `lastUpdateId`; the first event behind it must satisfy U <= lastUpdateId + 1 <= u. No checksum exists; the
 * best prices of `@bookTicker`, under the same update numbers, can audit the book.
 */

import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire, RestRequest, Subscription } from '../ports/exchange-wire.ts';
import { scanFrame, scanSnapshot } from './binance-scan.ts';
import type { JsonObject } from './json.ts';
import { plainReader } from './plain-reader.ts';
import { integer, isObject, parseJson, text, words } from './json.ts';
import { quoteSplitter } from './quote-splitter.ts';

/** Sample: `{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,
 * "u":50093239202,"b":[["61737.63000000","0.00000000"]],"a":[]}}` */
const STREAM_PREFIX = /^\s*\{\s*"stream"\s*:\s*"([^"@]+)@/;
const SYMBOL_FIELD = /"s"\s*:\s*"([^"\\]+)"/;
/** The longest symbol has 20 characters. */
const HEAD_BYTES = 128;
const SNAPSHOT_PATH = /\/api\/v[13]\/depth\?/;
/** Levels that the venue sends where the request names no limit. */
const SNAPSHOT_LIMIT_DEFAULT = 100;
/** Streams that one SUBSCRIBE names: keeps the frame well below any size limit of the venue. */
const STREAMS_PER_REQUEST = 200;

const message = new WireMessage();

/** Milliseconds have 13 digits until 2286, microseconds (`timeUnit=MICROSECOND`) 16: anything else is no time. */
function toUs(value: unknown): number {
  const time = integer(value);
  if (time >= 1e12 && time < 1e13) return time * 1000;
  return time >= 1e15 && time < 1e16 ? time : NaN;
}

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

function pushLevels(side: number, rows: unknown): boolean {
  if (!Array.isArray(rows)) return false;
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row) || !message.levels.push(side, text(row[0]), text(row[1]))) return false;
  }
  return true;
}

function parseDepth(data: JsonObject, sink: WireSink): void {
  const symbol = text(data['s']);
  message.start('delta', symbol);
  message.exchangeUs = toUs(data['E']);
  message.first = integer(data['U']);
  message.last = integer(data['u']);
  if (symbol === '' || !(message.first <= message.last) || Number.isNaN(message.exchangeUs)) {
    malformed(sink, 'depthUpdate: s, E, U or u is missing or no number', symbol);
  } else if (!pushLevels(BID, data['b']) || !pushLevels(ASK, data['a'])) {
    malformed(sink, 'depthUpdate: a level in b or a is not [price, quantity]', symbol);
  } else {
    sink(message);
  }
}

function parseTrade(data: JsonObject, sink: WireSink): void {
  const symbol = text(data['s']);
  message.start('trades', symbol);
  const at = toUs(data['T']);
  // An aggregate trade names itself `a` and folds the fills of one taker order at one price.
  const id = integer(data['e'] === 'trade' ? data['t'] : data['a']);
  message.exchangeUs = at;
  const takerBuys = data['m'] === false;
  if (symbol === '' || Number.isNaN(id) || Number.isNaN(at) || typeof data['m'] !== 'boolean') {
    malformed(sink, 'trade: s, id, T or m is missing', symbol);
  } else if (message.trades.push(String(id), text(data['p']), text(data['q']), takerBuys, at)) {
    sink(message);
  } else {
    malformed(sink, 'trade: p or q is not a number above zero', symbol);
  }
}

function parseQuote(data: JsonObject, sink: WireSink): void {
  const symbol = text(data['s']);
  message.start('quote', symbol);
  message.last = integer(data['u']);
  const { levels } = message;
  if (
    symbol === '' ||
    Number.isNaN(message.last) ||
    !levels.push(BID, text(data['b']), text(data['B'])) ||
    !levels.push(ASK, text(data['a']), text(data['A']))
  ) {
    malformed(sink, 'bookTicker: a field is missing or no number', symbol);
  } else {
    sink(message);
  }
}

/** Any frame of this wire, whatever the order of its fields. */
function parseAny(frame: Uint8Array, sink: WireSink): void {
  const outer = parseJson(textOfUtf8(frame));
  if (!isObject(outer)) return malformed(sink, 'not a JSON object', binance.route(frame));
  const data = 'stream' in outer ? outer['data'] : outer;
  if (!isObject(data)) return malformed(sink, 'data is not an object', binance.route(frame));
  switch (data['e']) {
    case 'depthUpdate':
      return parseDepth(data, sink);
    case 'trade':
    case 'aggTrade':
      return parseTrade(data, sink);
    case 'serverShutdown':
      return sink(message.start('closing'));
    case undefined:
      if ('u' in data && 's' in data) return parseQuote(data, sink);
      if ('result' in data || 'code' in data || 'error' in data) return parseReply(data, sink);
      return malformed(sink, 'neither an event nor a reply', binance.route(frame));
    default:
      return sink(message.start('ignored', text(data['s'])));
  }
}

function parseReply(frame: JsonObject, sink: WireSink): void {
  const failure = isObject(frame['error']) ? frame['error'] : frame;
  if ('code' in failure && 'msg' in failure) {
    message.start('refused').detail = `${words(failure['code'])}: ${words(failure['msg'])}`;
  } else {
    message.start('ignored');
  }
  sink(message);
}

function startSnapshot(url: string): void {
  message.start('snapshot', binance.routeHttp(url));
  message.depth = Number(/[?&]limit=(\d+)/.exec(url)?.[1] ?? SNAPSHOT_LIMIT_DEFAULT);
}

function parseSnapshot(url: string, body: JsonObject, sink: WireSink): void {
  startSnapshot(url);
  const symbol = message.venueSymbol;
  message.general = true;
  message.last = integer(body['lastUpdateId']);
  if (Number.isNaN(message.last)) {
    malformed(sink, `depth snapshot: no lastUpdateId; the venue said ${words(body['msg']) || 'nothing'}`, symbol);
  } else if (!pushLevels(BID, body['bids']) || !pushLevels(ASK, body['asks'])) {
    malformed(sink, 'depth snapshot: a level is not [price, quantity]', symbol);
  } else {
    sink(message);
  }
}

function filterValue(symbol: JsonObject, filterType: string, field: string): string | null {
  const filters = Array.isArray(symbol['filters']) ? (symbol['filters'] as unknown[]) : [];
  const filter = filters.find((one) => isObject(one) && one['filterType'] === filterType);
  const value = isObject(filter) ? text(filter[field]) : '';
  return Number(value) > 0 ? value : null;
}

function parseInstruments(symbols: readonly unknown[], sink: WireSink): void {
  message.start('instruments');
  message.instruments = symbols.filter(isObject).map((symbol) => ({
    venueSymbol: text(symbol['symbol']),
    base: text(symbol['baseAsset']),
    quote: text(symbol['quoteAsset']),
    tickSize: filterValue(symbol, 'PRICE_FILTER', 'tickSize'),
    lotSize: filterValue(symbol, 'LOT_SIZE', 'stepSize'),
    tradable: symbol['status'] === 'TRADING',
  }));
  sink(message);
}

function streamsOf(subscription: Subscription): string[] {
  return subscription.venueSymbols.flatMap((symbol) => {
    const name = symbol.toLowerCase();
    const streams = [`${name}@depth@100ms`, `${name}@trade`];
    return subscription.audit ? [...streams, `${name}@bookTicker`] : streams;
  });
}

const splitBinanceSymbol = quoteSplitter(
  'USDT USDC FDUSD TUSD BUSD BIDR IDRT BVND USDP USDS BKRW EURI AEUR DAI PAX UST VAI USD ' +
    'BTC ETH BNB TRX XRP DOGE DOT SOL EUR GBP TRY AUD BRL RUB UAH ZAR NGN JPY PLN RON ARS MXN COP CZK',
);

export const binance = {
  exchange: 'binance',
  wire: 'binance-spot',
  rules: { snapshot: 'rest', sequence: 'range', checksum: null, keepDigits: false, depth: 'full' },
  limits: {
    // 1,024 streams per connection, up to three streams per pair.
    pairsPerConnection: 300,
    // Five messages per second, pongs included.
    sendIntervalMs: 300,
    // The venue pings every 20 s, so a healthy socket is never silent for longer.
    silenceMs: 30_000,
    connectionLifeMs: 24 * 3_600_000,
    ping: null,
    connectionsPerInterval: { count: 300, intervalMs: 300_000 },
    restWeight: { budget: 6000, intervalMs: 60_000 },
  },
  endpoints: { ws: 'wss://stream.binance.com:9443', rest: 'https://api.binance.com' },

  speaksAt: (url) => /binance/.test(url) || /\/stream(\?|$)/.test(url),
  recognises: (frame) => STREAM_PREFIX.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),

  route(frame) {
    const stream = STREAM_PREFIX.exec(textOfUtf8(frame.subarray(0, HEAD_BYTES)))?.[1];
    return stream === undefined ? (SYMBOL_FIELD.exec(textOfUtf8(frame))?.[1] ?? '') : stream.toUpperCase();
  },

  reader: plainReader((frame, sink) => {
    if (scanFrame(frame, message)) return sink(message);
    return parseAny(frame, (read) => {
      read.general = true;
      sink(read);
    });
  }),

  connectPath: () => '/stream',

  subscribe(subscription) {
    const streams = streamsOf(subscription);
    const frames: string[] = [];
    for (let at = 0; at < streams.length; at += STREAMS_PER_REQUEST) {
      const params = streams.slice(at, at + STREAMS_PER_REQUEST);
      frames.push(JSON.stringify({ method: 'SUBSCRIBE', params, id: frames.length + 1 }));
    }
    return frames;
  },

  resubscribe: () => [],

  snapshotRequest(venueSymbol, bookDepth): RestRequest {
    const path = `/api/v3/depth?symbol=${encodeURIComponent(venueSymbol)}&limit=${bookDepth}`;
    return { path, weight: bookDepth <= 100 ? 5 : bookDepth <= 500 ? 25 : bookDepth <= 1000 ? 50 : 250 };
  },

  instrumentsRequest: () => ({ path: '/api/v3/exchangeInfo', weight: 20 }),

  routeHttp(url) {
    if (!SNAPSHOT_PATH.test(url)) return '';
    return new URLSearchParams(url.slice(url.indexOf('?'))).get('symbol') ?? '';
  },

  parseHttp(url, body, sink) {
    if (binance.routeHttp(url) !== '') {
      startSnapshot(url);
      if (scanSnapshot(body, message)) return sink(message);
    }
    const answer = parseJson(textOfUtf8(body));
    if (!isObject(answer)) return malformed(sink, `${url}: the answer is not a JSON object`, binance.routeHttp(url));
    if (Array.isArray(answer['symbols'])) return parseInstruments(answer['symbols'], sink);
    if (binance.routeHttp(url) !== '') return parseSnapshot(url, answer, sink);
    return sink(message.start('ignored'));
  },

  // The concatenated symbol alone does not say where it parts: metadata does. Without any, the quote list guesses.
  splitSymbol: splitBinanceSymbol,
  venueSymbol: ({ base, quote }) => `${base}${quote}`,
} satisfies ExchangeWire;
