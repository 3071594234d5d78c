/** Times from ASCII digits, exactly as the wires' general readers take them, in microseconds since the epoch. */

import { NO_NUMBER, sixteenDigits } from './number';

/** From this year on no time is taken for one: tables by time end there. */
const YEAR_END: i32 = 2100;
const YEAR_EPOCH: i32 = 1970;
@inline
const US_END: f64 = 4102444800000000;

const POINT: u32 = 0x2e;
const DASH: u32 = 0x2d;
const COLON: u32 = 0x3a;
const ZULU: u32 = 0x5a;
const TEE: u32 = 0x54;
const ZERO: u32 = 0x30;
@inline
const MICROS: f64 = 1000000;
const FRACTION_DIGITS: u32 = 6;
const FRACTION_DIGITS_MAX: u32 = 9;

/** Where the last time ended. */
export let timeEnd: u32 = 0;

/** The places of the digits within the first sixteen bytes of `2026-08-24T22:21:56`. */
const DIGIT_PLACES: u32 = 0b1101101101101111;

@inline
function digit(at: u32): u32 {
  return <u32>load<u8>(at) - ZERO;
}

@inline
function two(at: u32): u32 {
  return digit(at) * 10 + digit(at + 1);
}

/** `1534614248.123456`: ten digits of seconds and six of their fraction. @returns `NO_NUMBER` for anything else */
export function epochSeconds(at: u32): f64 {
  const front = v128.load(at);
  const back = v128.load(at, 1);
  // Without the point they are the microseconds.
  const bytes = v128.shuffle<u8>(front, back, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 26, 27, 28, 29, 30, 31);
  const digits = i8x16.sub(bytes, i8x16.splat(0x30));
  timeEnd = at + 17;
  const us = <f64>sixteenDigits(digits);
  if (!i8x16.all_true(i8x16.lt_u(digits, i8x16.splat(10))) || load<u8>(at, 10) != POINT) return NO_NUMBER;
  return us < US_END ? us : NO_NUMBER;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
@inline
function daysOf(year: i32, month: i32, day: i32): i32 {
  const shifted = month <= 2 ? year - 1 : year;
  const era = shifted / 400;
  const yearOfEra = shifted - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

@inline
function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/**
 * `2026-08-24T22:21:56.724795Z`, with up to nine digits of a second's fraction or none; those beyond the microsecond are cut.
 * @returns `NO_NUMBER` for anything else
 */
export function rfc3339(at: u32): f64 {
  const areDigits = i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(0x30)), i8x16.splat(10));
  if ((<u32>i8x16.bitmask(areDigits) & DIGIT_PLACES) != DIGIT_PLACES) return NO_NUMBER;
  if (digit(at + 17) > 9 || digit(at + 18) > 9) return NO_NUMBER;
  const year = two(at) * 100 + two(at + 2);
  const month = two(at + 5);
  const day = two(at + 8);
  const hour = two(at + 11);
  const minute = two(at + 14);
  const second = two(at + 17);
  if (load<u8>(at, 4) != DASH || load<u8>(at, 7) != DASH || load<u8>(at, 10) != TEE) return NO_NUMBER;
  if (load<u8>(at, 13) != COLON || load<u8>(at, 16) != COLON) return NO_NUMBER;
  if (<i32>year < YEAR_EPOCH || <i32>year >= YEAR_END || month - 1 > 11 || day == 0) return NO_NUMBER;
  if (<i32>day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) return NO_NUMBER;
  const days = daysOf(year, month, day);
  const seconds = <f64>days * 86400 + <f64>(hour * 3600 + minute * 60 + second);
  let end = at + 19;
  let fraction: u32 = 0;
  if (load<u8>(end) == POINT) {
    let count: u32 = 0;
    for (end++; count < FRACTION_DIGITS_MAX; count++, end++) {
      const value = digit(end);
      if (value > 9) break;
      if (count < FRACTION_DIGITS) fraction = fraction * 10 + value;
    }
    if (count == 0) return NO_NUMBER;
    for (; count < FRACTION_DIGITS; count++) fraction *= 10;
  }
  if (load<u8>(end) != ZULU) return NO_NUMBER;
  timeEnd = end + 1;
  return seconds * MICROS + <f64>fraction;
}
