/** What the supervisor knows of every configured book, from the last report of its shard or from its loss. */

import { partitionOf } from '../model/partition.ts';
import type { BookStatus, MissingPart } from '../ports/monitor-source.ts';
import type { ResolvedVenue } from './pairs.ts';
import type { LostBook } from './supervisor-bus.ts';
import type { IngestReport, LivePair } from './threads/ingest.protocol.ts';

interface BoardEntry extends LostBook {
  readonly shard: number;
  readonly resting: boolean;
  status: BookStatus;
}

export class BookBoard {
  private readonly books = new Map<string, BoardEntry>();

  private readonly partitions: number;
  private readonly shards: number;

  private readonly isOurs: (shard: number) => boolean;

  /** @param isOurs whether a shard is this process's at the moment: of others' books nothing is known here */
  constructor(
    venues: readonly ResolvedVenue[],
    partitions: number,
    shards: number,
    isOurs: (shard: number) => boolean = () => true,
  ) {
    this.isOurs = isOurs;
    this.partitions = partitions;
    this.shards = shards;
    for (const { config, pairs, resting } of venues) this.add(config.exchange, pairs, resting);
  }

  /** @param resting pairs that the venue lists and does not trade now */
  add(exchange: string, pairs: readonly LivePair[], resting: readonly string[] = []): void {
    for (const { symbol, venueSymbol } of pairs) {
      const shard = partitionOf(exchange, symbol, this.partitions) % this.shards;
      const status: BookStatus = { exchange, symbol, state: 'syncing', reason: 'connecting', lastReceiveUs: null };
      const entry = { exchange, symbol, venueSymbol, shard, resting: resting.includes(symbol), status };
      this.books.set(`${exchange}:${symbol}`, entry);
    }
  }

  has(exchange: string, symbol: string): boolean {
    return this.books.has(`${exchange}:${symbol}`);
  }

  /** Takes a shard's report. */
  report(shard: number, report: IngestReport): void {
    for (const [key, book] of Object.entries(report.books)) {
      const entry = this.books.get(key);
      if (entry === undefined || entry.shard !== shard) continue;
      const { state, reason, lastReceiveUs } = book;
      entry.status = { ...entry.status, state, reason, lastReceiveUs };
    }
  }

  /** A shard died, or was lost with its process: its books are stale from now on. */
  shardLost(shard: number): LostBook[] {
    const lost = [...this.books.values()].filter((entry) => entry.shard === shard);
    for (const entry of lost) entry.status = { ...entry.status, state: 'stale', reason: 'shard-lost' };
    return lost.map(({ exchange, symbol, venueSymbol }) => ({ exchange, symbol, venueSymbol }));
  }

  /** Every configured book, whoever watches it. */
  all(): BookStatus[] {
    return [...this.books.values()].map(({ status }) => status);
  }

  status(): BookStatus[] {
    return [...this.books.values()].filter(({ shard }) => this.isOurs(shard)).map(({ status }) => status);
  }

  /** Books that are not live although their venue trades them. One that waits for its first change is only quiet. */
  missing(): MissingPart[] {
    return [...this.books].flatMap(([name, { status, resting, shard }]) =>
      status.state === 'live' || resting || !this.isOurs(shard)
        ? []
        : [{ part: 'book', name, reason: `${status.state}: ${status.reason}` }],
    );
  }
}
