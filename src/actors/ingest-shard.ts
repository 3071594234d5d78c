/**
 * Ingest of one shard: the connections that it carries and the books of exactly its pairs. Feed records go in, in the
 * order things happened; events come out through the effects. The same code runs live and in a replay: sessions and
 * recordings produce the same records. No socket, no clock.
 */

import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import type { EventView } from '../model/event.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import type { Instrument } from '../model/instrument.ts';
import { partitionOf } from '../model/partition.ts';
import type { ExchangeWire, WireReader, WireRegistry } from '../ports/exchange-wire.ts';
import { BookActor } from './book-actor.ts';
import { BookViews } from './book-views.ts';
import type { BookKeeper, BookKeeperState } from './book-keeper.ts';
import type { BookEffects, BookInput, FrameContext } from './book.protocol.ts';
import { OrderBookActor } from './order-book-actor.ts';
import type { SymbolDirectoryState } from './symbol-directory.ts';
import { SymbolDirectory } from './symbol-directory.ts';

/** What the runtime does on behalf of a shard. Views are valid during the call only. */
export interface IngestEffects {
  emit(partition: number, view: EventView): void;
  requestSnapshot(exchange: string, venueSymbol: string): void;
  /** @param channel see `ExchangeWire.resubscribe` */
  resubscribe(exchange: string, venueSymbol: string, channel: string): void;
  /** The venue announced that it will close this connection. */
  renew(conn: string): void;
  /** A frame that could not be read: kept aside with its reason. */
  malformed(record: FeedRecord, reason: string): void;
  /** A book's step threw: the frame that did it is kept aside, the book is built anew. */
  actorFailed(book: string, record: FeedRecord, error: unknown): void;
  /** A frame of market data was of another shape than its wire's scanner knows; it was read all the same. */
  readGenerally(exchange: string): void;
  /** The venue refused something that was asked for. */
  refused(exchange: string, venueSymbol: string, detail: string): void;
}

export interface IngestOptions {
  readonly wires: WireRegistry;
  readonly partitions: number;
  /** Whether this shard keeps the book of a pair. Frames of other pairs pass by. */
  readonly owns: (instrument: Instrument, partition: number) => boolean;
  readonly effects: IngestEffects;
  /** Every epoch of every book is above this: what an earlier incarnation, or the word of its loss, may have used. */
  readonly epochFloor?: number;
  /** Levels per side in each second's sample of a live book. Default, and null: no samples. */
  readonly sampleLevels?: number | null;
}

export interface IngestCounters {
  /** Good frames of kinds that are not used. */
  ignored: number;
  /** Frames of market data that were not of the shape that their wire's scanner knows: a venue has changed it. */
  general: number;
  /** Frames that made no sense. */
  malformed: number;
}

interface Connection {
  readonly conn: string;
  readonly exchange: string;
  readonly wire: ExchangeWire;
  readonly reader: WireReader;
  /** False while its frames may still turn out to be of single orders. */
  isSettled: boolean;
  /** Shared by all connections of the exchange. */
  readonly books: VenueBooks;
}

/** By the venue's symbol; null for those of other shards. Several symbols may name the same book (XBT/USD, BTC/USD). */
type VenueBooks = Map<string, OwnedBook | null>;

interface OwnedBook {
  /** `exchange:symbol`. */
  readonly key: string;
  actor: BookKeeper;
  readonly partition: number;
  readonly wire: ExchangeWire;
}

/** The whole state of a shard as a plain value. */
export interface IngestState {
  readonly counters: IngestCounters;
  readonly connections: readonly {
    readonly conn: string;
    readonly exchange: string;
    readonly wire: string;
    readonly reader: unknown;
    readonly isSettled: boolean;
  }[];
  readonly directories: readonly ({ readonly exchange: string } & SymbolDirectoryState)[];
  readonly books: readonly { readonly wire: string; readonly actor: BookKeeperState }[];
}

export class IngestShard {
  counters: IngestCounters = { ignored: 0, general: 0, malformed: 0 };
  private readonly options: IngestOptions;
  /** By exchange and id: recordings of several venues may use the same ids. */
  private readonly connections = new Map<string, Connection>();
  private readonly directories = new Map<string, SymbolDirectory>();
  private readonly byExchange = new Map<string, VenueBooks>();
  private readonly owned = new Map<string, OwnedBook>();

  /** The connection of the last frame: the next is most often of the same one. */
  private last: Connection | null = null;

  private readonly views: BookViews;
  private readonly context: FrameContext = { receiveUs: 0, frame: 0, conn: '', bytes: NO_BYTES };
  /** What a book's step is given, filled anew for each message. */
  private readonly wireInput: { kind: 'wire'; message: WireMessage; readonly context: FrameContext } = {
    kind: 'wire',
    message: new WireMessage(),
    context: this.context,
  };
  private record: FeedRecord | null = null;
  private wire: ExchangeWire | null = null;
  private venueBooks: VenueBooks = new Map();
  private sawMalformed = '';
  private sawUsed = false;
  private sawBook = false;
  private sawGeneral = false;

  constructor(options: IngestOptions) {
    this.options = options;
    this.views = new BookViews(options.sampleLevels ?? null);
  }

  /** The books of this shard, by `exchange:symbol`. */
  *books(): Generator<readonly [string, BookKeeper]> {
    for (const [key, { actor }] of this.owned) yield [key, actor];
  }

  /** Whether a pair has a book already, by its canonical symbol. */
  hasBook(exchange: string, symbol: string): boolean {
    return this.owned.has(`${exchange}:${symbol}`);
  }

  /** Has every book ask again that has waited for its snapshot since before `beforeUs`. */
  nudge(beforeUs: number, nowUs: number): void {
    for (const { actor } of this.owned.values()) actor.nudge(beforeUs, nowUs);
  }

  /** Symbols whose pair was read from the symbol itself, as `exchange:symbol` of the venue. */
  assumedSymbols(): string[] {
    return [...this.directories.values()].flatMap((one) =>
      [...one.assumed].map((symbol) => `${one.exchange}:${symbol}`),
    );
  }

  directory(exchange: string): SymbolDirectory {
    let directory = this.directories.get(exchange);
    if (directory === undefined) {
      directory = new SymbolDirectory(exchange);
      this.directories.set(exchange, directory);
    }
    return directory;
  }

  /**
   * Takes one record.
   * @param frame its number in the order of the archive
   * @param counted false where another shard counts this record too
   */
  process(record: FeedRecord, frame: number, counted: boolean): void {
    const { context } = this;
    context.receiveUs = record.tUs;
    context.frame = frame;
    context.conn = record.conn;
    context.bytes = record.data ?? NO_BYTES;
    this.record = record;
    switch (record.op) {
      case 'open':
        this.disconnect(record, 'disconnected', 'opened again');
        this.connect(record);
        return;
      case 'close':
        this.disconnect(record, 'disconnected', 'closed');
        return;
      case 'timer':
        return this.onTimer(record);
      case 'send':
        this.settle(record);
        return;
      case 'recv':
        return this.onFrame(record, counted);
      case 'http':
        return this.onHttp(record, counted);
    }
  }

  /** The shard's state as a plain value; later steps do not change it. */
  state(): IngestState {
    return {
      counters: { ...this.counters },
      connections: [...this.connections.values()].map(({ conn, exchange, wire, reader, isSettled }) => ({
        conn,
        exchange,
        wire: wire.wire,
        reader: reader.state(),
        isSettled,
      })),
      directories: [...this.directories.values()].map((one) => ({ exchange: one.exchange, ...one.state() })),
      books: [...this.owned.values()].map(({ actor, wire }) => ({ wire: wire.wire, actor: actor.state() })),
    };
  }

  restore(state: IngestState): void {
    const { wires } = this.options;
    this.counters = { ...state.counters };
    this.connections.clear();
    this.last = null;
    this.byExchange.clear();
    this.owned.clear();
    for (const { conn, exchange, wire, reader, isSettled } of state.connections) {
      const found = wires.byName(wire);
      if (found === undefined) continue;
      const connection = this.addConnection(exchange, conn, found);
      connection.reader.restore(reader);
      connection.isSettled = isSettled;
    }
    for (const { exchange, ...directory } of state.directories) this.directory(exchange).restore(directory);
    for (const { wire, actor: actorState } of state.books) {
      const found = wires.byName(wire);
      if (found === undefined) continue;
      this.own(actorState.instrument, found).actor.restore(actorState);
    }
  }

  private connect(record: FeedRecord): void {
    const { conn, exchange } = record;
    const wire = this.options.wires.at(exchange, record.url ?? '');
    if (wire !== undefined) this.addConnection(exchange, conn, wire);
  }

  private addConnection(exchange: string, conn: string, wire: ExchangeWire): Connection {
    const isSettled = wire.orders !== undefined || this.options.wires.live(exchange, 'orders') === undefined;
    const connection = { conn, exchange, wire, reader: wire.reader(), isSettled, books: this.booksOf(exchange) };
    this.connections.set(connectionKey(connection), connection);
    this.last = null;
    return connection;
  }

  /** A frame may show that its connection carries single orders, where a wire of levels was taken for granted. */
  private settle(record: FeedRecord): void {
    const connection = this.connections.get(connectionKey(record));
    if (connection === undefined || connection.isSettled) return;
    const found = this.options.wires.ofOrders(record.exchange, this.context.bytes);
    if (found === undefined) return;
    const { reader } = this.addConnection(record.exchange, record.conn, found);
    if (found.orders?.goesOnFrom === connection.wire.wire) reader.restore(connection.reader.state());
  }

  private booksOf(exchange: string): VenueBooks {
    let books = this.byExchange.get(exchange);
    if (books === undefined) {
      books = new Map();
      this.byExchange.set(exchange, books);
    }
    return books;
  }

  private disconnect(record: FeedRecord, reason: 'disconnected' | 'silence', detail: string): void {
    if (!this.connections.delete(connectionKey(record))) return;
    this.last = null;
    for (const book of this.owned.values()) {
      if (book.wire.exchange !== record.exchange) continue;
      this.step(book, { kind: 'disconnected', context: this.context, reason, detail });
    }
  }

  private onTimer(record: FeedRecord): void {
    const [name, symbol = ''] = textOfUtf8(record.data ?? NO_BYTES).split(' ');
    if (name === 'silence') return this.disconnect(record, 'silence', 'no frame within the silence limit');
    if (name !== 'compare' && name !== 'compared') return undefined;
    const book = this.booksOf(record.exchange).get(symbol) ?? null;
    if (book !== null) this.step(book, { kind: name, context: this.context });
    return undefined;
  }

  private onFrame(record: FeedRecord, counted: boolean): void {
    const connection = this.connectionOf(record);
    if (connection === undefined) {
      return this.countMalformed(record, `no wire of ${record.exchange} reads it`, counted);
    }
    this.begin(connection.wire, connection.books);
    connection.reader.parse(this.context.bytes, this.onMessage);
    // A book by levels has begun: that is what the connection carries.
    if (this.sawBook) connection.isSettled = true;
    this.end(record, counted);
  }

  private connectionOf(record: FeedRecord): Connection | undefined {
    const { last } = this;
    if (last !== null && last.conn === record.conn && last.exchange === record.exchange && last.isSettled) return last;
    this.settle(record);
    let connection = this.connections.get(connectionKey(record));
    if (connection === undefined) {
      const wire = this.options.wires.ofFrame(record.exchange, this.context.bytes);
      if (wire === undefined) return undefined;
      connection = this.addConnection(record.exchange, record.conn, wire);
    }
    this.last = connection;
    return connection;
  }

  private onHttp(record: FeedRecord, counted: boolean): void {
    const wire = this.options.wires.ofAnswer(record.exchange, record.url ?? '');
    if (wire === undefined) return this.countMalformed(record, `unknown exchange ${record.exchange}`, counted);
    this.begin(wire, this.booksOf(record.exchange));
    wire.parseHttp(record.url ?? '', this.context.bytes, this.onMessage);
    this.end(record, counted);
  }

  private begin(wire: ExchangeWire, books: VenueBooks): void {
    this.wire = wire;
    this.venueBooks = books;
    this.sawMalformed = '';
    this.sawUsed = false;
    this.sawBook = false;
    this.sawGeneral = false;
  }

  private end(record: FeedRecord, counted: boolean): void {
    if (this.sawMalformed !== '') this.countMalformed(record, this.sawMalformed, counted);
    else if (!this.sawUsed && counted) this.counters.ignored++;
    if (!this.sawGeneral || !counted) return;
    this.counters.general++;
    this.options.effects.readGenerally(record.exchange);
  }

  private countMalformed(record: FeedRecord, reason: string, counted: boolean): void {
    if (!counted) return;
    this.counters.malformed++;
    this.options.effects.malformed(record, reason);
  }

  private readonly onMessage = (message: WireMessage): void => {
    const { context } = this;
    const exchange = this.wire?.exchange ?? '';
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
        this.sawBook = true;
        this.sawUsed = true;
        if (message.general) this.sawGeneral = true;
        this.deliver(message);
        return;
      case 'trades':
      case 'quote':
      case 'checksum':
        this.sawUsed = true;
        if (message.general) this.sawGeneral = true;
        this.deliver(message);
        return;
      case 'subscribed':
      case 'unsubscribed':
        this.sawUsed = true;
        this.deliver(message);
        return;
      case 'malformed':
        this.sawMalformed = message.detail;
        this.tellMalformed(message);
        return;
      case 'refused':
        this.sawUsed = true;
        this.options.effects.refused(exchange, message.venueSymbol, message.detail);
        if (message.venueSymbol !== '') this.deliver(message);
        return;
      case 'instruments':
        this.sawUsed = true;
        this.directory(exchange).learn(message.instruments);
        return;
      case 'status':
        this.sawUsed = true;
        if (message.detail === 'online') this.resume(exchange);
        else this.halt(exchange, message.detail);
        return;
      case 'gap':
        this.sawUsed = true;
        this.onGap(message.detail);
        return;
      case 'closing':
        this.sawUsed = true;
        this.options.effects.renew(context.conn);
        return;
      case 'heartbeat':
      case 'ignored':
        return;
    }
  };

  /** No book of the connection can be relied on. A new connection begins them anew. */
  private onGap(detail: string): void {
    const { context } = this;
    const exchange = this.wire?.exchange;
    for (const book of this.owned.values()) {
      if (book.wire.exchange === exchange) this.step(book, { kind: 'gap', context, detail });
    }
    this.options.effects.renew(context.conn);
  }

  /** The venue does not trade normally: its books are not to be relied on until they are sent again. */
  private halt(exchange: string, detail: string): void {
    for (const book of this.owned.values()) {
      if (book.wire.exchange !== exchange) continue;
      this.step(book, { kind: 'halted', context: this.context, reason: 'maintenance', detail });
    }
  }

  /** The venue trades again. It goes on with updates alone, so books that were halted are asked for. */
  private resume(exchange: string): void {
    for (const { actor, wire } of this.owned.values()) {
      if (wire.exchange !== exchange || wire.rules.snapshot !== 'stream' || actor.reason !== 'maintenance') continue;
      actor.resubscribe();
    }
  }

  private deliver(message: WireMessage): void {
    const { wire, venueBooks, wireInput } = this;
    if (wire === null) return;
    let book = venueBooks.get(message.venueSymbol);
    if (book === undefined) {
      book = this.adopt(message.venueSymbol, wire);
      venueBooks.set(message.venueSymbol, book);
    }
    if (book === null || !isMeantFor(book, wire, message)) return;
    // Where the socket brings the snapshots, a book by REST is to be held against and no more.
    if (message.kind === 'snapshot' && this.record?.op === 'http' && wire.rules.snapshot === 'stream') {
      return this.step(book, { kind: 'reference', message, context: this.context });
    }
    wireInput.message = message;
    this.step(book, wireInput);
  }

  /**
   * The book that the frame is about may lack an update. Where nothing names it, and neither a number nor a checksum will show the
   * loss, it may be any that the connection carries. No book is begun for the sake of a frame that makes no sense.
   */
  private tellMalformed({ venueSymbol, detail }: WireMessage): void {
    const { wire, context } = this;
    if (venueSymbol !== '') {
      const book = this.venueBooks.get(venueSymbol) ?? null;
      if (this.record?.op === 'http' && (wire?.rules.snapshot === 'stream' || book?.actor.isCompared === true)) return;
      if (book !== null) this.step(book, { kind: 'malformed', context, detail });
      return;
    }
    // No update comes by REST: an answer that cannot be read has lost none.
    if (wire === null || this.record?.op === 'http' || !hidesLoss(wire)) return;
    for (const book of this.owned.values()) {
      // One that waits for its snapshot asks again by itself.
      const isAwaited = wire.rules.snapshot === 'stream' && book.actor.trust !== 'live';
      if (book.wire.exchange === wire.exchange && !isAwaited) this.step(book, { kind: 'malformed', context, detail });
    }
  }

  /** The book of a symbol heard of for the first time; null where this shard does not own it. */
  private adopt(venueSymbol: string, wire: ExchangeWire): OwnedBook | null {
    const instrument = this.directory(wire.exchange).find(venueSymbol, (symbol) => wire.splitSymbol(symbol));
    const partition = partitionOf(instrument.exchange, instrument.symbol, this.options.partitions);
    if (!this.options.owns(instrument, partition)) return null;
    return this.owned.get(keyOf(instrument)) ?? this.own(instrument, wire);
  }

  private own(instrument: Instrument, wire: ExchangeWire): OwnedBook {
    const partition = partitionOf(instrument.exchange, instrument.symbol, this.options.partitions);
    const key = keyOf(instrument);
    const book = { key, actor: this.startActor(instrument, wire, partition), partition, wire };
    this.owned.set(key, book);
    this.booksOf(instrument.exchange).set(instrument.venueSymbol, book);
    return book;
  }

  private startActor(instrument: Instrument, wire: ExchangeWire, partition: number): BookKeeper {
    const { effects } = this.options;
    const bookEffects: BookEffects = {
      emit: (view) => effects.emit(partition, view),
      requestSnapshot: (symbol) => effects.requestSnapshot(instrument.exchange, symbol),
      resubscribe: (symbol, channel) => effects.resubscribe(instrument.exchange, symbol, channel),
    };
    // Kept are frames of venues with numbered updates, which stand alone.
    const reader = wire.reader();
    const reparse = (frame: Uint8Array, onMessage: (message: WireMessage) => void): void =>
      reader.parse(frame, onMessage);
    const { views } = this;
    const { epochFloor = 0 } = this.options;
    const options = { instrument, reparse, effects: bookEffects, epochFloor, views };
    return wire.orders === undefined
      ? new BookActor({ ...options, rules: wire.rules })
      : new OrderBookActor({ ...options, rules: wire.orders.rules });
  }

  /** One step of one book. Whatever it throws stays with this book: a fresh actor takes its place. */
  private step(book: OwnedBook, input: BookInput): void {
    try {
      book.actor.step(input);
    } catch (error) {
      const failed = book.actor;
      book.actor = this.startActor(failed.instrument, book.wire, book.partition);
      book.actor.succeed(failed);
      if (this.record !== null) this.options.effects.actorFailed(book.key, this.record, error);
      const detail = error instanceof Error ? error.message : String(error);
      book.actor.step({ kind: 'failed', context: this.context, detail });
    }
  }
}

const NO_BYTES = new Uint8Array(0);

/** Whether nothing in the venue's later frames shows that one was lost. */
function hidesLoss({ rules }: ExchangeWire): boolean {
  return rules.checksum === null && (rules.sequence === 'none' || rules.sequence === 'rising');
}

/** Whether a book can take a message: where a pair comes by levels and by orders, its book goes by what came first. */
function isMeantFor(book: OwnedBook, wire: ExchangeWire, { kind }: WireMessage): boolean {
  if ((book.wire.orders === undefined) === (wire.orders === undefined)) return true;
  return kind === 'trades' || kind === 'quote';
}

function connectionKey({ exchange, conn }: { readonly exchange: string; readonly conn: string }): string {
  return `${exchange} ${conn}`;
}

function keyOf(instrument: Instrument): string {
  return `${instrument.exchange}:${instrument.symbol}`;
}
