import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { recordsIn } from '../../test/fixtures/record-batches.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import type { Clock } from '../ports/clock.ts';
import type { CaptureError } from './capture-error.ts';
import { readCapture } from './capture-reader.ts';
import type { CaptureWriterOptions } from './capture-writer.ts';
import { CaptureWriter } from './capture-writer.ts';

/** A clock whose timers fire when the test says so. */
class HandClock implements Clock {
  atUs = Date.UTC(2026, 6, 25, 10, 15) * 1000;
  timers = new Set<() => void>();

  nowUs(): number {
    return this.atUs;
  }

  setTimer(_ms: number, fn: () => void): () => void {
    const timer = (): void => fn();
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Time passes and every timer that was set before fires. */
  pass(ms: number): void {
    this.atUs += ms * 1000;
    const due = [...this.timers];
    this.timers.clear();
    for (const fire of due) fire();
  }
}

let folder: string;
let clock: HandClock;
let errors: CaptureError[];
let files: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-writer-'));
  clock = new HandClock();
  errors = [];
  files = [];
});

afterEach(() => rm(folder, { recursive: true }));

function writer(options: Partial<CaptureWriterOptions> = {}): CaptureWriter {
  const onFile = (path: string): void => void files.push(path);
  const onError = (error: CaptureError): void => void errors.push(error);
  return new CaptureWriter({ directory: folder, exchange: 'kraken', clock, onError, onFile, ...options });
}

function frame(tUs: number, data: string): FeedRecord {
  return feedRecord({ tUs, exchange: 'kraken', conn: 'ws.1', op: 'recv', data });
}

/** Frames that hardly pack. */
function frames(count: number, from = 0): FeedRecord[] {
  let noise = 1;
  return Array.from({ length: count }, (_, i) => {
    const data = Array.from({ length: 20 }, () => (noise = Math.imul(noise, 48_271) >>> 0).toString(36)).join('é');
    return frame(clock.atUs + from + i, data);
  });
}

async function recordsOf(path: string): Promise<{ records: FeedRecord[]; reasons: string[] }> {
  const records: FeedRecord[] = [];
  const reasons: string[] = [];
  const onMalformed = (_line: number, reason: string): void => void reasons.push(reason);
  for await (const batch of readCapture(path, { onMalformed })) records.push(...recordsIn(batch));
  return { records, reasons };
}

async function recordsInAll(): Promise<FeedRecord[]> {
  return (await Promise.all(files.map(async (path) => (await recordsOf(path)).records))).flat();
}

describe('the archive', () => {
  it('gives back what was written, byte for byte, under a name that says what it is', async () => {
    const from = { exchange: 'kraken', conn: 'ws.1' };
    const records = [
      feedRecord({ ...from, tUs: clock.atUs, op: 'open', url: 'wss://ws.kraken.com/v2' }),
      ...frames(5000, 1),
      feedRecord({ ...from, tUs: clock.atUs + 9000, op: 'timer', data: 'silence' }),
      feedRecord({ ...from, tUs: clock.atUs + 9000, op: 'close' }),
    ];
    const archive = writer();
    for (const record of records) archive.append(record);
    await archive.close();
    expect(await readdir(folder)).toEqual(['kraken-20260725T101500Z-1.capture.ndjson.gz']);
    expect(await recordsInAll()).toEqual(records);
    expect(archive.totals).toMatchObject({ records: records.length, dropped: 0, files: 1 });
    expect(clock.timers.size).toBe(0);
  });

  it('creates its folder, and no file where nothing came', async () => {
    const archive = writer({ directory: join(folder, 'a', 'b') });
    await archive.close();
    expect(await readdir(folder)).toEqual([]);
    const second = writer({ directory: join(folder, 'a', 'b') });
    second.append(frame(clock.atUs, '{}'));
    await second.close();
    expect(files).toHaveLength(1);
  });

  it('can be read up to the last flush although it is not complete', async () => {
    const archive = writer();
    const records = frames(100);
    for (const record of records) archive.append(record);
    clock.pass(5000);
    const part = join(folder, 'kraken-20260725T101500Z-1.capture.ndjson.gz.part');
    await vi.waitUntil(
      async () => (await readdir(folder)).length === 1 && (await recordsOf(part)).records.length === 100,
    );
    const { reasons } = await recordsOf(part);
    expect(reasons).toEqual([expect.stringContaining('break off')]);
    await archive.close();
    expect(await recordsInAll()).toEqual(records);
  });

  it('rotates by size, losing and repeating nothing', async () => {
    const archive = writer({ fileBytesMax: 100_000, bufferCharsMax: 200_000 });
    const records = frames(6000);
    for (const record of records) {
      if (!archive.append(record)) await archive.drained();
    }
    await archive.close();
    expect(files.length).toBeGreaterThan(3);
    expect(files[0]).toMatch(/kraken-20260725T101500Z-1\.capture/);
    expect(files[1]).toMatch(/kraken-20260725T101500Z-2\.capture/);
    expect(await recordsInAll()).toEqual(records);
    expect(archive.totals.dropped).toBe(0);
  });

  it('rotates by age, also while nothing comes', async () => {
    const archive = writer({ fileAgeMaxMs: 60_000 });
    const [first, second] = [frame(clock.atUs, 'first'), frame(clock.atUs, 'second')];
    archive.append(first);
    clock.pass(5000);
    await vi.waitUntil(async () => (await readdir(folder)).length === 1);
    for (let i = 0; i < 12; i++) {
      clock.pass(5000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitUntil(() => {
      clock.pass(5000);
      return files.length === 1;
    });
    archive.append(second);
    await archive.close();
    expect(files).toHaveLength(2);
    expect(await recordsInAll()).toEqual([first, second]);
  });

  it('never touches a file that is there already, complete or not', async () => {
    const name = (n: number): string => join(folder, `kraken-20260725T101500Z-${n}.capture.ndjson.gz`);
    await writeFile(name(1), 'old');
    await writeFile(`${name(2)}.part`, 'of another writer');
    const archive = writer();
    archive.append(frame(clock.atUs, '{}'));
    await archive.close();
    expect(files).toEqual([name(3)]);
    expect((await readdir(folder)).length).toBe(3);
  });
});

describe('pressure', () => {
  it('asks the feed to wait at half the buffer, drops at the whole, counts and says so once', async () => {
    const archive = writer({ bufferCharsMax: 20_000 });
    const records = frames(300);
    const taken = records.filter((record) => {
      const before = archive.totals.dropped;
      archive.append(record);
      return archive.totals.dropped === before;
    });
    expect(archive.append(frame(clock.atUs, 'x'.repeat(1000)))).toBe(false);
    expect(taken.length).toBeGreaterThan(50);
    expect(archive.totals.dropped).toBe(301 - taken.length);
    expect(errors.map(({ code }) => code)).toEqual(['capture.overflow']);
    await archive.drained();
    expect(archive.buffered).toBeLessThan(10_000);
    await archive.close();
    expect(await recordsInAll()).toEqual(taken);
  });
});

describe('a disk that fails', () => {
  it('is reported and tried again, while records wait and nobody is held up', async () => {
    const blocked = join(folder, 'archive');
    await writeFile(blocked, 'a file where the folder should be');
    const archive = writer({ directory: blocked, bufferCharsMax: 40_000 });
    const records = frames(100);
    for (const record of records) archive.append(record);
    clock.pass(5000);
    await vi.waitUntil(() => errors.length === 1);
    expect(errors[0]).toMatchObject({ code: 'capture.unwritable', context: { path: blocked, recordsLost: 0 } });
    const last = frame(clock.atUs, 'last');
    expect(archive.append(last)).toBe(true);
    await archive.drained();
    await rm(blocked);
    clock.pass(5000);
    await vi.waitUntil(() => archive.buffered === 0);
    await archive.close();
    expect(await recordsInAll()).toEqual([...records, last]);
    expect(archive.totals.dropped).toBe(0);
  });

  it('costs at most what was not flushed, which is counted', async () => {
    const inner = join(folder, 'inner');
    await mkdir(inner);
    const archive = writer({ directory: inner, fileAgeMaxMs: 60_000 });
    for (const record of frames(10)) archive.append(record);
    clock.pass(5000);
    await vi.waitUntil(async () => (await readdir(inner)).length === 1 && archive.buffered === 0);
    // The file cannot be given its final name: its folder is gone.
    await rm(inner, { recursive: true });
    const later = frames(7, 100);
    for (const record of later) archive.append(record);
    await vi.waitUntil(() => {
      clock.pass(60_000);
      return errors.length > 0;
    });
    expect(errors[0]).toMatchObject({ code: 'capture.unwritable', context: { recordsLost: 7 } });
    expect(archive.totals.dropped).toBe(7);
    const last = frame(clock.atUs, 'last');
    archive.append(last);
    clock.pass(60_000);
    await archive.close();
    expect(await recordsInAll()).toEqual([last]);
  });

  it('does not keep the archive from closing', async () => {
    const blocked = join(folder, 'archive');
    await writeFile(blocked, 'a file where the folder should be');
    const archive = writer({ directory: blocked });
    for (const record of frames(10)) archive.append(record);
    await archive.close();
    archive.append(frame(clock.atUs, '{}'));
    expect(errors).toMatchObject([{ code: 'capture.unwritable', context: { recordsLost: 10 } }]);
    expect(archive.totals).toMatchObject({ records: 11, dropped: 11 });
    expect(clock.timers.size).toBe(0);
  });
});
