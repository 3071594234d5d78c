import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { INTEGER_BYTES_MAX, writeInteger } from './decimal-digits.ts';

const bytes = new Uint8Array(INTEGER_BYTES_MAX + 2);

/** What stands in the bytes after a write at place 1. */
function written(integer: number): string {
  bytes.fill(0);
  const end = writeInteger(bytes, 1, integer);
  expect([bytes[0], bytes[end]]).toEqual([0, 0]);
  return Buffer.from(bytes.subarray(1, end)).toString('latin1');
}

it.each([
  0,
  -0,
  9,
  10,
  -10,
  99_999_999,
  100_000_000,
  -100_000_001,
  1_772_366_400_000_007,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
])('writes %d', (integer) => {
  expect(written(integer)).toBe(String(integer));
});

it('writes every safe integer as its text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -1000, max: 1000 })), (integer) => {
      expect(written(integer)).toBe(String(integer));
    }),
  );
});
