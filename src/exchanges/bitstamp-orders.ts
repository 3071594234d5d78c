/**
 * Bitstamp's single orders, WebSocket v2 and REST. https://www.bitstamp.net/websocket/v2/ and https://www.bitstamp.net/api/
 *
 * How its book works. `live_orders_<pair>` tells each order's beginning, changes and end as they happen, and no first state:
 * that is asked for by REST, which lists every order with `group=2`. Each event names itself and the one before it on its
 * channel, so that a lost one shows at the next; the ids begin with the venue's time and so rise. Events and snapshot name
 * their moment in µs: what is at or before the snapshot's is in it already.
 *
 * A trade is several events of one moment: the new order at a price that crosses the book, then what became of it and of
 * the orders that it met. `amount_traded` is that of the event, not the sum so far, and the price of a fill is that of the
 * trade, not the one at which the order rests. Trades themselves come by `live_trades_<pair>`, and are no further fills.
 */

import { OrderBuffer } from '../book/order-buffer.ts';
import type { OrderRules } from '../book/order-rules.ts';
import { bookRulesOf } from '../book/order-rules.ts';
import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire, RestRequest } from '../ports/exchange-wire.ts';
import { isVenueTime } from './bitstamp-scan.ts';
import { bitstamp } from './bitstamp.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJson, parseJsonWithNumberTexts, text } from './json.ts';
import { plainReader } from './plain-reader.ts';

const CHANNEL = /"channel"\s*:\s*"live_orders_[^"\\]/;
const ORDERS_PREFIX = 'live_orders_';
/** Every order of the book: without `group=2` the rows are levels. */
const SNAPSHOT_URL = /\/api\/v2\/order_book\/([^/?]+)\/?\?group=2$/;
const MICROTIMESTAMP = /^\d{16}$/;
const WHOLE = /^\d+$/;
const NOTHING = /^0+(?:\.0+)?$/;
const EVENT_ID = /^[\da-f]{8}(?:-[\da-f]+)+$/;

const RULES: OrderRules = {
  snapshot: 'rest',
  sequence: 'chain',
  checksum: null,
  depth: 'full',
  crossesWithin: true,
  // The venue does not say; whoever asks for more is served after those who were there.
  growthKeepsPlace: false,
  // The ends of market orders, which never rested, come like all others.
  unknown: 'counted',
};

const message = new WireMessage();
const orders = new OrderBuffer();

function start(kind: 'snapshot' | 'delta', venueSymbol: string): void {
  message.start(kind, venueSymbol).orders = orders.clear();
}

function malformed(sink: WireSink, detail: string, venueSymbol: string): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

function usFromMicrotimestamp(value: unknown): number {
  const written = text(value);
  const us = MICROTIMESTAMP.test(written) ? Number(written) : NaN;
  return isVenueTime(us) ? us : NaN;
}

/** The frame's row of an order. @returns false where it makes no sense */
function pushOrder(event: string, data: JsonObject): boolean {
  const id = text(data['id_str']);
  const type = data['order_type'];
  if (!WHOLE.test(id) || (type !== 0 && type !== 1)) return false;
  const side = type === 0 ? BID : ASK;
  const [price, amount] = [text(data['price_str']), text(data['amount_str'])];
  const traded = text(data['amount_traded']) || '0';
  const isTraded = !NOTHING.test(traded);
  switch (event) {
    case 'order_created':
      // A market order never rests.
      return NOTHING.test(price) ? isSize(amount) : orders.push('add', id, side, price, amount);
    case 'order_changed':
      return isTraded
        ? orders.push('fill-to', id, side, null, amount) && orders.trade(traded)
        : orders.push('amend', id, side, NOTHING.test(price) ? null : price, amount);
    default:
      return orders.push(NOTHING.test(amount) ? 'fill-all' : 'cancel', id, side, null, amount) && orders.trade(traded);
  }
}

/** Whether a text is a size, taken in and out again. */
function isSize(size: string): boolean {
  const isGood = orders.push('add', '', BID, null, size);
  orders.clear();
  return isGood;
}

/** Sample: `{"data":{"id":2043024863952899,"id_str":"2043024863952899","order_type":1,"order_subtype":5,"datetime":
 * "1787620345","microtimestamp":"1787620344704000","amount":0.0217818,"amount_str":"0.02178180","amount_traded":
 * "0.00100000","amount_at_create":"0.06278180","price":79640.91,"price_str":"79640.91","is_liquidation":false},"channel":
 * "live_orders_btcusd","event":"order_changed","event_id":"000659d4-cba3-ac00-0002-000103000020","pre_event_id":
 * "000659d4-cba3-ac00-0001-000102000020","order_source":"orderbook"}`: the numbers without `_str` are floats of the venue. */
function parseOrder(symbol: string, frame: JsonObject, sink: WireSink): void {
  const { data, event } = frame;
  if (!isObject(data)) return malformed(sink, 'live_orders: no data', symbol);
  start('delta', symbol);
  message.last = usFromMicrotimestamp(data['microtimestamp']);
  message.first = message.last;
  message.exchangeUs = message.last;
  if (Number.isNaN(message.last)) return malformed(sink, 'live_orders: microtimestamp is missing or no time', symbol);
  if (!pushOrder(text(event), data)) {
    return malformed(sink, 'live_orders: id, side, price or amount is missing or nonsense', symbol);
  }
  // Stop orders and others that do not rest in the book have another source; they are links of the chain all the same.
  if ((text(frame['order_source']) || 'orderbook') !== 'orderbook') orders.clear();
  orders.link = eventId(frame['event_id']);
  orders.previousLink = eventId(frame['pre_event_id']);
  return sink(message);
}

/** Empty in frames of the years before there were any. */
function eventId(value: unknown): string {
  return EVENT_ID.test(text(value)) ? text(value) : '';
}

const ORDER_EVENTS: ReadonlySet<string> = new Set(['order_created', 'order_changed', 'order_deleted']);

function parseFrame(frame: Uint8Array, sink: WireSink): void {
  const written = textOfUtf8(frame);
  if (!CHANNEL.test(written)) return parseOther(frame, sink);
  // All that counts is in texts: the venue's numbers are floats beside them.
  const outer = parseJson(written);
  if (!isObject(outer)) return malformed(sink, 'not a JSON object', bitstamp.route(frame));
  const event = text(outer['event']);
  const name = text(outer['channel']);
  if (!name.startsWith(ORDERS_PREFIX)) return parseOther(frame, sink);
  const symbol = name.slice(ORDERS_PREFIX.length);
  if (ORDER_EVENTS.has(event)) return parseOrder(symbol, outer, sink);
  if (event === 'bts:subscription_succeeded' || event === 'bts:unsubscription_succeeded') {
    message.start(event === 'bts:subscription_succeeded' ? 'subscribed' : 'unsubscribed', symbol).detail = 'book';
    return sink(message);
  }
  return parseOther(frame, sink);
}

const levelReader = bitstamp.reader();

/** Trades, heartbeats, refusals and what else is the same on all channels. Levels are of no use here. */
function parseOther(frame: Uint8Array, sink: WireSink): void {
  levelReader.parse(frame, (read) => {
    if (read.kind === 'delta' || read.kind === 'subscribed' || read.kind === 'unsubscribed') read.start('ignored');
    sink(read);
  });
}

/** Sample: `{"timestamp": "1787620344", "microtimestamp": "1787620344630000", "bids": [["79640.78", "0.25000000",
 * "2043024875446273"]], "asks": []}`, best price first, of each price the oldest order first. */
function parseSnapshot(url: string, body: Uint8Array, sink: WireSink): void {
  const symbol = bitstampOrders.routeHttp(url);
  const answer = parseJsonWithNumberTexts(textOfUtf8(body));
  if (!isObject(answer)) return malformed(sink, 'order_book: not a JSON object', symbol);
  start('snapshot', symbol);
  message.last = usFromMicrotimestamp(answer['microtimestamp']);
  message.exchangeUs = message.last;
  const isGood = !Number.isNaN(message.last) && pushRows(BID, answer['bids']) && pushRows(ASK, answer['asks']);
  if (isGood) return sink(message);
  const said = text(answer['reason']) || text(answer['error']) || 'nothing';
  return malformed(sink, `order_book: no time, or an order is not [price, amount, id]; the venue said ${said}`, symbol);
}

/** Rows of three columns only: without the third one they are levels. */
function pushRows(side: number, rows: unknown): boolean {
  if (!Array.isArray(rows)) return false;
  return (rows as unknown[]).every(
    (row) =>
      Array.isArray(row) &&
      row.length === 3 &&
      WHOLE.test(text(row[2])) &&
      orders.push('add', text(row[2]), side, text(row[0]), text(row[1])),
  );
}

export const bitstampOrders = {
  exchange: 'bitstamp',
  wire: 'bitstamp-orders',
  rules: bookRulesOf(RULES),
  orders: { rules: RULES, isSpokenIn: (frame) => CHANNEL.test(textOfUtf8(frame)) },
  limits: bitstamp.limits,
  endpoints: bitstamp.endpoints,

  // The address is that of levels: what is subscribed tells.
  speaksAt: () => false,
  recognises: (frame) => CHANNEL.test(textOfUtf8(frame)),
  route: (frame) => bitstamp.route(frame),
  reader: plainReader(parseFrame),
  connectPath: () => '',

  subscribe({ venueSymbols }) {
    return venueSymbols.flatMap((symbol) =>
      [`${ORDERS_PREFIX}${symbol}`, `live_trades_${symbol}`].map((channel) =>
        JSON.stringify({ event: 'bts:subscribe', data: { channel } }),
      ),
    );
  },

  resubscribe: () => [],

  // The venue always sends every order.
  snapshotRequest: (venueSymbol): RestRequest => ({ path: `/api/v2/order_book/${venueSymbol}/?group=2`, weight: 1 }),
  instrumentsRequest: () => bitstamp.instrumentsRequest(),
  routeHttp: (url) => SNAPSHOT_URL.exec(url)?.[1] ?? '',

  parseHttp(url, body, sink) {
    if (bitstampOrders.routeHttp(url) !== '') return parseSnapshot(url, body, sink);
    return bitstamp.routeHttp(url) === '' ? bitstamp.parseHttp(url, body, sink) : sink(message.start('ignored'));
  },

  splitSymbol: (venueSymbol) => bitstamp.splitSymbol(venueSymbol),
  venueSymbol: (pair) => bitstamp.venueSymbol(pair),
} satisfies ExchangeWire;
