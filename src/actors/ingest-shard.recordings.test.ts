/** Books over real recordings: what the venues themselves say of them, and checkpoints in mid-stream. */

import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt, type CaptureName } from '../../test/fixtures/captures.ts';
import { textRecord } from '../../test/fixtures/feed-records.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { CanonicalWriter } from '../app/threads/canonical-buffer.ts';
import { createPrng, int } from '../lib/prng.ts';
import type { BookView, EventView } from '../model/event.ts';
import { FIRST_SIGHT, KNOWN, WINDOW_EXIT } from '../model/event.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import { BatchWriter } from '../transport/codec.ts';
import type { BookCounters } from './book.protocol.ts';
import type { IngestState } from './ingest-shard.ts';
import { digestOf, Ledger } from './ledger.ts';

const SEED = 'recordings-1';

function isBook(view: EventView): view is BookView {
  return view.kind === 'book.snapshot' || view.kind === 'book.delta';
}

/** Totals over all books. */
function totals(world: IngestWorld): Record<keyof BookCounters, number> {
  const [first, ...others] = [...world.shard.books()].map(([, { counters }]) => ({ ...counters }));
  if (first === undefined) throw new Error('no books');
  for (const counters of others) {
    for (const name of Object.keys(first)) {
      if (isCounter(name, first)) first[name] += counters[name];
    }
  }
  return first;
}

function isCounter(name: string, counters: BookCounters): name is keyof BookCounters {
  return name in counters;
}

/** Runs all records; every message must leave a book that is not crossed. */
function run(records: readonly FeedRecord[], look?: (view: EventView) => void): IngestWorld {
  let crossed = 0;
  const world = new IngestWorld({
    emit: (view) => {
      if (isBook(view) && view.top.bid >= view.top.ask) crossed++;
      look?.(view);
    },
  });
  for (const record of records) world.process(record);
  expect(crossed).toBe(0);
  expect(world.shard.counters.malformed).toBe(0);
  return world;
}

const NO_TROUBLE = { gaps: 0, resyncs: 0, crossed: 0, checksumFailed: 0, malformed: 0, tradeCopies: 0 };

/** A book whose snapshot came, and no update that would prove it. */
const UNPROVEN: ReadonlySet<string> = new Set(['bitstamp:SGB-EUR']);

const FACTS: readonly (readonly [CaptureName, books: number, facts: Partial<BookCounters>])[] = [
  [
    'kraken-v1',
    10,
    { ...NO_TROUBLE, checksumOk: 4269, snapshots: 10, updates: 4269, trades: 10, unknownRemovals: 0, promotions: 0 },
  ],
  ['kraken-v2-btc', 1, { ...NO_TROUBLE, checksumOk: 4, snapshots: 1, updates: 3, unknownRemovals: 0 }],
  // It unsubscribes and subscribes again: one resync, without anything wrong.
  ['kraken-v2-mina', 1, { ...NO_TROUBLE, resyncs: 1, checksumOk: 19, snapshots: 2, updates: 17, unknownRemovals: 0 }],
  ['binance-4pairs', 4, { ...NO_TROUBLE, snapshots: 4, auditFailed: 0 }],
  ['binance-3pairs', 3, { ...NO_TROUBLE, snapshots: 3 }],
  [
    'binance-650s',
    1,
    { ...NO_TROUBLE, snapshots: 1, updates: 6493, staleUpdates: 2, trades: 19_904, auditOk: 6491, auditFailed: 2 },
  ],
  [
    'bitstamp-9pairs',
    10,
    { ...NO_TROUBLE, snapshots: 10, updates: 615, staleUpdates: 102, earlyUpdates: 0, trades: 10, unknownRemovals: 0 },
  ],
  ['bitfinex-7pairs', 7, { ...NO_TROUBLE, snapshots: 7, updates: 1593, earlyUpdates: 0, unknownRemovals: 0 }],
  [
    'coinbase-advanced',
    2,
    { ...NO_TROUBLE, snapshots: 2, updates: 773, earlyUpdates: 0, trades: 79, unknownRemovals: 52, promotions: 0 },
  ],
  // A third of the removals name a level that came and went within one frame.
  [
    'gemini-v2-2021',
    10,
    { ...NO_TROUBLE, snapshots: 10, updates: 925, trades: 51, unknownRemovals: 1223, earlyUpdates: 0 },
  ],
  ['gemini-v2', 10, { ...NO_TROUBLE, snapshots: 10, updates: 549, trades: 2, unknownRemovals: 0, earlyUpdates: 0 }],
];

describe.each(FACTS)('the recording %s', (name, books, facts) => {
  describeWithData('through the books', captureParts(name), (path) => {
    it('keeps every book live and right by the rules of its venue', () => {
      const world = run(recordsAt(path));
      const actors = [...world.shard.books()];
      expect(actors).toHaveLength(books);
      for (const [key, { trust }] of actors) expect(trust, key).toBe(UNPROVEN.has(key) ? 'syncing' : 'live');
      expect(totals(world)).toMatchObject(facts);
    });
  });
});

/** Rows of all deltas by kind: known, first sight, window exit; and how many of each grew. */
function rowsOf(path: string): { all: number[]; grew: number[]; world: IngestWorld } {
  const all = [0, 0, 0];
  const grew = [0, 0, 0];
  const world = run(recordsAt(path), (view) => {
    if (view.kind !== 'book.delta') return;
    const { count, kind, change } = view.changes;
    for (let row = 0; row < count; row++) {
      const index = kind[row] ?? -1;
      all[index] = (all[index] ?? 0) + 1;
      if ((change[row] ?? 0) > 0) grew[index] = (grew[index] ?? 0) + 1;
    }
  });
  return { all, grew, world };
}

describeWithData('the window of kraken-v2-mina', captureParts('kraken-v2-mina'), (path) => {
  it('is cut to what was subscribed: three levels left it, two came in from below', () => {
    const { all, world } = rowsOf(path);
    const { book } = world.book('kraken:MINA-GBP');
    expect([book.bidLevels, book.askLevels]).toEqual([25, 25]);
    expect([all[FIRST_SIGHT], all[WINDOW_EXIT]]).toEqual([2, 3]);
  });
});

describeWithData('the window of kraken-v1', captureParts('kraken-v1'), (path) => {
  it('is deeper than any of its books: every level was known, none was republished', () => {
    const { all, world } = rowsOf(path);
    expect([all[FIRST_SIGHT], all[WINDOW_EXIT]]).toEqual([0, 0]);
    expect(
      recordsAt(path)
        .map(textRecord)
        .filter(({ data }) => data?.includes('"r"') === true),
    ).toEqual([]);
    for (const [key, { book }] of world.shard.books()) {
      expect(Math.max(book.bidLevels, book.askLevels), key).toBeLessThan(1000);
    }
  });
});

describeWithData('first sights of binance-650s', captureParts('binance-650s'), (path) => {
  it('are a good part of all positive changes: the false orders that a snapshot of 1,000 levels hides', () => {
    const { grew: positive } = rowsOf(path);
    const share = (positive[FIRST_SIGHT] ?? 0) / ((positive[FIRST_SIGHT] ?? 0) + (positive[KNOWN] ?? 0));
    // About one in nine.
    expect(share).toBeCloseTo(1 / 9, 1);
    expect(positive[WINDOW_EXIT]).toBe(0);
  });
});

describe(`a checkpoint in mid-stream (seed ${SEED})`, () => {
  /** Every event of a record, bit for bit: header, epoch and numbering included. */
  class Tape {
    readonly bytes: Buffer[] = [];
    private readonly writer = new BatchWriter();
    readonly emit = (view: EventView): void => this.writer.append(view);

    process(world: IngestWorld, record: FeedRecord): void {
      world.process(record);
      this.bytes.push(Buffer.from(this.writer.events > 0 ? this.writer.take() : []));
    }
  }

  const transports: readonly (readonly [string, (state: IngestState) => IngestState])[] = [
    ['v8.serialize', (state) => deserialize(serialize(state))],
    ['structuredClone', (state) => structuredClone(state)],
  ];

  describe.each(['binance-3pairs', 'binance-4pairs', 'kraken-v1', 'kraken-v2-mina'] as const)('of %s', (name) => {
    describeWithData('continues', captureParts(name), (path) => {
      it('to the same events and the same totals, wherever it is taken', () => {
        const records = recordsAt(path);
        const prng = createPrng(`${SEED}/${name}`);
        // One early, where snapshots are still awaited and frames kept.
        const cuts = new Set([int(prng, 2, 20), ...[1, 2, 3].map(() => int(prng, 1, records.length - 1))]);
        const states = new Map<number, IngestState>();
        const whole = new Tape();
        const world = new IngestWorld({ emit: whole.emit, sampleLevels: 3 });
        for (const [index, record] of records.entries()) {
          if (cuts.has(index)) states.set(index, world.shard.state());
          whole.process(world, record);
        }
        let transport = 0;
        for (const [cut, state] of states) {
          const [how, carry] = transports[transport++ % 2] ?? ['', structuredClone];
          const tail = new Tape();
          const restored = new IngestWorld({ emit: tail.emit, firstFrame: cut, sampleLevels: 3 });
          restored.shard.restore(carry(state));
          for (const record of records.slice(cut)) tail.process(restored, record);
          const where = `${how} at record ${cut} of ${records.length}`;
          for (const [at, bytes] of tail.bytes.entries()) {
            if (!bytes.equals(whole.bytes[cut + at] ?? Buffer.alloc(0)))
              throw new Error(`${where}: record ${cut + at}`);
          }
          expect(restored.shard.counters, where).toEqual(world.shard.counters);
          expect(restored.shard.state(), where).toEqual(world.shard.state());
        }
      });
    });
  });
});

describeWithData(`frames that nobody can read (seed ${SEED})`, captureParts('binance-3pairs'), (path) => {
  it('change nothing of a numbered book, however many lie between the good ones', () => {
    const records = recordsAt(path);
    const ledgerOf = (garbage: boolean): { digest: string; malformed: number } => {
      const prng = createPrng(SEED);
      const ledger = new Ledger(() => new CanonicalWriter());
      const world = new IngestWorld({
        emit: (view) => ledger.add(`${view.header.exchange}:${view.header.symbol}`, view),
      });
      for (const record of records) {
        world.process(record);
        if (!garbage || record.op !== 'recv' || record.data === null) continue;
        world.process({ ...record, data: record.data.slice(0, int(prng, 0, record.data.length - 1)) });
      }
      const hashes = Object.entries(ledger.entries()).map(([book, { hash }]) => [book, hash] as const);
      return { digest: digestOf(Object.fromEntries(hashes)), malformed: world.shard.counters.malformed };
    };
    const clean = ledgerOf(false);
    const disturbed = ledgerOf(true);
    expect(disturbed.digest).toBe(clean.digest);
    expect([clean.malformed, disturbed.malformed]).toEqual([0, 4716]);
  });
});
