import { POWERS_OF_TEN } from '../lib/decimal.ts';

/**
 * The double nearest to `integer x 10^-scale`: the same double that a parser makes of the decimal's text.
 *
 * For a number it is one division: an integer up to 2^53 and a power of ten up to 10^22 are both exact as doubles, and
 * IEEE 754 division rounds the exact quotient once (Clinger, "How to read floating point numbers accurately", 1990).
 * Multiplying with 10^-scale would not do: that factor is itself rounded. A bigint, or a larger scale, goes the slow
 * way through the text, which rounds once too.
 *
 * @param integer a safe integer, NaN (stays NaN) or any bigint
 */
export function decimalToDouble(integer: number | bigint, scale: number): number {
  const divisor = POWERS_OF_TEN[scale];
  if (typeof integer === 'number' && divisor !== undefined) return integer / divisor;
  return Number(`${integer}e-${scale}`);
}

/**
 * As `decimalToDouble`, for the first `count` of a column's integers, into `target` from `at` on: the divisor is looked
 * up once, and the loop is free of decisions.
 */
export function decimalsToDoubles(
  integers: Float64Array | readonly bigint[],
  { scale, count, target, at }: { scale: number; count: number; target: Float64Array; at: number },
): void {
  const divisor = POWERS_OF_TEN[scale];
  if (integers instanceof Float64Array && divisor !== undefined) {
    for (let i = 0; i < count; i++) target[at + i] = (integers[i] ?? Number.NaN) / divisor;
  } else {
    for (let i = 0; i < count; i++) target[at + i] = decimalToDouble(integers[i] ?? Number.NaN, scale);
  }
}
