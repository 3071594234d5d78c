/** Lines that are scanned straight into batches against the general reader, which makes an object of each. */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWithData } from '../../test/data.ts';
import { CAPTURE_NAMES, captureParts } from '../../test/fixtures/captures.ts';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { recordsIn } from '../../test/fixtures/record-batches.ts';
import type { Prng } from '../lib/prng.ts';
import { chance, createPrng, int, pick } from '../lib/prng.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import { decodeCaptureLine, encodeCaptureLine } from './capture-line.ts';
import { readCapture } from './capture-reader.ts';

const SEED = 'capture-scanner-1';
const DAMAGED = 20_000;
const LIKELY = Buffer.from('0123456789"\\/{}[]:,.ntu é\0\x7f');

/** Other than no bytes. */
const NOTHING = Buffer.from('nothing');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-scanner-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the general reader makes of the lines; those that are no records are left out. */
function generally(lines: readonly Buffer[]): FeedRecord[] {
  return lines.flatMap((line) => {
    const record = line.length === 0 ? 'empty' : decodeCaptureLine(line.toString());
    return typeof record === 'string' ? [] : [record];
  });
}

async function expectSame(lines: readonly Buffer[]): Promise<number> {
  const path = join(folder, 'lines.ndjson');
  await writeFile(path, Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])));
  const expected = generally(lines);
  let at = 0;
  for await (const batch of readCapture(path, { batchRecords: 1_000 })) {
    for (const record of recordsIn(batch)) {
      const { data, ...rest } = record;
      const { data: expectedData = null, ...expectedRest } = expected[at] ?? {};
      const isSame = JSON.stringify(rest) === JSON.stringify(expectedRest);
      const isSameData = data === expectedData || Buffer.compare(data ?? NOTHING, expectedData ?? NOTHING) === 0;
      if (!isSame || !isSameData) expect(record, `record ${at}`).toEqual(expected[at]);
      at++;
    }
  }
  expect(at).toBe(expected.length);
  return at;
}

/** One byte changed, put in or taken out; never a line feed. */
function damaged(line: Buffer, prng: Prng): Buffer {
  const near = Math.min(100, line.length);
  const at = pick(prng, [int(prng, 0, near), line.length - int(prng, 0, near), int(prng, 0, line.length)]);
  const code = chance(prng, 0.8) ? pick(prng, Array.from(LIKELY)) : int(prng, 0, 255);
  const added = Buffer.from(code === 0x0a ? [] : [code]);
  return Buffer.concat([line.subarray(0, at), added, line.subarray(at + int(prng, 0, 1))]);
}

it(`lines of our own writer are read as they were written, escapes of every kind included (seed ${SEED})`, async () => {
  const prng = createPrng(SEED);
  const pieces = [
    '{"a":"b"}',
    '"',
    '\\',
    '/',
    '\n',
    '\u0001',
    '\u007f',
    'é',
    '€',
    '🐳',
    'x',
    'plain text of some length',
    '\\"',
    '\\\\',
  ];
  const records = Array.from({ length: 5_000 }, (_, i) => {
    const data = Array.from({ length: int(prng, 0, 6) }, () => pick(prng, pieces)).join('');
    const tUs = pick(prng, [1_723_161_253_937_085 + i, 12, 999_999_999_999_999, 2 ** 53 - 1, 1_000_000_000_000_000]);
    const from = pick(prng, [
      { exchange: 'binance', conn: 'ws' },
      { exchange: 'binance', conn: 'ws-2' },
      { exchange: 'bö"rse', conn: '\\' },
    ]);
    const op = pick(prng, ['recv', 'recv', 'recv', 'send', 'open', 'timer', 'http'] as const);
    return feedRecord({ ...from, tUs, op, data, url: op === 'http' || op === 'open' ? 'wss://x/?a="b"' : null });
  });
  const lines = records.map((record) => Buffer.from(encodeCaptureLine(record).trimEnd()));
  expect(generally(lines)).toEqual(records);
  expect(await expectSame(lines)).toBe(records.length);
});

for (const name of CAPTURE_NAMES) {
  describeWithData(`the recording ${name} (seed ${SEED})`, captureParts(name), (path) => {
    const lines: Buffer[] = [];
    beforeAll(() => {
      const bytes = gunzipSync(readFileSync(path));
      for (let at = 0; at < bytes.length;) {
        const feed = bytes.indexOf(0x0a, at);
        const end = feed < 0 ? bytes.length : feed;
        lines.push(bytes.subarray(at, end));
        at = end + 1;
      }
    });

    it('is read as the general reader reads it, record by record', async () => {
      expect(await expectSame(lines)).toBeGreaterThan(5);
    });

    it('with damaged lines between the good ones too', async () => {
      const prng = createPrng(`${SEED}-${name}`);
      const short = lines.filter(({ length }) => length < 5_000);
      const read = await expectSame(
        Array.from({ length: DAMAGED }, () =>
          chance(prng, 0.3) ? pick(prng, short) : damaged(pick(prng, short), prng),
        ),
      );
      expect(read).toBeGreaterThan(DAMAGED / 4);
    });
  });
}
