import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Lane, Publisher } from '../ports/bus.ts';
import { DiskQueue } from './disk-queue.ts';
import { Spool } from './spool.ts';

/** A bus that takes a batch when the test says so, the oldest first. */
class SlowPublisher implements Publisher {
  readonly published: string[] = [];
  private readonly open: { resolve: () => void; reject: (reason: unknown) => void }[] = [];

  publish({ partition }: Lane, data: Uint8Array, id: string): Promise<void> {
    this.published.push(`${partition} ${id} ${Buffer.from(data).toString()}`);
    return new Promise((resolve, reject) => this.open.push({ resolve, reject }));
  }
  get underWay(): number {
    return this.open.length;
  }
  async take(count: number): Promise<void> {
    for (const { resolve } of this.open.splice(0, count)) resolve();
    await turns();
  }
  async refuse(reason: unknown): Promise<void> {
    this.open.shift()?.reject(reason);
    await turns();
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

const MEMORY = 4;
const CATCHING_UP = 2;
const BATCH_BYTES = 100;
const ON_DISK_BYTES = BATCH_BYTES + 8;

let folder: string;
let publisher: SlowPublisher;
let queue: DiskQueue;
let spool: Spool;
let told: string[];
let outcomes: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spool-'));
  publisher = new SlowPublisher();
  told = [];
  outcomes = [];
  open(folder, 10);
});
afterEach(() => {
  spool.close();
  rmSync(folder, { recursive: true });
});

/** @param room batches that the disk takes */
function open(path: string, room: number): void {
  queue = new DiskQueue({ folder: path, maxBytes: room * ON_DISK_BYTES, fileBytes: 1 });
  spool = new Spool({
    ...{ publisher, queue, memoryBatches: MEMORY, catchUpBatches: CATCHING_UP, nowMs: () => 0 },
    events: {
      onBegin: () => told.push('begins'),
      onFull: (trouble) => told.push(trouble === null ? 'full' : 'trouble'),
      onCaughtUp: ({ batches, bytes }) => told.push(`caught up with ${batches} of ${bytes} bytes`),
    },
  });
}

function take(from: number, to: number): void {
  for (let number = from; number < to; number++) {
    const lane = { kind: 'md', topic: 'kraken', partition: number % 3 } as const;
    spool.take(lane, Buffer.from(String(number).padEnd(BATCH_BYTES, '.')), `id-${number}`).then(
      () => outcomes.push(`${number} taken`),
      (reason: unknown) => outcomes.push(`${number} ${String(reason)}`),
    );
  }
}

/** What the bus should have been handed, up to a number. */
function published(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${n % 3} id-${n} ${String(n).padEnd(BATCH_BYTES, '.')}`);
}

const taken = (count: number): string[] => Array.from({ length: count }, (_, number) => `${number} taken`);

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

it('keeps off the disk while memory has room', async () => {
  take(0, MEMORY);
  expect(publisher.published).toEqual(published(MEMORY));
  await publisher.take(MEMORY);
  take(MEMORY, 2 * MEMORY);
  await publisher.take(MEMORY);
  expect(outcomes).toEqual(taken(2 * MEMORY));
  expect(told).toEqual([]);
});

it('brings what follows to the disk and sends it in order, before anything newer and under the same ids', async () => {
  take(0, MEMORY + 5);
  expect(publisher.published).toEqual(published(MEMORY));
  expect(spool.onDisk).toEqual({ batches: 5, bytes: 5 * ON_DISK_BYTES });
  expect(told).toEqual(['begins']);
  await publisher.take(MEMORY - CATCHING_UP);
  expect(publisher.published).toHaveLength(MEMORY);
  // The bus takes again, and more comes meanwhile: that stands behind.
  await publisher.take(1);
  take(MEMORY + 5, MEMORY + 8);
  expect(publisher.underWay).toBe(CATCHING_UP);
  for (let round = 0; round < 20; round++) await publisher.take(1);
  expect(publisher.published).toEqual(published(MEMORY + 8));
  expect(outcomes).toEqual(taken(MEMORY + 8));
  expect(told).toEqual(['begins', `caught up with 8 of ${8 * BATCH_BYTES} bytes`]);
  expect(spool.onDisk).toEqual({ batches: 0, bytes: 0 });
  expect(spool.totals).toEqual({ batches: 8, bytes: 8 * BATCH_BYTES });
  // And from then on directly again.
  take(MEMORY + 8, MEMORY + 9);
  expect(publisher.underWay).toBe(1);
  expect(spool.totals.batches).toBe(8);
});

it('lets batches wait in memory where the disk is full, in the same order', async () => {
  const all = MEMORY + 10 + 6;
  take(0, all);
  expect(spool.onDisk.batches).toBe(10);
  expect(told).toEqual(['begins', 'full']);
  for (let round = 0; round < all; round++) await publisher.take(1);
  expect(publisher.published).toEqual(published(all));
  expect(outcomes).toEqual(taken(all));
  expect(told.at(-1)).toMatch(/^caught up with 1\d of/);
});

it('does without a disk that takes nothing', async () => {
  open('/dev/null/nowhere', 10);
  take(0, MEMORY + 3);
  expect(told).toEqual(['begins', 'trouble']);
  expect(spool.onDisk.batches).toBe(0);
  for (let round = 0; round < MEMORY + 3; round++) await publisher.take(1);
  expect(publisher.published).toEqual(published(MEMORY + 3));
  expect(outcomes).toEqual(taken(MEMORY + 3));
});

it('sends nothing behind a batch that the bus has refused for good', async () => {
  take(0, MEMORY + 3);
  await publisher.refuse('refused');
  take(MEMORY + 3, MEMORY + 4);
  await publisher.take(MEMORY);
  expect(publisher.published).toEqual(published(MEMORY));
  expect(outcomes.toSorted()).toEqual([
    ...['0 refused', '1 taken', '2 taken', '3 taken'],
    ...['4 refused', '5 refused', '6 refused', '7 refused'],
  ]);
});

it('fails as a whole where the disk gives back something else', async () => {
  take(0, MEMORY + 3);
  queue.shift = () => {
    throw new Error('damaged');
  };
  await publisher.take(MEMORY);
  expect(publisher.published).toEqual(published(MEMORY));
  expect(outcomes.filter((words) => words.includes('damaged'))).toHaveLength(3);
});
