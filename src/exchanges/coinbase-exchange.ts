/**
 * Coinbase Exchange, WebSocket feed. https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 *
 * How its book works. The first frame of `level2_batch` for a product is the snapshot, with every level; an `l2update`
 * carries absolute sizes, each 50 ms all that changed, and zero removes. Nothing is numbered and there is no checksum:
 * the venue promises to deliver, and what is left to look at is silence (a heartbeat comes each second for every product)
 * and a crossed book. `level2`, which needs keys since 2023, writes the same frames without the batch, so that recordings
 * of it are read too.
 *
 * Coinbase's other interface, Advanced Trade, is a wire of its own: `coinbase-advanced.ts`.
 */

import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire } from '../ports/exchange-wire.ts';
import { coinbaseTime, isAdvancedTrade, parseCoinbaseHttp, splitCoinbaseSymbol } from './coinbase-common.ts';
import { scanFrame } from './coinbase-exchange-scan.ts';
import type { JsonObject } from './json.ts';
import { integer, isObject, parseJson, text, words } from './json.ts';
import { plainReader } from './plain-reader.ts';

const CHANNEL = 'level2_batch';
/** Channels of this schema by the names that acknowledgements have; `level2_50` is the batch of 50 ms by another name. */
const BOOK_CHANNELS: ReadonlySet<unknown> = new Set([CHANNEL, 'level2_50', 'level2']);

/** The product stands within the first bytes of every kind; a match has two order ids before it. */
const HEAD_BYTES = 384;
const PRODUCT_FIELD = /"product_id"\s*:\s*"([^"\\]+)"/;
/** Sizes that snapshots have had by mistake. Such a row says nothing of its level; the next update of it does. */
const MISTAKEN_SIZE = /^(?:NaN|-\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** A book by REST with its levels added up by price; `level=3` has single orders. */
const BOOK_URL = /\/products\/([^/?]+)\/book\?level=2$/;

const message = new WireMessage();

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

function pushSnapshotSide(side: number, rows: unknown): boolean {
  if (!Array.isArray(rows)) return false;
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row)) return false;
    const size = text(row[1]);
    if (!MISTAKEN_SIZE.test(size) && !message.levels.push(side, text(row[0]), size)) return false;
  }
  return true;
}

/** Both sides, in the order in which the venue writes them. */
function pushSnapshot(frame: JsonObject): boolean {
  if (!('bids' in frame && 'asks' in frame)) return false;
  return Object.keys(frame).every((field) => {
    if (field !== 'bids' && field !== 'asks') return true;
    return pushSnapshotSide(field === 'bids' ? BID : ASK, frame[field]);
  });
}

function pushChanges(rows: unknown): boolean {
  if (!Array.isArray(rows)) return false;
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row) || (row[0] !== 'buy' && row[0] !== 'sell')) return false;
    if (!message.levels.push(row[0] === 'buy' ? BID : ASK, text(row[1]), text(row[2]))) return false;
  }
  return true;
}

/**
 * Samples: `{"type":"snapshot","product_id":"BTC-USD","asks":[["64250.11","1.2"]],"bids":[["64250.10","0.75"]],
 * "time":"2026-09-01T10:00:00.000001Z"}` and `{"type":"l2update","product_id":"BTC-USD",
 * "changes":[["buy","64250.10","0.50"],["sell","64252.00","0.00000000"]],"time":"2026-09-01T10:00:00.050001Z"}`.
 * Snapshots of 2021 have no time.
 */
function parseBook(kind: 'snapshot' | 'delta', frame: JsonObject, sink: WireSink): void {
  const symbol = text(frame['product_id']);
  const at = coinbaseTime(frame['time']);
  if (symbol === '' || at === null) {
    return malformed(sink, `${words(frame['type'])}: no product_id, or time is nonsense`, symbol);
  }
  message.start(kind, symbol).exchangeUs = at;
  if (kind === 'snapshot' ? pushSnapshot(frame) : pushChanges(frame['changes'])) return sink(message);
  return malformed(sink, `${words(frame['type'])}: a level is not what it should be`, symbol);
}

/**
 * Sample: `{"sequence":90000125,"bids":[["64250.10","0.75",3]],"asks":[["64250.11","1.2",1]],"auction_mode":false,
 * "time":"2026-09-01T10:00:00.061000Z"}`; the third column counts orders.
 */
function parseRestBook(symbol: string, body: Uint8Array, sink: WireSink): void {
  const answer = parseJson(textOfUtf8(body));
  const at = isObject(answer) ? coinbaseTime(answer['time']) : null;
  if (!isObject(answer) || at === null) return malformed(sink, 'book: not a JSON object, or time is nonsense', symbol);
  message.start('snapshot', symbol).exchangeUs = at;
  if (pushSnapshot(answer)) return sink(message);
  return malformed(sink, `book: no levels; the venue said ${words(answer['message']) || 'nothing'}`, symbol);
}

/**
 * Sample: `{"type":"match","trade_id":700002,"maker_order_id":"f3…","taker_order_id":"0b…","side":"sell","size":"0.01",
 * "price":"64250.11","product_id":"BTC-USD","sequence":90000125,"time":"2026-09-01T10:00:00.060001Z"}`. The side is the
 * maker's: a resting sell that was lifted, so the taker bought.
 */
function parseMatch(frame: JsonObject, sink: WireSink): void {
  const symbol = text(frame['product_id']);
  const side = frame['side'];
  const id = integer(frame['trade_id']);
  const at = coinbaseTime(frame['time']);
  if (symbol === '' || (side !== 'buy' && side !== 'sell') || Number.isNaN(id) || at === null) {
    return malformed(sink, 'match: product_id, side, trade_id or time is missing or nonsense', symbol);
  }
  message.start('trades', symbol).exchangeUs = at;
  if (!message.trades.push(String(id), text(frame['price']), text(frame['size']), side === 'sell', at)) {
    return malformed(sink, 'match: price or size is not a number above zero', symbol);
  }
  return sink(message);
}

/**
 * Sample: `{"type":"subscriptions","channels":[{"name":"level2_batch","product_ids":["BTC-USD"]}]}`: all that the
 * connection carries now. It may come behind the first data.
 */
function parseSubscriptions(channels: unknown, sink: WireSink): void {
  if (!Array.isArray(channels)) return malformed(sink, 'subscriptions: no channels');
  const products = (channels as unknown[])
    .filter(isObject)
    .filter(({ name }) => BOOK_CHANNELS.has(name))
    .flatMap(({ product_ids: ids }): unknown[] => (Array.isArray(ids) ? ids : []))
    .filter((id) => typeof id === 'string' && id !== '');
  if (products.length === 0) return sink(message.start('ignored'));
  for (const product of products) {
    message.start('subscribed', text(product)).detail = 'book';
    sink(message);
  }
  return undefined;
}

/** Sample: `{"type":"error","message":"Failed to subscribe","reason":"FOO-USD is not a valid product"}` */
function parseError(frame: JsonObject, sink: WireSink): void {
  const said = [words(frame['message']), words(frame['reason'])].filter((part) => part !== '').join(': ');
  message.start('refused').detail = said || 'the venue gave no reason';
  sink(message);
}

/** Any frame of this wire, whatever its spaces and the order of its fields. */
function parseAny(bytes: Uint8Array, sink: WireSink): void {
  const frame = parseJson(textOfUtf8(bytes));
  if (!isObject(frame)) return malformed(sink, 'not a JSON object', coinbaseExchange.route(bytes));
  switch (frame['type']) {
    case 'snapshot':
      return parseBook('snapshot', frame, sink);
    case 'l2update':
      return parseBook('delta', frame, sink);
    case 'match':
      return parseMatch(frame, sink);
    case 'heartbeat':
      return sink(message.start('heartbeat', text(frame['product_id'])));
    case 'subscriptions':
      return parseSubscriptions(frame['channels'], sink);
    case 'error':
      return parseError(frame, sink);
    default:
      if (text(frame['type']) === '') return malformed(sink, 'no type', coinbaseExchange.route(bytes));
      // Among them `last_match`: the trade before the subscription, which is history.
      return sink(message.start('ignored', text(frame['product_id'])));
  }
}

export const coinbaseExchange = {
  exchange: 'coinbase',
  wire: 'coinbase-exchange',
  rules: { snapshot: 'stream', sequence: 'none', checksum: null, keepDigits: false, depth: 'full' },
  limits: {
    // A choice: the venue names no number, and cuts off whoever reads too slowly.
    pairsPerConnection: 25,
    // 100 messages per second and address, for all connections.
    sendIntervalMs: 200,
    // A heartbeat comes each second for every product.
    silenceMs: 5_000,
    connectionLifeMs: null,
    ping: null,
    connectionsPerInterval: { count: 8, intervalMs: 1_000 },
    restWeight: { budget: 10, intervalMs: 1_000 },
  },
  endpoints: { ws: 'wss://ws-feed.exchange.coinbase.com', rest: 'https://api.exchange.coinbase.com' },

  // The feed has had many hosts, and has any other one behind a proxy. Where an archive names none, the frames tell.
  speaksAt: (url) => url !== '' && !isAdvancedTrade(url),
  recognises: (frame) => /^\s*\{\s*"type"\s*:/.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),

  route(frame) {
    const product = PRODUCT_FIELD.exec(textOfUtf8(frame.subarray(0, HEAD_BYTES)))?.[1];
    if (product !== undefined || frame.length <= HEAD_BYTES) return product ?? '';
    return PRODUCT_FIELD.exec(textOfUtf8(frame))?.[1] ?? '';
  },

  reader: plainReader((frame, sink) => {
    if (scanFrame(frame, message)) return sink(message);
    return parseAny(frame, (read) => {
      read.general = true;
      sink(read);
    });
  }),

  connectPath: () => '',

  subscribe: ({ venueSymbols }) => [
    JSON.stringify({ type: 'subscribe', product_ids: venueSymbols, channels: [CHANNEL, 'matches', 'heartbeat'] }),
  ],

  resubscribe: (venueSymbol) =>
    ['unsubscribe', 'subscribe'].map((type) =>
      JSON.stringify({ type, product_ids: [venueSymbol], channels: [CHANNEL] }),
    ),

  snapshotRequest: () => null,
  comparison: {
    request: (venueSymbol) => ({ path: `/products/${venueSymbol}/book?level=2`, weight: 1 }),
    // How old an answer may be is not published.
    leadMs: 5_000,
    settleMs: 2_000,
  },
  instrumentsRequest: () => ({ path: '/products', weight: 1 }),
  routeHttp: (url) => BOOK_URL.exec(url)?.[1] ?? '',

  parseHttp(url, body, sink) {
    const symbol = coinbaseExchange.routeHttp(url);
    if (symbol === '') parseCoinbaseHttp(message, url, body, sink);
    else parseRestBook(symbol, body, sink);
  },

  splitSymbol: splitCoinbaseSymbol,
  venueSymbol: ({ base, quote }) => `${base}-${quote}`,
} satisfies ExchangeWire;
