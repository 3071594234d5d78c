/**
 * Gemini's WebSocket API on loopback: `<symbol>@depth@100ms`, `@trade` and `@bookTicker`, and the REST lists of symbols.
 * A connection opened with `?snapshot=<levels>` (-1 for all) gets a pair's book as the first frame of each subscription
 * to its differences; without the query it gets differences alone.
 *
 * What the documentation leaves open is settled as clients of the venue have found it: the whole book has two equal
 * numbers, each difference begins at the number that the one before ended with, and one bad name makes the venue refuse
 * the whole request.
 */

import type { Connection } from './connection.ts';
import type { FaultDesk } from './faults.ts';
import { GeminiBook, UpdateNumbers } from './gemini-book.ts';
import {
  allDetailsAnswer,
  bookAnswer,
  detailsAnswer,
  priceText,
  refusal,
  reply,
  requestSchema,
  restError,
  sizeText,
  streamsSchema,
  symbolsAnswer,
  tradeEvent,
} from './gemini-wire.ts';
import type { SimInstrument } from './instrument.ts';
import { parseJson } from './json-text.ts';
import type { Market } from './market.ts';
import type { MarketAction } from './pair-market.ts';
import { RateWindow } from './rate-window.ts';
import { Subscriptions } from './subscriptions.ts';
import { SLICE_US } from './venue-host.ts';
import type { HttpReply, VenueContext, VenueDefinition, VenueProtocol } from './venue-protocol.ts';

/** Public REST requests per minute and address. */
const REQUESTS_PER_MINUTE = 120;
const PING_EVERY_US = 20_000_000;
/** Slices between two differences of a pair: 100 ms. Pairs take turns, so that frames spread over the interval. */
const DEPTH_EVERY_SLICES = 10;
/** Trade ids have 16 digits and rise over all pairs. */
const FIRST_TRADE_ID = 2_840_140_956_000_000;
const SYMBOLS_PATH = '/v1/symbols';
const SYMBOL_PATH = /^\/v1\/(symbols\/details|book)\/([^/]+)$/;

interface Listing {
  readonly book: GeminiBook;
  readonly depthStream: string;
  readonly tradeStream: string;
  readonly tickerStream: string;
}

interface Session {
  /** Levels per side of the whole books that the connection gets; 0 for none. */
  readonly snapshotLevels: number;
  /** Whole books held back until after the next difference, by stream: the fault of a stale snapshot. */
  readonly held: Map<string, string>;
  pingedUs: number;
}

/** Gemini; its prices have seven digits and its sizes eight decimals, fewer for very cheap assets. */
export function gemini(): VenueDefinition {
  return {
    grid: { significantDigits: 7, sizeDecimals: 8 },
    create: (context) => new GeminiProtocol(context),
  };
}

class GeminiProtocol implements VenueProtocol {
  readonly wsPath = '';
  readonly #market: Market;
  readonly #faults: FaultDesk;
  readonly #listings: readonly Listing[];
  readonly #byStream: ReadonlyMap<string, Listing>;
  readonly #subscriptions = new Subscriptions();
  readonly #sessions = new Map<Connection, Session>();
  readonly #requests = new RateWindow(60_000_000);
  #tradeId = FIRST_TRADE_ID;

  constructor({ market, faults }: VenueContext) {
    this.#market = market;
    this.#faults = faults;
    const numbers = new UpdateNumbers();
    this.#listings = market.pairs.map((pair) => listingOf(new GeminiBook(pair, numbers)));
    this.#byStream = new Map(
      this.#listings.flatMap((listing) =>
        [listing.depthStream, listing.tradeStream, listing.tickerStream].map((stream) => [stream, listing]),
      ),
    );
  }

  accepts(url: URL): boolean {
    return url.pathname === '/';
  }

  opened(connection: Connection, url: URL): void {
    const snapshotLevels = snapshotLevelsOf(url.searchParams.get('snapshot'));
    this.#sessions.set(connection, { snapshotLevels, held: new Map(), pingedUs: this.#market.nowUs });
  }

  closed(connection: Connection): void {
    this.#sessions.delete(connection);
    this.#subscriptions.removeAll(connection);
  }

  received(connection: Connection, text: string): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    const parsed = requestSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      connection.send(refusal(null, 'invalid-parameters', 'Invalid request'));
      return;
    }
    const { id, method, params } = parsed.data;
    switch (method) {
      case 'SUBSCRIBE':
      case 'UNSUBSCRIBE': {
        const streams = streamsSchema.safeParse(params);
        const unknown = streams.data?.find((stream) => !this.#byStream.has(stream));
        if (!streams.success) connection.send(refusal(id, 'invalid-parameters', 'Invalid params'));
        else if (unknown !== undefined)
          connection.send(refusal(id, 'invalid-parameters', `Invalid stream name: ${unknown}`));
        else if (method === 'SUBSCRIBE') this.#subscribe(connection, session, id, streams.data);
        else this.#unsubscribe(connection, session, id, streams.data);
        return;
      }
      case 'LIST_SUBSCRIPTIONS':
        connection.send(reply(id, this.#subscriptions.topicsOf(connection)));
        return;
      case 'PING':
        connection.send(reply(id, {}));
        return;
      case 'TIME':
        connection.send(reply(id, { serverTime: Math.floor(this.#market.nowUs / 1_000) }));
        return;
      case 'CONNINFO':
        connection.send(reply(id, { connectionId: connection.id, authenticated: false }));
        return;
      default:
        if (method.startsWith('ORDER.'))
          connection.send(refusal(id, 'authentication-required', 'Authentication required'));
        else connection.send(refusal(id, 'unsupported-operation', `Unsupported method: ${method}`));
    }
  }

  /** A connection lives without them: the venue's pings ask for no more than what every client answers by itself. */
  receivedControl(): void {}

  http(url: URL): HttpReply {
    if (this.#requests.add(this.#market.nowUs, 1) > REQUESTS_PER_MINUTE) {
      return { status: 429, body: restError('RateLimit', 'Requests were made too frequently') };
    }
    const instruments = this.#market.pairs.map(({ instrument }) => instrument);
    if (url.pathname === SYMBOLS_PATH) return { status: 200, body: symbolsAnswer(instruments) };
    const [, path, name = ''] = SYMBOL_PATH.exec(url.pathname) ?? [];
    if (path === undefined) return { status: 404, body: restError('EndpointNotFound', 'API entry point not found') };
    if (path === 'symbols/details' && name === 'all') return { status: 200, body: allDetailsAnswer(instruments) };
    const listing = this.#listings.find(({ book }) => book.symbol === name.toLowerCase());
    if (listing === undefined) {
      return { status: 400, body: restError('InvalidSymbol', `Supplied value '${name}' is not a valid symbol`) };
    }
    const { instrument, bids, asks } = listing.book.market;
    if (path === 'symbols/details') return { status: 200, body: detailsAnswer(instrument) };
    const limits = { bids: url.searchParams.get('limit_bids'), asks: url.searchParams.get('limit_asks') };
    return { status: 200, body: bookAnswer(instrument, { bids, asks, nowUs: this.#market.nowUs }, limits) };
  }

  /** Best prices and trades go out at once, before the difference that folds what they tell of. */
  onAction(action: MarketAction): void {
    const listing = this.#listings[action.market.index];
    if (listing === undefined) return;
    listing.book.apply(action);
    if (this.#hasListeners(listing.tickerStream)) {
      const ticker = listing.book.takeTicker(action.exchangeUs);
      if (ticker !== undefined) this.#publish(listing.tickerStream, ticker);
    }
    for (const trade of action.trades) {
      this.#tradeId += 1;
      if (!this.#hasListeners(listing.tradeStream)) continue;
      const text = tradeEvent(action.market.instrument, trade, this.#tradeId, action.exchangeUs);
      this.#publish(listing.tradeStream, text);
    }
  }

  onSlice(): void {
    const { nowUs } = this.#market;
    const turn = Math.floor(nowUs / SLICE_US) % DEPTH_EVERY_SLICES;
    for (let i = turn; i < this.#listings.length; i += DEPTH_EVERY_SLICES) {
      const listing = this.#listings[i];
      if (listing?.book.isDirty === true) this.#publishDifference(listing);
    }
    for (const [connection, session] of this.#sessions) {
      if (nowUs - session.pingedUs < PING_EVERY_US) continue;
      session.pingedUs = nowUs;
      connection.ping(String(Math.floor(nowUs / 1_000)));
    }
  }

  levelText(instrument: SimInstrument, price: number, size: number): [price: string, size: string] {
    return [priceText(instrument, price), sizeText(instrument, size)];
  }

  #publishDifference({ book, depthStream }: Listing): void {
    if (!this.#hasListeners(depthStream)) {
      book.skipDifference();
      return;
    }
    const asked = this.#faults.takeAsked(book.market.instrument.pair);
    const text = book.takeDifference(this.#market.nowUs);
    for (const connection of this.#subscriptions.listenersOf(depthStream)) {
      connection.sendData(text, asked);
      const held = this.#sessions.get(connection)?.held;
      const whole = held?.get(depthStream);
      if (whole === undefined) continue;
      held?.delete(depthStream);
      connection.sendData(whole);
    }
  }

  #publish(stream: string, text: string): void {
    for (const connection of this.#subscriptions.listenersOf(stream)) connection.sendData(text);
  }

  #hasListeners(stream: string): boolean {
    return this.#subscriptions.listenersOf(stream).size > 0;
  }

  /** The answer comes before the books. What is subscribed already goes on as it is. */
  #subscribe(connection: Connection, session: Session, id: string | number, streams: readonly string[]): void {
    const begun = streams.filter((stream) => this.#subscriptions.add(connection, stream));
    connection.send(reply(id, null));
    if (session.snapshotLevels === 0) return;
    for (const stream of begun) {
      const listing = this.#byStream.get(stream);
      if (listing?.depthStream !== stream) continue;
      const whole = listing.book.whole(this.#market.nowUs, session.snapshotLevels);
      if (this.#faults.takeStaleSnapshot(listing.book.market.instrument.pair)) session.held.set(stream, whole);
      else connection.sendData(whole);
    }
  }

  #unsubscribe(connection: Connection, session: Session, id: string | number, streams: readonly string[]): void {
    for (const stream of streams) {
      this.#subscriptions.remove(connection, stream);
      session.held.delete(stream);
    }
    connection.send(reply(id, null));
  }
}

function listingOf(book: GeminiBook): Listing {
  return {
    book,
    depthStream: `${book.symbol}@depth@100ms`,
    tradeStream: `${book.symbol}@trade`,
    tickerStream: `${book.symbol}@bookTicker`,
  };
}

/** Levels per side of the `snapshot` query: all for -1, none where it is absent or makes no sense. */
function snapshotLevelsOf(text: string | null): number {
  const levels = Number(text ?? 0);
  if (levels === -1) return Infinity;
  return Number.isInteger(levels) && levels > 0 ? levels : 0;
}
