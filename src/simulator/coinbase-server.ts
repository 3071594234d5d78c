/**
 * The feed of Coinbase Exchange on loopback: `level2_batch`, `matches` and `heartbeat`, and for who signs `full`; by REST the
 * list of products, the levels of one, and every order of one. The book's channel has neither numbers nor checksums: what is lost
 * of it, the client is not told.
 */

import { CoinbaseBook } from './coinbase-book.ts';
import { CoinbaseOrders } from './coinbase-orders.ts';
import {
  CHANNELS,
  errorFrame,
  isChannel,
  isSigned,
  matchFrame,
  priceText,
  productsAnswer,
  refusalOf,
  requestSchema,
  sizeText,
  subscriptionsFrame,
  type Channel,
  type Request,
} from './coinbase-wire.ts';
import type { Connection } from './connection.ts';
import type { FaultDesk } from './faults.ts';
import type { SimInstrument } from './instrument.ts';
import { parseJson } from './json-text.ts';
import type { Market } from './market.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';
import type { SimOrders } from './sim-orders.ts';
import { Subscriptions } from './subscriptions.ts';
import { SLICE_US } from './venue-host.ts';
import type { HttpReply, VenueContext, VenueDefinition, VenueProtocol } from './venue-protocol.ts';

const PRODUCTS_PATH = '/products';
const BOOK_PATH = /^\/products\/([^/]+)\/book$/;
/** Slices between two batches of a product: 50 ms. Products take turns, so that batches spread over the interval. */
const BATCH_EVERY_SLICES = 5;
/** Slices between two heartbeats of a product: 1 s. They take turns as well. */
const HEARTBEAT_EVERY_SLICES = 100;
/** A client that has subscribed to nothing by then is sent away. */
const SUBSCRIBE_WITHIN_US = 5_000_000;

interface Session {
  readonly openedUs: number;
  subscribed: boolean;
  /** Answers to requests so far. */
  answers: number;
  /** Snapshots held back until after the next update, by product: the fault of a stale snapshot. */
  readonly heldSnapshots: Map<string, string>;
}

/** A channel of a product. */
interface Topic {
  readonly channel: Channel;
  readonly book: CoinbaseBook;
}

/** Coinbase Exchange; its price grid has seven digits and its sizes eight decimals, fewer for very cheap assets. */
export function coinbase(): VenueDefinition {
  return {
    grid: { significantDigits: 7, sizeDecimals: 8 },
    create: (context) => new CoinbaseProtocol(context),
  };
}

class CoinbaseProtocol implements VenueProtocol {
  readonly wsPath = '';
  readonly #market: Market;
  readonly #faults: FaultDesk;
  readonly #books: readonly CoinbaseBook[];
  readonly #byProduct: ReadonlyMap<string, CoinbaseBook>;
  readonly #subscriptions = new Subscriptions();
  readonly #sessions = new Map<Connection, Session>();
  /** By product, from the moment on that somebody asks for single orders. */
  readonly #orders = new Map<CoinbaseBook, CoinbaseOrders>();
  #orderId = 0;

  constructor({ market, faults }: VenueContext) {
    this.#market = market;
    this.#faults = faults;
    this.#books = market.pairs.map((pair) => new CoinbaseBook(pair));
    this.#byProduct = new Map(this.#books.map((book) => [book.product, book]));
  }

  /** The feed is all that its host serves, whatever the path. */
  accepts(): boolean {
    return true;
  }

  opened(connection: Connection): void {
    const openedUs = this.#market.nowUs;
    this.#sessions.set(connection, { openedUs, subscribed: false, answers: 0, heldSnapshots: new Map() });
  }

  closed(connection: Connection): void {
    this.#sessions.delete(connection);
    this.#subscriptions.removeAll(connection);
  }

  received(connection: Connection, text: string): void {
    const session = this.#sessions.get(connection);
    const json = parseJson(text);
    if (session === undefined) return;
    if (json === undefined) {
      connection.send(errorFrame('Malformed JSON'));
      return;
    }
    const { success, data: request } = requestSchema.safeParse(json);
    if (!success) connection.send(errorFrame('Failed to subscribe', 'the request has a field that is not understood'));
    else if (request.type === 'unsubscribe') this.#unsubscribe(connection, session, request);
    else this.#subscribe(connection, session, request);
  }

  /** The feed keeps nobody by control frames. */
  receivedControl(): void {}

  http(url: URL): HttpReply {
    const book = this.#byProduct.get(BOOK_PATH.exec(url.pathname)?.[1] ?? '');
    // Of the other levels the best prices are not simulated.
    if (book !== undefined && url.searchParams.get('level') === '2') {
      return { status: 200, body: book.restBook(this.#market.nowUs) };
    }
    if (book !== undefined && url.searchParams.get('level') === '3') {
      return { status: 200, body: this.#ordersOf(book).list(this.#faults.takeStaleSnapshot(book.product)) };
    }
    if (url.pathname !== PRODUCTS_PATH) return { status: 404, body: '{"message":"NotFound"}' };
    return { status: 200, body: productsAnswer(this.#market.pairs.map(({ instrument }) => instrument)) };
  }

  /** A match goes out at once, so before the batch with its changes of the book. */
  onAction(action: MarketAction): void {
    const book = this.#books[action.market.index];
    if (book === undefined) return;
    const matches = book.apply(action);
    this.#publishOrders(book, action);
    if (matches.length === 0) return;
    const listeners = this.#subscriptions.listenersOf(topicName('matches', book));
    if (listeners.size === 0) return;
    for (const match of matches) {
      const text = matchFrame('match', match);
      for (const connection of listeners) connection.sendData(text);
    }
  }

  onSlice(): void {
    const slice = Math.floor(this.#market.nowUs / SLICE_US);
    for (const book of this.#turnOf(slice, BATCH_EVERY_SLICES)) this.#publishBatch(book);
    for (const book of this.#turnOf(slice, HEARTBEAT_EVERY_SLICES)) this.#beat(book);
    const overdueUs = this.#market.nowUs - SUBSCRIBE_WITHIN_US;
    for (const [connection, { openedUs, subscribed }] of this.#sessions) {
      if (!subscribed && openedUs <= overdueUs) connection.reject('Subscription timeout');
    }
  }

  levelText(instrument: SimInstrument, price: number, size: number): [price: string, size: string] {
    return [priceText(instrument, price), sizeText(instrument, size)];
  }

  orders(pair: PairMarket): SimOrders | null {
    const book = this.#books[pair.index];
    return book === undefined ? null : this.#ordersOf(book).orders;
  }

  #ordersOf(book: CoinbaseBook): CoinbaseOrders {
    const orders = this.#orders.get(book) ?? new CoinbaseOrders(book.market, () => (this.#orderId += 1));
    this.#orders.set(book, orders);
    return orders;
  }

  #publishOrders(book: CoinbaseBook, action: MarketAction): void {
    const frames = this.#orders.get(book)?.apply(action) ?? [];
    const listeners = this.#subscriptions.listenersOf(topicName('full', book));
    if (listeners.size === 0) return;
    for (const text of frames) {
      const asked = this.#faults.takeAsked(book.product);
      for (const connection of listeners) connection.sendData(text, asked);
    }
  }

  *#turnOf(slice: number, everySlices: number): Generator<CoinbaseBook> {
    for (let i = slice % everySlices; i < this.#books.length; i += everySlices) {
      const book = this.#books[i];
      if (book !== undefined) yield book;
    }
  }

  #publishBatch(book: CoinbaseBook): void {
    const text = book.takeBatch(this.#market.nowUs);
    const listeners = this.#subscriptions.listenersOf(topicName('level2_batch', book));
    if (text === undefined || listeners.size === 0) return;
    const asked = this.#faults.takeAsked(book.product);
    for (const connection of listeners) {
      connection.sendData(text, asked);
      this.#sendHeldSnapshot(connection, book.product);
    }
  }

  #beat(book: CoinbaseBook): void {
    const listeners = this.#subscriptions.listenersOf(topicName('heartbeat', book));
    if (listeners.size === 0) return;
    const text = book.heartbeat(this.#market.nowUs);
    for (const connection of listeners) connection.send(text);
  }

  #sendHeldSnapshot(connection: Connection, product: string): void {
    const held = this.#sessions.get(connection)?.heldSnapshots;
    const text = held?.get(product);
    if (held === undefined || text === undefined) return;
    held.delete(product);
    connection.sendData(text);
  }

  /** All that is asked for is granted, or nothing. */
  #subscribe(connection: Connection, session: Session, request: Request): void {
    const wanted: Topic[] = [];
    for (const { name, product_ids: products = request.product_ids } of request.channels) {
      if (!isChannel(name) || (name === 'full' && !isSigned(request))) {
        return this.#refuse(connection, refusalOf(name));
      }
      if (products.length === 0) return this.#refuse(connection, `${name} requires product_ids`);
      for (const product of products) {
        const book = this.#byProduct.get(product);
        if (book === undefined) return this.#refuse(connection, `${product} is not a valid product`);
        wanted.push({ channel: name, book });
      }
    }
    session.subscribed = true;
    const fresh = wanted.filter(({ channel, book }) => this.#subscriptions.add(connection, topicName(channel, book)));
    // The venue does not tell which of the two comes first, and both happen.
    const dataFirst = (connection.id + session.answers) % 2 === 1;
    if (!dataFirst) this.#acknowledge(connection, session);
    for (const topic of fresh) this.#begin(connection, session, topic);
    if (dataFirst) this.#acknowledge(connection, session);
  }

  /** What a subscription begins with. Before the first trade of a product there is no last one. */
  #begin(connection: Connection, session: Session, { channel, book }: Topic): void {
    if (channel === 'matches' && book.lastMatch !== undefined) {
      connection.sendData(matchFrame('last_match', book.lastMatch));
    } else if (channel === 'full') {
      this.#ordersOf(book);
    } else if (channel === 'level2_batch') {
      const stale = this.#faults.takeStaleSnapshot(book.product);
      if (stale) session.heldSnapshots.set(book.product, book.snapshot());
      else connection.sendData(book.snapshot());
    }
  }

  /** A channel without products is ended for all of them; what was not subscribed makes no difference. */
  #unsubscribe(connection: Connection, session: Session, request: Request): void {
    for (const { name, product_ids: products = request.product_ids } of request.channels) {
      if (!isChannel(name)) continue;
      for (const book of this.#books) {
        if (products.length > 0 && !products.includes(book.product)) continue;
        this.#subscriptions.remove(connection, topicName(name, book));
        if (name === 'level2_batch') session.heldSnapshots.delete(book.product);
      }
    }
    this.#acknowledge(connection, session);
  }

  /** Tells everything that the connection listens to, the products in an order that changes from time to time. */
  #acknowledge(connection: Connection, session: Session): void {
    const topics = this.#subscriptions.topicsOf(connection);
    const products = new Map<Channel, readonly string[]>();
    for (const channel of CHANNELS) {
      const head = `${channel} `;
      const named = topics.filter((topic) => topic.startsWith(head)).map((topic) => topic.slice(head.length));
      if (named.length > 0) products.set(channel, session.answers % 2 === 0 ? named : named.toReversed());
    }
    session.answers += 1;
    connection.send(subscriptionsFrame(products));
  }

  #refuse(connection: Connection, reason: string): void {
    connection.send(errorFrame('Failed to subscribe', reason));
  }
}

/** `level2_batch BTC-USD`. */
function topicName(channel: Channel, { product }: CoinbaseBook): string {
  return `${channel} ${product}`;
}
