/**
 * Kraken's single orders, the channel `level3` of WebSocket v2, for who has keys.
 * https://docs.kraken.com/api/docs/websocket-v2/level3
 *
 * How its book works. As the levels of `kraken-v2.ts`: the snapshot is the first frame, the window is so many price levels per
 * side and is cut here, nothing is numbered, and the CRC-32 of every frame shows what is wrong, here over every order of the
 * best ten levels. An order is added at the tail of its price, modified in its place unless its price changes, or deleted;
 * nothing says why it became smaller or went. A level that comes into the window is told with all its orders.
 *
 * The token of a connection is fetched for it, and added to the frames that ask for orders on their way out: no record has it.
 */

import { createHash, createHmac } from 'node:crypto';
import { OrderBuffer } from '../book/order-buffer.ts';
import type { OrderRules } from '../book/order-rules.ts';
import { bookRulesOf } from '../book/order-rules.ts';
import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { usFromRfc3339 } from '../lib/times.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { Authentication, ExchangeWire } from '../ports/exchange-wire.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJson, parseJsonWithNumberTexts, text } from './json.ts';
import { krakenV2 } from './kraken-v2.ts';
import { plainReader } from './plain-reader.ts';

const CHANNEL = 'level3';
const OWN_FRAME = /"channel"\s*:\s*"level3"/;
const HEAD_BYTES = 256;
/** Depths that are served, and what a subscription of each costs per pair; a connection may spend 200 a second. */
const DEPTHS = [
  { depth: 10, cost: 5 },
  { depth: 100, cost: 25 },
  { depth: 1000, cost: 100 },
] as const;
const COST_PER_FRAME = 200;
const TOKEN_PATH = '/0/private/GetWebSocketsToken';

const RULES: OrderRules = {
  snapshot: 'stream',
  sequence: 'none',
  checksum: 'kraken-level3',
  depth: 'levels',
  crossesWithin: false,
  growthKeepsPlace: true,
  unknown: 'loss',
};

const message = new WireMessage();
const orders = new OrderBuffer();

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

/** Sample: `{"event":"add","order_id":"OABC12-AAAAA-BBBBBB","limit_price":64249.0,"order_qty":1.0,"timestamp":"…"}`; rows of
 * a snapshot have no event. */
function pushRow(side: number, row: unknown, isSnapshot: boolean): boolean {
  const id = isObject(row) ? text(row['order_id']) : '';
  if (!isObject(row) || id === '') return false;
  const [price, size] = [text(row['limit_price']), text(row['order_qty'])];
  switch (isSnapshot ? 'add' : row['event']) {
    case 'add':
      return orders.push('add', id, side, price, size);
    case 'modify':
      return orders.push('set', id, side, price, size);
    case 'delete':
      return orders.push('gone', id, side, null, '0');
    default:
      return false;
  }
}

function pushRows(side: number, rows: unknown, isSnapshot: boolean): boolean {
  if (rows === undefined) return true;
  return Array.isArray(rows) && (rows as unknown[]).every((row) => pushRow(side, row, isSnapshot));
}

/** Sample: `{"channel":"level3","type":"update","data":[{"symbol":"BTC/USD","checksum":281817320,"timestamp":"…","bids":[],
 * "asks":[]}]}` */
function parseBook(isSnapshot: boolean, data: readonly unknown[], sink: WireSink): void {
  for (const book of data) {
    const symbol = isObject(book) ? text(book['symbol']) : '';
    if (!isObject(book) || symbol === '') {
      malformed(sink, 'level3: data without a symbol');
      continue;
    }
    const at = usFromRfc3339(text(book['timestamp']));
    const checksum = text(book['checksum']);
    message.start(isSnapshot ? 'snapshot' : 'delta', symbol).orders = orders.clear();
    message.exchangeUs = at;
    message.checksum = checksum === '' ? NaN : Number(checksum);
    if (Number.isNaN(message.checksum) || (book['timestamp'] !== undefined && Number.isNaN(at))) {
      malformed(sink, 'level3: checksum or timestamp is missing or nonsense', symbol);
    } else if (!pushRows(BID, book['bids'], isSnapshot) || !pushRows(ASK, book['asks'], isSnapshot)) {
      malformed(sink, 'level3: an order is not {event, order_id, limit_price, order_qty}', symbol);
    } else {
      sink(message);
    }
  }
}

/** Sample: `{"method":"subscribe","result":{"channel":"level3","depth":100,"snapshot":true,"symbol":"BTC/USD"},"success":true}` */
function parseReply(method: 'subscribe' | 'unsubscribe', result: JsonObject, sink: WireSink): void {
  const symbol = text(result['symbol']);
  const depth = DEPTHS.find((served) => String(served.depth) === text(result['depth']))?.depth;
  if (symbol === '' || depth === undefined) return malformed(sink, `${method}: no symbol, or no such depth`, symbol);
  message.start(method === 'subscribe' ? 'subscribed' : 'unsubscribed', symbol).detail = 'book';
  message.depth = depth;
  return sink(message);
}

const levelReader = krakenV2.reader();

/** Trades, replies, heartbeats and what else is the same on all channels. Levels are of no use here. */
function parseOther(frame: Uint8Array, sink: WireSink): void {
  levelReader.parse(frame, (read) => {
    const isOfLevels = ['snapshot', 'delta', 'subscribed', 'unsubscribed'].includes(read.kind);
    if (isOfLevels) read.start('ignored');
    read.general = false;
    sink(read);
  });
}

function parseFrame(frame: Uint8Array, sink: WireSink): void {
  if (!OWN_FRAME.test(textOfUtf8(frame.subarray(0, HEAD_BYTES)))) return parseOther(frame, sink);
  const outer = parseJsonWithNumberTexts(textOfUtf8(frame));
  if (!isObject(outer)) return malformed(sink, 'not a JSON object', krakenV2.route(frame));
  const { method, result, data, type } = outer;
  if (outer['channel'] === CHANNEL) {
    if (!Array.isArray(data) || data.length === 0) return malformed(sink, 'level3: no data', krakenV2.route(frame));
    if (type === 'snapshot' || type === 'update') return parseBook(type === 'snapshot', data, sink);
    return malformed(sink, 'level3: no type', krakenV2.route(frame));
  }
  const isGranted = outer['success'] !== false && isObject(result) && result['channel'] === CHANNEL;
  if (isGranted && (method === 'subscribe' || method === 'unsubscribe')) return parseReply(method, result, sink);
  return parseOther(frame, sink);
}

/** The smallest depth that holds what was asked for. */
function servedDepth(wanted: number): (typeof DEPTHS)[number] {
  return DEPTHS.find(({ depth }) => depth >= wanted) ?? DEPTHS[2];
}

/** A frame for so many pairs as may be asked for in a second. */
function requests(method: 'subscribe' | 'unsubscribe', symbols: readonly string[], bookDepth: number): string[] {
  const { depth, cost } = servedDepth(bookDepth);
  const size = COST_PER_FRAME / cost;
  return Array.from({ length: Math.ceil(symbols.length / size) }, (_, frame) => {
    const symbol = symbols.slice(frame * size, (frame + 1) * size);
    return JSON.stringify({ method, params: { channel: CHANNEL, symbol, depth, snapshot: true } });
  });
}

/** The signature of a private request. https://docs.kraken.com/api/docs/guides/spot-rest-auth */
export function krakenSignature(path: string, nonce: string, body: string, secret: string): string {
  const inner = createHash('sha256')
    .update(nonce + body)
    .digest();
  const key = Buffer.from(secret, 'base64');
  return createHmac('sha512', key).update(path).update(inner).digest('base64');
}

const authentication: Authentication = {
  tokenRequest({ key, secret }, nowUs) {
    const nonce = String(nowUs);
    const body = `nonce=${nonce}`;
    return {
      path: TOKEN_PATH,
      headers: {
        'API-Key': key,
        'API-Sign': krakenSignature(TOKEN_PATH, nonce, body, secret),
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body,
    };
  },
  /** Sample: `{"error":[],"result":{"token":"1Dwc4lzSwNWOAwkMdqhssNNFhs1ed606d1WcF3XfEMw","expires":900}}` */
  tokenOf(body) {
    const answer = parseJson(textOfUtf8(body));
    const result = isObject(answer) ? answer['result'] : undefined;
    return isObject(result) ? text(result['token']) : '';
  },
  seal(frame, _credentials, token) {
    const request = parseJson(frame);
    const params = isObject(request) ? request['params'] : undefined;
    if (!isObject(request) || !isObject(params) || params['channel'] !== CHANNEL) return frame;
    return JSON.stringify({ ...request, params: { ...params, token } });
  },
};

export const krakenOrders = {
  exchange: 'kraken',
  wire: 'kraken-orders',
  rules: bookRulesOf(RULES),
  orders: { rules: RULES, isSpokenIn: (frame) => OWN_FRAME.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))) },
  authentication,
  // The venue grants 200 pairs, and a rate that lets eight of them be asked for in a second at a depth of 100.
  limits: { ...krakenV2.limits, pairsPerConnection: 100, sendIntervalMs: 1_100 },
  endpoints: { ...krakenV2.endpoints, ws: 'wss://ws-l3.kraken.com' },

  // Frames tell, whatever the address: behind a proxy it is that of levels.
  speaksAt: () => false,
  recognises: (frame) => OWN_FRAME.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),
  route: (frame) => krakenV2.route(frame),
  reader: plainReader(parseFrame),
  connectPath: () => krakenV2.connectPath(),

  subscribe: ({ venueSymbols, bookDepth }) => [
    ...requests('subscribe', venueSymbols, bookDepth),
    JSON.stringify({ method: 'subscribe', params: { channel: 'trade', symbol: venueSymbols, snapshot: false } }),
  ],

  resubscribe: (venueSymbol, { bookDepth }) => [
    ...requests('unsubscribe', [venueSymbol], bookDepth),
    ...requests('subscribe', [venueSymbol], bookDepth),
  ],

  snapshotRequest: () => null,
  instrumentsRequest: () => krakenV2.instrumentsRequest(),
  routeHttp: () => '',
  parseHttp: (url, body, sink) => krakenV2.parseHttp(url, body, sink),
  splitSymbol: (venueSymbol) => krakenV2.splitSymbol(venueSymbol),
  venueSymbol: (pair) => krakenV2.venueSymbol(pair),
} satisfies ExchangeWire;
