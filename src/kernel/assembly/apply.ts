/**
 * One whole message to one book: its numbers to the book's scales, its rows to the two ladders, the window, and the best
 * prices and sums behind it.
 */

import { BID, POWERS, RESULT, SAFE_MAX, WINDOW_EXIT } from './layout';
import { dropLast, first, isWornFrom, last, sum } from './ladder';
import { COUNT, HORIZON } from './ladder-fields';
import { TO_SIZE } from './leaf';
import { applyRow, applyRows } from './updates';

/** The message does not fit the book's scales: they must be widened first, or the book is to be wide. */
const NO_FIT: i32 = -1;

/**
 * Applies a message. Tells the best prices and sums (`tellTop`), the rows written (48), and whether a side is worn (52).
 *
 * @param limit levels per side that the venue's window holds; 0: no window
 * @returns removals of levels that were not held; -1: the message does not fit the scales, and nothing was done
 */
export function apply(
  bids: u32,
  asks: u32,
  rows: u32,
  rowRoom: u32,
  count: u32,
  scratch: u32,
  room: u32,
  priceScale: i32,
  sizeScale: i32,
  limit: i32,
): i32 {
  if (!scale(rows, rowRoom, count, scratch, room, priceScale, sizeScale)) return NO_FIT;
  const sides = rows + 20 * rowRoom;
  let unknown: u32 = 0;
  let from: u32 = 0;
  let touched: u32 = 0;
  store<u32>(RESULT, 0, 48);
  while (from < count) {
    const side = <i32>load<u8>(sides + from);
    let to = from + 1;
    while (to < count && <i32>load<u8>(sides + to) == side) to++;
    const ladder = side == BID ? bids : asks;
    touched |= 1 << side;
    unknown +=
      to - from == 1
        ? applyRow(ladder, side, rows, rowRoom, scratch, room, from)
        : applyRows(ladder, side, rows, rowRoom, scratch, room, from, to, load<u32>(RESULT, 48));
    from = to;
  }
  if (limit > 0) {
    // What has not been touched is as it was cut before.
    if ((touched & 1) != 0) cut(bids, 0, limit, scratch, room);
    if ((touched & 2) != 0) cut(asks, 1, limit, scratch, room);
  }
  tellTop(bids, asks);
  return unknown;
}

/** Best bid, its size, best ask, its size, sum of the bids, sum of the asks, from `RESULT` on; NaN on an empty side. */
export function tellTop(bids: u32, asks: u32): void {
  const bid = first(bids);
  const ask = first(asks);
  store<f64>(RESULT, bid == 0 ? NaN : load<f64>(bid), 0);
  store<f64>(RESULT, bid == 0 ? NaN : load<f64>(bid, TO_SIZE), 8);
  store<f64>(RESULT, ask == 0 ? NaN : -load<f64>(ask), 16);
  store<f64>(RESULT, ask == 0 ? NaN : load<f64>(ask, TO_SIZE), 24);
  store<f64>(RESULT, sum(bids), 32);
  store<f64>(RESULT, sum(asks), 40);
  store<u32>(RESULT, isWornFrom(bids, bid) || isWornFrom(asks, ask) ? 1 : 0, 52);
}

/**
 * Cuts a side to the venue's window, with a row for each level that leaves it, and says down to where the side is known: a
 * full window to its worst level.
 */
function cut(ladder: u32, side: u32, limit: i32, scratch: u32, room: u32): void {
  let out = load<u32>(RESULT, 48);
  while (load<i32>(ladder, COUNT) > limit) {
    const slot = last(ladder);
    const key = load<f64>(slot);
    const size = load<f64>(slot, TO_SIZE);
    dropLast(ladder, slot);
    const at = scratch + (room << 4) + (out << 3);
    store<f64>(at, Math.abs(key));
    store<f64>(at + (room << 3), 0);
    store<f64>(at + (room << 4), -size);
    const orders = scratch + 40 * room;
    store<i32>(orders + (out << 2), -1);
    store<u8>(orders + (room << 2) + out, side);
    store<u8>(orders + 5 * room + out, WINDOW_EXIT);
    out++;
  }
  store<u32>(RESULT, out, 48);
  if (load<i32>(ladder, COUNT) >= limit) store<f64>(ladder, load<f64>(last(ladder)), HORIZON);
}

/**
 * Fills the scaled columns of `scratch` with the message's numbers at the book's scales.
 * @returns false where one of them does not fit
 */
export function scale(
  rows: u32,
  rowRoom: u32,
  count: u32,
  scratch: u32,
  room: u32,
  priceScale: i32,
  sizeScale: i32,
): bool {
  const decimals = rows + 21 * rowRoom;
  const prices = scaleColumn(rows, decimals, count, scratch, priceScale);
  const sizes = scaleColumn(rows + (rowRoom << 3), decimals + rowRoom, count, scratch + (room << 3), sizeScale);
  return prices && sizes;
}

/**
 * Tells the scales at which no digit of a message would be lost: of prices (56) and of sizes (60), which are those given or finer ones.
 */
export function tellScales(rows: u32, rowRoom: u32, count: u32, priceScale: i32, sizeScale: i32): void {
  const decimals = rows + 21 * rowRoom;
  store<i32>(RESULT, scaleNeeded(rows, decimals, count, priceScale), 56);
  store<i32>(RESULT, scaleNeeded(rows + (rowRoom << 3), decimals + rowRoom, count, sizeScale), 60);
}

function scaleNeeded(from: u32, decimals: u32, count: u32, scale: i32): i32 {
  let needed = scale;
  for (let row: u32 = 0; row < count; row++) {
    let places = <i32>load<u8>(decimals + row);
    if (places <= needed) continue;
    const mantissa = load<f64>(from + (row << 3));
    if (!isNaN(rescaled(mantissa, places - needed))) continue;
    while (!isNaN(rescaled(mantissa, <i32>load<u8>(decimals + row) - places + 1))) places--;
    needed = places;
  }
  return needed;
}

function scaleColumn(from: u32, decimals: u32, count: u32, to: u32, scale: i32): bool {
  const surplus = <i32>load<u8>(decimals) - scale;
  if (surplus > 0 && surplus <= 22 && areAll(decimals, count, load<u8>(decimals))) {
    // As most venues write: two at a time.
    const factor = f64x2.splat(load<f64>(POWERS + (surplus << 3)));
    // A quotient that is exact is below 2^50, so that the nearest whole number to this product is it.
    const inverse = f64x2.splat(1 / load<f64>(POWERS + (surplus << 3)));
    const most = f64x2.splat(SAFE_MAX);
    let fits = i64x2.splat(-1);
    let at: u32 = 0;
    for (const end = (count & ~1) << 3; at < end; at += 16) {
      const mantissas = v128.load(from + at);
      const quotients = f64x2.nearest(f64x2.mul(mantissas, inverse));
      fits = v128.and(fits, v128.and(f64x2.eq(f64x2.mul(quotients, factor), mantissas), f64x2.le(mantissas, most)));
      v128.store(to + at, quotients);
    }
    if (i64x2.all_true(fits)) {
      if ((count & 1) == 0) return true;
      const quotient = rescaled(load<f64>(from + at), surplus);
      store<f64>(to + at, quotient);
      return quotient <= SAFE_MAX;
    }
  }
  let fits = 1;
  for (let row: u32 = 0; row < count; row++) {
    const scaled = rescaled(load<f64>(from + (row << 3)), <i32>load<u8>(decimals + row) - scale);
    store<f64>(to + (row << 3), scaled);
    // None is ever below zero: NaN says that it does not fit.
    fits &= <i32>(scaled <= SAFE_MAX);
  }
  return fits != 0;
}

/** Whether so many bytes are all the same one. */
@inline
function areAll(at: u32, count: u32, byte: u8): bool {
  let others: u64 = 0;
  const all: u64 = 0x0101010101010101 * <u64>byte;
  let index: u32 = 0;
  for (; index + 8 <= count; index += 8) others |= load<u64>(at + index) ^ all;
  for (; index < count; index++) others |= <u64>(load<u8>(at + index) ^ byte);
  return others == 0;
}

/** The mantissa with so many decimals less, which are zeros, or with more where it is negative; NaN where they are no zeros. */
@inline
function rescaled(mantissa: f64, surplus: i32): f64 {
  if (surplus == 0) return mantissa;
  if (surplus < 0) return surplus < -22 ? NaN : mantissa * load<f64>(POWERS + ((-surplus) << 3));
  if (surplus > 22) return NaN;
  const factor = load<f64>(POWERS + (surplus << 3));
  if (mantissa > SAFE_MAX) return shortened(mantissa, surplus, factor);
  // An exact quotient is a whole number and leads back to the mantissa.
  const quotient = Math.floor(mantissa / factor);
  return quotient * factor == mantissa ? quotient : NaN;
}

/** As `rescaled`, beyond 2^53, where a quotient may lead back to the mantissa by rounding. */
function shortened(mantissa: f64, surplus: i32, factor: f64): f64 {
  // As integers of 64 bits.
  if (mantissa >= 9223372036854775808.0 || surplus > 18) return NaN;
  const quotient = <i64>mantissa / <i64>factor;
  return quotient * <i64>factor == <i64>mantissa ? <f64>quotient : NaN;
}
