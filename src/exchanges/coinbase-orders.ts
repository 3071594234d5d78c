/**
 * Coinbase Exchange's single orders, the channel `full` of its feed, for who has keys.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 *
 * How its book works. Every message of a product has a number, one above that of the one before: a hole is a lost one. The
 * first state comes by REST (`level=3`) with the number that it is of. An order that is accepted is `received`; if it comes to
 * rest it is `open`; a `match` takes from the maker, which keeps its place; a `change` is its owner's; `done` is its end.
 * Many orders never rest, so that changes and ends of unknown ones are no loss.
 *
 * Frames that subscribe carry a signature of the moment, which is added on their way out and is in no record.
 */

import { createHmac } from 'node:crypto';
import { OrderBuffer } from '../book/order-buffer.ts';
import type { OrderRules } from '../book/order-rules.ts';
import { bookRulesOf } from '../book/order-rules.ts';
import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { Authentication, ExchangeWire, RestRequest } from '../ports/exchange-wire.ts';
import { coinbaseTime, parseCoinbaseHttp } from './coinbase-common.ts';
import { coinbaseExchange } from './coinbase-exchange.ts';
import type { JsonObject } from './json.ts';
import { integer, isObject, parseJson, text, words } from './json.ts';
import { plainReader } from './plain-reader.ts';

const CHANNEL = 'full';
/** Frames that only this channel has, and those that ask for it or grant it. */
const OWN_FRAME = /"type"\s*:\s*"(?:received|open|done|change)"|"channels"\s*:\s*\[\s*"full"|"name"\s*:\s*"full"/;
const SNAPSHOT_URL = /\/products\/([^/?]+)\/book\?level=3$/;

const RULES: OrderRules = {
  snapshot: 'rest',
  sequence: 'range',
  checksum: null,
  depth: 'full',
  crossesWithin: false,
  growthKeepsPlace: false,
  unknown: 'normal',
};

const message = new WireMessage();
const trade = new WireMessage();
const orders = new OrderBuffer();

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

/** The side of the order that a frame is about; of a match, the maker's. NaN for neither. */
function sideOf(value: unknown): number {
  return value === 'buy' ? BID : value === 'sell' ? ASK : NaN;
}

/**
 * The frame's row, if it has one. @returns false where it makes no sense
 *
 * Samples: `{"type":"open","side":"sell","product_id":"BTC-USD","time":"2026-09-01T10:00:00.060001Z","sequence":90000125,
 * "price":"64250.11","order_id":"d50ec984-…","remaining_size":"1.00"}`, `{"type":"match","trade_id":10,"maker_order_id":
 * "ac928c66-…","taker_order_id":"132fb6ae-…","size":"0.5","price":"64250.11","side":"sell",…}`, `{"type":"change","reason":
 * "modify_order","order_id":"…","old_size":"12","new_size":"5","old_price":"7","new_price":"8","side":"buy",…}` and
 * `{"type":"done","order_id":"…","reason":"filled","side":"buy","price":"200.2","remaining_size":"0",…}`.
 */
function pushRow(frame: JsonObject): boolean {
  const side = sideOf(frame['side']);
  const id = text(frame[frame['type'] === 'match' ? 'maker_order_id' : 'order_id']);
  if (Number.isNaN(side) || id === '') return false;
  switch (frame['type']) {
    case 'open':
      return orders.push('add', id, side, text(frame['price']), text(frame['remaining_size']));
    case 'match':
      return orders.push('fill-by', id, side, null, text(frame['size']));
    case 'change': {
      // A market order's money is nothing to the book.
      if (frame['new_size'] === undefined) return true;
      const price = frame['new_price'];
      return orders.push('amend', id, side, price === undefined ? null : text(price), text(frame['new_size']));
    }
    case 'done':
      return orders.push(frame['reason'] === 'filled' ? 'fill-all' : 'cancel', id, side, null, '0');
    default:
      // `received`: it does not rest yet, and may never do.
      return true;
  }
}

/** The trade of a match. The side is the maker's: a resting sell that was lifted, so the taker bought. */
function fillTrade(frame: JsonObject, symbol: string, at: number): boolean {
  const id = integer(frame['trade_id']);
  trade.start('trades', symbol).exchangeUs = at;
  if (Number.isNaN(id)) return false;
  return trade.trades.push(String(id), text(frame['price']), text(frame['size']), frame['side'] === 'sell', at);
}

function parseOrder(frame: JsonObject, sink: WireSink): void {
  const type = words(frame['type']);
  const symbol = text(frame['product_id']);
  const sequence = integer(frame['sequence']);
  const at = coinbaseTime(frame['time']);
  if (symbol === '' || Number.isNaN(sequence) || at === null) {
    return malformed(sink, `${type}: product_id, sequence or time is missing or nonsense`, symbol);
  }
  message.start('delta', symbol).orders = orders.clear();
  message.first = sequence;
  message.last = sequence;
  message.exchangeUs = at;
  if (!pushRow(frame)) return malformed(sink, `${type}: order, side, price or size is missing or nonsense`, symbol);
  if (type !== 'match') return sink(message);
  if (!fillTrade(frame, symbol, at)) return malformed(sink, 'match: trade_id, price or size is nonsense', symbol);
  sink(message);
  return sink(trade);
}

/** Sample: `{"type":"subscriptions","channels":[{"name":"full","product_ids":["BTC-USD"]}]}` */
function parseSubscriptions(channels: readonly unknown[], sink: WireSink): void {
  const products = channels
    .filter(isObject)
    .filter(({ name }) => name === CHANNEL)
    .flatMap(({ product_ids: ids }): unknown[] => (Array.isArray(ids) ? ids : []))
    .filter((id) => typeof id === 'string' && id !== '');
  if (products.length === 0) return sink(message.start('ignored'));
  for (const product of products) {
    message.start('subscribed', text(product)).detail = 'book';
    sink(message);
  }
  return undefined;
}

const levelReader = coinbaseExchange.reader();

function parseFrame(bytes: Uint8Array, sink: WireSink): void {
  const frame = parseJson(textOfUtf8(bytes));
  if (!isObject(frame)) return malformed(sink, 'not a JSON object', coinbaseExchange.route(bytes));
  switch (frame['type']) {
    case 'received':
    case 'open':
    case 'match':
    case 'change':
    case 'done':
      return parseOrder(frame, sink);
    case 'subscriptions':
      if (!Array.isArray(frame['channels'])) return malformed(sink, 'subscriptions: no channels');
      return parseSubscriptions(frame['channels'], sink);
    case 'snapshot':
    case 'l2update':
      // Levels are of no use here.
      return sink(message.start('ignored', text(frame['product_id'])));
    default:
      // Heartbeats, refusals, and kinds that are not used: a stop order that was triggered has no number.
      return levelReader.parse(bytes, (read) => {
        read.general = false;
        sink(read);
      });
  }
}

function pushOrders(side: number, rows: unknown): boolean {
  if (!Array.isArray(rows)) return false;
  return (rows as unknown[]).every(
    (row) =>
      Array.isArray(row) && text(row[2]) !== '' && orders.push('add', text(row[2]), side, text(row[0]), text(row[1])),
  );
}

/** Sample: `{"sequence":90000120,"bids":[["64250.10","0.75","da863862-…"]],"asks":[],"time":"2026-09-01T10:00:00Z"}`, best
 * price first, of each price the oldest order first. */
function parseSnapshot(symbol: string, body: Uint8Array, sink: WireSink): void {
  const answer = parseJson(textOfUtf8(body));
  if (!isObject(answer)) return malformed(sink, 'book: not a JSON object', symbol);
  const sequence = integer(answer['sequence']);
  message.start('snapshot', symbol).orders = orders.clear();
  message.last = sequence;
  message.exchangeUs = coinbaseTime(answer['time']) ?? NaN;
  if (!Number.isNaN(sequence) && pushOrders(BID, answer['bids']) && pushOrders(ASK, answer['asks']))
    return sink(message);
  const said = words(answer['message']) || 'nothing';
  return malformed(sink, `book: no sequence, or an order is not [price, size, id]; the venue said ${said}`, symbol);
}

/** The product that a snapshot is of; empty for any other URL. */
function productOf(url: string): string {
  return SNAPSHOT_URL.exec(url)?.[1] ?? '';
}

/** https://docs.cdp.coinbase.com/exchange/websocket-feed/authentication */
const authentication: Authentication = {
  tokenRequest: () => null,
  tokenOf: () => '',
  seal(frame, { key, secret, passphrase }, _token, nowUs) {
    const timestamp = String(Math.floor(nowUs / 1_000_000));
    const signed = `${timestamp}GET/users/self/verify`;
    const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(signed).digest('base64');
    return JSON.stringify({ ...(JSON.parse(frame) as object), key, passphrase, timestamp, signature });
  },
};

export const coinbaseOrders = {
  exchange: 'coinbase',
  wire: 'coinbase-orders',
  rules: bookRulesOf(RULES),
  orders: { rules: RULES, isSpokenIn: (frame) => OWN_FRAME.test(textOfUtf8(frame)) },
  authentication,
  // The channel of a busy product is for a connection that has hardly any other.
  limits: { ...coinbaseExchange.limits, pairsPerConnection: 5 },
  endpoints: { ...coinbaseExchange.endpoints, ws: 'wss://ws-direct.exchange.coinbase.com' },

  // The address is that of levels: what is subscribed tells.
  speaksAt: () => false,
  recognises: (frame) => OWN_FRAME.test(textOfUtf8(frame)),
  route: (frame) => coinbaseExchange.route(frame),
  reader: plainReader(parseFrame),
  connectPath: () => '',

  subscribe: ({ venueSymbols }) => [
    JSON.stringify({ type: 'subscribe', channels: [CHANNEL, 'heartbeat'], product_ids: venueSymbols }),
  ],

  resubscribe: () => [],

  // The venue always sends every order.
  snapshotRequest: (venueSymbol): RestRequest => ({ path: `/products/${venueSymbol}/book?level=3`, weight: 1 }),
  instrumentsRequest: () => coinbaseExchange.instrumentsRequest(),
  routeHttp: productOf,

  parseHttp(url, body, sink) {
    const symbol = productOf(url);
    return symbol === '' ? parseCoinbaseHttp(message, url, body, sink) : parseSnapshot(symbol, body, sink);
  },

  splitSymbol: (venueSymbol) => coinbaseExchange.splitSymbol(venueSymbol),
  venueSymbol: (pair) => coinbaseExchange.venueSymbol(pair),
} satisfies ExchangeWire;
