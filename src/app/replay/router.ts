/**
 * Says which ingest shard a recorded frame goes to: to the one that keeps its pair's book. What concerns a whole
 * connection, or several pairs, goes to all of them, and the first of them counts it.
 */

import { SymbolDirectory } from '../../actors/symbol-directory.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import { partitionOf } from '../../model/partition.ts';
import type { ExchangeWire, WireRegistry } from '../../ports/exchange-wire.ts';

export const ALL_SHARDS = -1;

export class Router {
  private readonly wires: WireRegistry;
  private readonly shards: number;
  private readonly partitions: number;
  private readonly connections = new Map<string, ExchangeWire>();
  private readonly directories = new Map<string, SymbolDirectory>();

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
    if (op === 'open') {
      const wire = this.wires.at(exchange, record.url ?? '');
      if (wire !== undefined) this.connections.set(keyOf(record), wire);
    }
    if (op !== 'recv') return ALL_SHARDS;
    const wire = this.connections.get(keyOf(record)) ?? this.wires.ofFrame(exchange, record.data ?? '');
    if (wire === undefined) return ALL_SHARDS;
    this.connections.set(keyOf(record), wire);
    return this.shardOfSymbol(wire, wire.route(record.data ?? ''));
  }

  private shardOfAnswer(record: FeedRecord): number {
    const wire = this.wires.live(record.exchange);
    if (wire === undefined) return ALL_SHARDS;
    const symbol = wire.routeHttp(record.url ?? '');
    if (symbol === '') {
      wire.parseHttp(record.url ?? '', record.data ?? '', (message) => {
        if (message.kind === 'instruments') this.directory(record.exchange).learn(message.instruments);
      });
    }
    return this.shardOfSymbol(wire, symbol);
  }

  private shardOfSymbol(wire: ExchangeWire, venueSymbol: string): number {
    if (venueSymbol === '') return ALL_SHARDS;
    const instrument = this.directory(wire.exchange).find(venueSymbol, (symbol) => wire.splitSymbol(symbol));
    return partitionOf(instrument.exchange, instrument.symbol, this.partitions) % this.shards;
  }

  private directory(exchange: string): SymbolDirectory {
    let directory = this.directories.get(exchange);
    if (directory === undefined) {
      directory = new SymbolDirectory(exchange);
      this.directories.set(exchange, directory);
    }
    return directory;
  }
}

/** Recordings of several venues may use the same connection ids. */
function keyOf({ exchange, conn }: FeedRecord): string {
  return `${exchange} ${conn}`;
}
