/**
 * Ingest of one shard: the connections that it carries and the books of exactly its pairs. Feed records go in, in the
 * order things happened; events come out through the effects. The same code runs live and in a replay: sessions and
 * recordings produce the same records. No socket, no clock.
 */

import type { WireMessage } from '../book/wire-message.ts';
import type { EventView } from '../model/event.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import type { Instrument } from '../model/instrument.ts';
import { partitionOf } from '../model/partition.ts';
import type { ExchangeWire, WireRegistry } from '../ports/exchange-wire.ts';
import type { BookActorState } from './book-actor.ts';
import { BookActor } from './book-actor.ts';
import type { BookEffects, BookInput, FrameContext } from './book.protocol.ts';
import type { SymbolDirectoryState } from './symbol-directory.ts';
import { SymbolDirectory } from './symbol-directory.ts';

/** What the runtime does on behalf of a shard. Views are valid during the call only. */
export interface IngestEffects {
  emit(partition: number, view: EventView): void;
  requestSnapshot(exchange: string, venueSymbol: string): void;
  resubscribe(exchange: string, venueSymbol: string): void;
  /** The venue announced that it will close this connection. */
  renew(conn: string): void;
  /** A frame that could not be read: kept aside with its reason. */
  malformed(record: FeedRecord, reason: string): void;
  /** A book's step threw: the frame that did it is kept aside, the book is built anew. */
  actorFailed(book: string, record: FeedRecord, error: unknown): void;
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
}

export interface IngestCounters {
  /** Good frames of kinds that are not used. */
  ignored: number;
  /** Frames that made no sense. */
  malformed: number;
}

interface Connection {
  readonly conn: string;
  readonly exchange: string;
  readonly wire: ExchangeWire;
}

interface OwnedBook {
  actor: BookActor;
  readonly partition: number;
  readonly wire: ExchangeWire;
}

/** The whole state of a shard as a plain value. */
export interface IngestState {
  readonly counters: IngestCounters;
  readonly connections: readonly { readonly conn: string; readonly exchange: string; readonly wire: string }[];
  readonly directories: readonly ({ readonly exchange: string } & SymbolDirectoryState)[];
  readonly books: readonly { readonly wire: string; readonly actor: BookActorState }[];
}

export class IngestShard {
  counters: IngestCounters = { ignored: 0, malformed: 0 };
  private readonly options: IngestOptions;
  /** By exchange and id: recordings of several venues may use the same ids. */
  private readonly connections = new Map<string, Connection>();
  private readonly directories = new Map<string, SymbolDirectory>();
  /** By exchange and the venue's symbol; several symbols of one venue may name the same book (XBT/USD, BTC/USD). */
  private readonly bySymbol = new Map<string, OwnedBook | null>();
  private readonly owned = new Map<string, OwnedBook>();

  private readonly context: FrameContext = { receiveUs: 0, frame: 0, conn: '', text: '' };
  private record: FeedRecord | null = null;
  private wire: ExchangeWire | null = null;
  private sawMalformed = '';
  private sawUsed = false;

  constructor(options: IngestOptions) {
    this.options = options;
  }

  /** The books of this shard, by `exchange:symbol`. */
  *books(): Generator<readonly [string, BookActor]> {
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
    context.text = record.data ?? '';
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
        if (record.data === 'silence') this.disconnect(record, 'silence', 'no frame within the silence limit');
        return;
      case 'send':
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
      connections: [...this.connections.values()].map((one) => ({ ...one, wire: one.wire.wire })),
      directories: [...this.directories.values()].map((one) => ({ exchange: one.exchange, ...one.state() })),
      books: [...this.owned.values()].map(({ actor, wire }) => ({ wire: wire.wire, actor: actor.state() })),
    };
  }

  restore(state: IngestState): void {
    const { wires } = this.options;
    this.counters = { ...state.counters };
    this.connections.clear();
    this.bySymbol.clear();
    this.owned.clear();
    for (const { conn, exchange, wire } of state.connections) {
      const found = wires.byName(wire);
      if (found !== undefined) this.connections.set(connectionKey({ exchange, conn }), { conn, exchange, wire: found });
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
    if (wire !== undefined) this.connections.set(connectionKey(record), { conn, exchange, wire });
  }

  private disconnect(record: FeedRecord, reason: 'disconnected' | 'silence', detail: string): void {
    if (!this.connections.delete(connectionKey(record))) return;
    for (const [key, book] of this.owned) {
      if (book.wire.exchange !== record.exchange) continue;
      this.step(key, book, { kind: 'disconnected', context: this.context, reason, detail });
    }
  }

  private onFrame(record: FeedRecord, counted: boolean): void {
    const frame = record.data ?? '';
    let connection = this.connections.get(connectionKey(record));
    if (connection === undefined) {
      const wire = this.options.wires.ofFrame(record.exchange, frame);
      if (wire === undefined) return this.countMalformed(record, `no wire of ${record.exchange} reads it`, counted);
      connection = { conn: record.conn, exchange: record.exchange, wire };
      this.connections.set(connectionKey(record), connection);
    }
    this.parse(connection.wire, record, counted, (wire, sink) => wire.parse(frame, sink));
  }

  private onHttp(record: FeedRecord, counted: boolean): void {
    const wire = this.options.wires.live(record.exchange);
    if (wire === undefined) return this.countMalformed(record, `unknown exchange ${record.exchange}`, counted);
    const body = record.data ?? '';
    this.parse(wire, record, counted, (one, sink) => one.parseHttp(record.url ?? '', body, sink));
  }

  private parse(
    wire: ExchangeWire,
    record: FeedRecord,
    counted: boolean,
    read: (wire: ExchangeWire, sink: (message: WireMessage) => void) => void,
  ): void {
    this.wire = wire;
    this.sawMalformed = '';
    this.sawUsed = false;
    read(wire, this.onMessage);
    if (this.sawMalformed !== '') this.countMalformed(record, this.sawMalformed, counted);
    else if (!this.sawUsed && counted) this.counters.ignored++;
  }

  private countMalformed(record: FeedRecord, reason: string, counted: boolean): void {
    if (!counted) return;
    this.counters.malformed++;
    this.options.effects.malformed(record, reason);
  }

  private readonly onMessage = (message: WireMessage): void => {
    const { context, wire } = this;
    const exchange = wire?.exchange ?? '';
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
      case 'trades':
      case 'quote':
      case 'subscribed':
      case 'unsubscribed':
        this.sawUsed = true;
        this.deliver(message.venueSymbol, { kind: 'wire', message, context });
        return;
      case 'malformed':
        this.sawMalformed = message.detail;
        if (message.venueSymbol !== '') {
          this.deliver(message.venueSymbol, { kind: 'malformed', context, detail: message.detail }, false);
        }
        return;
      case 'refused':
        this.sawUsed = true;
        this.options.effects.refused(exchange, message.venueSymbol, message.detail);
        if (message.venueSymbol !== '') this.deliver(message.venueSymbol, { kind: 'wire', message, context });
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
      case 'closing':
        this.sawUsed = true;
        this.options.effects.renew(context.conn);
        return;
      case 'heartbeat':
      case 'ignored':
        return;
    }
  };

  /** The venue does not trade normally: its books are not to be relied on until they are sent again. */
  private halt(exchange: string, detail: string): void {
    for (const [key, book] of this.owned) {
      if (book.wire.exchange !== exchange) continue;
      this.step(key, book, { kind: 'halted', context: this.context, reason: 'maintenance', detail });
    }
  }

  /** The venue trades again. It goes on with updates alone, so books that were halted are asked for. */
  private resume(exchange: string): void {
    for (const { actor, wire } of this.owned.values()) {
      if (wire.exchange !== exchange || wire.rules.snapshot !== 'stream' || actor.reason !== 'maintenance') continue;
      this.options.effects.resubscribe(exchange, actor.instrument.venueSymbol);
    }
  }

  private deliver(venueSymbol: string, input: BookInput, mayCreate = true): void {
    const wire = this.wire;
    if (wire === null) return;
    const symbolKey = `${wire.exchange} ${venueSymbol}`;
    let book = this.bySymbol.get(symbolKey);
    if (book === undefined) {
      if (!mayCreate) return;
      book = this.adopt(venueSymbol, wire);
      this.bySymbol.set(symbolKey, book);
    }
    if (book === null) return;
    this.step(keyOf(book.actor.instrument), book, input);
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
    const book = { actor: this.startActor(instrument, wire, partition), partition, wire };
    this.owned.set(keyOf(instrument), book);
    this.bySymbol.set(`${instrument.exchange} ${instrument.venueSymbol}`, book);
    return book;
  }

  private startActor(instrument: Instrument, wire: ExchangeWire, partition: number): BookActor {
    const { effects } = this.options;
    const bookEffects: BookEffects = {
      emit: (view) => effects.emit(partition, view),
      requestSnapshot: (symbol) => effects.requestSnapshot(instrument.exchange, symbol),
      resubscribe: (symbol) => effects.resubscribe(instrument.exchange, symbol),
    };
    const reparse = (text: string, onMessage: (message: WireMessage) => void): void => wire.parse(text, onMessage);
    const { epochFloor = 0 } = this.options;
    return new BookActor({ instrument, rules: wire.rules, reparse, effects: bookEffects, epochFloor });
  }

  /** One step of one book. Whatever it throws stays with this book: a fresh actor takes its place. */
  private step(key: string, book: OwnedBook, input: BookInput): void {
    try {
      book.actor.step(input);
    } catch (error) {
      const failed = book.actor;
      book.actor = this.startActor(failed.instrument, book.wire, book.partition);
      book.actor.succeed(failed);
      if (this.record !== null) this.options.effects.actorFailed(key, this.record, error);
      const detail = error instanceof Error ? error.message : String(error);
      book.actor.step({ kind: 'failed', context: this.context, detail });
    }
  }
}

function connectionKey({ exchange, conn }: { readonly exchange: string; readonly conn: string }): string {
  return `${exchange} ${conn}`;
}

function keyOf(instrument: Instrument): string {
  return `${instrument.exchange}:${instrument.symbol}`;
}
