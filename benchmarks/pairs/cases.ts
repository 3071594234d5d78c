/** The cases: the same number of depth frames through one ingest shard, spread over more and more pairs. */

import { z } from 'zod';

import { IngestShard } from '../../src/actors/ingest-shard.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import type { FeedRecord } from '../../src/model/feed-record.ts';
import { heapBytes } from '../book/heap-bytes.ts';
import { bookDigest } from '../frame-to-book/book-digest.ts';
import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import type { PairFrames } from './pair-frames.ts';
import { pairFrames, pairFramesSchema } from './pair-frames.ts';

const pairsSpecSchema = z.object({ kind: z.enum(['time', 'memory']), source: pairFramesSchema });
export type PairsSpec = Readonly<z.infer<typeof pairsSpecSchema>>;

/** Names of the facts of a memory case; these differ a little from round to round and are not for `compareCases`. */
export const BYTES_PER_PAIR = 'bytes per pair';

/** @param spec a `PairsSpec` */
export function preparePairsCase(spec: unknown): Promise<PreparedCase> {
  const { kind, source } = pairsSpecSchema.parse(spec);
  const frames = pairFrames(source);
  return Promise.resolve(kind === 'time' ? timeCase(source.pairs, frames) : memoryCase(source.pairs, frames));
}

function timeCase(pairs: number, { before, timed }: PairFrames): PreparedCase {
  let path = new ShardPath();
  return {
    reset() {
      path = new ShardPath();
      path.feed(before);
      path.rows = 0;
    },
    run() {
      path.feed(timed);
      return path.rows;
    },
    facts: () => path.facts(pairs, timed.length),
  };
}

function memoryCase(pairs: number, { before }: PairFrames): PreparedCase {
  let path = new ShardPath();
  let figures: Facts = {};
  return {
    reset() {
      path = new ShardPath();
    },
    async run() {
      const bytes = await heapBytes();
      path.feed(before);
      figures = { [BYTES_PER_PAIR]: ((await heapBytes()) - bytes) / pairs };
      return path.rows;
    },
    facts: () => figures,
  };
}

/** A fresh shard that counts what comes out of it. */
class ShardPath {
  rows = 0;
  private frame = 0;
  private failures = 0;
  private readonly shard: IngestShard;

  constructor() {
    const failed = (): void => void this.failures++;
    this.shard = new IngestShard({
      wires: wireRegistry,
      partitions: 1,
      owns: () => true,
      effects: {
        emit: (_partition, view) => {
          if (view.kind === 'book.delta') this.rows += view.changes.count;
        },
        // Every snapshot comes before the first frame of its pair.
        requestSnapshot: failed,
        resubscribe: failed,
        renew: failed,
        malformed: failed,
        // A size beyond 2^53 in units of its last digit, of a coin that costs next to nothing.
        readGenerally() {},
        actorFailed: failed,
        refused: failed,
      },
    });
  }

  feed(records: readonly FeedRecord[]): void {
    for (const record of records) this.shard.process(record, this.frame++, true);
  }

  facts(pairs: number, frames: number): Facts {
    const books = [...this.shard.books()];
    const live = books.filter(([, { trust }]) => trust === 'live').length;
    const updates = books.reduce((sum, [, { counters }]) => sum + counters.updates, 0);
    const { general, ignored } = this.shard.counters;
    return {
      frames,
      failures: this.failures,
      ignored,
      // As many frames came before the timed ones.
      updatesPerFrame: updates / (2 * frames),
      [pairsFact(pairs, 'live')]: live,
      [pairsFact(pairs, 'read generally')]: general,
      [pairsFact(pairs, 'rows')]: this.rows,
      [pairsFact(pairs, 'books')]: bookDigest(books),
    };
  }
}

/** Names a fact that belongs to one number of pairs. */
export function pairsFact(pairs: number, name: string): string {
  return `${pairs} pairs: ${name}`;
}
