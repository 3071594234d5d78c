/**
 * Bitfinex's single orders, the raw books of WebSocket v2. https://docs.bitfinex.com/reference/ws-public-raw-books
 *
 * How its book works. It is the channel `book` with the precision `R0`: rows are `[ORDER_ID, PRICE, ±AMOUNT]`, and the window
 * is the best `len` orders per side. A row with a price is an order as it now is, new or not; price zero removes it, and the
 * amount then only has the sign. Nothing says why an order became smaller or went: it may have been traded, withdrawn, or
 * pushed out of the window, from where it may come back. All else is as in `bitfinex.ts`: the counter of the connection, and
 * the checksum, which is over ids and amounts here.
 */

import { OrderBuffer } from '../book/order-buffer.ts';
import type { OrderRules } from '../book/order-rules.ts';
import { bookRulesOf } from '../book/order-rules.ts';
import type { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire } from '../ports/exchange-wire.ts';
import type { BookDialect } from './bitfinex-connection.ts';
import { bitfinex, BitfinexReader, resubscribeFrames, subscribeFrames } from './bitfinex.ts';
import { text } from './json.ts';

const PRECISION = 'R0';
const RAW_BOOK = /"prec"\s*:\s*"R0"/;
const DIGITS = /^\d+$/;

const RULES: OrderRules = {
  snapshot: 'stream',
  sequence: 'connection',
  checksum: 'bitfinex-raw',
  depth: 'orders',
  crossesWithin: false,
  // Orders of one price are listed by their ids, which do not change.
  growthKeepsPlace: true,
  unknown: 'counted',
};

const orders = new OrderBuffer();

/** Samples: `[34006738527,64250,0.5]`, `[34006738527,0,1]` */
function pushRow(row: unknown, { kind }: WireMessage): boolean {
  if (!Array.isArray(row)) return false;
  const [id, price, amount] = (row as unknown[]).map(text);
  if (id === undefined || price === undefined || amount === undefined || !DIGITS.test(id)) return false;
  const isAsk = amount.startsWith('-');
  const side = isAsk ? ASK : BID;
  const size = isAsk ? amount.slice(1) : amount;
  if (price === '0') return kind === 'delta' && orders.push('gone', id, side, null, size);
  return orders.push(kind === 'snapshot' ? 'add' : 'put', id, side, price, size) && isAboveZero();
}

/** Of the row that was appended last. */
function isAboveZero(): boolean {
  return orders.numbers.exactSize(orders.count - 1) > 0n;
}

const RAW: BookDialect = {
  precision: PRECISION,
  begin: (message, kind, symbol) => {
    message.start(kind, symbol).orders = orders.clear();
  },
  pushRow,
  row: '[id, price, amount]',
};

export const bitfinexOrders = {
  exchange: 'bitfinex',
  wire: 'bitfinex-orders',
  rules: bookRulesOf(RULES),
  orders: {
    rules: RULES,
    isSpokenIn: (frame) => RAW_BOOK.test(textOfUtf8(frame)),
    goesOnFrom: bitfinex.wire,
  },
  limits: bitfinex.limits,
  endpoints: bitfinex.endpoints,

  // The address is that of levels: what is subscribed tells.
  speaksAt: () => false,
  recognises: (frame) => RAW_BOOK.test(textOfUtf8(frame)),
  // The counter is of the connection.
  route: () => '',
  reader: () => new BitfinexReader(RAW),
  connectPath: () => bitfinex.connectPath(),
  subscribe: (subscription) => subscribeFrames(subscription, PRECISION),
  resubscribe: (venueSymbol, subscription, channel) => resubscribeFrames(venueSymbol, subscription, channel, PRECISION),
  snapshotRequest: () => null,
  instrumentsRequest: () => bitfinex.instrumentsRequest(),
  routeHttp: () => '',
  parseHttp: (url, body, sink) => bitfinex.parseHttp(url, body, sink),
  splitSymbol: (venueSymbol) => bitfinex.splitSymbol(venueSymbol),
  venueSymbol: (pair) => bitfinex.venueSymbol(pair),
} satisfies ExchangeWire;
