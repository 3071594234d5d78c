import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  columnClass,
  DOUBLE,
  GROUP_MAX,
  LONG,
  putColumn,
  putGroup,
  SAME,
  SHORT,
  takeColumn,
  takeGroup,
} from './coded-numbers.ts';

const number = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.integer({ min: -40_000, max: 40_000 }), fc.constant(-0));

function readerOf(out: ByteWriter): ByteReader {
  const reader = new ByteReader();
  reader.load(out.bytes());
  return reader;
}

test('a group comes back bit for bit, whatever its bases', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { minLength: 1, maxLength: GROUP_MAX }), (pairs) => {
      const count = pairs.length;
      const values = Float64Array.from(pairs, ([value]) => value);
      const bases = Float64Array.from([7, ...pairs.map(([, base]) => base)]);
      const out = new ByteWriter();
      putGroup(out, values, bases, 1, count);
      const reader = readerOf(out);
      const back = new Float64Array(GROUP_MAX);
      takeGroup(reader, back, bases, 1, count);
      expect(back.subarray(0, count)).toEqual(values);
      expect(reader.at).toBe(out.length);
    }),
  );
});

test('a column comes back bit for bit, whatever its base', () => {
  const near = fc.array(fc.integer({ min: -40_000, max: 40_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(fc.array(number, { maxLength: 20 }), near), number, (numbers, base) => {
      const values = Float64Array.from(numbers);
      const out = new ByteWriter();
      const inClass = columnClass(values, values.length, base);
      putColumn(out, values, values.length, base, inClass);
      const reader = readerOf(out);
      const back = new Float64Array(values.length);
      takeColumn(reader, back, values.length, base, inClass);
      expect(back).toEqual(values);
      expect(reader.at).toBe(out.length);
    }),
  );
});

test.each([
  [5, 5, SAME, 0],
  [Number.NaN, Number.NaN, SAME, 0],
  [100 + 32_767, 100, SHORT, 2],
  [100 + 32_768, 100, LONG, 4],
  [2 ** 53 - 1, 2 ** 53 - 2 ** 31, LONG, 4],
  [2 ** 53, 2 ** 53 - 2 ** 31 - 1, DOUBLE, 8],
  [0.5, 0, DOUBLE, 8],
  [-0, 0, DOUBLE, 8],
  [0, -0, SHORT, 2],
  [Number.NaN, 0, DOUBLE, 8],
  [0, Number.NaN, DOUBLE, 8],
])('%d from %d is of class %d and takes %d bytes', (value, base, inClass, bytes) => {
  const out = new ByteWriter();
  putGroup(out, Float64Array.of(value), Float64Array.of(base), 0, 1);
  expect(out.length).toBe(2 + bytes);
  // In a column all rows are added to the base, which leads back to no NaN.
  expect(columnClass(Float64Array.of(value), 1, base)).toBe(Number.isNaN(base) ? DOUBLE : inClass);
});
