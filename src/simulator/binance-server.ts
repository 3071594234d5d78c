/**
 * Binance spot on loopback: `/ws` and `/stream` WebSockets with `<symbol>@depth@100ms`, `@trade` and `@bookTicker`, and
 * the REST paths that a client needs to build a book. Other stream names are accepted and stay silent, as the venue
 * does with unknown symbols.
 */

import { BinanceBook } from './binance-book.ts';
import {
  controlError,
  controlReply,
  exchangeInfo,
  EXCHANGE_INFO_WEIGHT,
  requestSchema,
  restError,
  snapshotLimit,
  snapshotWeight,
  sizeText,
  priceText,
  tradeEvent,
  WEIGHT_PER_MINUTE,
} from './binance-wire.ts';
import type { Connection } from './connection.ts';
import type { FaultDesk } from './faults.ts';
import type { SimInstrument } from './instrument.ts';
import { parseJson } from './json-text.ts';
import type { Market } from './market.ts';
import type { MarketAction } from './pair-market.ts';
import { RateWindow } from './rate-window.ts';
import { Subscriptions } from './subscriptions.ts';
import { SLICE_US } from './venue-host.ts';
import type { HttpReply, VenueContext, VenueDefinition, VenueProtocol } from './venue-protocol.ts';

/** The venue's limits, which tests may tighten. Times are simulated. */
export interface BinanceLimits {
  readonly streamsPerConnection: number;
  /** Messages, pings and pongs of a client per second; one more is a disconnect. */
  readonly messagesPerSecond: number;
  readonly weightPerMinute: number;
  readonly pingEveryUs: number;
  /** A ping unanswered for this long is a disconnect. */
  readonly pongWithinUs: number;
}

const LIMITS: BinanceLimits = {
  streamsPerConnection: 1_024,
  messagesPerSecond: 5,
  weightPerMinute: WEIGHT_PER_MINUTE,
  pingEveryUs: 20_000_000,
  pongWithinUs: 60_000_000,
};
/** Slices between two depth events of a pair: 100 ms. Pairs take turns, so that events spread over the interval. */
const DEPTH_EVERY_SLICES = 10;

interface Listing {
  readonly book: BinanceBook;
  readonly depthStream: string;
  readonly tradeStream: string;
  readonly tickerStream: string;
}

interface Session {
  /** Whether frames are wrapped with the name of their stream. */
  combined: boolean;
  readonly incoming: RateWindow;
  pingedUs: number;
  /** The ping that waits for its pong. */
  pending: { payload: string; sentUs: number } | undefined;
}

/** Binance spot; its price grid has seven digits and its lots are worth about a dollar. */
export function binance(limits: Partial<BinanceLimits> = {}): VenueDefinition {
  return {
    grid: { significantDigits: 7, sizeDecimals: 'dollar-lots' },
    create: (context) => new BinanceProtocol(context, { ...LIMITS, ...limits }),
  };
}

class BinanceProtocol implements VenueProtocol {
  readonly wsPath = '';
  readonly #market: Market;
  readonly #faults: FaultDesk;
  readonly #limits: BinanceLimits;
  readonly #listings: readonly Listing[];
  readonly #bySymbol: ReadonlyMap<string, Listing>;
  readonly #subscriptions = new Subscriptions();
  readonly #sessions = new Map<Connection, Session>();
  readonly #weight = new RateWindow(60_000_000);

  constructor({ market, faults }: VenueContext, limits: BinanceLimits) {
    this.#market = market;
    this.#faults = faults;
    this.#limits = limits;
    this.#listings = market.pairs.map((pair) => listingOf(new BinanceBook(pair)));
    this.#bySymbol = new Map(this.#listings.map((listing) => [listing.book.symbol, listing]));
  }

  accepts(url: URL): boolean {
    const known = url.pathname === '/stream' || url.pathname === '/ws' || url.pathname.startsWith('/ws/');
    return known && streamsOf(url).length <= this.#limits.streamsPerConnection;
  }

  opened(connection: Connection, url: URL): void {
    this.#sessions.set(connection, {
      combined: url.pathname === '/stream',
      incoming: new RateWindow(1_000_000),
      pingedUs: this.#market.nowUs,
      pending: undefined,
    });
    for (const stream of streamsOf(url)) this.#subscriptions.add(connection, stream);
  }

  closed(connection: Connection): void {
    this.#sessions.delete(connection);
    this.#subscriptions.removeAll(connection);
  }

  received(connection: Connection, text: string): void {
    if (this.#countIncoming(connection)) this.#obey(connection, text);
  }

  receivedControl(connection: Connection, kind: 'ping' | 'pong', payload: string): void {
    const session = this.#sessions.get(connection);
    if (!this.#countIncoming(connection) || session === undefined || kind === 'ping') return;
    if (session.pending?.payload === payload) session.pending = undefined;
  }

  http(url: URL): HttpReply {
    const nowMs = Math.floor(this.#market.nowUs / 1_000);
    switch (url.pathname) {
      case '/api/v3/ping':
        return this.#weighed(1, () => ({ status: 200, body: '{}' }));
      case '/api/v3/time':
        return this.#weighed(1, () => ({ status: 200, body: `{"serverTime":${nowMs}}` }));
      case '/api/v3/exchangeInfo': {
        const instruments = this.#market.pairs.map(({ instrument }) => instrument);
        return this.#weighed(EXCHANGE_INFO_WEIGHT, () => ({ status: 200, body: exchangeInfo(instruments, nowMs) }));
      }
      case '/api/v3/depth':
        return this.#depth(url.searchParams.get('symbol'), url.searchParams.get('limit'));
      default:
        return { status: 404, body: restError(-1, 'Not found.') };
    }
  }

  /** The ticker goes out before the trades that caused it, and both before the depth event that folds the change. */
  onAction(action: MarketAction): void {
    const listing = this.#listings[action.market.index];
    if (listing === undefined) return;
    listing.book.apply(action);
    if (this.#hasListeners(listing.tickerStream)) {
      const ticker = listing.book.takeTicker();
      if (ticker !== undefined) this.#publish(listing.tickerStream, ticker);
    }
    if (action.trades.length === 0 || !this.#hasListeners(listing.tradeStream)) return;
    const eventMs = Math.floor(action.exchangeUs / 1_000);
    for (const trade of action.trades) {
      this.#publish(listing.tradeStream, tradeEvent(action.market.instrument, trade, eventMs));
    }
  }

  onSlice(): void {
    const turn = Math.floor(this.#market.nowUs / SLICE_US) % DEPTH_EVERY_SLICES;
    for (let i = turn; i < this.#listings.length; i += DEPTH_EVERY_SLICES) {
      const listing = this.#listings[i];
      if (listing?.book.isDirty === true) this.#publishDepth(listing);
    }
    for (const [connection, session] of this.#sessions) this.#keepAlive(connection, session);
  }

  levelText(instrument: SimInstrument, price: number, size: number): [price: string, size: string] {
    return [priceText(instrument, price), sizeText(instrument, size)];
  }

  #publishDepth({ book, depthStream }: Listing): void {
    if (!this.#hasListeners(depthStream)) {
      book.skipDepth();
      return;
    }
    const pair = book.market.instrument.pair;
    this.#publish(depthStream, book.takeDepth(this.#market.nowUs), pair);
  }

  /** Sends one text to all listeners. @param bookOf the pair whose book this is a frame of, for asked faults */
  #publish(stream: string, raw: string, bookOf?: string): void {
    const asked = bookOf === undefined ? undefined : this.#faults.takeAsked(bookOf);
    const combined = `{"stream":"${stream}","data":${raw}}`;
    for (const connection of this.#subscriptions.listenersOf(stream)) {
      connection.sendData(this.#sessions.get(connection)?.combined === true ? combined : raw, asked);
    }
  }

  #hasListeners(stream: string): boolean {
    return this.#subscriptions.listenersOf(stream).size > 0;
  }

  #obey(connection: Connection, text: string): void {
    const session = this.#sessions.get(connection);
    const json = parseJson(text);
    if (session === undefined) return;
    if (json === undefined) {
      connection.send(controlError(3, 'Invalid JSON: unexpected token'));
      return;
    }
    const parsed = requestSchema.safeParse(json);
    if (!parsed.success) {
      connection.send(controlError(2, `Invalid request: ${parsed.error.issues[0]?.message ?? 'unknown'}`));
      return;
    }
    const request = parsed.data;
    switch (request.method) {
      case 'LIST_SUBSCRIPTIONS':
        connection.send(controlReply(request.id, this.#subscriptions.topicsOf(connection)));
        return;
      case 'SET_PROPERTY':
        session.combined = request.params[1];
        break;
      case 'UNSUBSCRIBE':
        for (const stream of request.params) this.#subscriptions.remove(connection, stream);
        break;
      case 'SUBSCRIBE': {
        const streams = new Set([...this.#subscriptions.topicsOf(connection), ...request.params]);
        if (streams.size > this.#limits.streamsPerConnection) {
          connection.send(controlError(2, 'Invalid request: too many streams'));
          return;
        }
        for (const stream of request.params) this.#subscriptions.add(connection, stream);
        break;
      }
    }
    connection.send(controlReply(request.id, null));
  }

  /** @returns false where the message is one too many and the client has been sent away */
  #countIncoming(connection: Connection): boolean {
    const count = this.#sessions.get(connection)?.incoming.add(this.#market.nowUs, 1) ?? 0;
    if (count <= this.#limits.messagesPerSecond) return true;
    connection.reject('Too many requests');
    return false;
  }

  #keepAlive(connection: Connection, session: Session): void {
    const nowUs = this.#market.nowUs;
    if (session.pending !== undefined && nowUs - session.pending.sentUs >= this.#limits.pongWithinUs) {
      connection.terminate();
    } else if (nowUs - session.pingedUs >= this.#limits.pingEveryUs) {
      session.pingedUs = nowUs;
      const payload = String(Math.floor(nowUs / 1_000));
      session.pending ??= { payload, sentUs: nowUs };
      connection.ping(session.pending.payload);
    }
  }

  #depth(symbol: string | null, limitText: string | null): HttpReply {
    const limit = snapshotLimit(limitText);
    if (symbol === null || limit === undefined) {
      return { status: 400, body: restError(-1102, 'A mandatory parameter was missing or malformed.') };
    }
    return this.#weighed(snapshotWeight(limit), () => {
      const book = this.#bySymbol.get(symbol)?.book;
      if (book === undefined) return { status: 400, body: restError(-1121, 'Invalid symbol.') };
      const stale = this.#faults.takeStaleSnapshot(book.market.instrument.pair);
      return { status: 200, body: stale ? book.staleSnapshot(limit) : book.snapshot(limit) };
    });
  }

  /** Answers within the weight limit, refuses beyond it. All clients are one address here. */
  #weighed(weight: number, answer: () => HttpReply): HttpReply {
    const used = this.#weight.add(this.#market.nowUs, weight);
    const headers = { 'x-mbx-used-weight-1m': String(used) };
    if (used > this.#limits.weightPerMinute) {
      const body = restError(-1003, 'Too much request weight used; please wait.');
      return { status: 429, headers: { ...headers, 'retry-after': '60' }, body };
    }
    return { ...answer(), headers };
  }
}

function listingOf(book: BinanceBook): Listing {
  const name = book.symbol.toLowerCase();
  return {
    book,
    depthStream: `${name}@depth@100ms`,
    tradeStream: `${name}@trade`,
    tickerStream: `${name}@bookTicker`,
  };
}

/** Streams named by the URL: `/ws/<a>/<b>` or `/stream?streams=<a>/<b>`. */
function streamsOf(url: URL): string[] {
  const list = url.pathname === '/stream' ? (url.searchParams.get('streams') ?? '') : url.pathname.slice('/ws/'.length);
  return decodeURIComponent(list)
    .split('/')
    .filter((stream) => stream !== '');
}
