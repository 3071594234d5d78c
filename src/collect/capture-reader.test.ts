import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { describeWithData } from '../../test/data.ts';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { numberedRecordsIn, recordsIn } from '../../test/fixtures/record-batches.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import { CaptureError } from './capture-error.ts';
import { encodeCaptureLine } from './capture-line.ts';
import { readCapture } from './capture-reader.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-reader-'));
});

afterEach(() => rm(folder, { recursive: true }));

function frame(i: number): FeedRecord {
  const data = `{"seq":${i},"text":"größer","noise":"${Math.imul(i, 2_654_435_761) >>> 0}"}`;
  return feedRecord({ tUs: 1000 + i, exchange: 'kraken', conn: 'ws.1', op: 'recv', data });
}

const FRAMES = Array.from({ length: 5000 }, (_, i) => frame(i));
const LINES = FRAMES.map(encodeCaptureLine);

async function read(content: Buffer | string): Promise<{ records: FeedRecord[]; chunks: number; bad: unknown[][] }> {
  const path = join(folder, 'some.capture');
  await writeFile(path, content);
  const bad: unknown[][] = [];
  const chunks: FeedRecord[][] = [];
  for await (const batch of readCapture(path, { onMalformed: (...told) => bad.push(told) })) {
    chunks.push(recordsIn(batch));
  }
  return { records: chunks.flat(), chunks: chunks.length, bad };
}

describe('a capture', () => {
  it('is read plain or packed, in several members too, in chunks', async () => {
    const text = LINES.join('');
    const half = LINES.slice(0, 2500).join('').length + 7;
    const members = [gzipSync(text.slice(0, half)), gzipSync(''), gzipSync(text.slice(half))];
    for (const content of [text, text.trimEnd(), gzipSync(text), Buffer.concat(members)]) {
      const { records, chunks, bad } = await read(content);
      expect(records).toEqual(FRAMES);
      expect(chunks).toBe(2);
      expect(bad).toEqual([]);
    }
  });

  it('that is empty has no records', async () => {
    expect(await read('')).toEqual({ records: [], chunks: 0, bad: [] });
    expect(await read(gzipSync(''))).toEqual({ records: [], chunks: 0, bad: [] });
  });

  it('is numbered from where it was asked to, in batches of no more than was asked for', async () => {
    const path = join(folder, 'numbered.capture');
    await writeFile(path, LINES.slice(0, 25).join(''));
    const batches: number[][] = [];
    for await (const batch of readCapture(path, { firstFrame: 100, batchRecords: 10 })) {
      expect(batch.frames).toBe(batch.records);
      batches.push(numberedRecordsIn(batch).map(({ frame: number }) => number));
    }
    expect(batches.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(batches.flat()).toEqual(Array.from({ length: 25 }, (_, i) => 100 + i));
  });

  it('has its connections under the names that they are given, from each `open` on', async () => {
    const at = { tUs: 1_617_666_423_123_373, exchange: 'kraken', conn: 'ws' };
    const recv = feedRecord({ ...at, op: 'recv', data: '{"a":1}' });
    const open = feedRecord({ ...at, op: 'open', url: 'wss://x' });
    const path = join(folder, 'named.capture');
    await writeFile(path, [recv, recv, recv, open, recv, recv, recv].map(encodeCaptureLine).join(''));
    let opened = 0;
    const nameConnection = (exchange: string, conn: string, op: string): string => {
      if (op === 'open') opened++;
      return `${exchange}-${conn}-${opened}`;
    };
    const conns: string[] = [];
    for await (const batch of readCapture(path, { nameConnection })) {
      conns.push(...recordsIn(batch).map(({ conn }) => conn));
    }
    expect(conns).toEqual([...repeat('kraken-ws-0', 3), ...repeat('kraken-ws-1', 4)]);
  });

  it('with bad lines gives the good ones, and says which are bad and why', async () => {
    const { records, bad } = await read(`${LINES[0]}nonsense\n\n${LINES[1]}{"t_us":5}\n${LINES[2]}`);
    expect(records).toEqual(FRAMES.slice(0, 3));
    expect(bad).toEqual([
      [2, expect.stringContaining('no JSON'), 'nonsense'],
      [5, 'ex is missing', '{"t_us":5}'],
    ]);
  });

  it('that breaks off gives everything before, and says so', async () => {
    const packed = gzipSync(LINES.join(''));
    const { records, bad } = await read(packed.subarray(0, Math.floor(packed.length / 2)));
    expect(records.length).toBeGreaterThan(2000);
    expect(records).toEqual(FRAMES.slice(0, records.length));
    expect(bad).toEqual([
      [records.length + 1, expect.stringMatching(/break off: unexpected end of file/), expect.any(String)],
    ]);
  });

  it('that lacks only its trailer loses no record, and says so', async () => {
    const { records, bad } = await read(gzipSync(LINES.join('')).subarray(0, -3));
    expect(records).toEqual(FRAMES);
    expect(bad).toHaveLength(1);
  });

  it('with damage in the middle or garbage behind says so', async () => {
    const packed = gzipSync(LINES.join(''));
    const damaged = Buffer.from(packed);
    const middle = Math.floor(packed.length / 2);
    damaged.fill(0xff, middle, middle + 64);
    expect((await read(damaged)).bad.at(-1)?.[1]).toContain('break off');
    expect((await read(Buffer.concat([packed, Buffer.from('garbage')]))).bad).toHaveLength(1);
  });

  it.each([['missing.capture.ndjson.gz'], ['.']])(
    'that cannot be read (%s) is an error naming the path',
    async (name) => {
      const path = join(folder, name);
      const reading = readCapture(path).next();
      await expect(reading).rejects.toThrow(CaptureError);
      await expect(reading).rejects.toMatchObject({ code: 'capture.unreadable', path, context: { path } });
    },
  );

  it('tells how far it is, and is closed when the reader stops early', async () => {
    const path = join(folder, 'plain.ndjson');
    const text = Array.from({ length: 10 }, () => LINES.join('')).join('');
    await writeFile(path, text);
    const progress: number[][] = [];
    for await (const _ of readCapture(path, { onProgress: (...told) => progress.push(told) })) void _;
    const total = Buffer.byteLength(text);
    expect(progress.at(-1)).toEqual([total, total]);
    expect(progress.length).toBeGreaterThan(10);
    let seen = 0;
    for await (const batch of readCapture(path, { onProgress: () => seen++ })) {
      expect(batch.records).toBe(4096);
      break;
    }
    // Only what the first chunk needs was read.
    expect(seen).toBeLessThan(5);
  });
});

function repeat(name: string, times: number): string[] {
  return Array.from({ length: times }, () => name);
}

/** Lines per recording, as counted by `zcat | wc -l`. */
const RECORDED = {
  'binance-spot-3pairs-2021': 4720,
  'binance-spot-4pairs': 271,
  'binance-spot-btcusdt-650s': 99_575,
  'bitfinex-p0-7pairs': 1719,
  'bitfinex-p0-btcusd-2018-1m-updates': 1_057_706,
  'bitstamp-diff-9pairs': 779,
  'bitstamp-l3-live-orders-btcusd': 13,
  'coinbase-advanced-level2-2pairs': 1037,
  'gemini-v2-l2-10pairs': 913,
  'gemini-v2-l2-10pairs-2021': 995,
  'kraken-v1-book1000-10pairs': 4437,
  'kraken-v2-d10-btc-usd': 9,
  'kraken-v2-d25-mina-gbp-resync': 28,
};

for (const [name, lines] of Object.entries(RECORDED)) {
  describeWithData(`the recording ${name}`, ['captures', `${name}.capture.ndjson.gz`], (path) => {
    it('is read in full, its times never falling', async () => {
      let records = 0;
      let lastUs = 0;
      let falls = 0;
      const onMalformed = (...told: unknown[]): void => expect.unreachable(String(told));
      for await (const batch of readCapture(path, { onMalformed })) {
        records += batch.records;
        for (const { tUs } of recordsIn(batch)) {
          if (tUs < lastUs) falls++;
          lastUs = tUs;
        }
      }
      expect({ records, falls }).toEqual({ records: lines, falls: 0 });
    });
  });
}
