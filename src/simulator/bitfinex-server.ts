/**
 * Bitfinex WebSocket v2 on loopback: `book` channels of exact prices (P0) and of single orders (R0) in real time (F0), `trades`, the options of
 * `conf`, heartbeats and pings, and the list of pairs over REST. The connection's counter tells a client of a frame that
 * is lost, the checksum of a book that is wrong.
 */

import { BitfinexOrderCounts } from './bitfinex-order-counts.ts';
import { BitfinexRawWindow } from './bitfinex-raw-window.ts';
import { BitfinexSession, type BitfinexChannel } from './bitfinex-session.ts';
import { BitfinexWindow } from './bitfinex-window.ts';
import {
  BOOK_LENGTHS,
  bookChecksum,
  BULK_UPDATES,
  CODES,
  errorEvent,
  FREQUENCY,
  infoEvent,
  listsAnswer,
  millisecondsOf,
  OB_CHECKSUM,
  PRECISION,
  priceText,
  RAW,
  requestSchema,
  sizeText,
  symbolOf,
  tradeRow,
  type Request,
} from './bitfinex-wire.ts';
import type { Connection } from './connection.ts';
import type { FrameFault } from './fault-plan.ts';
import type { FaultDesk } from './faults.ts';
import type { SimInstrument } from './instrument.ts';
import { parseJson } from './json-text.ts';
import type { Market } from './market.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';
import { RateWindow } from './rate-window.ts';
import { SimOrders } from './sim-orders.ts';
import type { HttpReply, VenueContext, VenueDefinition, VenueProtocol } from './venue-protocol.ts';

/** The venue's limits, which tests may tighten. Times are simulated. */
export interface BitfinexLimits {
  readonly channelsPerConnection: number;
  readonly requestsPerMinute: number;
}

const LIMITS: BitfinexLimits = { channelsPerConnection: 25, requestsPerMinute: 90 };
const CONF_PATH = '/v2/conf/';
/** Trades that the first frame of a trades channel holds. */
const TRADES_KEPT = 30;
/** Counted from here over all pairs; of the size that the venue's own numbers have. */
const FIRST_ORDER_ID = 34_000_000_000;

/** What a book shows of the market, by levels or order by order. */
interface BookWindow {
  update(action: MarketAction): string[];
  snapshot(): string[];
  checksum(): number;
}

/** A book of one precision and length, as all its listeners see it. */
interface BookFeed {
  readonly window: BookWindow;
  readonly channels: Set<BitfinexChannel>;
}

interface Listing {
  readonly market: PairMarket;
  readonly counts: BitfinexOrderCounts;
  /** By topic; only those that somebody listens to. */
  readonly feeds: Map<string, BookFeed>;
  /** From the moment on that somebody asks for single orders. */
  orders: SimOrders | null;
  readonly tradeChannels: Set<BitfinexChannel>;
  /** Newest first. */
  recentTrades: string[];
}

type SubscribeRequest = Extract<Request, { event: 'subscribe' }>;

/** Bitfinex; its prices have five digits and its amounts eight decimals, fewer for very cheap assets. */
export function bitfinex(limits: Partial<BitfinexLimits> = {}): VenueDefinition {
  return {
    grid: { significantDigits: 5, sizeDecimals: 8 },
    create: (context) => new BitfinexProtocol(context, { ...LIMITS, ...limits }),
  };
}

class BitfinexProtocol implements VenueProtocol {
  readonly wsPath = '/ws/2';
  readonly #market: Market;
  readonly #faults: FaultDesk;
  readonly #limits: BitfinexLimits;
  readonly #listings: readonly Listing[];
  readonly #bySymbol: ReadonlyMap<string, Listing>;
  readonly #sessions = new Map<Connection, BitfinexSession>();
  /** All clients are one address here. */
  readonly #requests = new RateWindow(60_000_000);
  #orderId = FIRST_ORDER_ID;

  constructor({ market, faults }: VenueContext, limits: BitfinexLimits) {
    this.#market = market;
    this.#faults = faults;
    this.#limits = limits;
    this.#listings = market.pairs.map((pair) => ({
      market: pair,
      counts: new BitfinexOrderCounts(),
      feeds: new Map(),
      orders: null,
      tradeChannels: new Set(),
      recentTrades: [],
    }));
    this.#bySymbol = new Map(this.#listings.map((listing) => [symbolOf(listing.market.instrument), listing]));
  }

  accepts(url: URL): boolean {
    return url.pathname === this.wsPath;
  }

  opened(connection: Connection): void {
    this.#sessions.set(connection, new BitfinexSession(connection));
    connection.send(infoEvent(connection.id));
  }

  closed(connection: Connection): void {
    for (const channel of this.#sessions.get(connection)?.channels ?? []) this.#silence(channel);
    this.#sessions.delete(connection);
  }

  received(connection: Connection, text: string): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    const parsed = requestSchema.safeParse(parseJson(text));
    if (!parsed.success) return session.tell(errorEvent({}, CODES.unknownEvent, 'event: unknown'));
    const request = parsed.data;
    switch (request.event) {
      case 'conf':
        session.configure(request.flags);
        return session.tell(JSON.stringify({ event: 'conf', status: 'OK', flags: request.flags }));
      case 'subscribe':
        return this.#subscribe(session, request);
      case 'unsubscribe':
        return this.#unsubscribe(session, request.chanId);
      case 'ping':
        return session.tell(JSON.stringify({ ...request, event: 'pong', ts: millisecondsOf(this.#market.nowUs) }));
    }
  }

  /** Bitfinex has pings of its own: control frames mean nothing to it. */
  receivedControl(): void {}

  /** Of the public REST API only the lists of the `conf` path are simulated: a feed takes all else from its socket. */
  http(url: URL): HttpReply {
    if (this.#requests.add(this.#market.nowUs, 1) > this.#limits.requestsPerMinute) {
      return { status: 429, body: '["error",11010,"ratelimit: error"]' };
    }
    if (!url.pathname.startsWith(CONF_PATH)) return { status: 404, body: '["error",10000,"unknown path"]' };
    const keys = decodeURIComponent(url.pathname.slice(CONF_PATH.length)).split(',');
    const body = listsAnswer(
      keys,
      this.#market.pairs.map(({ instrument }) => instrument),
    );
    return body === undefined ? { status: 500, body: '["error",10020,"key: invalid"]' } : { status: 200, body };
  }

  /** A trade is told before the changes of the book that it made, and once more behind them. */
  onAction(action: MarketAction): void {
    const listing = this.#listings[action.market.index];
    if (listing === undefined) return;
    listing.counts.apply(action.changes);
    listing.orders?.apply(action);
    const trades = action.trades.map((trade) => tradeRow(action.market.instrument, trade, action.exchangeUs));
    if (trades.length > 0) {
      listing.recentTrades = [...trades.toReversed(), ...listing.recentTrades].slice(0, TRADES_KEPT);
    }
    this.#publishTrades(listing, 'te', trades, action.exchangeUs);
    this.#publishBook(listing, action);
    this.#publishTrades(listing, 'tu', trades, action.exchangeUs);
  }

  onSlice(): void {
    for (const session of this.#sessions.values()) session.beat(this.#market.nowUs);
  }

  levelText(instrument: SimInstrument, price: number, size: number): [price: string, size: string] {
    return [priceText(instrument, price), sizeText(instrument, size)];
  }

  orders(pair: PairMarket): SimOrders | null {
    const listing = this.#listings[pair.index];
    return listing === undefined ? null : this.#ordersOf(listing);
  }

  #publishTrades(listing: Listing, word: 'te' | 'tu', rows: readonly string[], atUs: number): void {
    for (const row of rows) {
      for (const channel of listing.tradeChannels) channel.session.send(channel, `"${word}",${row}`, atUs);
    }
  }

  #publishBook({ market, feeds }: Listing, action: MarketAction): void {
    let asked: FrameFault | undefined;
    for (const { window, channels } of feeds.values()) {
      const rows = window.update(action);
      if (rows.length === 0) continue;
      // One asking spoils the first row of one change of the book, in each length that shows it.
      asked ??= this.#faults.takeAsked(market.instrument.pair);
      let checksum: string | undefined;
      for (const channel of channels) {
        const { session } = channel;
        sendRows(channel, rows, action.exchangeUs, asked);
        if (session.wants(OB_CHECKSUM)) {
          checksum ??= `"cs",${window.checksum()}`;
          session.send(channel, checksum, action.exchangeUs);
        }
        if (channel.heldSnapshot === undefined) continue;
        session.send(channel, channel.heldSnapshot, action.exchangeUs);
        channel.heldSnapshot = undefined;
      }
    }
  }

  #subscribe(session: BitfinexSession, request: SubscribeRequest): void {
    const { event: _, ...words } = request;
    const refuse = (code: number, msg: string): void => session.tell(errorEvent(words, code, msg));
    const { channel, symbol, prec, freq } = request;
    const listing = this.#bySymbol.get(symbol);
    const length = Number(request.len);
    const isBook = channel === 'book';
    if (!isBook && channel !== 'trades') return refuse(CODES.unknownChannel, 'channel: unknown');
    if (listing === undefined) return refuse(CODES.subscriptionFailed, 'symbol: invalid');
    if (isBook && prec !== PRECISION && prec !== RAW) return refuse(CODES.unknownPrecision, 'prec: invalid');
    if (isBook && freq !== FREQUENCY) return refuse(CODES.subscriptionFailed, 'freq: invalid');
    if (isBook && !BOOK_LENGTHS.includes(length)) return refuse(CODES.unknownLength, 'len: invalid');
    const topic = isBook ? `book/${prec}/${length} ${symbol}` : `trades ${symbol}`;
    const { channels } = session;
    if (channels.some((open) => open.topic === topic)) return refuse(CODES.alreadySubscribed, 'subscribe: dup');
    if (channels.length >= this.#limits.channelsPerConnection) return refuse(CODES.channelLimit, 'subscribe: limit');
    const opened = session.open(topic, this.#market.nowUs);
    const book = isBook ? { prec, freq, len: String(length) } : {};
    const head = { event: 'subscribed', channel, chanId: opened.id, symbol, ...book };
    const { subId } = request;
    session.tell(JSON.stringify({ ...head, ...(subId === undefined ? {} : { subId }), pair: symbol.slice(1) }));
    if (isBook) this.#beginBook(opened, listing, { length, isRaw: prec === RAW });
    else this.#beginTrades(opened, listing);
  }

  /** What follows the acknowledgement. */
  #beginBook(channel: BitfinexChannel, listing: Listing, book: { length: number; isRaw: boolean }): void {
    const { market, feeds } = listing;
    const [topic = ''] = channel.topic.split(' ');
    const feed = feeds.get(topic) ?? {
      window: this.#windowOf(listing, book),
      channels: new Set<BitfinexChannel>(),
    };
    feeds.set(topic, feed);
    feed.channels.add(channel);
    const snapshot = `[${feed.window.snapshot().join(',')}]`;
    if (this.#faults.takeStaleSnapshot(market.instrument.pair)) channel.heldSnapshot = snapshot;
    else channel.session.send(channel, snapshot, this.#market.nowUs);
  }

  #windowOf(listing: Listing, { length, isRaw }: { length: number; isRaw: boolean }): BookWindow {
    const { market, counts } = listing;
    if (isRaw) return new BitfinexRawWindow(this.#ordersOf(listing), length);
    const window = new BitfinexWindow(market, counts, length);
    return {
      update: (action) => window.update(action),
      snapshot: () => window.snapshot(),
      checksum: () => bookChecksum(market, length),
    };
  }

  #ordersOf(listing: Listing): SimOrders {
    listing.orders ??= new SimOrders(listing.market, () => (this.#orderId += 1));
    return listing.orders;
  }

  #beginTrades(channel: BitfinexChannel, listing: Listing): void {
    listing.tradeChannels.add(channel);
    channel.session.send(channel, `[${listing.recentTrades.join(',')}]`, this.#market.nowUs);
  }

  #unsubscribe(session: BitfinexSession, chanId: number | undefined): void {
    if (chanId === undefined) {
      return session.tell(errorEvent({}, CODES.unsubscriptionFailed, 'unsubscribe: invalid'));
    }
    const channel = session.close(chanId);
    if (channel === undefined) {
      return session.tell(errorEvent({ chanId }, CODES.notSubscribed, 'unsubscribe: not subscribed'));
    }
    this.#silence(channel);
    return session.tell(JSON.stringify({ event: 'unsubscribed', status: 'OK', chanId }));
  }

  /** A book that nobody listens to costs time and nothing else: its next listener gets a fresh one. */
  #silence(channel: BitfinexChannel): void {
    const listing = this.#bySymbol.get(channel.topic.slice(channel.topic.indexOf(' ') + 1));
    if (listing === undefined) return;
    listing.tradeChannels.delete(channel);
    for (const [topic, { channels }] of listing.feeds) {
      if (channels.delete(channel) && channels.size === 0) listing.feeds.delete(topic);
    }
  }
}

/** One row a frame, or all in one where the client asked for that. */
function sendRows(channel: BitfinexChannel, rows: readonly string[], atUs: number, asked?: FrameFault): void {
  const { session } = channel;
  if (session.wants(BULK_UPDATES)) return session.send(channel, `[${rows.join(',')}]`, atUs, asked);
  for (const [at, row] of rows.entries()) session.send(channel, row, atUs, at === 0 ? asked : undefined);
}
