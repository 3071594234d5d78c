/**
 * Exact numbers from ASCII digits, four at a time: four digits are one 32-bit word, and are checked and combined in a few
 * integer operations (after D. Lemire, "Quickly parsing eight digits", 2018; in words of 32 bits, which JavaScript has).
 *
 * A word is told from others by two sums: adding 0x46 to a byte sets its high bit where it is above `9`, subtracting 0x30
 * where it is below `0`. Carries go upwards, so that the lowest high bit is always in the first byte that is no digit.
 *
 * At most 24 bytes behind the first digit are looked at.
 */

import { POWERS_OF_TEN } from '../../lib/decimal.ts';
import { addFloats } from '../../lib/float.ts';

/** Result of the last `readDecimal` or `readInteger` that did not fail: the digits as one integer, at most 2^53 - 1. */
export const number = { mantissa: new Float64Array(1), decimals: new Int32Array(1) } as const;

/** What the readers return where there is no such number. */
export const NONE = -1;

const { mantissa, decimals } = number;
const POINT = 0x2e;
const ZERO = 0x30;
const DIGITS_MAX = 16;
const POWERS = Float64Array.from(POWERS_OF_TEN);
/** 10^0 to 10^9. */
export const INT_POWERS = Int32Array.from(POWERS_OF_TEN.slice(0, 10));

/** Takes the zero digit off each byte: digits become 0 to 9. */
export const ZEROS = 0x30303030;

/**
 * High bits of the bytes from the first that is no digit on; 0 where all four are digits.
 * @param digits the word less `ZEROS`
 */
export const othersIn = (word: number, digits: number): number => ((word + 0x46464646) | digits) & 0x80808080;

/** Eight times the number of digits in front of the first other byte. */
export const bitsBefore = (others: number): number => 24 - Math.clz32(others & (~others + 1));

/** The number of four digits, the first in the lowest byte, each byte 0 to 9. */
export const fourDigits = (digits: number): number =>
  Math.imul((Math.imul(digits, 0x0a01) >>> 8) & 0x00ff00ff, 0x640001) >>> 16;

const isDigit = (code: number): boolean => (code - ZERO) >>> 0 < 10;

/**
 * Reads a plain decimal without sign, exponent or idle zeros in front, such as `61737.63000000`.
 * @returns the place behind it; `NONE` where there is none, or one beyond 2^53
 */
export function readDecimal(view: DataView, from: number): number {
  // The whole part, up to seven digits; the byte behind it is in the last word.
  let at = from;
  let word = view.getInt32(at, true);
  let digits = (word - ZEROS) | 0;
  let others = othersIn(word, digits);
  const first = digits & 0xff;
  let whole = 0;
  if (others === 0) {
    whole = fourDigits(digits);
    at += 4;
    word = view.getInt32(at, true);
    digits = (word - ZEROS) | 0;
    others = othersIn(word, digits);
    if (others === 0) return readLong(view, from);
  }
  let bits = bitsBefore(others);
  if (bits !== 0) {
    const count = bits >> 3;
    whole = (Math.imul(whole, INT_POWERS[count] as number) + fourDigits(digits << (32 - bits))) | 0;
    at += count;
  } else if (at === from) {
    return NONE;
  }
  if (first === 0 && at - from > 1) return NONE;
  if (((word >>> bits) & 0xff) !== POINT) {
    mantissa[0] = whole;
    decimals[0] = 0;
    return at;
  }

  // The fraction, up to eight digits.
  at++;
  word = view.getInt32(at, true);
  digits = (word - ZEROS) | 0;
  others = othersIn(word, digits);
  let fraction = 0;
  let count = 0;
  if (others === 0) {
    fraction = fourDigits(digits);
    word = view.getInt32(at + 4, true);
    digits = (word - ZEROS) | 0;
    others = othersIn(word, digits);
    if (others === 0) {
      if (isDigit(view.getUint8(at + 8))) return readLong(view, from);
      fraction = (Math.imul(fraction, 10_000) + fourDigits(digits)) | 0;
      mantissa[0] = addFloats(whole * 1e8, fraction);
      decimals[0] = 8;
      return at + 8;
    }
    count = 4;
  }
  bits = bitsBefore(others);
  if (bits !== 0) {
    const rest = bits >> 3;
    fraction = (Math.imul(fraction, INT_POWERS[rest] as number) + fourDigits(digits << (32 - bits))) | 0;
    count += rest;
  } else if (count === 0) {
    return NONE;
  }
  mantissa[0] = addFloats(whole * (POWERS[count] as number), fraction);
  decimals[0] = count;
  return at + count;
}

/** As `readDecimal`, for whole numbers: a point behind it is not read. */
export function readInteger(view: DataView, from: number): number {
  let at = from;
  let word = view.getInt32(at, true);
  let digits = (word - ZEROS) | 0;
  let others = othersIn(word, digits);
  const first = digits & 0xff;
  // The first eight digits, and the next eight.
  let front = 0;
  let back = 0;
  while (others === 0) {
    if (at - from < 8) front = (Math.imul(front, 10_000) + fourDigits(digits)) | 0;
    else if (at - from < DIGITS_MAX) back = (Math.imul(back, 10_000) + fourDigits(digits)) | 0;
    else return NONE;
    at += 4;
    word = view.getInt32(at, true);
    digits = (word - ZEROS) | 0;
    others = othersIn(word, digits);
  }
  const bits = bitsBefore(others);
  const count = bits >> 3;
  const whole = at - from;
  if (count > 0) {
    const rest = fourDigits(digits << (32 - bits));
    if (whole < 8) front = (Math.imul(front, INT_POWERS[count] as number) + rest) | 0;
    else if (whole < DIGITS_MAX) back = (Math.imul(back, INT_POWERS[count] as number) + rest) | 0;
    else return NONE;
    at += count;
  }
  const length = at - from;
  if (length === 0 || (first === 0 && length > 1)) return NONE;
  decimals[0] = 0;
  if (length <= 8) {
    mantissa[0] = front;
    return at;
  }
  const value = addFloats(front * (POWERS[length - 8] as number), back);
  mantissa[0] = value;
  return value <= Number.MAX_SAFE_INTEGER ? at : NONE;
}

/** The rare long ones: up to 16 digits on either side of the point. */
function readLong(view: DataView, from: number): number {
  let at = readInteger(view, from);
  if (at === NONE || view.getUint8(at) !== POINT) return at;
  const whole = mantissa[0] as number;
  const point = ++at;
  at = readRun(view, point);
  const count = at - point;
  if (count === 0 || count > DIGITS_MAX) return NONE;
  const value = whole * (POWERS[count] as number) + (mantissa[0] as number);
  if (value > Number.MAX_SAFE_INTEGER) return NONE;
  mantissa[0] = value;
  decimals[0] = count;
  return at;
}

/** A run of digits into `mantissa`, exact up to 2^53. @returns the place behind it, or at least 17 digits on */
function readRun(view: DataView, from: number): number {
  let at = from;
  let value = 0;
  for (;;) {
    const word = view.getInt32(at, true);
    const digits = (word - ZEROS) | 0;
    const others = othersIn(word, digits);
    if (others !== 0) {
      const bits = bitsBefore(others);
      const count = bits >> 3;
      if (count > 0) value = value * (POWERS[count] as number) + fourDigits(digits << (32 - bits));
      mantissa[0] = value;
      return at + count;
    }
    value = value * 10_000 + fourDigits(digits);
    at += 4;
    if (at - from > DIGITS_MAX) {
      mantissa[0] = value;
      return at;
    }
  }
}
