/**
 * Bitstamp, WebSocket v2 and REST. https://www.bitstamp.net/websocket/v2/ and https://www.bitstamp.net/api/
 *
 * How its book works. `diff_order_book_<pair>` sends absolute amounts of the levels that changed, and no first state:
 * that is asked for by REST. Both name their moment, in µs of the venue's clock, which rises strictly from update to
 * update of a pair. So moments tell old from new: what is at or before the snapshot's is in it already. They tell nothing
 * of an update that got lost, and no checksum exists; a snapshot is right only together with an update from before it,
 * which shows that the socket was listened to when it was taken.
 */

import type { InstrumentRow, WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire, RestRequest } from '../ports/exchange-wire.ts';
import { isVenueTime, scanFrame, scanSnapshot } from './bitstamp-scan.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJsonWithNumberTexts, text } from './json.ts';
import { quoteSplitter } from './quote-splitter.ts';
import { plainReader } from './plain-reader.ts';

/** Channels of a pair, `diff_order_book_btcusd`: their names hold underscores, and pairs may hold a dash. */
const PAIR_CHANNEL = /^(diff_order_book|live_trades|live_orders|order_book|detail_order_book)_([^"\\]+)$/;
const CHANNEL_FIELD = /"channel"\s*:\s*"([^"\\]*)"/g;
const OWN_FRAME = /"event"\s*:\s*"bts:|"channel"\s*:\s*"(?:diff_order_book|live_trades|live_orders)_/;
/** Levels by price: `group=0` lists a price several times, `group=2` every order of it. */
const SNAPSHOT_URL = /\/api\/v2\/order_book\/([^/?]+)\/?(?:\?group=1)?$/;
const INSTRUMENTS_URL = /\/api\/v2\/(?:trading-pairs-info|markets)\/?$/;
const MICROTIMESTAMP = /^\d{16}$/;
const WHOLE = /^\d+$/;
const PERPETUAL = /-perp$/i;
/** More than any asset has. */
const DECIMALS_MAX = 20;

const message = new WireMessage();

interface PairChannel {
  /** Its name without the pair; empty where it is no channel of a pair. */
  readonly channel: string;
  readonly symbol: string;
}

function pairChannel(name: string): PairChannel {
  const [, channel = '', symbol = ''] = PAIR_CHANNEL.exec(name) ?? [];
  return { channel, symbol };
}

/** Sample: `1641343691244908`, quoted; NaN for anything else. */
function usFromMicrotimestamp(value: unknown): number {
  const written = text(value);
  const us = MICROTIMESTAMP.test(written) ? Number(written) : NaN;
  return isVenueTime(us) ? us : NaN;
}

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

/** Rows of two columns only: a third one is an order's number, and the row then no level. */
function pushLevels(side: number, rows: unknown): boolean {
  if (!Array.isArray(rows)) return false;
  return (rows as unknown[]).every(
    (row) => Array.isArray(row) && row.length === 2 && message.levels.push(side, text(row[0]), text(row[1])),
  );
}

/** Fills the message, begun by the caller, from a diff's data or from a snapshot. @returns what is wrong; empty for nothing */
function fillBook(book: JsonObject): string {
  message.last = usFromMicrotimestamp(book['microtimestamp']);
  message.exchangeUs = message.last;
  if (Number.isNaN(message.last)) return 'microtimestamp is missing or no time';
  if (pushLevels(BID, book['bids']) && pushLevels(ASK, book['asks'])) return '';
  return 'a level is not [price, amount]';
}

/** Sample: `{"data":{"timestamp":"1641343691","microtimestamp":"1641343691310202","bids":[],"asks":[["1.17438",
 * "853.01809477"],["1.17484","0.00000000"]]},"channel":"diff_order_book_adaeur","event":"data"}` */
function parseDiff(symbol: string, data: unknown, sink: WireSink): void {
  message.start('delta', symbol);
  const wrong = isObject(data) ? fillBook(data) : 'no data';
  if (wrong !== '') return malformed(sink, `diff_order_book: ${wrong}`, symbol);
  message.first = message.last;
  return sink(message);
}

/** Sample: `{"data":{"id":216000477,"timestamp":"1641343699","amount":0.0792,"amount_str":"0.07920000","price":3805.44,
 * "price_str":"3805.44","type":0,"microtimestamp":"1641343699596000","buy_order_id":1443875737346049,
 * "sell_order_id":1443875731320832},"channel":"live_trades_ethusd","event":"trade"}`: the numbers without `_str` are
 * floats of the venue, sometimes off in their last digits. */
function parseTrade(symbol: string, data: unknown, sink: WireSink): void {
  if (!isObject(data)) return malformed(sink, 'live_trades: no data', symbol);
  const at = usFromMicrotimestamp(data['microtimestamp']);
  const id = text(data['id']);
  // 0: the taker bought; 1: it sold.
  const type = text(data['type']);
  message.start('trades', symbol);
  message.exchangeUs = at;
  if (Number.isNaN(at) || !WHOLE.test(id) || (type !== '0' && type !== '1')) {
    return malformed(sink, 'live_trades: id, type or microtimestamp is missing or nonsense', symbol);
  }
  if (!message.trades.push(id, text(data['price_str']), text(data['amount_str']), type === '0', at)) {
    return malformed(sink, 'live_trades: price_str or amount_str is not a number above zero', symbol);
  }
  return sink(message);
}

/** Sample: `{"event":"bts:subscription_succeeded","channel":"diff_order_book_sgbeur","data":{}}` */
function parseReply(kind: 'subscribed' | 'unsubscribed', { channel, symbol }: PairChannel, sink: WireSink): void {
  if (channel === 'diff_order_book') message.start(kind, symbol).detail = 'book';
  else message.start('ignored');
  sink(message);
}

/** Sample: `{"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}}` */
function parseRefusal(symbol: string, data: unknown, sink: WireSink): void {
  const { code, message: reason } = isObject(data) ? data : {};
  message.start('refused', symbol).detail = [text(code), text(reason)].filter((part) => part !== '').join(': ');
  if (message.detail === '') message.detail = 'without a reason';
  sink(message);
}

/** Any frame of this wire, whatever its spaces and the order of its fields. */
function parseAny(frame: Uint8Array, sink: WireSink): void {
  const outer = parseJsonWithNumberTexts(textOfUtf8(frame));
  if (!isObject(outer)) return malformed(sink, 'not a JSON object', bitstamp.route(frame));
  const event = text(outer['event']);
  const name = text(outer['channel']);
  const on = pairChannel(name);
  switch (event) {
    case 'bts:subscription_succeeded':
      return parseReply('subscribed', on, sink);
    case 'bts:unsubscription_succeeded':
      return parseReply('unsubscribed', on, sink);
    case 'bts:error':
      return parseRefusal(on.symbol, outer['data'], sink);
    case 'bts:heartbeat':
      return sink(message.start('heartbeat'));
    case 'bts:request_reconnect':
      return sink(message.start('closing'));
  }
  if (event === '' || name === '') return malformed(sink, 'no event or no channel', on.symbol);
  if (event === 'data' && on.channel === 'diff_order_book') return parseDiff(on.symbol, outer['data'], sink);
  if (event === 'trade' && on.channel === 'live_trades') return parseTrade(on.symbol, outer['data'], sink);
  // Single orders and the best hundred levels have channels of their own.
  return sink(message.start('ignored', on.symbol));
}

function startSnapshot(url: string): void {
  message.start('snapshot', bitstamp.routeHttp(url));
}

/** Sample: `{"timestamp": "1641343695", "microtimestamp": "1641343695572693", "bids": [["0.14695", "4567.41344936"]],
 * "asks": []}` */
function parseSnapshot(url: string, body: unknown, sink: WireSink): void {
  startSnapshot(url);
  message.general = true;
  const symbol = message.venueSymbol;
  if (!isObject(body)) return malformed(sink, 'order_book: not a JSON object', symbol);
  const wrong = fillBook(body);
  if (wrong === '') return sink(message);
  const said = text(body['reason']) || text(body['error']) || 'nothing';
  return malformed(sink, `order_book: ${wrong}; the venue said ${said}`, symbol);
}

/** The smallest step of a number with so many decimals; null where their count is nonsense. */
function stepOf(decimals: unknown): string | null {
  const written = text(decimals);
  const count = WHOLE.test(written) ? Number(written) : NaN;
  if (!(count <= DECIMALS_MAX)) return null;
  return count === 0 ? '1' : `0.${'1'.padStart(count, '0')}`;
}

/** Sample: `{"trading": "Enabled", "base_decimals": 8, "url_symbol": "btcusd", "name": "BTC/USD", "counter_decimals": 2}`;
 * of the newer list `"market_symbol"` instead, also `"market_type": "SPOT"`. */
function instrumentOf(row: JsonObject): InstrumentRow | null {
  const venueSymbol = text(row['url_symbol']) || text(row['market_symbol']);
  const [base = '', quote = '', ...more] = text(row['name']).split('/');
  const isSpot = (text(row['market_type']) || 'SPOT') === 'SPOT' && !PERPETUAL.test(venueSymbol);
  if (venueSymbol === '' || base === '' || quote === '' || more.length > 0 || !isSpot) return null;
  return {
    venueSymbol,
    base,
    quote,
    tickSize: stepOf(row['counter_decimals']),
    lotSize: stepOf(row['base_decimals']),
    tradable: row['trading'] === 'Enabled',
  };
}

function parseInstruments(rows: unknown, sink: WireSink): void {
  if (!Array.isArray(rows)) return malformed(sink, 'the list of pairs is not a list');
  message.start('instruments');
  message.instruments = (rows as unknown[]).filter(isObject).flatMap((row) => instrumentOf(row) ?? []);
  return sink(message);
}

/** What Bitstamp prices its pairs in. */
const splitAtQuote = quoteSplitter('USD EUR GBP BTC ETH USDT USDC PAX');

export const bitstamp = {
  exchange: 'bitstamp',
  wire: 'bitstamp',
  rules: { snapshot: 'rest', sequence: 'rising', checksum: null, keepDigits: false, depth: 'full' },
  limits: {
    // Two channels per pair. The venue names no bound.
    pairsPerConnection: 50,
    sendIntervalMs: 100,
    // Quiet pairs may say nothing for long; the answer to a ping comes within a second.
    silenceMs: 30_000,
    // The venue asks for a new connection when it wants one.
    connectionLifeMs: null,
    ping: '{"event":"bts:heartbeat"}',
    connectionsPerInterval: { count: 30, intervalMs: 60_000 },
    // The smaller of the two budgets that the venue has named over the years.
    restWeight: { budget: 8000, intervalMs: 600_000 },
  },
  endpoints: { ws: 'wss://ws.bitstamp.net', rest: 'https://www.bitstamp.net' },

  // The only wire of this venue.
  speaksAt: () => true,
  recognises: (frame) => OWN_FRAME.test(textOfUtf8(frame)),

  route(frame) {
    let found: string | null = null;
    for (const [, name = ''] of textOfUtf8(frame).matchAll(CHANNEL_FIELD)) {
      if (found !== null && name !== found) return '';
      found = name;
    }
    return pairChannel(found ?? '').symbol;
  },

  reader: plainReader((frame, sink) => {
    if (scanFrame(frame, message)) return sink(message);
    return parseAny(frame, (read) => {
      read.general = true;
      sink(read);
    });
  }),

  connectPath: () => '',

  subscribe({ venueSymbols }) {
    return venueSymbols.flatMap((symbol) =>
      [`diff_order_book_${symbol}`, `live_trades_${symbol}`].map((channel) =>
        JSON.stringify({ event: 'bts:subscribe', data: { channel } }),
      ),
    );
  },

  resubscribe: () => [],

  // The venue always sends every level.
  snapshotRequest: (venueSymbol): RestRequest => ({
    path: `/api/v2/order_book/${venueSymbol}/?group=1`,
    weight: 1,
  }),

  // The answer names its moment, and has been up to 2.6 s old.
  comparison: {
    request: (venueSymbol): RestRequest => bitstamp.snapshotRequest(venueSymbol),
    leadMs: 3_000,
    settleMs: 2_000,
  },

  instrumentsRequest: () => ({ path: '/api/v2/trading-pairs-info/', weight: 1 }),
  routeHttp: (url) => SNAPSHOT_URL.exec(url)?.[1] ?? '',

  parseHttp(url, body, sink) {
    const isSnapshot = bitstamp.routeHttp(url) !== '';
    if (isSnapshot) {
      startSnapshot(url);
      if (scanSnapshot(body, message)) return sink(message);
    }
    if (!isSnapshot && !INSTRUMENTS_URL.test(url)) return sink(message.start('ignored'));
    const answer = parseJsonWithNumberTexts(textOfUtf8(body));
    return isSnapshot ? parseSnapshot(url, answer, sink) : parseInstruments(answer, sink);
  },

  // The concatenated symbol alone does not say where it parts: metadata does. Without any, the quote list guesses.
  splitSymbol: (venueSymbol) => (/^[a-z\d]+$/.test(venueSymbol) ? splitAtQuote(venueSymbol.toUpperCase()) : null),
  venueSymbol: ({ base, quote }) => `${base}${quote}`.toLowerCase(),
} satisfies ExchangeWire;
