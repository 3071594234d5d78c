/**
 * tardis-dev: `JSON.parse`, its mappers for trades, book changes and book tickers (the second alone where only books
 * were subscribed), and its `OrderBook`, called one after the other as its `normalizeMessages` calls them. Left out, in
 * its favour: the asynchronous generator around them (its users wait for each message), the `Date` that its stream makes
 * per frame (made beforehand here), and reading the best prices after a message, which walks its tree.
 *
 * It keeps numbers as doubles, checks neither sequence (but for the first update) nor checksum, and does not cut a book
 * to the subscription's depth: levels that left Kraken's window stay for ever. It speaks Kraken's v1 and not its v2.
 */

import type { BookChange, BookPriceLevel, BookTicker, Trade } from 'tardis-dev';
import { normalizeBookChanges, normalizeBookTickers, normalizeTrades, OrderBook } from 'tardis-dev';

import { wireRegistry } from '../../src/exchanges/registry.ts';
import type { BookLevels, BookPath, Quote } from './book-path.ts';
import type { Frames } from './frames.ts';

interface Mapper {
  canHandle(message: unknown): boolean;
  map(message: unknown, localTimestamp: Date): IterableIterator<BookChange | BookTicker | Trade> | undefined;
}

export class TardisPath implements BookPath {
  /** It throws where it cannot read something, and so does this. */
  readonly failures = 0;
  private readonly frames: Frames;
  private readonly times: readonly Date[];
  /** Per record the stream name of a REST snapshot's generated message, null for a frame. */
  private readonly snapshotStreams: readonly (string | null)[];
  private mappers: readonly Mapper[] = [];
  private books = new Map<string, OrderBook>();
  private done = 0;

  constructor(frames: Frames) {
    this.frames = frames;
    this.times = frames.records.map(({ tUs }) => new Date(tUs / 1000));
    this.snapshotStreams = frames.records.map(({ op, exchange, url }) => {
      if (op !== 'http') return null;
      const symbol = wireRegistry.live(exchange)?.routeHttp(url ?? '') ?? '';
      return `${symbol.toLowerCase()}@depthSnapshot`;
    });
  }

  open(): void {
    const { exchange: venue, onlyBooks } = this.frames;
    const exchange = venue === 'kraken' ? 'kraken' : 'binance';
    const began = this.times[0] ?? new Date(0);
    const books = normalizeBookChanges(exchange, began);
    this.mappers = onlyBooks
      ? [books]
      : [normalizeTrades(exchange, began), books, normalizeBookTickers(exchange, began)];
    this.books = new Map();
    this.done = 0;
  }

  /** @returns messages and levels that came out of its mappers */
  feed(from: number, to: number): number {
    const { texts } = this.frames;
    for (let index = from; index < to; index++) {
      const text = texts[index] ?? null;
      if (text === null) continue;
      const parsed: unknown = JSON.parse(text);
      const stream = this.snapshotStreams[index] ?? null;
      this.take(stream === null ? parsed : { stream, generated: true, data: parsed }, this.times[index] as Date);
    }
    return this.done;
  }

  quote(venueSymbol: string): Quote {
    const book = this.books.get(venueSymbol);
    const bid = book?.bestBid();
    const ask = book?.bestAsk();
    return {
      bid: bid?.price ?? NaN,
      bidSize: bid?.amount ?? NaN,
      ask: ask?.price ?? NaN,
      askSize: ask?.amount ?? NaN,
    };
  }

  levels(venueSymbol: string): BookLevels {
    const book = this.books.get(venueSymbol);
    return { bids: levelMap(book?.bids() ?? []), asks: levelMap(book?.asks() ?? []) };
  }

  private take(message: unknown, localTimestamp: Date): void {
    for (const mapper of this.mappers) {
      if (!mapper.canHandle(message)) continue;
      const mapped = mapper.map(message, localTimestamp);
      if (mapped === undefined) continue;
      for (const one of mapped) {
        this.done++;
        if (one.type === 'book_change') this.update(one);
      }
    }
  }

  private update(change: BookChange): void {
    let book = this.books.get(change.symbol);
    if (book === undefined) {
      book = new OrderBook();
      this.books.set(change.symbol, book);
    }
    book.update(change);
    this.done += change.bids.length + change.asks.length;
  }
}

function levelMap(levels: Iterable<BookPriceLevel>): Map<number, number> {
  return new Map([...levels].map(({ price, amount }) => [price, amount]));
}
