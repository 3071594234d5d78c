/**
 * A hundred thousand damaged frames of real recordings through wires and books: nothing throws, every frame is counted
 * exactly once, and whatever comes out still has an unbroken numbering and books that are not crossed.
 */

import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt, recordsOf, type CaptureName } from '../../test/fixtures/captures.ts';
import { textRecord } from '../../test/fixtures/feed-records.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { ORDER_VENUES, recordedOrders } from '../../test/faults/recorded-orders.ts';
import { mutated } from '../../test/fixtures/mutations.ts';
import type { WireKind } from '../book/wire-message.ts';
import { chance, createPrng, int } from '../lib/prng.ts';
import { utf8Of } from '../lib/utf8.ts';
import type { EventView } from '../model/event.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import type { ExchangeWire, WireReader } from '../ports/exchange-wire.ts';
import { BatchWriter } from '../transport/codec.ts';
import { wireRegistry } from './registry.ts';

const SEED = 'fuzz-1';

const IDLE: ReadonlySet<WireKind> = new Set(['heartbeat', 'ignored']);

/** How a frame must be counted, by what its wire says of it. */
function verdictOf(reader: WireReader, frame: Uint8Array): 'malformed' | 'used' | 'ignored' {
  let malformed = false;
  let used = false;
  reader.parse(frame, ({ kind }) => {
    if (kind === 'malformed') malformed = true;
    else if (!IDLE.has(kind)) used = true;
  });
  return malformed ? 'malformed' : used ? 'used' : 'ignored';
}

/** What a record shows its connection to speak, where it shows anything. */
function wireOf({ op, exchange, url, data }: FeedRecord): ExchangeWire | undefined {
  if (op === 'open') return wireRegistry.at(exchange, url ?? '');
  return op === 'send' && data !== null ? wireRegistry.ofOrders(exchange, data) : undefined;
}

function headOf(record: FeedRecord): string {
  return textRecord(record).data?.slice(0, 500) ?? '';
}

class Fuzz {
  readonly counts = { frames: 0, damaged: 0, malformed: 0, used: 0, ignored: 0 };
  private readonly world: IngestWorld;
  /** By connection: they see what the shard's own readers see. */
  private readonly readers = new Map<string, WireReader>();
  private readonly prng = createPrng(SEED);
  private readonly writer = new BatchWriter();
  private previous = '';
  private wrong: string | null = null;

  constructor() {
    this.world = new IngestWorld({ emit: (view) => this.onEvent(view) });
  }

  /** Runs through the recording once; about as many frames stay whole as are damaged, so that books are live. */
  pass(records: readonly FeedRecord[], damagedMax: number): void {
    for (const record of records) {
      if (this.counts.damaged >= damagedMax) return;
      if (record.op === 'recv' || record.op === 'http') this.frame(record);
      else this.world.process(record);
      const wire = wireOf(record);
      if (wire === undefined) continue;
      const reader = wire.reader();
      const before = this.readers.get(record.conn);
      if (wire.orders?.goesOnFrom !== undefined && before !== undefined) reader.restore(before.state());
      this.readers.set(record.conn, reader);
    }
  }

  finish(): void {
    const { shard } = this.world;
    const { malformed, ignored } = this.counts;
    expect(shard.counters).toMatchObject({ malformed, ignored });
    expect(this.world.asked.filter((one) => one.startsWith('malformed '))).toHaveLength(malformed);
    expect(this.wrong).toBeNull();
    // What the bus cannot carry is the one reason that a book may fail for.
    for (const one of this.world.asked)
      if (one.startsWith('failed ')) expect(one).toContain('needs more than 128 bits');
    for (const [key, { book, trust }] of shard.books()) {
      // A book without a name would gather what belongs to nobody.
      expect(key).not.toMatch(/^\w+:-UNKNOWN$/);
      if (trust === 'live') expect(book.crossed, key).toBe(false);
      expect(book.bidLevels, key).toBeGreaterThanOrEqual(0);
    }
  }

  private frame(record: FeedRecord): void {
    const { prng, counts, previous } = this;
    const text = textRecord(record).data ?? '';
    this.previous = text;
    // Each frame whole in half of the cases, and damaged copies of it before.
    for (let copies = int(prng, 0, 2); copies > 0; copies--) {
      const damaged = mutated(text, prng, previous);
      counts.damaged++;
      this.feed({ ...record, data: utf8Of(damaged) });
    }
    if (chance(prng, 0.9)) this.feed(record);
  }

  private feed(record: FeedRecord): void {
    const { counts, world } = this;
    const before = { ...world.shard.counters };
    try {
      world.process(record);
    } catch (error) {
      throw new Error(`seed ${SEED}, frame ${counts.frames} threw: ${headOf(record)}`, { cause: error });
    }
    counts.frames++;
    const { malformed, ignored } = world.shard.counters;
    const seen = malformed > before.malformed ? 'malformed' : ignored > before.ignored ? 'ignored' : 'used';
    if (malformed - before.malformed + ignored - before.ignored > 1)
      throw new Error(`counted twice: ${headOf(record)}`);
    counts[seen]++;
    const reader = this.readers.get(record.conn);
    if (record.op !== 'recv' || reader === undefined) return;
    const expected = verdictOf(reader, record.data ?? new Uint8Array());
    if (seen !== expected) throw new Error(`seed ${SEED}: ${seen} instead of ${expected}: ${headOf(record)}`);
  }

  /** As the runtime does it: an event that the bus cannot carry throws inside the book's step. */
  private onEvent(view: EventView): void {
    this.writer.append(view);
    if (this.writer.bytes > 1_000_000) this.writer.take();
    if (view.kind !== 'book.delta' || view.header.state !== 'live') return;
    const { bid, ask, bidSum, askSum } = view.top;
    const isRight = !(bid >= ask && !view.header.wide) && bidSum >= 0 && askSum >= 0;
    if (!isRight) this.wrong ??= `${view.header.symbol} ${JSON.stringify(view.top)}`;
  }
}

const ORDER_FRAMES = 2_000;

const DAMAGED: readonly (readonly [capture: CaptureName, more: readonly CaptureName[], frames: number])[] = [
  ['binance-3pairs', ['binance-4pairs'], 35_000],
  ['kraken-v1', [], 25_000],
  ['kraken-v2-mina', ['kraken-v2-btc'], 10_000],
  ['bitfinex-7pairs', [], 10_000],
  ['bitstamp-9pairs', [], 8_000],
  ['coinbase-advanced', [], 4_000],
  ['gemini-v2-2021', ['gemini-v2'], 8_000],
];

for (const [capture, more, frames] of DAMAGED) {
  describeWithData(`damaged frames of ${capture} (seed ${SEED})`, captureParts(capture), (path) => {
    it('are counted one by one, and nothing throws', () => {
      const records = [...recordsAt(path), ...recordsOf(...more)];
      const fuzz = new Fuzz();
      while (fuzz.counts.damaged < frames) fuzz.pass(records, frames);
      fuzz.finish();
      const { malformed, used, ignored, damaged } = fuzz.counts;
      expect(damaged).toBeGreaterThanOrEqual(frames);
      expect(malformed + used + ignored).toBe(fuzz.counts.frames);
      expect(malformed).toBeGreaterThan(frames / 3);
      expect(used).toBeGreaterThan(frames / 10);
    });
  });
}

describe.each(ORDER_VENUES)(`damaged frames of single orders of the simulated %s (seed ${SEED})`, (venue) => {
  it('are counted one by one, and nothing throws', async () => {
    const records = await recordedOrders(venue, { seed: SEED, pairs: ['BTC-USD', 'ETH-USD'], seconds: 4 });
    const fuzz = new Fuzz();
    while (fuzz.counts.damaged < ORDER_FRAMES) fuzz.pass(records, ORDER_FRAMES);
    fuzz.finish();
    const { malformed, used, ignored, frames } = fuzz.counts;
    expect(malformed + used + ignored).toBe(frames);
    expect(malformed).toBeGreaterThan(ORDER_FRAMES / 4);
    expect(used).toBeGreaterThan(ORDER_FRAMES / 10);
  });
});
