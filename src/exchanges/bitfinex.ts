/**
 * Bitfinex spot, WebSocket v2. https://docs.bitfinex.com/docs/ws-general, https://docs.bitfinex.com/reference/ws-public-books
 *
 * How its book works. A frame names its channel by a number that the venue gave on this connection: `[chanId, …]`. The
 * first frame of a book's channel is the snapshot, a list of rows `[PRICE, COUNT, ±AMOUNT]`; each later one is one row with
 * the absolute amount, positive for bids, negative for asks (a list of rows, where the venue was asked for that). COUNT is the number of orders; zero removes the price, and the
 * amount then only has the sign. The window is the best `len` levels per side: the venue removes a level that leaves it.
 *
 * All data frames of a connection share one counter, heartbeats included: a hole may concern any of its books. `cs` frames
 * have the checksum of a book as it stands, behind the rows that changed it. Both, and the time of sending, are options that
 * are asked for first. Where checksums come, rows wait for theirs and are one update with it (`bitfinex-held-rows.ts`): no
 * row of a change is told before the change is proven.
 */

import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { parseDecimal, parsed } from '../lib/decimal.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire, Subscription, WireReader } from '../ports/exchange-wire.ts';
import type { BookDialect, Channel, ConnectionState } from './bitfinex-connection.ts';
import { ConnectionMemory, OB_CHECKSUM, SEQ_ALL, TIMESTAMP, usFromMs } from './bitfinex-connection.ts';
import type { HeldRowsState } from './bitfinex-held-rows.ts';
import { HeldRows } from './bitfinex-held-rows.ts';
import { ORDERS_MAX, scanFrame, scanned } from './bitfinex-scan.ts';
import { bitfinexInstrument, bitfinexSymbol, splitBitfinexSymbol } from './bitfinex-symbols.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJsonWithNumberTexts, text } from './json.ts';

const HEAD_BYTES = 64;
const VERSION = '2';
/** Levels per side that a subscription may ask for. */
const LENGTHS = [1, 25, 100, 250] as const;
const LENGTH_MAX = 250;
/** The most exact prices; other precisions add levels up, and `R0` has single orders. */
const PRECISION = 'P0';
/** As soon as it happens. */
const FREQUENCY = 'F0';

const SERVER_STOPS = 20_051;
const MAINTENANCE_BEGINS = 20_060;
const MAINTENANCE_ENDS = 20_061;

const PAIRS = 'pub:list:pair:exchange';
const CONF_PATH = /\/v2\/conf\/([^/?]+)/;

const DIGITS = /^\d+$/;
/** A kind of frame, such as `tu`. */
const WORD = /^[a-z]+$/i;

const message = new WireMessage();
/** Told before the frame that shows it. */
const hole = new WireMessage();
/** Rows that no checksum has come for, told before the frame that shows it. */
const unproven = new WireMessage();

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

/** A whole number as the venue writes it; NaN for anything else. */
function integerOf(value: unknown): number {
  const digits = text(value);
  const number = DIGITS.test(digits) ? Number(digits) : NaN;
  return number <= Number.MAX_SAFE_INTEGER ? number : NaN;
}

function isAboveZero(size: string): boolean {
  return parseDecimal(size) && (parsed.wide === null ? parsed.mantissa > 0 : parsed.wide > 0n);
}

/** Samples: `[64250,3,1.25]`, `[64251,0,-1]` */
function pushRow(row: unknown, into: WireMessage): boolean {
  if (!Array.isArray(row)) return false;
  const orders = integerOf(row[1]);
  const amount = text(row[2]);
  const isAsk = amount.startsWith('-');
  const size = isAsk ? amount.slice(1) : amount;
  if (!(orders <= ORDERS_MAX) || !isAboveZero(size)) return false;
  return into.levels.push(isAsk ? ASK : BID, text(row[0]), orders === 0 ? '0' : size, orders);
}

const LEVELS: BookDialect = {
  precision: PRECISION,
  begin: (into, kind, symbol) => into.start(kind, symbol),
  pushRow,
  row: '[price, count, amount]',
};

/** Samples: `[10092,[[64250,3,1.25],[64251,2,-0.75]],1,1785000000100]`, `[10092,[64250,4,1.45],2,1785000000130]` */
function parseBook(
  rows: readonly unknown[],
  channel: Channel,
  { isBulk, dialect }: ConnectionMemory,
  at: number,
  sink: WireSink,
): void {
  const { symbol } = channel;
  // Of a dead book the list is empty.
  const isList = rows.length === 0 || Array.isArray(rows[0]);
  const isSnapshot = isList && !(isBulk && channel.isBegun);
  // One that cannot be read is over too: what comes next is no whole book.
  channel.isBegun = true;
  dialect.begin(message, isSnapshot ? 'snapshot' : 'delta', symbol);
  message.exchangeUs = at;
  const isRead = isList ? rows.every((row) => dialect.pushRow(row, message)) : dialect.pushRow(rows, message);
  if (isRead) sink(message);
  else malformed(sink, `book: a row is not ${dialect.row}`, symbol);
}

/** Sample: `[10092,"cs",-1338003118,5,1785000000151]` */
function parseChecksum(value: unknown, symbol: string, at: number, sink: WireSink): void {
  const checksum = text(value) === '' ? NaN : Number(text(value));
  message.start('checksum', symbol).exchangeUs = at;
  message.checksum = checksum | 0;
  if (message.checksum === checksum) sink(message);
  else malformed(sink, 'cs: no whole number of 32 bits', symbol);
}

/** Sample: `[17470,"te",[1234567002,1785000000200,-0.05,64250],7,1785000000201]`: id, time, amount (of the taker), price. */
function parseTrade(row: unknown, symbol: string, sink: WireSink): void {
  const [id, time, amount, price] = Array.isArray(row) ? (row as unknown[]).map(text) : [];
  const at = usFromMs(integerOf(time));
  message.start('trades', symbol).exchangeUs = at;
  if (id === undefined || amount === undefined || price === undefined || !DIGITS.test(id) || Number.isNaN(at)) {
    return malformed(sink, 'te: a trade is not [id, time, amount, price]', symbol);
  }
  const takerSells = amount.startsWith('-');
  if (message.trades.push(id, price, takerSells ? amount.slice(1) : amount, !takerSells, at)) return sink(message);
  return malformed(sink, 'te: amount or price is no number', symbol);
}

function parseChannel(
  channel: Channel,
  connection: ConnectionMemory,
  items: readonly unknown[],
  at: number,
  sink: WireSink,
): void {
  const { kind, symbol } = channel;
  const first = items[1];
  if (first === 'hb') {
    message.start('heartbeat').exchangeUs = at;
    return sink(message);
  }
  if (kind === 'book') {
    if (Array.isArray(first)) return parseBook(first, channel, connection, at, sink);
    if (first === 'cs') return parseChecksum(items[2], symbol, at, sink);
  } else {
    // A list of trades is history: they happened before the subscription.
    if (Array.isArray(first)) return sink(message.start('ignored'));
    // `tu` repeats the trade, some frames later, or never.
    if (first === 'te') return parseTrade(items[2], symbol, sink);
  }
  if (WORD.test(text(first))) return sink(message.start('ignored'));
  return malformed(sink, `${kind}: neither rows nor a word`, symbol);
}

/** Whether a number was missing before this one: `hole` then says so. */
function showsHole(connection: ConnectionMemory, sequence: number): boolean {
  const due = connection.count(sequence);
  if (Number.isNaN(due)) return false;
  hole.start('gap').detail = `expected frame ${due}, got ${sequence}`;
  return true;
}

/** `[chanId, rows, …]`, `[chanId, "hb", …]` or `[chanId, word, value, …]`, and what the connection's options add. */
function parseData(items: readonly unknown[], connection: ConnectionMemory, sink: WireSink): void {
  const id = integerOf(items[0]);
  if (Number.isNaN(id) || items.length < 2) return malformed(sink, 'neither an event nor the data of a channel');
  const channel = connection.channel(id);
  const symbol = channel?.symbol ?? '';
  // Counted from the front: the venue may let frames grow.
  let next = Array.isArray(items[1]) || items[1] === 'hb' ? 2 : 3;
  if (connection.isNumbered) {
    const sequence = integerOf(items[next++]);
    if (Number.isNaN(sequence)) return malformed(sink, 'a data frame has no number', symbol);
    if (showsHole(connection, sequence)) sink(hole);
  }
  const at = connection.isTimed ? usFromMs(integerOf(items[next])) : NaN;
  if (connection.isTimed && Number.isNaN(at)) {
    if (channel !== undefined) channel.isBegun = true;
    return malformed(sink, 'a data frame has no time', symbol);
  }
  // Channels that are not used, and what comes before their acknowledgement or after their end.
  if (channel === undefined) return sink(message.start('ignored'));
  return parseChannel(channel, connection, items, at, sink);
}

/** Sample: `{"event":"subscribed","channel":"book","chanId":10092,"symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"250",
 * "pair":"BTCUSD"}` */
function parseSubscribed(event: JsonObject, connection: ConnectionMemory, sink: WireSink): void {
  const symbol = text(event['symbol']);
  const kind = event['channel'];
  const id = integerOf(event['chanId']);
  if (Number.isNaN(id)) return malformed(sink, 'subscribed: no chanId', symbol);
  // The number may have been another channel's before.
  connection.close(id);
  const isUsed = kind === 'trades' || (kind === 'book' && event['prec'] === connection.dialect.precision);
  // `fUSD` is a market of loans.
  if (!isUsed || symbol.startsWith('f')) return sink(message.start('ignored'));
  const depth = kind === 'book' ? integerOf(event['len']) : Number.POSITIVE_INFINITY;
  if (symbol === '' || !(depth > 0)) return malformed(sink, 'subscribed: no symbol or no len', symbol);
  const precision = kind === 'book' ? connection.dialect.precision : '';
  connection.open({ id, kind, symbol, precision, depth, isBegun: false });
  if (kind === 'trades') return sink(message.start('ignored'));
  message.start('subscribed', symbol).detail = 'book';
  message.depth = depth;
  message.channel = String(id);
  return sink(message);
}

/** Sample: `{"event":"unsubscribed","status":"OK","chanId":10092}` */
function parseUnsubscribed(event: JsonObject, connection: ConnectionMemory, sink: WireSink): void {
  const channel = connection.close(integerOf(event['chanId']));
  if (channel?.kind !== 'book') return sink(message.start('ignored'));
  message.start('unsubscribed', channel.symbol).detail = 'book';
  return sink(message);
}

/** Sample: `{"event":"conf","status":"OK","flags":229376}` */
function parseConf(event: JsonObject, connection: ConnectionMemory, sink: WireSink): void {
  const flags = integerOf(event['flags']);
  if (event['status'] !== 'OK') {
    message.start('refused').detail = `conf: ${text(event['msg']) || text(event['status']) || 'no status'}`;
    return sink(message);
  }
  if (Number.isNaN(flags)) return malformed(sink, 'conf: no flags');
  connection.configure(flags);
  return sink(message.start('ignored'));
}

/** Samples: `{"event":"info","version":2,"serverId":"…","platform":{"status":1}}`, `{"event":"info","code":20060}` */
function parseInfo(event: JsonObject, sink: WireSink): void {
  const platform = isObject(event['platform']) ? text(event['platform']['status']) : '';
  const version = event['version'];
  if (version !== undefined && version !== VERSION) return malformed(sink, `info: version ${text(version)}`);
  const code = integerOf(event['code']);
  if (code === SERVER_STOPS) return sink(message.start('closing'));
  if (code === MAINTENANCE_BEGINS || platform === '0') message.start('status').detail = 'maintenance';
  else if (code === MAINTENANCE_ENDS || platform === '1') message.start('status').detail = 'online';
  else message.start('ignored');
  sink(message);
  // All channels are to be subscribed to again, those of trades too: a connection of its own does that.
  if (code === MAINTENANCE_ENDS) sink(message.start('closing'));
}

function parseEvent(event: JsonObject, connection: ConnectionMemory, sink: WireSink): void {
  switch (event['event']) {
    case 'info':
      return parseInfo(event, sink);
    case 'conf':
      return parseConf(event, connection, sink);
    case 'subscribed':
      return parseSubscribed(event, connection, sink);
    case 'unsubscribed':
      return parseUnsubscribed(event, connection, sink);
    case 'error':
      // `{"event":"error","msg":"subscribe: dup","code":10301,"symbol":"tBTCUSD","channel":"book"}`
      message.start('refused', text(event['symbol'])).detail =
        `${text(event['code'])}: ${text(event['msg']) || 'no reason'}`;
      return sink(message);
    case 'pong':
      return sink(message.start('ignored'));
    default:
      return malformed(sink, 'unknown event', text(event['symbol']));
  }
}

/** Any frame of this wire, whatever its spaces and the order of its fields. */
function parseAny(frame: Uint8Array, connection: ConnectionMemory, sink: WireSink): void {
  const outer = parseJsonWithNumberTexts(textOfUtf8(frame));
  if (Array.isArray(outer)) return parseData(outer, connection, sink);
  if (isObject(outer)) return parseEvent(outer, connection, sink);
  return malformed(sink, 'neither a JSON array nor an object');
}

interface ReaderState extends ConnectionState {
  readonly held: HeldRowsState;
}

export class BitfinexReader implements WireReader {
  private readonly connection: ConnectionMemory;
  private readonly held = new HeldRows();

  constructor(dialect: BookDialect = LEVELS) {
    this.connection = new ConnectionMemory(dialect);
  }

  parse(frame: Uint8Array, sink: WireSink): void {
    const { connection } = this;
    // The scanner knows levels alone.
    if (connection.dialect !== LEVELS) return parseAny(frame, connection, sink);
    if (scanFrame(frame, connection, message)) {
      if (connection.isNumbered && showsHole(connection, scanned.sequence)) this.tell(hole, sink);
      return this.tell(message, sink);
    }
    return parseAny(frame, connection, (read) => {
      read.general = true;
      this.tell(read, sink);
    });
  }

  state(): ReaderState {
    return { ...this.connection.state(), held: this.held.state() };
  }

  restore(state: unknown): void {
    const { held, ...connection } = state as ReaderState;
    this.connection.restore(connection);
    this.held.restore(held);
  }

  /** Hands a message on, with the rows that it proves. */
  private tell(read: WireMessage, sink: WireSink): void {
    const { held } = this;
    if (!this.connection.isChecked) return sink(read);
    for (const symbol of held.overdue(read.exchangeUs)) this.tellUnproven(symbol, sink);
    const { kind, venueSymbol } = read;
    if (kind === 'delta') {
      if (!held.add(read)) return this.tellUnproven(venueSymbol, sink);
      // A checksum that has not come says nothing: the frame is used, and changes nothing yet.
      read.levels.clear();
      read.kind = 'checksum';
    } else if (kind === 'checksum') {
      if (held.take(read)) read.kind = 'delta';
    } else if (kind === 'gap') {
      held.forgetAll();
    } else if (kind === 'snapshot' || kind === 'subscribed' || kind === 'unsubscribed') {
      held.forget(venueSymbol);
    }
    return sink(read);
  }

  private tellUnproven(symbol: string, sink: WireSink): void {
    if (this.held.take(unproven.start('delta', symbol))) sink(unproven);
  }
}

/** The list of pairs: `[["BTCUSD","DOGE:USD"]]`, one list per key that the path names. */
function parsePairs(key: number, body: Uint8Array, sink: WireSink): void {
  const answer = parseJsonWithNumberTexts(textOfUtf8(body));
  const lists = Array.isArray(answer) ? (answer as unknown[]) : [];
  const pairs = lists[key];
  if (!Array.isArray(pairs)) {
    // `["error",11010,"ratelimit: error"]`
    return malformed(sink, `${PAIRS}: no list; the venue said ${lists.map(text).join(' ') || 'nothing'}`);
  }
  message.start('instruments');
  message.instruments = (pairs as unknown[]).flatMap((pair) => bitfinexInstrument(text(pair)) ?? []);
  return sink(message);
}

/** @param bookDepth levels per side, or with `R0` orders per side */
function bookRequest(symbol: string, bookDepth: number, precision: string): string {
  const length = LENGTHS.find((levels) => levels >= bookDepth) ?? LENGTH_MAX;
  return JSON.stringify({
    event: 'subscribe',
    channel: 'book',
    symbol,
    prec: precision,
    freq: FREQUENCY,
    len: String(length),
  });
}

export function subscribeFrames({ venueSymbols, bookDepth }: Subscription, precision: string): string[] {
  return [
    JSON.stringify({ event: 'conf', flags: TIMESTAMP | SEQ_ALL | OB_CHECKSUM }),
    ...venueSymbols.flatMap((symbol) => [
      bookRequest(symbol, bookDepth, precision),
      JSON.stringify({ event: 'subscribe', channel: 'trades', symbol }),
    ]),
  ];
}

/** @param channel empty where the venue has granted none yet, or none any more */
export function resubscribeFrames(
  venueSymbol: string,
  { bookDepth }: Subscription,
  channel: string,
  precision: string,
): string[] {
  const subscribe = bookRequest(venueSymbol, bookDepth, precision);
  return channel === '' ? [subscribe] : [JSON.stringify({ event: 'unsubscribe', chanId: Number(channel) }), subscribe];
}

export const bitfinex = {
  exchange: 'bitfinex',
  wire: 'bitfinex-v2',
  rules: {
    snapshot: 'stream',
    sequence: 'connection',
    checksum: 'bitfinex-crc32',
    // The venue prints numbers the one way that JavaScript does: their digits follow from their values.
    keepDigits: false,
    depth: 'window',
  },
  limits: {
    // 25 channels, two per pair.
    pairsPerConnection: 12,
    sendIntervalMs: 100,
    // A heartbeat comes every 15 s per idle channel, at times after 25 s.
    silenceMs: 30_000,
    connectionLifeMs: null,
    ping: '{"event":"ping"}',
    connectionsPerInterval: { count: 20, intervalMs: 60_000 },
    restWeight: { budget: 10, intervalMs: 60_000 },
  },
  endpoints: { ws: 'wss://api-pub.bitfinex.com', rest: 'https://api-pub.bitfinex.com' },

  speaksAt: (url) => /\/ws\/2\/?(\?|$)/.test(url),
  recognises: (frame) => /^\s*(?:\[\s*\d+\s*,\s*[["]|\{\s*"event")/.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),
  // The counter is of the connection.
  route: () => '',

  reader: () => new BitfinexReader(),

  connectPath: () => '/ws/2',

  subscribe: (subscription) => subscribeFrames(subscription, PRECISION),
  resubscribe: (venueSymbol, subscription, channel) => resubscribeFrames(venueSymbol, subscription, channel, PRECISION),

  snapshotRequest: () => null,
  instrumentsRequest: () => ({ path: `/v2/conf/${PAIRS}`, weight: 1 }),
  routeHttp: () => '',

  parseHttp(url, body, sink) {
    const key = CONF_PATH.exec(url)?.[1]?.split(',').indexOf(PAIRS) ?? -1;
    return key < 0 ? sink(message.start('ignored')) : parsePairs(key, body, sink);
  },

  splitSymbol: splitBitfinexSymbol,
  venueSymbol: bitfinexSymbol,
} satisfies ExchangeWire;
