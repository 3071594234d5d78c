/** Levels written `["61737.63000000","0.00014000"]`, comma-separated: the hottest loop of a venue that writes them so. */

import { RESULT } from './layout';
import { decimal, decimals, place } from './number';

const LIST_END: u32 = 0x5d;
/** Pieces of `["1.5","2"],["1.4","3"]]` as little-endian words. */
const OPEN: u32 = 0x225b;
const BETWEEN: u32 = 0x222c22;
const NEXT: u32 = 0x2c5d22;
const LAST: u32 = 0x5d5d22;

/**
 * Appends levels, from `at` on, behind the `[` of their list, to the columns `rows`, from row `from` on.
 *
 * @param end of the frame; so many bytes behind it as a number may have are readable
 * @returns the rows that are filled; their sign bit is set where the list has not ended: there is no room for the next one, or
 * it is written otherwise. `RESULT` (56) has the place behind the `]` that ends the list.
 */
export function readPairs(begin: u32, end: u32, side: u32, rows: u32, rowRoom: u32, from: u32): u32 {
  const sizes = rows + (rowRoom << 3);
  const orders = sizes + (rowRoom << 3);
  const sides = orders + (rowRoom << 2);
  const priceDecimals = sides + rowRoom;
  const sizeDecimals = priceDecimals + rowRoom;
  let at = begin;
  let row = from;
  if (load<u8>(at) == LIST_END) {
    store<u32>(RESULT, at + 1, 56);
    return row;
  }
  while (row < rowRoom && at < end) {
    if (load<u16>(at) != OPEN) break;
    const price = decimal(at + 2);
    const pricePlaces = decimals;
    if (price <= 0 || (load<u32>(place) & 0xffffff) != BETWEEN) break;
    const size = decimal(place + 3);
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
  // Where the room ends is not told from where the levels do: whoever asks knows the room.
  return (row == rowRoom ? rowRoom : from) | 0x80000000;
}
