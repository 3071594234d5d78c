/**
 * Coinbase Advanced Trade, WebSocket. https://docs.cdp.coinbase.com/advanced-trade/docs/ws-channels
 *
 * How its book works. `level2` comes as channel `l2_data`: first a snapshot with every level, then updates with absolute
 * quantities, of which zero removes; it is normal that some removals name a level that is not there. Data may come before
 * the acknowledgement of its subscription. `sequence_num` counts the frames of the whole connection, acknowledgements and
 * heartbeats included: a hole in it may be an update of any product, and so may a step back. There is no checksum.
 *
 * The venue has one book for BTC-USD and BTC-USDC and so on, and labels what it sends of `X-USDC` as `X-USD`; only
 * USDT-USDC and EURC-USDC are books of their own. `alias` in its list of products says so. A subscription to `X-USDC`
 * therefore feeds the pair `X-USD`, and the pair `X-USDC` gets nothing.
 */

import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire, WireReader } from '../ports/exchange-wire.ts';
import { NO_FRAME, scanFrame, takerBuys } from './coinbase-advanced-scan.ts';
import { coinbaseTime, isAdvancedTrade, parseCoinbaseHttp, splitCoinbaseSymbol } from './coinbase-common.ts';
import type { JsonObject } from './json.ts';
import { integer, isObject, parseJson, text, words } from './json.ts';

const CHANNEL = 'level2';
const HEAD_BYTES = 64;

const message = new WireMessage();
/** What the numbering says of a frame, told before the frame's own message is. */
const notice = new WireMessage();

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

function pushLevels(rows: readonly unknown[]): boolean {
  for (const row of rows) {
    if (!isObject(row) || (row['side'] !== 'bid' && row['side'] !== 'offer')) return false;
    const side = row['side'] === 'bid' ? BID : ASK;
    if (!message.levels.push(side, text(row['price_level']), text(row['new_quantity']))) return false;
  }
  return true;
}

/**
 * Sample: `{"channel":"l2_data","timestamp":"2026-08-09T21:05:48.507227366Z","sequence_num":16,"events":[{
 * "type":"update","product_id":"BTC-USD","updates":[{"side":"offer","event_time":"2026-08-09T21:05:48.27841Z",
 * "price_level":"65083.71","new_quantity":"0.06"}]}]}`. All rows have the same time.
 */
function parseBook(event: JsonObject, timestamp: unknown, sink: WireSink): void {
  const { type, product_id: product, updates } = event;
  const symbol = text(product);
  if (symbol === '' || (type !== 'snapshot' && type !== 'update') || !Array.isArray(updates)) {
    return malformed(sink, 'l2_data: product_id, type or updates is missing', symbol);
  }
  const rows = updates as unknown[];
  const first = isObject(rows[0]) ? coinbaseTime(rows[0]['event_time']) : NaN;
  const at = Number.isNaN(first) ? coinbaseTime(timestamp) : first;
  if (at === null) return malformed(sink, 'l2_data: its time is nonsense', symbol);
  message.start(type === 'snapshot' ? 'snapshot' : 'delta', symbol).exchangeUs = at;
  return pushLevels(rows) ? sink(message) : malformed(sink, 'l2_data: a level is not what it should be', symbol);
}

/**
 * Sample: `{"channel":"market_trades","timestamp":"2026-08-09T21:05:48.251397169Z","sequence_num":9,"events":[{
 * "type":"update","trades":[{"product_id":"BTC-USD","trade_id":"1068572091","price":"65083.67","size":"0.01034361",
 * "time":"2026-08-09T21:05:48.167634Z","side":"SELL"}]}]}`. The newest comes first.
 */
function parseTrades(event: JsonObject, sink: WireSink): void {
  // Trades in a snapshot are history: they happened before the subscription.
  if (event['type'] === 'snapshot') return sink(message.start('ignored'));
  if (event['type'] !== 'update' || !Array.isArray(event['trades'])) {
    return malformed(sink, 'market_trades: neither snapshot nor update, or no trades');
  }
  // In the order in which they happened, and one message per product.
  let open = false;
  for (const trade of (event['trades'] as unknown[]).toReversed()) {
    const symbol = isObject(trade) ? text(trade['product_id']) : '';
    if (!isObject(trade) || symbol === '') return malformed(sink, 'market_trades: no product_id');
    if (open && message.venueSymbol !== symbol) sink(message);
    if (!open || message.venueSymbol !== symbol) message.start('trades', symbol);
    open = true;
    if (!pushTrade(trade)) return malformed(sink, 'market_trades: a field is missing or nonsense', symbol);
  }
  return sink(open ? message : message.start('ignored'));
}

function pushTrade(trade: JsonObject): boolean {
  const { side, trade_id: id, price, size, time } = trade;
  const at = coinbaseTime(time);
  if ((side !== 'BUY' && side !== 'SELL') || text(id) === '' || at === null) return false;
  message.exchangeUs = at;
  return message.trades.push(text(id), text(price), text(size), takerBuys(side === 'BUY'), at);
}

/** Sample: `{"subscriptions":{"level2":["BTC-USD"],"heartbeats":["heartbeats"]}}`: all that the connection carries now. */
function parseSubscriptions(event: JsonObject, sink: WireSink): void {
  const subscriptions = event['subscriptions'];
  if (!isObject(subscriptions)) return malformed(sink, 'subscriptions: no list of them');
  const products = subscriptions[CHANNEL] ?? [];
  if (!Array.isArray(products)) return malformed(sink, `subscriptions: ${CHANNEL} is no list`);
  const named = (products as unknown[]).map(text).filter((product) => product !== '');
  if (named.length === 0) return sink(message.start('ignored'));
  for (const product of named) {
    message.start('subscribed', product).detail = 'book';
    sink(message);
  }
  return undefined;
}

function parseEvent(channel: unknown, event: unknown, timestamp: unknown, sink: WireSink): void {
  if (!isObject(event)) return malformed(sink, `${words(channel)}: an event is not an object`);
  if (channel === 'l2_data') return parseBook(event, timestamp, sink);
  return channel === 'market_trades' ? parseTrades(event, sink) : parseSubscriptions(event, sink);
}

/** Channels whose events are read one by one. */
const READ: ReadonlySet<unknown> = new Set(['l2_data', 'market_trades', 'subscriptions']);

/** Remembers the number of the connection's last frame. */
class AdvancedReader implements WireReader {
  private last = NaN;

  parse(frame: Uint8Array, sink: WireSink): void {
    const scanned = scanFrame(frame, message);
    if (scanned === NO_FRAME) {
      this.parseAny(frame, (read) => {
        read.general = true;
        sink(read);
      });
    } else if (this.take(scanned, sink)) {
      sink(message);
    }
  }

  state(): number | null {
    return Number.isNaN(this.last) ? null : this.last;
  }

  restore(state: unknown): void {
    this.last = typeof state === 'number' ? state : NaN;
  }

  /** Any frame of this wire, whatever its spaces and the order of its fields. */
  private parseAny(bytes: Uint8Array, sink: WireSink): void {
    // The number of a frame that cannot be read stays missing, so that the next one shows the hole.
    const frame = parseJson(textOfUtf8(bytes));
    if (!isObject(frame)) return malformed(sink, 'not a JSON object');
    const { type, channel, events, timestamp } = frame;
    if (type === 'error') {
      message.start('refused').detail = words(frame['message']) || 'the venue gave no reason';
      return sink(message);
    }
    const number = integer(frame['sequence_num']);
    if (text(channel) === '' || Number.isNaN(number)) return malformed(sink, 'no channel or no sequence_num');
    if (!this.take(number, sink)) return undefined;
    if (channel === 'heartbeats') return sink(message.start('heartbeat'));
    if (!READ.has(channel)) return sink(message.start('ignored'));
    const heard: WireSink = (read) => {
      // Whose data it was cannot be told: for every book it is as if the frame had not come.
      if (read.kind === 'malformed' && read.venueSymbol === '') this.last = number - 1;
      sink(read);
    };
    if (!Array.isArray(events) || events.length === 0) return malformed(heard, `${text(channel)}: no events`);
    for (const event of events as unknown[]) parseEvent(channel, event, timestamp, heard);
    return undefined;
  }

  /**
   * Tells of what is wrong in front of the frame with this number: a hole, or a number below the last one, as of frames out
   * of order or of a counter that began anew. What is lost there nobody knows; the count goes on from here.
   * @returns false where the frame is repeated, which is told too
   */
  private take(number: number, sink: WireSink): boolean {
    const { last } = this;
    if (number === last) {
      sink(notice.start('ignored'));
      return false;
    }
    this.last = number;
    if (!Number.isNaN(last) && number !== last + 1) {
      notice.start('gap').detail = `expected sequence_num ${last + 1}, got ${number}`;
      sink(notice);
    }
    return true;
  }
}

export const coinbaseAdvanced = {
  exchange: 'coinbase',
  wire: 'coinbase-advanced',
  rules: { snapshot: 'stream', sequence: 'connection', checksum: null, keepDigits: false, depth: 'full' },
  limits: {
    // A choice: a snapshot of a large product has 5 MB, and a hole is one in all books of the connection.
    pairsPerConnection: 10,
    // Eight messages per second and address without a key.
    sendIntervalMs: 200,
    // A heartbeat comes each second.
    silenceMs: 5_000,
    connectionLifeMs: null,
    ping: null,
    connectionsPerInterval: { count: 8, intervalMs: 1_000 },
    restWeight: { budget: 10, intervalMs: 1_000 },
  },
  endpoints: { ws: 'wss://advanced-trade-ws.coinbase.com', rest: 'https://api.coinbase.com' },

  speaksAt: isAdvancedTrade,
  recognises: (frame) => /^\s*\{\s*"channel"\s*:/.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),
  // Every frame counts for every product of the connection.
  route: () => '',
  reader: (): WireReader => new AdvancedReader(),

  connectPath: () => '',

  // One channel per frame; heartbeats keep the others open while nothing happens.
  subscribe: ({ venueSymbols }) => [
    JSON.stringify({ type: 'subscribe', product_ids: venueSymbols, channel: CHANNEL }),
    JSON.stringify({ type: 'subscribe', product_ids: venueSymbols, channel: 'market_trades' }),
    JSON.stringify({ type: 'subscribe', channel: 'heartbeats' }),
  ],

  resubscribe: (venueSymbol) =>
    ['unsubscribe', 'subscribe'].map((type) => JSON.stringify({ type, product_ids: [venueSymbol], channel: CHANNEL })),

  snapshotRequest: () => null,
  instrumentsRequest: () => ({ path: '/api/v3/brokerage/market/products', weight: 1 }),
  routeHttp: () => '',
  parseHttp: (url, body, sink) => parseCoinbaseHttp(message, url, body, sink),
  splitSymbol: splitCoinbaseSymbol,
  venueSymbol: ({ base, quote }) => `${base}-${quote}`,
} satisfies ExchangeWire;
