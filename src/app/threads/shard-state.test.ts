import { expect, it } from 'vitest';
import { readSnapshot } from '../../actors/snapshot-format.ts';
import { partitionOf } from '../../model/partition.ts';
import type { Consumer, Delivery } from '../../ports/bus.ts';
import { MemoryKeeper, memoryPlace } from '../../storage/memory-keeper.ts';
import { Events } from '../../telemetry/events.ts';
import { NO_METRICS } from '../../telemetry/no-metrics.ts';
import { suspectName } from './quarantine.ts';
import { ShardState } from './shard-state.ts';
import type { ThreadTelemetry } from './thread-telemetry.ts';

const PARTITIONS = 2;
const NAMES = ['scoring-0', 'scoring-1'];

interface Book {
  readonly exchange: string;
  readonly symbol: string;
}

class Shard {
  readonly all: Book[] = [];
  get books(): number {
    return this.all.length;
  }
  bookState(index: number): Book {
    return this.all[index] as Book;
  }
  resume(book: Book): void {
    this.all.push(book);
  }
}

/** Two symbols of each partition. */
const SYMBOLS = [0, 1].map((partition) =>
  Array.from({ length: 40 }, (_, i) => `S${i}-USD`)
    .filter((symbol) => partitionOf('kraken', symbol, PARTITIONS) === partition)
    .slice(0, 2),
);

const telemetry: ThreadTelemetry = {
  log: { debug() {}, info() {}, warn() {}, error() {} },
  metrics: NO_METRICS,
  events: new Events({ debug() {}, info() {}, warn() {}, error() {} }, NO_METRICS),
  snapshot: () => Promise.resolve([]),
  stop: () => undefined,
};

it('keeps each book with its own partition, though books of several come before one is counted', async () => {
  const names = [...NAMES, ...NAMES.map(suspectName)];
  const places = Object.fromEntries(names.map((name) => [name, memoryPlace()]));
  const acknowledged: string[] = [];
  const open = (shard: Shard): Promise<ShardState<Book>> =>
    ShardState.open<Book>({
      init: { place: { kind: 'memory', places }, partitions: PARTITIONS, everyMs: 60_000 },
      role: 'scoring',
      layout: 'test/1',
      consequence: 'nothing',
      shard,
      threadBus: {
        bus: {
          publisher: () => never(),
          consumer: () => never(),
          spectator: () => never(),
          close: () => Promise.resolve(),
        },
        maxBatchBytes: 1,
        windowBatches: 1,
        counters: null,
        attach: () => undefined,
        keeper: () => never(),
        deadLetters: () => never(),
      },
      telemetry,
      settle: () => Promise.resolve(),
    });

  const shard = new Shard();
  const state = await open(shard);
  for (const partition of [0, 1]) {
    const consumer: Consumer = {
      run: () => Promise.resolve(),
      ackThrough: (position) => acknowledged.push(`${partition}: ${position}`),
      stop: () => Promise.resolve(),
    };
    await state.resume(partition);
    state.follow(partition, consumer);
  }
  // Both batches have been read before the first of them is done.
  for (const symbols of SYMBOLS) for (const symbol of symbols) shard.resume({ exchange: 'kraken', symbol });
  for (const partition of [0, 1]) {
    const lane = { kind: 'md', topic: 'kraken', partition } as const;
    state.passed({ lane, position: 7 + partition, data: new Uint8Array(1), redelivered: false } satisfies Delivery);
  }
  await state.finish();
  expect(acknowledged.toSorted()).toEqual(['0: 7', '1: 8']);
  const keeper = new MemoryKeeper(places);
  for (const partition of [0, 1]) {
    const data = await keeper.load(NAMES[partition] ?? '');
    const heading = { layout: 'test/1', partitions: PARTITIONS, partition };
    const books = readSnapshot(data ?? new Uint8Array(), heading) as Book[];
    expect(books.map(({ symbol }) => symbol)).toEqual(SYMBOLS[partition]);
  }

  const successor = new Shard();
  const again = await open(successor);
  await again.resume(1);
  await again.finish();
  expect(successor.all.map(({ symbol }) => symbol)).toEqual(SYMBOLS[1]);
});

function never(): never {
  throw new Error('not here');
}
