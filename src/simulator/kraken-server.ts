/**
 * Kraken WebSocket v2 on loopback: `book`, `level3`, `trade` and `instrument` channels with one acknowledgement per symbol,
 * status, ping and heartbeat. The feed has no sequence numbers: a client tells by the checksum whether it is right.
 */

import type { Connection } from './connection.ts';
import type { FrameFault } from './fault-plan.ts';
import type { FaultDesk } from './faults.ts';
import type { SimInstrument } from './instrument.ts';
import { parseJson } from './json-text.ts';
import { KrakenOrdersWindow } from './kraken-orders-window.ts';
import {
  assetPairsAnswer,
  BOOK_DEPTHS,
  HEARTBEAT,
  instrumentFrame,
  ORDER_DEPTHS,
  priceText,
  reply,
  requestSchema,
  sizeText,
  statusFrame,
  symbolOf,
  TOKEN,
  TOKEN_ANSWER,
  tradeFrame,
  tradeRow,
  type ChannelRequest,
} from './kraken-wire.ts';
import { KrakenWindow } from './kraken-window.ts';
import type { Market } from './market.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';
import { SimOrders, type SimOrderTurn } from './sim-orders.ts';
import { Subscriptions } from './subscriptions.ts';
import type { HttpReply, VenueContext, VenueDefinition, VenueProtocol } from './venue-protocol.ts';

const ASSET_PAIRS_PATH = '/0/public/AssetPairs';
const TOKEN_PATH = '/0/private/GetWebSocketsToken';
const HEARTBEAT_AFTER_US = 1_000_000;
/** Trades that a snapshot of the trade channel holds. */
const TRADES_KEPT = 50;

/** What a channel shows of the market, by levels or order by order. */
interface BookWindow {
  snapshot(): string;
  update(action: MarketAction, turns: readonly SimOrderTurn[]): string | undefined;
}

interface Listing {
  readonly market: PairMarket;
  readonly tradeTopic: string;
  /** By topic; only those that somebody listens to. */
  readonly windows: Map<string, BookWindow>;
  /** From the moment on that somebody asks for single orders. */
  orders: SimOrders | null;
  recentTrades: string[];
}

/** Kraken; its prices have six digits and its sizes eight decimals, fewer for very cheap assets. */
export function kraken(): VenueDefinition {
  return {
    grid: { significantDigits: 6, sizeDecimals: 8 },
    create: (context) => new KrakenProtocol(context),
  };
}

class KrakenProtocol implements VenueProtocol {
  readonly wsPath = '/v2';
  readonly #market: Market;
  readonly #faults: FaultDesk;
  readonly #listings: readonly Listing[];
  readonly #bySymbol: ReadonlyMap<string, Listing>;
  readonly #subscriptions = new Subscriptions();
  readonly #connections = new Set<Connection>();
  /** Snapshots held back until after the next update, by connection and topic: the fault of a stale snapshot. */
  readonly #heldSnapshots = new Map<Connection, Map<string, string>>();
  #orderId = 0;

  constructor({ market, faults }: VenueContext) {
    this.#market = market;
    this.#faults = faults;
    this.#listings = market.pairs.map((pair) => ({
      market: pair,
      tradeTopic: `trade ${symbolOf(pair.instrument)}`,
      windows: new Map(),
      orders: null,
      recentTrades: [],
    }));
    this.#bySymbol = new Map(this.#listings.map((listing) => [symbolOf(listing.market.instrument), listing]));
  }

  accepts(url: URL): boolean {
    return url.pathname === this.wsPath;
  }

  opened(connection: Connection): void {
    this.#connections.add(connection);
    connection.send(statusFrame(connection.id));
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#heldSnapshots.delete(connection);
    const topics = this.#subscriptions.topicsOf(connection);
    this.#subscriptions.removeAll(connection);
    for (const topic of topics) this.#dropUnwatched(topic);
  }

  received(connection: Connection, text: string): void {
    const parsed = requestSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      this.#reply(connection, { error: 'Malformed request', success: false });
      return;
    }
    const request = parsed.data;
    const head = { method: request.method, ...(request.req_id === undefined ? {} : { req_id: request.req_id }) };
    if (request.method === 'ping') this.#reply(connection, { ...head, method: 'pong' });
    else if (request.params.channel === 'instrument') this.#instruments(connection, head, request.params.snapshot);
    else {
      for (const symbol of request.params.symbol) {
        if (request.method === 'subscribe') this.#subscribe(connection, head, request.params, symbol);
        else this.#unsubscribe(connection, head, request.params, symbol);
      }
    }
  }

  /** Kraken keeps a connection by its own messages: control frames mean nothing to it. */
  receivedControl(): void {}

  /** Of the public REST API only the list of pairs is simulated: a feed takes all else from its socket. */
  http(url: URL): HttpReply {
    if (url.pathname === TOKEN_PATH) return { status: 200, body: TOKEN_ANSWER };
    if (url.pathname !== ASSET_PAIRS_PATH) return { status: 404, body: '{"error":["EGeneral:Unknown method"]}' };
    return { status: 200, body: assetPairsAnswer(this.#market.pairs.map(({ instrument }) => instrument)) };
  }

  onAction(action: MarketAction): void {
    const listing = this.#listings[action.market.index];
    if (listing === undefined) return;
    const turns = listing.orders?.apply(action) ?? [];
    if (listing.windows.size > 0) this.#publishBook(listing, action, turns);
    if (action.trades.length > 0) this.#publishTrades(listing, action);
  }

  onSlice(): void {
    const quietSinceUs = this.#market.nowUs - HEARTBEAT_AFTER_US;
    for (const connection of this.#connections) {
      if (connection.sentUs <= quietSinceUs && this.#subscriptions.has(connection)) connection.send(HEARTBEAT);
    }
  }

  levelText(instrument: SimInstrument, price: number, size: number): [price: string, size: string] {
    return [priceText(instrument, price), sizeText(instrument, size)];
  }

  orders(pair: PairMarket): SimOrders | null {
    const listing = this.#listings[pair.index];
    return listing === undefined ? null : this.#ordersOf(listing);
  }

  #ordersOf(listing: Listing): SimOrders {
    listing.orders ??= new SimOrders(listing.market, () => (this.#orderId += 1));
    return listing.orders;
  }

  #publishBook(listing: Listing, action: MarketAction, turns: readonly SimOrderTurn[]): void {
    let asked: FrameFault | undefined;
    for (const [topic, window] of listing.windows) {
      const text = window.update(action, turns);
      if (text === undefined) continue;
      // One asking spoils one change of the book, in each depth that shows it.
      asked ??= this.#faults.takeAsked(listing.market.instrument.pair);
      for (const connection of this.#subscriptions.listenersOf(topic)) {
        connection.sendData(text, asked);
        this.#sendHeldSnapshot(connection, topic);
      }
    }
  }

  #publishTrades(listing: Listing, { trades, exchangeUs, market }: MarketAction): void {
    const rows = trades.map((trade) => tradeRow(market.instrument, trade, exchangeUs));
    listing.recentTrades = [...listing.recentTrades, ...rows].slice(-TRADES_KEPT);
    const listeners = this.#subscriptions.listenersOf(listing.tradeTopic);
    if (listeners.size === 0) return;
    const text = tradeFrame('update', rows);
    for (const connection of listeners) connection.sendData(text);
  }

  #sendHeldSnapshot(connection: Connection, topic: string): void {
    const held = this.#heldSnapshots.get(connection);
    const text = held?.get(topic);
    if (held === undefined || text === undefined) return;
    held.delete(topic);
    connection.sendData(text);
  }

  #subscribe(connection: Connection, head: Head, params: SymbolChannel, symbol: string): void {
    const listing = this.#bySymbol.get(symbol);
    if (listing === undefined) {
      this.#refuse(connection, head, symbol, `Currency pair not supported ${symbol}`);
    } else if (params.channel === 'level3' && params.token !== TOKEN) {
      this.#refuse(connection, head, symbol, 'EAccount:Invalid permissions');
    } else if (params.channel !== 'trade' && !depthsOf(params.channel).includes(params.depth)) {
      this.#refuse(connection, head, symbol, 'Subscription depth not supported');
    } else if (!this.#subscriptions.add(connection, topicOf(params, symbol))) {
      this.#refuse(connection, head, symbol, 'Already subscribed');
    } else {
      this.#acknowledge(connection, head, params, symbol);
      this.#begin(connection, listing, params, symbol);
    }
  }

  /** What follows the acknowledgement. */
  #begin(connection: Connection, listing: Listing, params: SymbolChannel, symbol: string): void {
    if (params.channel === 'trade') {
      if (params.snapshot) connection.sendData(tradeFrame('snapshot', listing.recentTrades));
      return;
    }
    const topic = topicOf(params, symbol);
    const window = listing.windows.get(topic) ?? this.#windowOf(listing, params);
    listing.windows.set(topic, window);
    if (!params.snapshot) return;
    if (this.#faults.takeStaleSnapshot(listing.market.instrument.pair)) {
      const held = this.#heldSnapshots.get(connection) ?? new Map<string, string>();
      held.set(topic, window.snapshot());
      this.#heldSnapshots.set(connection, held);
    } else {
      connection.sendData(window.snapshot());
    }
  }

  #windowOf(listing: Listing, params: Exclude<SymbolChannel, { channel: 'trade' }>): BookWindow {
    if (params.channel === 'book') return new KrakenWindow(listing.market, params.depth);
    const window = new KrakenOrdersWindow(this.#ordersOf(listing), params.depth);
    return { snapshot: () => window.snapshot(), update: (_action, turns) => window.update(turns) };
  }

  #unsubscribe(connection: Connection, head: Head, params: SymbolChannel, symbol: string): void {
    const topic = topicOf(params, symbol);
    if (!this.#subscriptions.remove(connection, topic)) {
      this.#refuse(connection, head, symbol, 'Subscription Not Found');
      return;
    }
    this.#heldSnapshots.get(connection)?.delete(topic);
    this.#dropUnwatched(topic);
    this.#acknowledge(connection, head, params, symbol);
  }

  /** A window that nobody watches costs time and nothing else: its next watcher gets a fresh one. */
  #dropUnwatched(topic: string): void {
    if (this.#subscriptions.listenersOf(topic).size > 0) return;
    this.#bySymbol.get(topic.slice(topic.indexOf(' ') + 1))?.windows.delete(topic);
  }

  #instruments(connection: Connection, head: Head, snapshot: boolean): void {
    const subscribes = head.method === 'subscribe';
    if (subscribes) this.#subscriptions.add(connection, 'instrument');
    else this.#subscriptions.remove(connection, 'instrument');
    this.#reply(connection, { ...head, result: { channel: 'instrument', snapshot }, success: true });
    if (!subscribes || !snapshot) return;
    connection.sendData(instrumentFrame(this.#market.pairs.map(({ instrument }) => instrument)));
  }

  #acknowledge(connection: Connection, head: Head, params: SymbolChannel, symbol: string): void {
    const { channel, snapshot } = params;
    const depth = channel === 'trade' ? {} : { depth: params.depth };
    this.#reply(connection, { ...head, result: { channel, symbol, ...depth, snapshot }, success: true });
  }

  #refuse(connection: Connection, head: Head, symbol: string, error: string): void {
    this.#reply(connection, { ...head, error, success: false, symbol });
  }

  #reply(connection: Connection, fields: Record<string, unknown>): void {
    connection.send(reply(fields, this.#market.nowUs));
  }
}

type SymbolChannel = Exclude<ChannelRequest, { channel: 'instrument' }>;

/** What an answer repeats of its request. */
interface Head {
  readonly method: string;
  readonly req_id?: number;
}

/** `book/10 BTC/USD`: what is after the first space is the symbol. */
function topicOf(params: SymbolChannel, symbol: string): string {
  return params.channel === 'trade' ? `trade ${symbol}` : `${params.channel}/${params.depth} ${symbol}`;
}

function depthsOf(channel: 'book' | 'level3'): readonly number[] {
  return channel === 'book' ? BOOK_DEPTHS : ORDER_DEPTHS;
}
