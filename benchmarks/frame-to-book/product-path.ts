/** The product's way from frames to books: one ingest shard, from the bytes of the frames to its events. */

import type { BookCounters } from '../../src/actors/book.protocol.ts';
import type { IngestCounters } from '../../src/actors/ingest-shard.ts';
import { IngestShard } from '../../src/actors/ingest-shard.ts';
import type { BookState } from '../../src/book/book.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import type { BookView, EventView } from '../../src/model/event.ts';
import type { Instrument } from '../../src/model/instrument.ts';
import type { Facts } from '../harness/facts.ts';
import { bookDigest } from './book-digest.ts';
import type { BookLevels, Quote } from './book-path.ts';
import type { Frames } from './frames.ts';

/** A fresh shard with its books. It is used for one pass. */
export class ProductPath {
  private readonly frames: Frames;
  private readonly shard: IngestShard;
  private changes = 0;
  private failures = 0;

  /**
   * @param onBook told of every book event after it was counted; its view is valid during the call only
   * @param onOther told of every other event
   * @param sampleLevels of each second's sample; null: no samples
   */
  constructor(
    frames: Frames,
    onBook: (view: BookView) => void,
    onOther: (view: EventView) => void = () => {},
    sampleLevels: number | null = null,
  ) {
    this.frames = frames;
    const failed = (): void => void this.failures++;
    this.shard = new IngestShard({
      wires: wireRegistry,
      partitions: 1,
      owns: () => true,
      sampleLevels,
      effects: {
        emit: (_partition, view) => {
          if (view.kind !== 'book.delta' && view.kind !== 'book.snapshot') {
            onOther(view);
            return;
          }
          if (view.kind === 'book.delta') this.changes += view.changes.count;
          onBook(view);
        },
        // A recording has its answers in it; none that it lacks can be got.
        requestSnapshot() {},
        resubscribe() {},
        renew() {},
        malformed() {},
        actorFailed: failed,
        readGenerally() {},
        refused: failed,
      },
    });
    for (const [exchange, rows] of frames.lists) this.shard.directory(exchange).learn(rows);
  }

  /**
   * Takes the records from `from` to `to`, exclusive.
   * @returns levels changed so far
   */
  feed(from: number, to: number): number {
    const { records } = this.frames;
    for (let frame = from; frame < to; frame++) {
      const record = records[frame];
      if (record !== undefined) this.shard.process(record, frame, true);
    }
    return this.changes;
  }

  facts(): Facts {
    const books = [...this.shard.books()];
    const total = (name: keyof BookCounters): number =>
      books.reduce((sum, [, { counters }]) => sum + counters[name], 0);
    return {
      snapshots: total('snapshots'),
      updates: total('updates'),
      staleUpdates: total('staleUpdates'),
      changes: this.changes,
      trades: total('trades'),
      checksumsOk: total('checksumOk'),
      checksumsFailed: total('checksumFailed'),
      auditsOk: total('auditOk'),
      auditsFailed: total('auditFailed'),
      gaps: total('gaps'),
      crossed: total('crossed'),
      ...shardFacts(this.shard.counters),
      failures: this.failures,
      books: bookDigest(books),
    };
  }

  /** The best prices of all books. */
  *quotes(): Generator<readonly [instrument: Instrument, quote: Quote]> {
    for (const [instrument, { bids, asks }] of this.levels()) {
      const [bid = NaN, bidSize = NaN] = bids.entries().next().value ?? [];
      const [ask = NaN, askSize = NaN] = asks.entries().next().value ?? [];
      yield [instrument, { bid, bidSize, ask, askSize }];
    }
  }

  /** All books, best level first. */
  *levels(): Generator<readonly [instrument: Instrument, levels: BookLevels]> {
    for (const [, actor] of this.shard.books()) {
      const { instrument, book } = actor.state();
      yield [instrument, levelsOf(book)];
    }
  }
}

/** Begins the name of each of the shard's own counters, so that whatever it counts one day is told too. */
export const SHARD_FACT = 'whalewatch: ';

function shardFacts(counters: IngestCounters): Facts {
  return Object.fromEntries(Object.entries(counters).map(([name, count]) => [`${SHARD_FACT}${name}`, Number(count)]));
}

/** The nearest double of an exact quantity. */
export function nearestDouble(mantissa: number | bigint, scale: number): number {
  return Number(`${mantissa}e-${scale}`);
}

function levelsOf({ narrow, wide, priceScale, sizeScale }: BookState): BookLevels {
  const side = (levels: {
    readonly keys: ArrayLike<number | bigint>;
    readonly sizes: ArrayLike<number | bigint>;
  }): Map<number, number> => {
    const map = new Map<number, number>();
    for (let index = levels.keys.length - 1; index >= 0; index--) {
      const price = Math.abs(nearestDouble(levels.keys[index] ?? NaN, priceScale));
      map.set(price, nearestDouble(levels.sizes[index] ?? NaN, sizeScale));
    }
    return map;
  };
  const sides = wide ?? narrow;
  if (sides === null) return { bids: new Map(), asks: new Map() };
  return { bids: side(sides.bids), asks: side(sides.asks) };
}
