import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDecimal } from '../lib/decimal.ts';
import { decimalToDouble } from './decimal-to-double.ts';

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
