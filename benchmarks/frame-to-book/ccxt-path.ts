/**
 * ccxt: its WebSocket client's `onMessage` (text to `JSON.parse` to the exchange's `handleMessage`), with its handlers
 * for books, trades, tickers and candles behind it and its defaults as they are: checksums off on Kraken, a thousand
 * levels a side on Binance. Nothing is connected. Left out, in its favour: the promise that a waiting `watchOrderBook`
 * costs with each message, its socket's stream, and the thousands of markets that it would have loaded. The cut to the
 * subscription's depth that `watchOrderBook` makes is made where it would be awakened.
 *
 * It keeps numbers as doubles. Levels beyond the cut are forgotten, so its books get holes below it. It speaks Kraken's
 * v2 and not its v1.
 */

import type { Exchange } from 'ccxt';
import { pro } from 'ccxt';

import { wireRegistry } from '../../src/exchanges/registry.ts';
import type { Instrument } from '../../src/model/instrument.ts';
import type { BookLevels, BookPath, Quote } from './book-path.ts';
import { NO_QUOTE } from './book-path.ts';
import type { Frames } from './frames.ts';

type Client = ReturnType<Exchange['client']>;
/** Price and size, best level first. */
type Side = readonly (readonly [price: number, size: number])[];
type LevelBook = { readonly bids: Side; readonly asks: Side; limit(): unknown };

/** An exchange of ccxt with its memory of one connection. */
interface Venue {
  readonly exchange: Exchange;
  readonly url: string;
  /** What happens once the subscription stands. */
  subscribed(symbols: readonly string[]): void;
  /** Takes the REST snapshot of a book. */
  snapshot(client: Client, symbol: string, body: string): Promise<void>;
}

export class CcxtPath implements BookPath {
  failures = 0;
  private readonly frames: Frames;
  private readonly venue: Venue;
  /** ccxt's symbols by the venue's. */
  private readonly symbols: ReadonlyMap<string, string>;
  private client: Client;
  private done = 0;

  constructor(frames: Frames) {
    this.frames = frames;
    this.venue = frames.exchange === 'kraken' ? new KrakenV2() : new BinanceSpot();
    this.symbols = new Map(frames.instruments.map((one) => [one.venueSymbol, symbolOf(one)]));
    const { exchange } = this.venue;
    exchange.setMarkets(frames.instruments.map((one) => exchange.safeMarketStructure(marketOf(one))));
    this.client = this.connect();
  }

  open(): void {
    const { exchange } = this.venue;
    exchange.orderbooks = {};
    exchange.trades = {};
    exchange.tickers = {};
    exchange.bidsasks = {};
    exchange.ohlcvs = {};
    exchange.clients = {};
    this.done = 0;
    this.failures = 0;
    this.client = this.connect();
    this.venue.subscribed([...this.symbols.values()]);
  }

  /** @returns times that a handler had news for whoever watches */
  async feed(from: number, to: number): Promise<number> {
    const { records, texts } = this.frames;
    for (let index = from; index < to; index++) {
      const text = texts[index] ?? null;
      if (text === null) continue;
      const record = records[index];
      if (record?.op !== 'http') {
        this.client.onMessage({ data: text });
        continue;
      }
      const venueSymbol = wireRegistry.live(record.exchange)?.routeHttp(record.url ?? '') ?? '';
      await this.venue.snapshot(this.client, this.symbols.get(venueSymbol) ?? '', text);
    }
    return this.done;
  }

  quote(venueSymbol: string): Quote {
    const book = this.bookOf(venueSymbol);
    if (book === undefined) return NO_QUOTE;
    const [bid = NaN, bidSize = NaN] = book.bids[0] ?? [];
    const [ask = NaN, askSize = NaN] = book.asks[0] ?? [];
    return { bid, bidSize, ask, askSize };
  }

  levels(venueSymbol: string): BookLevels {
    const { bids = [], asks = [] } = this.bookOf(venueSymbol) ?? {};
    return { bids: new Map(bids), asks: new Map(asks) };
  }

  private bookOf(venueSymbol: string): LevelBook | undefined {
    const books: Readonly<Record<string, LevelBook>> = this.venue.exchange.orderbooks;
    return books[this.symbols.get(venueSymbol) ?? ''];
  }

  /** A client that is not dialled, with an ear on what it would tell those who watch. */
  private connect(): Client {
    const { exchange, url } = this.venue;
    const client = exchange.client(url);
    const resolve = client.resolve.bind(client);
    client.resolve = (news, messageHash) => {
      this.done++;
      if (messageHash?.startsWith('orderbook')) (news as LevelBook).limit();
      return resolve(news, messageHash) as unknown;
    };
    const reject = client.reject.bind(client);
    client.reject = (error, messageHash) => {
      this.failures++;
      return reject(error, messageHash) as unknown;
    };
    return client;
  }
}

class BinanceSpot implements Venue {
  readonly exchange = new RecordedBinance({ enableRateLimit: false });
  readonly url = 'wss://stream.binance.com:9443/stream';

  /** What its `handleOrderBookSubscription` does before it asks for snapshots: books that keep what comes meanwhile. */
  subscribed(symbols: readonly string[]): void {
    const { exchange } = this;
    const limit = Number(exchange.options['watchOrderBookLimit']);
    for (const symbol of symbols) exchange.orderbooks[symbol] = exchange.orderBook({}, limit);
  }

  async snapshot(client: Client, symbol: string, body: string): Promise<void> {
    this.exchange.answer = body;
    await this.exchange.fetchOrderBookSnapshot(client, undefined, { symbol, type: 'spot', params: {} });
  }
}

/** Everything of ccxt's Binance but the wire under its REST requests. */
class RecordedBinance extends pro.binance {
  answer = '';

  override fetch(): Promise<unknown> {
    return Promise.resolve(this.parseJson(this.answer));
  }
}

class KrakenV2 implements Venue {
  readonly exchange = new pro.kraken({ enableRateLimit: false });
  readonly url = 'wss://ws.kraken.com/v2';

  /** Its books begin with the snapshot on the socket. */
  subscribed(): void {}

  /** Kraken has its snapshots on the socket. */
  snapshot(): Promise<void> {
    return Promise.resolve();
  }
}

function symbolOf({ base, quote }: Instrument): string {
  return `${base}/${quote}`;
}

function marketOf(instrument: Instrument): Record<string, unknown> {
  const { venueSymbol, base, quote } = instrument;
  return {
    id: venueSymbol,
    lowercaseId: venueSymbol.toLowerCase(),
    symbol: symbolOf(instrument),
    base,
    quote,
    baseId: base,
    quoteId: quote,
    type: 'spot',
    spot: true,
    contract: false,
    active: true,
  };
}
