/** What is handed out, and for how long. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createPrng } from '../lib/prng.ts';
import { readCaptureBytes } from './capture-bytes.ts';

const SEED = 'capture-bytes-1';
/** More than fits into the memory of a few pieces, packed or not. */
const BYTES = 20 * 1024 * 1024;
/** Pieces in memory at a time: the one that is read, and a few beside it. */
const MEMORY_MAX = BYTES / 2;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-bytes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const content = Buffer.alloc(BYTES);
const prng = createPrng(SEED);
for (let at = 0; at < BYTES; at += 4) content.writeUInt32LE(prng() & 0x0f0f0f0f, at);

it.each([
  ['plain', content],
  ['packed', gzipSync(content, { level: 1 })],
])(`a %s file comes in full, and its memory is given back on the way (seed ${SEED})`, async (name, bytes) => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const handedOut: Buffer[] = [];
  let at = 0;
  let inMemoryMax = 0;
  for await (const pieces of readCaptureBytes(path, { onProgress() {}, onDamaged: expect.unreachable })) {
    for (const piece of pieces) {
      if (!piece.equals(content.subarray(at, at + piece.length))) expect.unreachable(`other bytes from ${at} on`);
      at += piece.length;
    }
    handedOut.push(...pieces);
    const memories = new Set(handedOut.map(({ buffer }) => buffer));
    inMemoryMax = Math.max(
      inMemoryMax,
      [...memories].reduce((sum, { byteLength }) => sum + byteLength, 0),
    );
  }
  expect(at).toBe(BYTES);
  expect(inMemoryMax).toBeGreaterThan(0);
  expect(inMemoryMax).toBeLessThan(MEMORY_MAX);
});
