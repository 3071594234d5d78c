/**
 * Bitstamp WebSocket v2 on loopback: `diff_order_book_<pair>`, `live_orders_<pair>` and `live_trades_<pair>`, one channel per
 * message, each with an acknowledgement, and heartbeats for who asks; by REST the books that diffs and orders go on from, and
 * the list of pairs. The venue's other channels are refused like channels that it does not have.
 */

import { BitstampBook } from './bitstamp-book.ts';
import { BitstampOrders } from './bitstamp-orders.ts';
import {
  HEARTBEAT,
  priceText,
  refusal,
  REQUEST_RECONNECT,
  requestSchema,
  restError,
  sizeText,
  succeeded,
  tradeFrame,
  tradingPairsInfo,
  type BookGroup,
} from './bitstamp-wire.ts';
import type { Connection } from './connection.ts';
import type { FaultDesk } from './faults.ts';
import type { SimInstrument } from './instrument.ts';
import { parseJson } from './json-text.ts';
import type { Market } from './market.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';
import { RateWindow } from './rate-window.ts';
import type { SimOrders } from './sim-orders.ts';
import { Subscriptions } from './subscriptions.ts';
import { SLICE_US } from './venue-host.ts';
import type { HttpReply, VenueContext, VenueDefinition, VenueProtocol } from './venue-protocol.ts';

/** The venue's limits, which tests may tighten. Times are simulated. */
export interface BitstampLimits {
  readonly requestsPerSecond: number;
  readonly requestsPerTenMinutes: number;
  /** A connection of this age is asked to reconnect. */
  readonly connectionLifeUs: number;
  /** So long after that it is dropped. */
  readonly reconnectWithinUs: number;
}

const DAY_US = 86_400_000_000;
const LIMITS: BitstampLimits = {
  requestsPerSecond: 400,
  requestsPerTenMinutes: 10_000,
  connectionLifeUs: 90 * DAY_US,
  reconnectWithinUs: 10_000_000,
};

const PAIRS_PATH = '/api/v2/trading-pairs-info/';
const ORDER_BOOK_PATH = /^\/api\/v2\/order_book\/([^/]+)\/?$/;
/** Slices between two diffs of a pair: 150 ms. Pairs take turns, so that diffs spread over the interval. */
const DIFF_EVERY_SLICES = 15;
/** Counted from here over all pairs; of the size that the venue's own numbers have. */
const FIRST_TRADE_ID = 542_000_000;
const FIRST_ORDER_ID = 1_982_008_000_000_000;

interface Listing {
  readonly book: BitstampBook;
  readonly tradeChannel: string;
  readonly orderChannel: string;
  /** From the moment on that somebody asks for single orders. */
  orders: BitstampOrders | null;
}

interface Session {
  readonly openedUs: number;
  isAskedToGo: boolean;
}

/** Bitstamp; its prices have five digits and its sizes eight decimals, fewer for very cheap assets. */
export function bitstamp(limits: Partial<BitstampLimits> = {}): VenueDefinition {
  return {
    grid: { significantDigits: 5, sizeDecimals: 8 },
    create: (context) => new BitstampProtocol(context, { ...LIMITS, ...limits }),
  };
}

class BitstampProtocol implements VenueProtocol {
  readonly wsPath = '';
  readonly #market: Market;
  readonly #faults: FaultDesk;
  readonly #limits: BitstampLimits;
  readonly #listings: readonly Listing[];
  readonly #bySymbol: ReadonlyMap<string, Listing>;
  readonly #channels: ReadonlySet<string>;
  readonly #subscriptions = new Subscriptions();
  readonly #sessions = new Map<Connection, Session>();
  readonly #secondly = new RateWindow(1_000_000);
  readonly #tenMinutely = new RateWindow(600_000_000);
  #tradeId = FIRST_TRADE_ID;
  #orderId = FIRST_ORDER_ID;

  constructor({ market, faults }: VenueContext, limits: BitstampLimits) {
    this.#market = market;
    this.#faults = faults;
    this.#limits = limits;
    this.#listings = market.pairs.map((pair) => {
      const book = new BitstampBook(pair);
      return {
        book,
        tradeChannel: `live_trades_${book.symbol}`,
        orderChannel: `live_orders_${book.symbol}`,
        orders: null,
      };
    });
    this.#bySymbol = new Map(this.#listings.map((listing) => [listing.book.symbol, listing]));
    this.#channels = new Set(
      this.#listings.flatMap(({ book, tradeChannel, orderChannel }) => [book.diffChannel, tradeChannel, orderChannel]),
    );
  }

  accepts(url: URL): boolean {
    return url.pathname === '/';
  }

  opened(connection: Connection): void {
    this.#sessions.set(connection, { openedUs: this.#market.nowUs, isAskedToGo: false });
  }

  closed(connection: Connection): void {
    this.#sessions.delete(connection);
    this.#subscriptions.removeAll(connection);
  }

  received(connection: Connection, text: string): void {
    const parsed = requestSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      connection.send(refusal('Incorrect JSON format.'));
      return;
    }
    const request = parsed.data;
    if (request.event === 'bts:heartbeat') {
      connection.send(HEARTBEAT);
      return;
    }
    const { channel } = request.data;
    if (!this.#channels.has(channel)) {
      connection.send(refusal('Bad subscription string.'));
    } else if (request.event === 'bts:subscribe') {
      const listing = this.#listings.find(({ orderChannel }) => orderChannel === channel);
      if (listing !== undefined) this.#ordersOf(listing);
      this.#subscriptions.add(connection, channel);
      connection.send(succeeded('subscription', channel));
    } else {
      this.#subscriptions.remove(connection, channel);
      connection.send(succeeded('unsubscription', channel));
    }
  }

  /** A connection is kept by `bts:heartbeat`: control frames mean nothing to the venue. */
  receivedControl(): void {}

  http(url: URL): HttpReply {
    if (this.#isOneTooMany()) {
      return { status: 400, body: restError('Request rejected due to exceeded rate limit.', '400.002') };
    }
    if (url.pathname === PAIRS_PATH) {
      return { status: 200, body: tradingPairsInfo(this.#market.pairs.map(({ instrument }) => instrument)) };
    }
    const [, symbol = ''] = ORDER_BOOK_PATH.exec(url.pathname) ?? [];
    const listing = this.#bySymbol.get(symbol);
    if (listing === undefined) return { status: 404, body: restError('Not found.') };
    const { book } = listing;
    const group = groupOf(url.searchParams.get('group'));
    if (group === undefined) return { status: 400, body: restError('Invalid group.') };
    const stale = this.#faults.takeStaleSnapshot(book.market.instrument.pair);
    return {
      status: 200,
      body: group === '2' ? this.#ordersOf(listing).list(stale) : book.orderBook(group, stale),
    };
  }

  orders(pair: PairMarket): SimOrders | null {
    const listing = this.#listings[pair.index];
    return listing === undefined ? null : this.#ordersOf(listing).orders;
  }

  /** Trades go out at once, and so before the diff that shows what they took. */
  onAction(action: MarketAction): void {
    const listing = this.#listings[action.market.index];
    if (listing === undefined) return;
    listing.book.apply(action);
    if (listing.orders !== null) this.#publishOrders(listing, listing.orders, action);
    if (action.trades.length > 0) this.#publishTrades(listing, action);
  }

  onSlice(): void {
    const turn = Math.floor(this.#market.nowUs / SLICE_US) % DIFF_EVERY_SLICES;
    for (let i = turn; i < this.#listings.length; i += DIFF_EVERY_SLICES) {
      const listing = this.#listings[i];
      if (listing !== undefined) this.#publishDiff(listing);
    }
    for (const [connection, session] of this.#sessions) this.#limitLife(connection, session);
  }

  levelText(instrument: SimInstrument, price: number, size: number): [price: string, size: string] {
    return [priceText(instrument, price), sizeText(instrument, size)];
  }

  #ordersOf(listing: Listing): BitstampOrders {
    listing.orders ??= new BitstampOrders(listing.book.market, () => (this.#orderId += 1));
    return listing.orders;
  }

  /** One frame per order, at once. */
  #publishOrders({ orderChannel, book }: Listing, orders: BitstampOrders, action: MarketAction): void {
    const frames = orders.apply(action);
    const listeners = this.#subscriptions.listenersOf(orderChannel);
    if (listeners.size === 0) return;
    for (const text of frames) {
      const asked = this.#faults.takeAsked(book.market.instrument.pair);
      for (const connection of listeners) connection.sendData(text, asked);
    }
  }

  #publishDiff({ book }: Listing): void {
    const text = book.publish();
    const listeners = this.#subscriptions.listenersOf(book.diffChannel);
    if (text === undefined || listeners.size === 0) return;
    const asked = this.#faults.takeAsked(book.market.instrument.pair);
    for (const connection of listeners) connection.sendData(text, asked);
  }

  /** One frame per trade. The taker's order is younger than all that it meets. */
  #publishTrades({ tradeChannel }: Listing, { market, trades, exchangeUs }: MarketAction): void {
    const firstMaker = this.#orderId + 1;
    const taker = firstMaker + trades.length;
    this.#orderId = taker;
    for (const [i, trade] of trades.entries()) {
      this.#tradeId += 1;
      const ids = { trade: this.#tradeId, maker: firstMaker + i, taker };
      const text = tradeFrame(tradeChannel, market.instrument, trade, { exchangeUs, ids });
      for (const connection of this.#subscriptions.listenersOf(tradeChannel)) connection.sendData(text);
    }
  }

  #limitLife(connection: Connection, session: Session): void {
    const { connectionLifeUs, reconnectWithinUs } = this.#limits;
    const ageUs = this.#market.nowUs - session.openedUs;
    if (ageUs >= connectionLifeUs + reconnectWithinUs) {
      connection.terminate();
    } else if (ageUs >= connectionLifeUs && !session.isAskedToGo) {
      session.isAskedToGo = true;
      connection.send(REQUEST_RECONNECT);
    }
  }

  /** All clients are one address here. */
  #isOneTooMany(): boolean {
    const { nowUs } = this.#market;
    const { requestsPerSecond, requestsPerTenMinutes } = this.#limits;
    const inSecond = this.#secondly.add(nowUs, 1);
    const inTenMinutes = this.#tenMinutely.add(nowUs, 1);
    return inSecond > requestsPerSecond || inTenMinutes > requestsPerTenMinutes;
  }
}

/** What is asked for by the parameter, levels where it is absent; `undefined` for anything else. */
function groupOf(text: string | null): BookGroup | undefined {
  return text === null ? '1' : (['0', '1', '2'] as const).find((group) => group === text);
}
