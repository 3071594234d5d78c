import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chance, createPrng, int } from '../lib/prng.ts';
import { DiskQueue } from './disk-queue.ts';

/** How a disk that is full takes a write: some bytes of it, then none. */
const disk = vi.hoisted(() => ({ left: Infinity }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const writeSync = (fd: number, bytes: Buffer, from: number, length: number, at: number): number => {
    if (disk.left === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const written = real.writeSync(fd, bytes, from, Math.min(length, disk.left), at);
    disk.left -= written;
    return written;
  };
  return { ...real, writeSync };
});

const SEED = 'disk-queue';
const HEAD_BYTES = 8;
let folder: string;
let queue: DiskQueue;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-queue-'));
  disk.left = Infinity;
});
afterEach(() => {
  queue.close();
  rmSync(folder, { recursive: true });
});

function open(maxBytes: number, fileBytes = 1000): DiskQueue {
  queue = new DiskQueue({ folder: join(folder, 'made', 'here'), maxBytes, fileBytes });
  return queue;
}

const record = (number: number, length = 100): Buffer => Buffer.alloc(length, `${number} `);

it(`gives records back in their order, as they were, however one writes and reads (seed ${SEED})`, () => {
  open(1_000_000);
  const prng = createPrng(SEED);
  const expected: Buffer[] = [];
  for (let number = 0; number < 3000; number++) {
    if (chance(prng, 0.55)) {
      const one = record(number, int(prng, 0, 700));
      expect(queue.append(one)).toBe(true);
      expected.push(one);
    } else {
      expect(queue.shift()).toEqual(expected.shift() ?? null);
    }
    expect(queue.records).toBe(expected.length);
  }
  for (const one of expected) expect(queue.shift()).toEqual(one);
  expect(queue.shift()).toBeNull();
  expect(queue.bytes).toBe(0);
});

it('refuses what would pass the bound, and takes it once a file is read', () => {
  open(10 * (100 + HEAD_BYTES), 200);
  const fits = Array.from({ length: 10 }, (_, number) => record(number));
  for (const one of fits) expect(queue.append(one)).toBe(true);
  expect(queue.append(record(10))).toBe(false);
  expect(queue.trouble).toBeNull();
  expect(queue.bytes).toBe(10 * (100 + HEAD_BYTES));
  // Two records to a file: the disk has it back with the second.
  expect(queue.shift()).toEqual(record(0));
  expect(queue.append(record(10))).toBe(false);
  expect(queue.shift()).toEqual(record(1));
  expect(queue.append(record(10))).toBe(true);
  for (let number = 2; number <= 10; number++) expect(queue.shift()).toEqual(record(number));
});

it('leaves no name in its folder', () => {
  open(100_000);
  for (let number = 0; number < 50; number++) queue.append(record(number));
  expect(readdirSync(join(folder, 'made', 'here'))).toEqual([]);
});

it('says why it takes nothing where its folder cannot be', () => {
  writeFileSync(join(folder, 'made'), 'a file');
  open(100_000);
  expect(queue.append(record(0))).toBe(false);
  expect(queue.trouble).toMatchObject({ code: expect.stringMatching(/^E/) });
});

describe('a disk that is full', () => {
  it('keeps half a record that nobody reads, and the next one is written over it', () => {
    open(100_000);
    queue.append(record(0));
    for (const left of [0, 3, HEAD_BYTES, 50]) {
      disk.left = left;
      expect(queue.append(record(1, 200))).toBe(false);
      expect(queue.trouble).toMatchObject({ code: 'ENOSPC' });
      expect(queue.records).toBe(1);
    }
    disk.left = Infinity;
    expect(queue.append(record(2))).toBe(true);
    expect(queue.trouble).toBeNull();
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([record(0), record(2), null]);
  });
});

describe.runIf(process.platform === 'linux')('a disk that gives back something else', () => {
  /** The file without a name. */
  function path(): string {
    const open = readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}`);
    return open.find((fd) => targetOf(fd).startsWith(folder)) ?? '';
  }
  function targetOf(fd: string): string {
    try {
      return readlinkSync(fd);
    } catch {
      return '';
    }
  }

  it.each([
    ['a byte is another one', (bytes: Buffer) => bytes.fill(1, 40, 41)],
    ['a length is too long', (bytes: Buffer) => bytes.fill(0xff, 0, 4)],
    ['the end is torn off', (bytes: Buffer) => bytes.subarray(0, 60)],
  ])('is found out where %s', (_, damage) => {
    open(100_000);
    queue.append(record(0));
    const whole = Buffer.alloc(HEAD_BYTES + 100);
    whole.writeUInt32LE(100, 0);
    record(0).copy(whole, HEAD_BYTES);
    writeFileSync(path(), damage(whole));
    expect(() => queue.shift()).toThrow(expect.objectContaining({ code: 'bus.spool-damaged' }));
  });
});
