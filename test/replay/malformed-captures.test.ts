/** Bad recordings are data: what cannot be read is counted and told, the rest is replayed. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeCaptureLine } from '../../src/collect/capture-line.ts';
import { describeWithData } from '../data.ts';
import { captureParts, recordsAt } from '../fixtures/captures.ts';
import { feedRecord, textRecord } from '../fixtures/feed-records.ts';
import { WorkerWatch } from '../fixtures/worker-watch.ts';
import { outcomeOf, runReplay } from './run-replay.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whalewatch-malformed-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describeWithData('a Kraken recording with foreign lines in it', captureParts('kraken-v1'), (path) => {
  const T_US = 1_618_678_140_000_000;
  /** Not even records. */
  const badLines = [
    'no JSON at all',
    '[1, 2, 3]',
    '{"t_us": 1.5, "ex": "kraken", "conn": "ws", "op": "recv", "data": "{}"}',
    `{"t_us": ${T_US}, "ex": "kraken", "conn": "ws", "op": "frobnicate", "data": "{}"}`,
    `{"t_us": ${T_US}, "ex": "kraken", "conn": "ws", "op": "recv"}`,
  ];
  /** Records whose frames make no sense. */
  const badFrames = [
    { tUs: T_US, exchange: 'nowhere', conn: 'n1', op: 'open', url: 'wss://nowhere.example', data: null },
    { tUs: T_US, exchange: 'nowhere', conn: 'n1', op: 'recv', url: null, data: '{"price":"1"}' },
    { tUs: T_US, exchange: 'nowhere', conn: 'http', op: 'http', url: 'https://nowhere.example/book', data: '{}' },
    { tUs: T_US, exchange: 'kraken', conn: 'KRAKEN.ws.50', op: 'recv', url: null, data: '{"cut off": [1, 2' },
    { tUs: T_US, exchange: 'kraken', conn: 'stray', op: 'recv', url: null, data: '\u0000\ud83d\udc33' },
  ] as const;
  /** All of them but the `open`, which is fine by itself. */
  const malformed = badLines.length + badFrames.length - 1;

  it.each([{ shards: 1 }, { shards: 4 }])(
    'counts each once on $shards shard(s), and the books are as without',
    async (options) => {
      const lines = gunzipSync(await readFile(path))
        .toString('utf8')
        .split('\n');
      const foreign = [...badLines, ...badFrames.map((record) => encodeCaptureLine(feedRecord(record)).trimEnd())];
      for (const [at, line] of foreign.entries()) lines.splice(300 * (at + 1), 0, line);
      const spoiled = join(folder, `foreign-${options.shards}.capture.ndjson`);
      await writeFile(spoiled, lines.join('\n'));

      const clean = await runReplay([path]);
      const { report, malformed: told } = await runReplay([spoiled], options);
      expect(told).toHaveLength(badLines.length);
      expect(told[0]).toMatch(/^301: no JSON/);
      expect(told[3]).toContain('frobnicate');
      const frames = clean.report.frames + 3;
      expect(outcomeOf(report)).toEqual({ ...(outcomeOf(clean.report) as object), malformed, frames });
    },
  );

  it('replays a gzip file as far as it goes', async () => {
    const packed = await readFile(path);
    const cut = join(folder, 'cut.capture.ndjson.gz');
    await writeFile(cut, packed.subarray(0, Math.floor(packed.length * 0.9)));
    const { report, malformed: told } = await runReplay([cut]);
    expect(told).toEqual([expect.stringContaining('break off')]);
    expect(report.malformed).toBe(1);
    expect(report.checksums.ok).toBeGreaterThan(1000);
    expect(report.checksums).toMatchObject({ failed: 0 });
    expect(Object.values(report.books).map(({ state }) => state)).toEqual(Array.from({ length: 10 }, () => 'live'));
  });

  it('says what it has not seen: a lost frame breaks the checksum, and the book is not live', async () => {
    const records = recordsAt(path);
    const lost = records.findIndex((record, at) => at > 1000 && textRecord(record).data?.includes('"b":[[') === true);
    const holed = join(folder, 'holed.capture.ndjson.gz');
    const kept = records.filter((_, at) => at !== lost).map(encodeCaptureLine);
    await writeFile(holed, gzipSync(kept.join('')));
    const { report } = await runReplay([holed]);
    expect(report.checksums.failed).toBe(1);
    const suspects = Object.values(report.books).filter(({ state }) => state === 'suspect');
    expect(suspects).toEqual([expect.objectContaining({ reason: 'checksum', resyncs: 1 })]);
  });
});

describe('captures that are hardly there', () => {
  let workers: WorkerWatch;
  beforeAll(() => {
    workers = new WorkerWatch();
  });
  afterAll(() => workers.close());

  it('refuses a missing one with its path, and leaves no thread behind', async () => {
    const path = join(folder, 'missing.capture.ndjson.gz');
    await expect(runReplay([path])).rejects.toMatchObject({
      code: 'capture.unreadable',
      message: expect.stringContaining(path),
      remedy: expect.any(String),
    });
    await vi.waitFor(() => expect(workers.count).toBe(0));
  });

  it('replays an empty one to nothing', async () => {
    const path = join(folder, 'empty.capture.ndjson');
    await writeFile(path, '');
    const { report } = await runReplay([path], { shards: 2 });
    expect(report).toMatchObject({ frames: 0, malformed: 0, books: {}, events: { 'order.score': 0 } });
    expect(report.digest).toMatch(/^[0-9a-f]{64}$/);
  });
});
