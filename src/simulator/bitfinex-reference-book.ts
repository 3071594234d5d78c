/**
 * A Bitfinex v2 client for tests, written from the venue's documentation alone: nothing of it is shared with the simulator
 * or with the product, so that it can judge both. It knows one connection: its options, its counter, its channels.
 * https://docs.bitfinex.com/docs/ws-general, https://docs.bitfinex.com/docs/ws-websocket-checksum
 */

import { z } from 'zod';
import { referenceCrc32 } from './kraken-reference-book.ts';

const [TIMESTAMP, SEQ_ALL, BULK_UPDATES] = [32_768, 65_536, 536_870_912];

const eventSchema = z.looseObject({ event: z.string() });
const subscribedSchema = z.object({
  chanId: z.int(),
  channel: z.string(),
  symbol: z.string(),
  len: z.string().optional(),
});
const rowSchema = z.tuple([z.number(), z.int().min(0), z.number()]);
const tradeSchema = z.tuple([z.int(), z.int(), z.number(), z.number()]);
type Row = z.infer<typeof rowSchema>;

interface Level {
  readonly price: number;
  readonly orders: number;
  readonly size: number;
}

/** A book by the venue's own steps, one row at a time. It throws on the first thing that must not be. */
export class BitfinexReferenceBook {
  readonly #length: number;
  /** Best first. */
  bids: Level[] = [];
  asks: Level[] = [];
  /** Levels that another one pushed out, or that were taken away. */
  removals = 0;
  checked = 0;
  readonly growths: { readonly atMs: number; readonly price: string; readonly by: number }[] = [];

  constructor(length: number) {
    this.#length = length;
  }

  apply([price, orders, amount]: Row, atMs: number): void {
    const isBid = amount > 0;
    const side = isBid ? this.bids : this.asks;
    const index = side.findIndex((level) => level.price === price);
    if (orders === 0) {
      if (index < 0) throw new Error(`removal of ${price}, which was not held`);
      if (Math.abs(amount) !== 1) throw new Error(`removal of ${price} with the amount ${amount}`);
      side.splice(index, 1);
      this.removals += 1;
      return;
    }
    const level = { price, orders, size: Math.abs(amount) };
    const before = side[index]?.size ?? 0;
    if (level.size > before) this.growths.push({ atMs, price: String(price), by: level.size - before });
    if (index < 0) side.push(level);
    else side[index] = level;
    side.sort((a, b) => (isBid ? b.price - a.price : a.price - b.price));
    if (side.length > this.#length) throw new Error(`${side.length} levels in a book of ${this.#length}`);
    const [bid, ask] = [this.bids[0], this.asks[0]];
    if (bid !== undefined && ask !== undefined && bid.price >= ask.price) throw new Error(`crossed at ${price}`);
  }

  check(expected: unknown): void {
    const words: string[] = [];
    for (let i = 0; i < 25; i++) {
      const [bid, ask] = [this.bids[i], this.asks[i]];
      if (bid !== undefined) words.push(String(bid.price), String(bid.size));
      if (ask !== undefined) words.push(String(ask.price), String(-ask.size));
    }
    if ((referenceCrc32(words.join(':')) | 0) !== expected) throw new Error(`checksum ${String(expected)}`);
    this.checked += 1;
  }

  /** As the simulator tells its own. */
  texts(): { bids: [price: string, size: string][]; asks: [price: string, size: string][] } {
    const side = (levels: readonly Level[]): [string, string][] =>
      levels.map(({ price, size }) => [String(price), String(size)]);
    return { bids: side(this.bids), asks: side(this.asks) };
  }
}

interface Channel {
  readonly name: string;
  readonly symbol: string;
  readonly book: BitfinexReferenceBook;
  begun: boolean;
}

/** Follows all frames of a connection. */
export class BitfinexReferenceClient {
  /** Everything that came without a channel. */
  readonly events: z.infer<typeof eventSchema>[] = [];
  /** By symbol; the newest channel's where there were several. */
  readonly books = new Map<string, BitfinexReferenceBook>();
  /** `te`, `tu` and `list` with their rows. */
  readonly trades: { readonly symbol: string; readonly word: string; readonly row: z.infer<typeof tradeSchema> }[] = [];
  /** Numbers of the channels that were heard, in their order. */
  readonly heartbeats: number[] = [];
  readonly #channels = new Map<number, Channel>();
  #flags = 0;
  #sequence = 0;

  take(texts: readonly string[]): void {
    for (const text of texts) {
      const frame: unknown = JSON.parse(text);
      if (Array.isArray(frame)) this.#data(frame as unknown[]);
      else this.#event(eventSchema.parse(frame));
    }
  }

  book(symbol: string): BitfinexReferenceBook {
    return this.books.get(symbol) ?? new BitfinexReferenceBook(0);
  }

  #event(event: z.infer<typeof eventSchema>): void {
    this.events.push(event);
    if (event.event === 'conf') this.#flags = z.int().parse(event['flags']);
    if (event.event === 'unsubscribed') this.#channels.delete(z.int().parse(event['chanId']));
    if (event.event !== 'subscribed') return;
    const { chanId, channel, symbol, len } = subscribedSchema.parse(event);
    const book = new BitfinexReferenceBook(Number(len));
    if (channel === 'book') this.books.set(symbol, book);
    this.#channels.set(chanId, { name: channel, symbol, book, begun: false });
  }

  #data(frame: unknown[]): void {
    const atMs = (this.#flags & TIMESTAMP) === 0 ? NaN : z.int().parse(frame.pop());
    if ((this.#flags & SEQ_ALL) !== 0) {
      const sequence = frame.pop();
      this.#sequence += 1;
      if (sequence !== this.#sequence) throw new Error(`gap: ${String(sequence)} for ${this.#sequence}`);
    }
    const [id, first, second] = frame;
    const channel = this.#channels.get(z.int().parse(id));
    if (channel === undefined) throw new Error(`data of channel ${String(id)}`);
    if (first === 'hb') this.heartbeats.push(z.int().parse(id));
    else if (channel.name === 'book') this.#onBook(channel, first, second, atMs);
    else this.#onTrades(channel, first, second);
  }

  #onBook(channel: Channel, first: unknown, second: unknown, atMs: number): void {
    const { book } = channel;
    if (first === 'cs') {
      book.check(second);
      return;
    }
    const isList = z
      .array(z.unknown())
      .parse(first)
      .every((row) => Array.isArray(row));
    if (!channel.begun && !isList) throw new Error('an update before the book');
    if (isList && channel.begun && (this.#flags & BULK_UPDATES) === 0) throw new Error('a second book');
    channel.begun = true;
    const rows = isList ? z.array(rowSchema).parse(first) : [rowSchema.parse(first)];
    for (const row of rows) book.apply(row, atMs);
  }

  #onTrades({ symbol }: Channel, first: unknown, second: unknown): void {
    const rows = typeof first === 'string' ? [second] : z.array(z.unknown()).parse(first);
    const word = typeof first === 'string' ? first : 'list';
    for (const row of rows) this.trades.push({ symbol, word, row: tradeSchema.parse(row) });
  }
}
