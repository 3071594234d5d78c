/**
 * Says which ingest shard a recorded frame goes to: to the one that keeps its pair's book. What concerns a whole
 * connection, or several pairs, goes to all of them, and the first of them counts it.
 */

import { SymbolDirectory } from '../../actors/symbol-directory.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import { partitionOf } from '../../model/partition.ts';
import type { ExchangeWire, WireRegistry } from '../../ports/exchange-wire.ts';

export const ALL_SHARDS = -1;
const NO_BYTES = new Uint8Array(0);
/** What a connection carries shows when it is asked for and when that is granted, or in its first frames. */
const UNSETTLED_FRAMES = 100;

interface Connection {
  readonly exchange: string;
  readonly conn: string;
  /** Unknown until its `open` or a frame tells. */
  wire: ExchangeWire | undefined;
  /** Frames that may still show that it carries single orders. */
  unsettled: number;
}

export class Router {
  private readonly wires: WireRegistry;
  private readonly shards: number;
  private readonly partitions: number;
  private readonly connections = new Map<string, Connection>();
  /** The connection of the last record: the next is most often of the same one. */
  private last: Connection | null = null;
  private readonly directories = new Map<string, SymbolDirectory>();
  /** By exchange and the venue's symbol. A symbol stays where it was first seen: its book is there. */
  private readonly found = new Map<string, Map<string, number>>();

  constructor(options: { wires: WireRegistry; shards: number; partitions: number }) {
    this.wires = options.wires;
    this.shards = options.shards;
    this.partitions = options.partitions;
  }

  /** Index of the shard, or ALL_SHARDS. */
  shardOf(record: FeedRecord): number {
    if (this.shards === 1) return 0;
    const { exchange, op } = record;
    if (op === 'http') return this.shardOfAnswer(record);
    const connection = this.connectionOf(record);
    if (op === 'open') {
      connection.wire = this.wires.at(exchange, record.url ?? '') ?? connection.wire;
      connection.unsettled = UNSETTLED_FRAMES;
    }
    const data = record.data ?? NO_BYTES;
    this.settle(connection, op, data);
    if (op !== 'recv') return ALL_SHARDS;
    connection.wire ??= this.wires.ofFrame(exchange, data);
    return connection.wire === undefined
      ? ALL_SHARDS
      : this.shardOfSymbol(connection.wire, connection.wire.route(data));
  }

  /** A frame may show that its connection carries single orders, where a wire of levels was taken for granted. */
  private settle(connection: Connection, op: FeedRecord['op'], data: Uint8Array): void {
    if (connection.unsettled === 0 || (op !== 'recv' && op !== 'send')) return;
    const found = this.wires.ofOrders(connection.exchange, data);
    if (found !== undefined) connection.wire = found;
    connection.unsettled -= found !== undefined ? connection.unsettled : 1;
  }

  private shardOfAnswer(record: FeedRecord): number {
    const wire = this.wires.ofAnswer(record.exchange, record.url ?? '');
    if (wire === undefined) return ALL_SHARDS;
    const symbol = wire.routeHttp(record.url ?? '');
    if (symbol === '') {
      wire.parseHttp(record.url ?? '', record.data ?? NO_BYTES, (message) => {
        if (message.kind === 'instruments') this.directory(record.exchange).learn(message.instruments);
      });
    }
    return this.shardOfSymbol(wire, symbol);
  }

  private shardOfSymbol(wire: ExchangeWire, venueSymbol: string): number {
    if (venueSymbol === '') return ALL_SHARDS;
    const found = entryOf(this.found, wire.exchange, () => new Map<string, number>());
    let shard = found.get(venueSymbol);
    if (shard === undefined) {
      const instrument = this.directory(wire.exchange).find(venueSymbol, (symbol) => wire.splitSymbol(symbol));
      shard = partitionOf(instrument.exchange, instrument.symbol, this.partitions) % this.shards;
      found.set(venueSymbol, shard);
    }
    return shard;
  }

  private directory(exchange: string): SymbolDirectory {
    return entryOf(this.directories, exchange, () => new SymbolDirectory(exchange));
  }

  private connectionOf({ exchange, conn }: FeedRecord): Connection {
    const { last } = this;
    if (last !== null && last.conn === conn && last.exchange === exchange) return last;
    // Recordings of several venues may use the same connection ids.
    this.last = entryOf(this.connections, `${exchange} ${conn}`, () => ({
      exchange,
      conn,
      wire: undefined,
      unsettled: UNSETTLED_FRAMES,
    }));
    return this.last;
  }
}

function entryOf<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
