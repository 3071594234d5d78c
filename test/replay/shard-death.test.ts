/** Book shards that die in mid-replay: the outcome is that of an undisturbed run, or one clear error. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ReplayOptions } from '../../src/app/replay/replay.ts';
import { THREAD_FILES } from '../../src/app/thread-files.ts';
import { describeWithData } from '../data.ts';
import { captureParts } from '../fixtures/captures.ts';
import type { TableDigests } from '../fixtures/table-digests.ts';
import { duckDbDigests } from '../fixtures/table-digests.ts';
import type { ThreadFault } from '../fixtures/thread-fault.ts';
import { withFault } from '../fixtures/thread-fault.ts';
import { WorkerWatch } from '../fixtures/worker-watch.ts';
import { describeWithNats } from '../services.ts';
import type { ReplayOutcome } from './run-replay.ts';
import { natsFor, outcomeOf, runReplay } from './run-replay.ts';

const FAULTY_FILES = { ...THREAD_FILES, ingest: new URL('../fixtures/faulty-ingest.ts', import.meta.url) };
const KINDS: readonly ThreadFault['how'][] = ['uncaught', 'uncaught-idle', 'exit', 'heap', 'command'];
/** For ever. */
const EVERY_TIME = Number.MAX_SAFE_INTEGER;

function runFaulty(
  fault: ThreadFault,
  captures: readonly string[],
  options: Partial<ReplayOptions>,
): Promise<ReplayOutcome> {
  return withFault(fault, () => runReplay(captures, { ...options, threadFiles: FAULTY_FILES }));
}

let folder = '';
let workers: WorkerWatch;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whalewatch-shard-death-'));
  workers = new WorkerWatch();
});
afterAll(async () => {
  await vi.waitFor(() => expect(workers.count).toBe(0));
  workers.close();
  await rm(folder, { recursive: true, force: true });
});

describeWithData('ten Kraken pairs on two shards', captureParts('kraken-v1'), (path) => {
  /** Small heaps, so that one is soon full; small batches to the bus, so that a death leaves half of them there. */
  const options = { shards: 2, batch: 100, windowRecords: 1000, maxHeapMb: 64, maxBatchBytes: 8192 };
  let undisturbed: ReplayOutcome;
  let tables: TableDigests;
  beforeAll(async () => {
    const file = join(folder, 'undisturbed.duckdb');
    undisturbed = await runReplay([path], { ...options, store: { kind: 'duckdb', path: file } });
    tables = await duckDbDigests(file);
  });

  describe.each(KINDS)('a shard that dies by %s', (how) => {
    it('changes nothing', async () => {
      const { report, restarted } = await runFaulty({ how, afterBatches: 7, shard: 1 }, [path], options);
      expect(outcomeOf(report)).toEqual(outcomeOf(undisturbed.report));
      expect(report.restarts).toBe(1);
      expect(restarted).toEqual([expect.stringMatching(/^ingest-1: thread ingest-1 died: .+/)]);
    });
  });

  it.each(['exit', 'uncaught'] as const)('leaves every row as it is where both shards die by %s', async (how) => {
    const file = join(folder, `${how}.duckdb`);
    const store = { kind: 'duckdb', path: file } as const;
    const { report } = await runFaulty({ how, afterBatches: 12 }, [path], { ...options, store });
    expect(report.restarts).toBe(2);
    expect(outcomeOf(report)).toEqual(outcomeOf(undisturbed.report));
    expect(await duckDbDigests(file)).toEqual(tables);
    expect(tables['new_orders']?.rows).toBe(Object.values(report.scores).reduce((sum, count) => sum + count, 0));
  });

  it('changes nothing where a shard dies again and again, once in every window', async () => {
    const fault = { how: 'exit', afterBatches: 4, lastIncarnation: 4, shard: 0 } as const;
    const { report } = await runFaulty(fault, [path], options);
    expect(outcomeOf(report)).toEqual(outcomeOf(undisturbed.report));
    expect(report.restarts).toBe(4);
  });

  it('gives up a shard that always dies, says so, and leaves no thread behind', async () => {
    const restarts = { maxRestarts: 2, periodMs: 600_000 };
    const fault = { how: 'exit', afterBatches: 3, lastIncarnation: EVERY_TIME, shard: 0 } as const;
    await expect(runFaulty(fault, [path], { ...options, restarts })).rejects.toMatchObject({
      code: 'replay.restarts-exceeded',
      message: expect.stringContaining('ingest-0'),
      remedy: expect.any(String),
      cause: { code: 'thread.died' },
    });
    await vi.waitFor(() => expect(workers.count).toBe(0));
  });

  it('ends with the reason where a thread behind the bus dies, instead of waiting for it', async () => {
    const threadFiles = { ...THREAD_FILES, scoring: new URL('../fixtures/faulty-scoring.ts', import.meta.url) };
    await expect(runReplay([path], { ...options, threadFiles })).rejects.toMatchObject({
      code: 'thread.died',
      message: expect.stringContaining('scoring-0'),
    });
    await vi.waitFor(() => expect(workers.count).toBe(0));
  });

  describeWithNats('over JetStream', (url) => {
    it.each(['exit', 'uncaught-idle'] as const)('changes nothing where both shards die by %s', async (how) => {
      const nats = natsFor(url, { shards: 2, store: false });
      const { report } = await runFaulty({ how, afterBatches: 12 }, [path], { ...options, nats });
      expect(outcomeOf(report)).toEqual(outcomeOf(undisturbed.report));
      expect(report.restarts).toBe(2);
    });
  });
});

describeWithData('Binance pairs, from before their snapshots', captureParts('binance-4pairs'), (path) => {
  /** Three batches per window. Updates wait for snapshots, which come with the batches 1 and 8. */
  const options = { shards: 1, batch: 2, windowRecords: 6 };
  let undisturbed: ReplayOutcome;
  beforeAll(async () => {
    undisturbed = await runReplay([path], { ...options, emit: 'orders' });
  });

  it.each([0, 1, 2, 3, 4, 7, 8, 9])(
    'a death after %i batches changes neither outcome nor lines',
    async (afterBatches) => {
      const how = afterBatches % 2 === 0 ? 'exit' : 'uncaught-idle';
      const { report, lines } = await runFaulty({ how, afterBatches }, [path], { ...options, emit: 'orders' });
      expect(report.restarts).toBe(1);
      expect(outcomeOf(report)).toEqual(outcomeOf(undisturbed.report));
      expect(lines).toEqual(undisturbed.lines);
    },
  );
});
