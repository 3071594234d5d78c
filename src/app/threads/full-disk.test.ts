/** State and dead letters on a disk that is full: `/dev/full` refuses every byte as such a disk does. */

import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileDeadLetters } from '../../storage/file-dead-letters.ts';
import { FileKeeper } from '../../storage/file-keeper.ts';
import { Events } from '../../telemetry/events.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { EmbeddedBus } from '../../transport/embedded-bus.ts';
import { Quarantine } from './quarantine.ts';
import { ShardState } from './shard-state.ts';

interface Book {
  readonly exchange: string;
  readonly symbol: string;
  readonly seen: number;
}

const NAME = 'scoring-0';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whalewatch-full-'));
});
afterEach(() => rm(folder, { recursive: true }));

function setUp() {
  const lines: string[] = [];
  const registry = new Registry();
  const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });
  const metrics = createMetrics(registry);
  const telemetry = {
    ...{ log, metrics, events: new Events(log, metrics) },
    snapshot: () => Promise.resolve([]),
    stop: () => undefined,
  };
  const messages = (): unknown[] => lines.map((line) => (JSON.parse(line) as { msg: unknown }).msg);
  return { telemetry, registry, messages };
}

describe.runIf(process.platform === 'linux')('a disk that is full', () => {
  it('keeps no state: the last one stands, that is counted and said, and nothing is acknowledged until there is room', async () => {
    const { telemetry, registry, messages } = setUp();
    const bus = new EmbeddedBus();
    let seen = 1;
    const shard = {
      books: 1,
      bookState: (): Book => ({ exchange: 'kraken', symbol: 'BTC-USD', seen }),
      resume: (book: Book) => {
        seen = book.seen;
      },
    };
    const open = (): Promise<ShardState<Book>> =>
      ShardState.open<Book>({
        init: { place: { kind: 'folder', path: folder }, partitions: 1, everyMs: 3_600_000 },
        ...{ role: 'scoring', layout: 'test/1', consequence: 'nothing', shard, telemetry },
        threadBus: {
          ...{ bus, maxBatchBytes: 1, windowBatches: 1, counters: null, attach: () => undefined },
          keeper: () => Promise.reject(new Error('not here')),
          deadLetters: () => Promise.reject(new Error('not here')),
        },
        settle: () => Promise.resolve(),
      });
    const state = await open();
    await state.resume(0);
    const acknowledged: number[] = [];
    state.follow(0, {
      run: () => Promise.resolve(),
      ackThrough: (position) => acknowledged.push(position),
      stop: () => Promise.resolve(),
    });
    const take = async (position: number): Promise<void> => {
      seen = position;
      const lane = { kind: 'md', topic: 'kraken', partition: 0 } as const;
      state.passed({ lane, position, data: new Uint8Array(1), redelivered: false });
      await state.finish();
    };

    await take(1);
    expect(acknowledged).toEqual([1]);
    const part = join(folder, `${NAME}.state.part`);
    await symlink('/dev/full', part);
    await take(2);
    await take(3);
    expect(acknowledged).toEqual([1]);
    expect(messages()).toEqual(['state not kept', 'state not kept']);
    expect(await registry.metrics()).toContain('whalewatch_state_snapshots_total{role="scoring",result="failed"} 2\n');
    // Who starts now goes on from the last state that was kept, and is given everything since.
    await (await open()).resume(0);
    expect(seen).toBe(1);

    await rm(part);
    await take(4);
    expect(acknowledged).toEqual([1, 4]);
    await (await open()).resume(0);
    expect(seen).toBe(4);
  });

  it('takes no dead letter: what cannot be set aside is not passed', async () => {
    const { telemetry, registry, messages } = setUp();
    await symlink('/dev/full', join(folder, 'dead-letters.ndjson'));
    const keeper = await FileKeeper.open(folder);
    const quarantine = new Quarantine(keeper, new FileDeadLetters(folder), telemetry.events);
    const undecodable = { position: 1, data: new Uint8Array([1, 2, 3]) };
    const read = () => quarantine.read(NAME, undecodable, never, never);
    await expect(read()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(messages()).toEqual([]);
    expect(await registry.metrics()).not.toContain('whalewatch_bus_dead_letters_total{');
    await rm(join(folder, 'dead-letters.ndjson'));
    await read();
    expect(messages()).toEqual(['set aside']);
  });
});

function never(): never {
  throw new Error('not here');
}
