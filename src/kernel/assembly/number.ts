/**
 * Exact numbers from ASCII digits, sixteen at a time and without a branch: the digits are moved to the end of a vector, with
 * the point between them left out, and added up pair by pair.
 */

import { BEFORE_POINT, DIGIT_PLACES } from './layout';

const POINT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const WIDTH: u32 = 16;
/** The place of no byte: a zero comes from there, also where it is less by one. (Relaxed, any place with its highest bit.) */
const NOWHERE: u32 = 0xf0;
/** Digits on either side of the point, at most. */
const DIGITS_MAX: u32 = 16;
/** What is below has room for one more digit behind it. */
const VALUE_END: u64 = 100000000000000000;
@inline
const SAFE_INTEGER: i64 = 9007199254740991;

/** What stands for no number: none is below zero. */
@inline
export const NO_NUMBER: f64 = -1;

/** Of the last number: where it ended, and how many decimals it has. */
export let place: u32 = 0;
export let decimals: u32 = 0;

/** Fills the tables in `DIGIT_PLACES` and `BEFORE_POINT`. */
export function prepareNumbers(): void {
  for (let index: u32 = 0; index < WIDTH; index++) {
    store<u8>(DIGIT_PLACES + index, NOWHERE);
    store<u8>(DIGIT_PLACES + WIDTH + index, index);
    store<i8>(BEFORE_POINT + index, -1);
    store<i8>(BEFORE_POINT + WIDTH + index, 0);
  }
}

/** Bits of the first sixteen bytes that are no digits, and one more behind them. */
@inline
function othersIn(digits: v128): u32 {
  // From 10 on the sum, which ends at 255, has its highest bit.
  return <u32>i8x16.bitmask(i8x16.add_sat_u(digits, i8x16.splat(118))) | 0x10000;
}

/**
 * The number of sixteen digits, each 0 to 9, the first in the lowest byte. Of other bytes it is any number. (Where a relaxed
 * product may differ between machines, one factor is beyond seven bits: neither digits nor weights are.)
 */
@inline
export function sixteenDigits(digits: v128): i64 {
  const weights = i8x16(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1);
  const twos = i16x8.relaxed_dot_i8x16_i7x16_s(digits, weights);
  const fours = i32x4.dot_i16x8_s(twos, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
  const eights = i32x4.dot_i16x8_s(
    i16x8.narrow_i32x4_s(fours, fours),
    i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1),
  );
  return <i64>i32x4.extract_lane(eights, 0) * 100000000 + <i64>i32x4.extract_lane(eights, 1);
}

/** Places of the bytes that are to stand at the end of a vector, of which so many are used. Those in front are `NOWHERE`. */
@inline
function placesOf(used: u32): v128 {
  return v128.load(DIGIT_PLACES + used);
}

/** A whole number without sign or idle zeros in front, below 2^53; `NO_NUMBER` for anything else. Sets `place`. */
@inline
export function integer(at: u32): f64 {
  const digits = i8x16.sub(v128.load(at), i8x16.splat(0x30));
  const length = ctz(othersIn(digits));
  const value = sixteenDigits(i8x16.relaxed_swizzle(digits, placesOf(length)));
  const isIdle = <u32>(load<u8>(at) == ZERO) & <u32>(length > 1);
  // A seventeenth digit is too much, unless it is idle.
  const isLonger = <u32>(length == WIDTH) & <u32>(<u32>load<u8>(at, WIDTH) - ZERO < 10);
  place = at + length;
  return isIdle | isLonger | <u32>(length == 0) | <u32>(value > SAFE_INTEGER) ? NO_NUMBER : <f64>value;
}

/**
 * A plain decimal without sign, exponent or idle zeros in front.
 * @returns its digits as one integer, which is a double without loss; `NO_NUMBER` where there is none. Sets `place` and `decimals`.
 */
@inline
export function decimal(at: u32): f64 {
  const digits = i8x16.sub(v128.load(at), i8x16.splat(0x30));
  const others = othersIn(digits);
  const whole = ctz(others);
  const isIdle = <u32>(load<u8>(at) == ZERO) & <u32>(whole > 1);
  if (load<u8>(at + whole) != POINT) {
    decimals = 0;
    return integer(at);
  }
  const length = ctz(others & (others - 1));
  if (length >= WIDTH) return longDecimal(at);
  place = at + length;
  decimals = length - whole - 1;
  // What stands in front of the point is moved by one place more.
  const places = i8x16.add(placesOf(length), v128.load(BEFORE_POINT + decimals));
  const value = sixteenDigits(i8x16.relaxed_swizzle(digits, places));
  return isIdle | <u32>(whole == 0) | <u32>(decimals == 0) | <u32>(value > SAFE_INTEGER) ? NO_NUMBER : <f64>value;
}

/** As `decimal`, for those of more than fifteen characters: also beyond 2^53, where the number is a double without loss. */
function longDecimal(from: u32): f64 {
  let at = from;
  let value: u64 = 0;
  while (<u32>load<u8>(at) - ZERO < 10 && at - from <= DIGITS_MAX) value = value * 10 + (<u64>load<u8>(at++) - ZERO);
  const wholeDigits = at - from;
  if (wholeDigits == 0 || wholeDigits > DIGITS_MAX || (load<u8>(from) == ZERO && wholeDigits > 1)) return NO_NUMBER;
  decimals = 0;
  if (load<u8>(at) == POINT) {
    const point = ++at;
    while (<u32>load<u8>(at) - ZERO < 10 && at - point <= DIGITS_MAX) {
      if (value >= VALUE_END) return NO_NUMBER;
      value = value * 10 + (<u64>load<u8>(at++) - ZERO);
    }
    decimals = at - point;
    if (decimals == 0 || decimals > DIGITS_MAX) return NO_NUMBER;
  }
  place = at;
  return value == <u64>(<f64>value) ? <f64>value : NO_NUMBER;
}
