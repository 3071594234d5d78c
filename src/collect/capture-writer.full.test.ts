/** The raw archive on a disk that is full: every write of a file fails, until there is room again. */

import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { recordsIn } from '../../test/fixtures/record-batches.ts';
import { SteppedClock } from '../../test/fixtures/stepped-clock.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import type { CaptureError } from './capture-error.ts';
import { readCapture } from './capture-reader.ts';
import { CaptureWriter } from './capture-writer.ts';

const disk = vi.hoisted(() => ({ isFull: false, refused: 0 }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open = async (...args: Parameters<typeof real.open>): Promise<FileHandle> => {
    const handle = await real.open(...args);
    const append = handle.appendFile.bind(handle);
    handle.appendFile = (...data) => {
      if (!disk.isFull) return append(...data);
      disk.refused++;
      return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
    };
    return handle;
  };
  return { ...real, open };
});

const STEP_MS = 5000;

it('holds nobody up, says so with each attempt, and goes on by itself; what is lost is counted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capture-full-'));
  const clock = new SteppedClock(Date.UTC(2026, 6, 25, 10, 15) * 1000);
  const errors: CaptureError[] = [];
  const recovered: { downMs: number; recordsLost: number }[] = [];
  const files: string[] = [];
  const archive = new CaptureWriter({
    ...{ directory: folder, exchange: 'kraken', clock },
    onError: (error) => errors.push(error),
    onRecover: (facts) => recovered.push(facts),
    onFile: (path) => files.push(path),
  });
  let told = 0;
  /** So many frames, and the next look of the writer at what is due. */
  const pass = async (frames: number, isDone: () => boolean): Promise<void> => {
    for (let i = 0; i < frames; i++) expect(archive.append(frame(clock.nowUs(), told++))).toBe(true);
    clock.pass(STEP_MS);
    await vi.waitUntil(isDone);
  };

  await pass(10, () => archive.buffered === 0);
  disk.isFull = true;
  for (let attempt = 1; attempt <= 20; attempt++) await pass(10, () => errors.length === attempt);
  expect(errors[0]).toMatchObject({
    code: 'capture.unwritable',
    message: 'cannot write the raw archive: ENOSPC: no space left on device, write',
    context: { recordsLost: 10 },
  });
  expect(disk.refused).toBe(20);
  expect(archive.totals.dropped).toBe(200);
  expect(archive.buffered).toBe(0);
  // The first file has what was flushed; those that got nothing are gone.
  expect(await readdir(folder)).toHaveLength(1);

  disk.isFull = false;
  await pass(10, () => recovered.length === 1);
  expect(recovered).toEqual([{ downMs: 20 * STEP_MS, recordsLost: 200 }]);
  await archive.close();
  expect(errors).toHaveLength(20);
  const [part = ''] = (await readdir(folder)).filter((name) => name.endsWith('.part'));
  const kept = [...(await recordsOf(join(folder, part))), ...(await recordsOf(files[0] ?? ''))];
  expect(kept).toHaveLength(told - archive.totals.dropped);
  await rm(folder, { recursive: true });
});

function frame(tUs: number, number: number): FeedRecord {
  return feedRecord({ tUs, exchange: 'kraken', conn: 'ws.1', op: 'recv', data: `{"number":${number}}` });
}

async function recordsOf(path: string): Promise<FeedRecord[]> {
  const records: FeedRecord[] = [];
  for await (const batch of readCapture(path, { onMalformed: () => undefined })) records.push(...recordsIn(batch));
  return records;
}
