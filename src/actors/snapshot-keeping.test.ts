import { beforeEach, describe, expect, it } from 'vitest';
import type { StateDraft, StateKeeper } from '../ports/state-keeper.ts';
import { readSnapshot } from './snapshot-format.ts';
import { SnapshotKeeping } from './snapshot-keeping.ts';

const HEADING = { layout: 'test/1', partitions: 1, partition: 0 };

/** Books that only count, and a keeper and a bus that do what the test says. */
class World implements StateKeeper {
  /** What each book has taken. */
  readonly books = [0, 0, 0];
  readonly acknowledged: number[] = [];
  readonly failures: unknown[] = [];
  nowMs = 0;
  /** What happens in a turn of the event loop between two slices. */
  inTurn: () => void = () => undefined;
  failure: Error | null = null;
  settled = 0;
  kept: Uint8Array | null = null;
  readonly keeping = new SnapshotKeeping({
    name: 'test-0',
    heading: HEADING,
    keeper: this,
    limits: { everyMs: 100, batches: 4, bytes: 1000 },
    books: () => this.books.length,
    stateOf: (index) => {
      // Each book takes long enough for a slice of its own.
      this.nowMs += 2;
      return this.books[index];
    },
    settle: () => {
      this.settled++;
      return Promise.resolve();
    },
    acknowledge: (position) => this.acknowledged.push(position),
    nextTurn: () => {
      this.inTurn();
      return Promise.resolve();
    },
    nowMs: () => this.nowMs,
    onSlice: () => undefined,
    onKept: () => undefined,
    onFailed: (error) => this.failures.push(error),
  });

  load(): Promise<Uint8Array | null> {
    return Promise.resolve(this.kept);
  }

  draft(): Promise<StateDraft> {
    const parts: Uint8Array[] = [];
    return Promise.resolve({
      write: (part) => {
        parts.push(part);
        return this.failure === null ? Promise.resolve() : Promise.reject(this.failure);
      },
      commit: () => {
        this.kept = Buffer.concat(parts);
        return Promise.resolve();
      },
    });
  }

  get state(): readonly unknown[] | null {
    return this.kept === null ? null : readSnapshot(this.kept, HEADING);
  }

  /** A batch for every book. */
  pass(position: number, bytes = 1): void {
    for (const index of this.books.keys()) this.books[index] = position;
    this.keeping.passed(position, bytes);
  }
}

/** Lets everything that needs no timer go on to its end. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

describe('SnapshotKeeping', () => {
  let world = new World();
  beforeEach(() => {
    world = new World();
  });

  it('acknowledges nothing before a snapshot is kept, and then what that includes', async () => {
    world.pass(7);
    world.keeping.tick();
    await turns();
    expect([world.acknowledged, world.state]).toEqual([[], null]);
    world.nowMs = 100;
    world.keeping.tick();
    await turns();
    expect([world.acknowledged, world.state, world.settled]).toEqual([[7], [7, 7, 7], 1]);
    world.nowMs = 10_000;
    world.keeping.tick();
    await turns();
    expect(world.acknowledged, 'nothing has come since').toEqual([7]);
  });

  it.each([
    ['batches', 4, 1],
    ['bytes', 2, 500],
  ])('does not wait for the time where many %s are not acknowledged', async (_, count, bytes) => {
    for (let position = 1; position <= count; position++) world.pass(position, bytes);
    await turns();
    expect(world.acknowledged).toEqual([count]);
  });

  it('takes each book as it is when its turn comes, and acknowledges what had come before the first', async () => {
    let position = 10;
    world.inTurn = () => world.pass(++position);
    world.pass(position);
    world.nowMs = 100;
    world.keeping.tick();
    await turns();
    expect(world.state).toEqual([10, 11, 12]);
    expect(world.acknowledged[0]).toBe(10);
  });

  it('leaves the last snapshot and tries again where one cannot be kept', async () => {
    world.pass(1);
    await world.keeping.finish();
    world.failure = new Error('the disk is full');
    for (let position = 2; position <= 9; position++) world.pass(position);
    await turns();
    expect([world.failures.length, world.acknowledged, world.state]).toEqual([1, [1], [1, 1, 1]]);
    world.failure = null;
    world.keeping.tick();
    await turns();
    expect(world.acknowledged, 'not at once').toEqual([1]);
    world.nowMs += 1_000;
    world.keeping.tick();
    await turns();
    expect([world.acknowledged, world.state]).toEqual([
      [1, 9],
      [9, 9, 9],
    ]);
  });

  it('leaves the thread nine tenths of its time, however much there is to keep', async () => {
    world.books.push(...Array.from({ length: 97 }, () => 0));
    world.pass(1);
    world.nowMs = 100;
    world.keeping.tick();
    for (let turn = 0; turn < 10; turn++) await turns();
    // A hundred books of 2 ms each.
    expect([world.acknowledged, world.nowMs]).toEqual([[1], 300]);
    world.pass(2);
    world.nowMs = 300 + 1_799;
    world.keeping.tick();
    await turns();
    expect(world.state?.[0]).toBe(1);
    world.nowMs++;
    world.keeping.tick();
    for (let turn = 0; turn < 10; turn++) await turns();
    expect(world.acknowledged).toEqual([1, 2]);
  });
});
