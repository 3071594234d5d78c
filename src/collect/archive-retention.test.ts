import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { trimArchive } from './archive-retention.ts';

const NOW_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'whalewatch-retention-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function put(folder: string, name: string, bytes: number, ageMs: number): void {
  mkdirSync(join(directory, folder), { recursive: true });
  const path = join(directory, folder, name);
  writeFileSync(path, 'x'.repeat(bytes));
  utimesSync(path, (NOW_MS - ageMs) / 1000, (NOW_MS - ageMs) / 1000);
}

const files = (): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('.') || name.endsWith('trimmed'))
    .sort();

it('removes the oldest captures above a size, over all folders, and says where a beginning is gone', async () => {
  put('a', '1.capture.ndjson.gz', 100, 3 * HOUR_MS);
  put('b', '2.capture.ndjson.gz', 100, 2 * HOUR_MS);
  put('a', '3.capture.ndjson.gz', 100, HOUR_MS);
  const removed = await trimArchive({ directory, bytesMax: 250, ageMaxMs: null, nowMs: NOW_MS });
  expect(removed).toEqual({ files: 1, bytes: 100 });
  expect(files()).toEqual(['a/3.capture.ndjson.gz', 'a/trimmed', 'b/2.capture.ndjson.gz']);
});

it('counts what the runs told, and cuts it down to its first line where it can prove nothing any more', async () => {
  put('a', '1.capture.ndjson.gz', 100, 3 * HOUR_MS);
  put('b', '2.capture.ndjson.gz', 100, 2 * HOUR_MS);
  for (const folder of ['a', 'b']) {
    writeFileSync(join(directory, folder, 'marks.ndjson'), `{"marks":1}\n${'x'.repeat(88)}`);
  }
  const options = { directory, bytesMax: 250, ageMaxMs: null, nowMs: NOW_MS };
  expect(await trimArchive(options)).toEqual({ files: 1, bytes: 188 });
  expect(files()).toEqual(['a/marks.ndjson', 'a/trimmed', 'b/2.capture.ndjson.gz', 'b/marks.ndjson']);
  const [cut, whole] = ['a', 'b'].map((folder) => join(directory, folder, 'marks.ndjson'));
  expect(readFileSync(cut ?? '', 'utf8')).toBe('{"marks":1}\n');
  expect(readFileSync(whole ?? '')).toHaveLength(100);
  // Its thread lives on, and writes.
  appendFileSync(cut ?? '', `${'y'.repeat(100)}\n`);
  expect(await trimArchive(options)).toEqual({ files: 0, bytes: 101 });
  expect(readFileSync(cut ?? '', 'utf8')).toBe('{"marks":1}\n');
  expect(await trimArchive(options)).toEqual({ files: 0, bytes: 0 });
});

it('removes what is too old, and no file that is being written', async () => {
  put('a', '1.capture.ndjson.gz', 10, 5 * HOUR_MS);
  put('a', '2.capture.ndjson.gz.part', 10, 5 * HOUR_MS);
  put('a', '3.capture.ndjson.gz.part', 10, 30 * HOUR_MS);
  put('a', '4.capture.ndjson.gz', 10, HOUR_MS);
  const removed = await trimArchive({ directory, bytesMax: null, ageMaxMs: 2 * HOUR_MS, nowMs: NOW_MS });
  expect(removed.files).toBe(2);
  expect(files()).toEqual(['a/2.capture.ndjson.gz.part', 'a/4.capture.ndjson.gz', 'a/trimmed']);
});

it('has nothing to do where there is no archive yet', async () => {
  const nowhere = join(directory, 'nowhere');
  const options = { directory: nowhere, bytesMax: 1, ageMaxMs: 1, nowMs: NOW_MS };
  expect(await trimArchive(options)).toEqual({ files: 0, bytes: 0 });
});
