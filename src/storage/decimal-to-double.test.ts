import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDecimal } from '../lib/decimal.ts';
import { decimalsToDoubles, decimalToDouble } from './decimal-to-double.ts';

const scales = fc.integer({ min: 0, max: 30 });

it('is the double that the decimal’s text has, for every safe integer', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), scales, (integer, scale) => {
      expect(decimalToDouble(integer, scale)).toBe(Number(formatDecimal(integer, scale)));
    }),
  );
});

it('is that double for integers of any size', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n }), scales, (integer, scale) => {
      expect(decimalToDouble(integer, scale)).toBe(Number(formatDecimal(integer, scale)));
    }),
  );
});

it('keeps null as null', () => {
  expect(decimalToDouble(Number.NaN, 8)).toBeNaN();
});

it('does the same to whole columns, and leaves what lies around them alone', () => {
  const columns = fc.oneof(
    fc.array(fc.maxSafeInteger()).map((list) => Float64Array.from(list)),
    fc.array(fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n })),
  );
  fc.assert(
    fc.property(columns, scales, (integers, scale) => {
      const target = new Float64Array(integers.length + 2).fill(0.5);
      decimalsToDoubles(integers, { scale, count: integers.length, target, at: 1 });
      expect([...target]).toEqual([0.5, ...[...integers].map((integer) => decimalToDouble(integer, scale)), 0.5]);
    }),
  );
});
