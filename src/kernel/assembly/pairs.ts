/**
 * Levels written `["61737.63000000","0.00014000"]`, comma-separated: the hottest loop of a venue that writes them so.
 *
 * A number of one to seven digits before the point and one to eight behind it is read in one straight run of operations with a
 * single decision at its end. Whatever is written otherwise is for the caller to read.
 */

import { bitsBefore, eightDigits, numberOf, othersIn } from './digits';
import { POWERS, RESULT, SAFE_MAX } from './layout';

const POINT: u32 = 0x2e;
const LIST_END: u32 = 0x5d;
/** Pieces of `["1.5","2"],["1.4","3"]]` as little-endian words. */
const OPEN: u32 = 0x225b;
const BETWEEN: u32 = 0x222c22;
const NEXT: u32 = 0x2c5d22;
const LAST: u32 = 0x5d5d22;

// Where the last number ended, and its decimals.
let place: u32 = 0;
let decimals: u32 = 0;
// Digits in front of its point.
let wholeDigits: u32 = 0;

/**
 * Reads a plain decimal without sign, exponent or idle zeros in front: up to seven digits, and up to eight behind a point.
 * @param guess digits in front of the point
 * @returns the digits as one integer; -1 where there is no such number. `place`, `decimals` and `wholeDigits` are set.
 */
@inline
function decimal(at: u32, guess: u32): f64 {
  const word = load<u64>(at);
  const others = othersIn(word);
  const bits = bitsBefore(others);
  const whole = numberOf(word, bits);
  // A right guess lets the processor go on with what follows before it has counted.
  let count = bits >> 3;
  if (load<u8>(at + guess) == POINT && (others & ((<u64>1 << (guess << 3)) - 1)) == 0) count = guess;
  wholeDigits = count;
  const isIdle = <u32>((word & 0xff) == 0x30) & <u32>(count > 1);
  const point = at + count;
  const tail = load<u64>(point, 1);
  const tailOthers = othersIn(tail);
  let bad = <u32>(others == 0) | <u32>(count == 0) | isIdle;
  if (load<u8>(point) == POINT) {
    let fraction: u64;
    let length: u32;
    if (tailOthers == 0) {
      fraction = eightDigits(tail - 0x3030303030303030);
      length = 8;
      bad |= <u32>((<u32>load<u8>(point, 9) - 0x30) < 10);
    } else {
      const tailBits = bitsBefore(tailOthers);
      fraction = numberOf(tail, tailBits);
      length = tailBits >> 3;
      bad |= <u32>(length == 0);
    }
    place = point + 1 + length;
    decimals = length;
    const value = <f64>whole * load<f64>(POWERS + (length << 3)) + <f64>fraction;
    return bad != 0 || value > SAFE_MAX ? -1 : value;
  }
  place = point;
  decimals = 0;
  return bad != 0 ? -1 : <f64>whole;
}

/**
 * Appends levels, from `at` on, behind the `[` of their list, to the columns `rows`, from row `from` on.
 *
 * @param end of the frame; so many bytes behind it as a number may have are readable
 * @returns the rows that are filled; their sign bit is set where the list has not ended. `RESULT` (56) has the place behind the
 * `]` that ends the list, or of the `[` of the first level that is written otherwise, or for which there is no room
 */
export function readPairs(begin: u32, end: u32, side: u32, rows: u32, rowRoom: u32, from: u32): u32 {
  const sizes = rows + (rowRoom << 3);
  const orders = sizes + (rowRoom << 3);
  const sides = orders + (rowRoom << 2);
  const priceDecimals = sides + rowRoom;
  const sizeDecimals = priceDecimals + rowRoom;
  let at = begin;
  let row = from;
  // The numbers of a list are of about the same length.
  let priceDigits: u32 = 5;
  let sizeDigits: u32 = 1;
  if (load<u8>(at) == LIST_END) {
    store<u32>(RESULT, at + 1, 56);
    return row;
  }
  while (row < rowRoom && at < end) {
    if (load<u16>(at) != OPEN) break;
    const price = decimal(at + 2, priceDigits);
    priceDigits = wholeDigits;
    const pricePlaces = decimals;
    if (price <= 0 || (load<u32>(place) & 0xffffff) != BETWEEN) break;
    const size = decimal(place + 3, sizeDigits);
    sizeDigits = wholeDigits;
    if (size < 0) break;
    const close = load<u32>(place) & 0xffffff;
    store<f64>(rows + (row << 3), price);
    store<f64>(sizes + (row << 3), size);
    store<i32>(orders + (row << 2), -1);
    store<u8>(sides + row, side);
    store<u8>(priceDecimals + row, pricePlaces);
    store<u8>(sizeDecimals + row, decimals);
    if (close == NEXT) {
      row++;
      at = place + 3;
      continue;
    }
    if (close != LAST || place + 3 > end) break;
    store<u32>(RESULT, place + 3, 56);
    return row + 1;
  }
  store<u32>(RESULT, at, 56);
  return row | 0x80000000;
}
