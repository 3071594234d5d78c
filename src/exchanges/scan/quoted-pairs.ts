/**
 * Levels written `["61737.63000000","0.00014000"]`, comma-separated: the hottest loop of a venue that writes them so.
 *
 * A number of one to seven digits before the point and eight behind it is read in one straight run of operations with a
 * single decision at its end; any other goes to `readDecimal`. These steps stand here twice, for price and for size: as a
 * function the compiler does not copy them into the loop, and a level then takes 1.7 times as long; as a loop of two turns
 * 1.35 times.
 */

import type { LevelBuffer } from '../../book/level-buffer.ts';
import { addFloats } from '../../lib/float.ts';
import { bitsBefore, fourDigits, INT_POWERS, NONE, number, othersIn, readDecimal, ZEROS } from './digits.ts';

const QUOTE = 0x22;
const POINT = 0x2e;
const LIST_END = 0x5d;

/** Pieces of `["1.5","2"],["1.4","3"]]` as little-endian words. */
const OPEN = 0x225b;
const BETWEEN = 0x222c22;
const NEXT = 0x2c5d22;
const LAST = 0x5d5d22;

/**
 * Appends the levels from `from` on, behind the `[` of their list, to `levels`.
 * @param end of the frame; bytes behind it are readable, and may be looked at
 * @returns the place behind the `]` that ends the list; `NONE` where anything is of another shape
 */
export function readQuotedPairs(view: DataView, from: number, end: number, side: number, levels: LevelBuffer): number {
  let at = from;
  if (at < end && view.getUint8(at) === LIST_END) return at + 1;
  let row = levels.count;
  let { side: sides, price: prices, priceDecimals, size: sizes, sizeDecimals, orders } = levels;
  while (at < end) {
    if (row === sides.length) {
      levels.reserve(row + 1);
      ({ side: sides, price: prices, priceDecimals, size: sizes, sizeDecimals, orders } = levels);
    }

    if (view.getUint16(at, true) !== OPEN) return NONE;
    at += 2;
    let place = at;
    let word = view.getInt32(place, true);
    let digits = (word - ZEROS) | 0;
    let others = othersIn(word, digits);
    let first = digits & 0xff;
    let whole = 0;
    if (others === 0) {
      whole = fourDigits(digits);
      place += 4;
      word = view.getInt32(place, true);
      digits = (word - ZEROS) | 0;
      others = othersIn(word, digits);
    }
    let bits = bitsBefore(others);
    if (bits > 0) whole = (Math.imul(whole, INT_POWERS[bits >> 3] as number) + fourDigits(digits << (32 - bits))) | 0;
    place += bits >> 3;
    let one = view.getInt32(place + 1, true);
    let two = view.getInt32(place + 5, true);
    let oneDigits = (one - ZEROS) | 0;
    let twoDigits = (two - ZEROS) | 0;
    if (
      others !== 0 &&
      (othersIn(one, oneDigits) | othersIn(two, twoDigits)) === 0 &&
      ((word >>> bits) & 0xff) === POINT &&
      view.getUint8(place + 9) === QUOTE &&
      place > at &&
      (first !== 0 || place === at + 1)
    ) {
      prices[row] = addFloats(whole * 1e8, (Math.imul(fourDigits(oneDigits), 10_000) + fourDigits(twoDigits)) | 0);
      priceDecimals[row] = 8;
      at = place + 9;
    } else {
      at = readDecimal(view, at);
      if (at === NONE) return NONE;
      prices[row] = number.mantissa[0] as number;
      priceDecimals[row] = number.decimals[0] as number;
    }
    if (prices[row] === 0) return NONE;

    if ((view.getInt32(at, true) & 0xffffff) !== BETWEEN) return NONE;
    at += 3;
    place = at;
    word = view.getInt32(place, true);
    digits = (word - ZEROS) | 0;
    others = othersIn(word, digits);
    first = digits & 0xff;
    whole = 0;
    if (others === 0) {
      whole = fourDigits(digits);
      place += 4;
      word = view.getInt32(place, true);
      digits = (word - ZEROS) | 0;
      others = othersIn(word, digits);
    }
    bits = bitsBefore(others);
    if (bits > 0) whole = (Math.imul(whole, INT_POWERS[bits >> 3] as number) + fourDigits(digits << (32 - bits))) | 0;
    place += bits >> 3;
    one = view.getInt32(place + 1, true);
    two = view.getInt32(place + 5, true);
    oneDigits = (one - ZEROS) | 0;
    twoDigits = (two - ZEROS) | 0;
    if (
      others !== 0 &&
      (othersIn(one, oneDigits) | othersIn(two, twoDigits)) === 0 &&
      ((word >>> bits) & 0xff) === POINT &&
      view.getUint8(place + 9) === QUOTE &&
      place > at &&
      (first !== 0 || place === at + 1)
    ) {
      sizes[row] = addFloats(whole * 1e8, (Math.imul(fourDigits(oneDigits), 10_000) + fourDigits(twoDigits)) | 0);
      sizeDecimals[row] = 8;
      at = place + 9;
    } else {
      at = readDecimal(view, at);
      if (at === NONE) return NONE;
      sizes[row] = number.mantissa[0] as number;
      sizeDecimals[row] = number.decimals[0] as number;
    }

    sides[row] = side;
    orders[row] = -1;
    row++;
    const close = view.getInt32(at, true) & 0xffffff;
    at += 3;
    if (close === NEXT) continue;
    levels.count = row;
    return close === LAST && at <= end ? at : NONE;
  }
  return NONE;
}
