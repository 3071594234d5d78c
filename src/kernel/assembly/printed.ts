/**
 * Numbers as JavaScript prints them (https://tc39.es/ecma262/#sec-numeric-types-number-tostring), from their digits: without
 * idle zeros, and below 1e-6 with an exponent.
 */

import { SAFE_MAX } from './layout';
import { allocate } from './memory';

const ZERO: u32 = 0x30;
const POINT: u32 = 0x2e;
const MINUS: u32 = 0x2d;
const E: u32 = 0x65;
const DIGITS: u32 = 16;
/** A double tells so many digits apart from all others; of more, the nearest double's own may be others. */
const DIGITS_SURE: u32 = 15;
/** So many zeros behind the point are written out; where there are more, there is an exponent. */
const ZEROS_MAX: i32 = 5;
/** Bytes of the longest text: sixteen digits, a point, and zeros or an exponent. */
export const TEXT_MAX: u32 = 32;

/** Sixteen digits; 0 until they are needed. */
let digits: u32 = 0;

/**
 * Writes a number of `scale` decimals.
 * @param mantissa from 1
 * @returns where the text ends; 0 where the number has more digits than are sure
 */
export function writePrinted(at: u32, mantissa: f64, scale: i32): u32 {
  if (mantissa > SAFE_MAX) return 0;
  if (digits == 0) digits = allocate(DIGITS);
  const value = <u64>mantissa;
  const high = <u32>(value / 100000000);
  writeEight(digits, high);
  writeEight(digits + 8, <u32>(value - <u64>high * 100000000));
  let first: u32 = 0;
  while (load<u8>(digits + first) == ZERO) first++;
  let end = DIGITS;
  let decimals = scale;
  while (decimals > 0 && load<u8>(digits + end - 1) == ZERO) {
    end--;
    decimals--;
  }
  const count = end - first;
  if (count > DIGITS_SURE) return 0;
  // Digits in front of the point; below zero: zeros behind it.
  const whole = <i32>count - decimals;
  if (whole > 0) {
    const behind = copy(at, first, whole);
    if (decimals == 0) return behind;
    store<u8>(behind, POINT);
    return copy(behind + 1, first + whole, decimals);
  }
  if (whole >= -ZEROS_MAX) {
    store<u8>(at, ZERO);
    store<u8>(at, POINT, 1);
    for (let zero = 0; zero < -whole; zero++) store<u8>(at + zero, ZERO, 2);
    return copy(at + 2 - whole, first, count);
  }
  let behind = copy(at, first, 1);
  if (count > 1) {
    store<u8>(behind, POINT);
    behind = copy(behind + 1, first + 1, count - 1);
  }
  store<u8>(behind, E);
  store<u8>(behind, MINUS, 1);
  const exponent = <u32>(1 - whole);
  if (exponent < 10) {
    store<u8>(behind, ZERO + exponent, 2);
    return behind + 3;
  }
  store<u8>(behind, ZERO + exponent / 10, 2);
  store<u8>(behind, ZERO + (exponent % 10), 3);
  return behind + 4;
}

function copy(to: u32, from: u32, count: u32): u32 {
  for (let index: u32 = 0; index < count; index++) store<u8>(to + index, load<u8>(digits + from + index));
  return to + count;
}

function writeEight(at: u32, value: u32): void {
  let rest = value;
  for (let place = 7; place >= 0; place--) {
    const front = rest / 10;
    store<u8>(at + place, ZERO + rest - front * 10);
    rest = front;
  }
}
