/**
 * What the rows of a message do to a ladder, in passes over so many of them at a time: where each row's level is or would be,
 * the levels themselves, what was known of them below the horizon, and the changes that are told.
 *
 * Of ten rows of a busy market four are new levels, four take one out, and two change a size, in no order that the processor
 * could foresee, and a wrong guess costs it more than all else. So all of them take the same steps: a new level is given the
 * first free place of its leaf, one that goes is overwritten with no level, and a row is written for every one of them, which the
 * next overwrites where nothing has changed. What is rare has branches. The passes are short so that the processor sees several
 * rows at once, and goes on with others where one waits for memory.
 */

import { blockAt, blockOf, splitLeaf } from './directory';
import { bucketOf, hintsOf, leafCounted, makeHints, STEP, STEPS_MAX, stepsFrom } from './hints';
import { addToSum, layOutSparse, rememberEmpty, SEEN_MAX, touch } from './ladder';
import {
  BLOCKS,
  COUNT,
  DIGITS,
  GREATEST,
  HEADS,
  HORIZON,
  LEAST,
  LEAVES,
  ORIGIN,
  REMEMBERS,
  SEEN,
  SHIFT,
  STEPS,
  WATCHED,
} from './ladder-fields';
import { ABSENT, BID, FIRST_SIGHT, KNOWN, PLAN, RESULT, SAFE_MAX } from './layout';
import { digitsAt, empty, FREE, placesOf, TO_SIZE } from './leaf';
import { seenHas, seenRoom, slotOf } from './seen';

/** Rows of a plan. One more may be written behind them. */
const ROWS_MAX: u32 = 120;
/** Columns of a plan, in bytes from the first: keys, new sizes, sizes held, blocks, and the bit of the place that holds the key. */
const SIZES: u32 = 1024;
const HELD: u32 = 2048;
const BLOCK: u32 = 3072;
const PLACE: u32 = 3076;
/** Of rows below the horizon, in the place of their blocks, which are not needed then. */
const KIND: u32 = BLOCK;

/**
 * Applies rows `from` to `to` (excluded) of a message, all of one side, and writes a row for each level whose size changed.
 * Venues list levels in order, best first. Where they do not, plans are shorter: no level may be in one of them twice.
 *
 * @param rows the message's columns, `rowRoom` rows long: price, size, orders, side, price's decimals, size's decimals
 * @param scratch the columns of `ChangeBuffer`, `room` rows long
 * @param before rows written before
 * `RESULT` (48) has the rows written, those before included.
 * @returns removals of levels that were not held
 */
export function applyRows(
  ladder: u32,
  side: i32,
  rows: u32,
  rowRoom: u32,
  scratch: u32,
  room: u32,
  from: u32,
  to: u32,
  before: u32,
): u32 {
  const sign: f64 = side == BID ? 1.0 : -1.0;
  const orders = rows + (rowRoom << 4);
  const priceDecimals = rows + 21 * rowRoom;
  store<u32>(RESULT, before, 48);
  let unknown: u32 = 0;
  let begin = from;
  while (begin < to) {
    const planned = plan(ladder, sign, scratch + (begin << 3), room, min<u32>(to - begin, ROWS_MAX));
    settle(ladder, planned, priceDecimals + begin, rowRoom);
    look(ladder, planned);
    tell(side, planned, orders + (begin << 2), scratch, room, load<f64>(ladder, HORIZON));
    unknown += count(ladder, planned);
    begin += planned;
  }
  layOutSparse(ladder);
  return unknown;
}

/**
 * As `applyRows` of one row, without passes: they are not worth their while for one, and most messages of some venues have no more of
 * a side. Goes on behind the rows that `RESULT` (48) has.
 */
export function applyRow(ladder: u32, side: i32, rows: u32, rowRoom: u32, scratch: u32, room: u32, row: u32): u32 {
  if (load<u32>(ladder, STEPS) >= STEPS_MAX) makeHints(ladder);
  const scaled = scratch + (row << 3);
  const column = room << 3;
  const price = load<f64>(scaled);
  const key = side == BID ? price : -price;
  const keys = f64x2.splat(key);
  const size = load<f64>(scaled + column);
  let block = blockAt(ladder, leafCounted(ladder, keys));
  const place = placesOf(block, keys);
  let slot = block + (ctz(place) << 3);
  const held: f64 = place == 0 ? 0 : load<f64>(slot, TO_SIZE);
  touch(ladder, key);
  const kind = key < load<f64>(ladder, HORIZON) ? kindOf(ladder, key, size, held) : KNOWN;
  if (size == 0) {
    if (place == 0) return 1;
    empty(block, slot);
    store<i32>(ladder, load<i32>(ladder, COUNT) - 1, COUNT);
  } else {
    if (place == 0) {
      let free = <u32>load<u16>(block, FREE);
      if (free == 0) {
        splitLeaf(ladder, block);
        block = blockOf(ladder, key);
        free = <u32>load<u16>(block, FREE);
      }
      slot = block + (ctz(free) << 3);
      store<f64>(slot, key);
      store<u16>(block, <u16>(free & (free - 1)), FREE);
      store<i32>(ladder, load<i32>(ladder, COUNT) + 1, COUNT);
    }
    store<f64>(slot, size, TO_SIZE);
    if (load<u32>(ladder, DIGITS) != 0) {
      const decimals = rows + 21 * rowRoom + row;
      store<u16>(digitsAt(block, slot), ((<u32>load<u8>(decimals)) << 8) | <u32>load<u8>(decimals + rowRoom));
    }
  }
  addToSum(ladder, <i64>size - <i64>held);
  const out = load<u32>(RESULT, 48);
  const told = scratch + (column << 1) + (out << 3);
  store<f64>(told, price);
  store<f64>(told + column, size);
  store<f64>(told + column + column, size - held);
  if (<u32>(size > SAFE_MAX) | <u32>(held > SAFE_MAX)) {
    store<f64>(told + column + column, NaN);
    store<f64>(scratch + (out << 3), held);
  }
  const changedOrders = scratch + 5 * column;
  const sides = changedOrders + (room << 2);
  store<i32>(changedOrders + (out << 2), load<i32>(rows + (rowRoom << 4) + (row << 2)));
  store<u8>(sides + out, side);
  store<u8>(sides + room + out, kind);
  store<u32>(RESULT, out + <u32>(size != held), 48);
  if (size == 0) layOutSparse(ladder);
  return 0;
}

/**
 * Finds the places of rows for as long as they are in order, best first.
 * @returns their number: one at least
 */
function plan(ladder: u32, sign: f64, prices: u32, room: u32, most: u32): u32 {
  if (load<u32>(ladder, STEPS) >= STEPS_MAX) makeHints(ladder);
  const heads = load<u32>(ladder, HEADS);
  const blocks = load<u32>(ladder, BLOCKS);
  const hints = hintsOf(ladder);
  const origin = v128.load64_splat(ladder, ORIGIN);
  const least = v128.load64_splat(ladder, LEAST);
  const greatest = v128.load64_splat(ladder, GREATEST);
  const shift = load<u32>(ladder, SHIFT);
  let steps: u32 = 0;
  let last = Infinity;
  let price = prices;
  let end = PLAN;
  for (const full = PLAN + (most << 3); end < full; end += 8) {
    const key = load<f64>(price) * sign;
    if (key >= last) break;
    last = key;
    const keys = f64x2.splat(key);
    const bucket = bucketOf(origin, least, greatest, shift, keys);
    let leaf = <u32>load<u16>(hints + (bucket << 1));
    let more = stepsFrom(heads + (leaf << 3), keys);
    while (more == STEP) {
      leaf += STEP;
      steps++;
      more = stepsFrom(heads + (leaf << 3), keys);
    }
    store<f64>(end, key);
    store<u64>(end, load<u64>(price + (room << 3)), SIZES);
    store<u32>(end, load<u32>(blocks + ((leaf + more) << 2)), BLOCK);
    price += 8;
  }
  if (steps != 0) store<u32>(ladder, load<u32>(ladder, STEPS) + steps, STEPS);
  for (let at = PLAN; at < end; at += 8) {
    const block = load<u32>(at, BLOCK);
    const place = placesOf(block, v128.load64_splat(at));
    const held = load<u64>(block + ((ctz(place) & 15) << 3), TO_SIZE);
    store<u64>(at, select<u64>(held, 0, place != 0), HELD);
    store<u32>(at, place, PLACE);
  }
  return (end - PLAN) >> 3;
}

/** Gives the planned levels their sizes, and where they are kept, the decimals that stand from `priceDecimals` on. */
function settle(ladder: u32, planned: u32, priceDecimals: u32, toSizeDecimals: u32): void {
  const keepsDigits = load<u32>(ladder, DIGITS) != 0;
  const watched = load<f64>(ladder, WATCHED);
  for (let at = PLAN, end = PLAN + (planned << 3); at < end && load<f64>(at) >= watched; at += 8) {
    touch(ladder, load<f64>(at));
  }
  /** A leaf that has been split since places were found in it. */
  let split: u32 = 0;
  for (let at = PLAN, end = PLAN + (planned << 3); at < end; at += 8) {
    const key = load<u64>(at);
    const size = load<u64>(at, SIZES);
    let block = load<u32>(at, BLOCK);
    let place = load<u32>(at, PLACE);
    if (block == split) {
      block = blockOf(ladder, reinterpret<f64>(key));
      place = placesOf(block, f64x2.splat(reinterpret<f64>(key)));
    }
    let free = <u32>load<u16>(block, FREE);
    place = select<u32>(place, free & -free, place != 0);
    if (place == 0) {
      if (size == 0) continue;
      split = load<u32>(at, BLOCK);
      splitLeaf(ladder, block);
      block = blockOf(ladder, reinterpret<f64>(key));
      free = <u32>load<u16>(block, FREE);
      place = free & -free;
    }
    const slot = block + (ctz(place) << 3);
    store<u64>(slot, select<u64>(key, reinterpret<u64>(ABSENT), size != 0));
    store<u64>(slot, size, TO_SIZE);
    store<u16>(block, <u16>select<u32>(free & ~place, free | place, size != 0), FREE);
    if (keepsDigits) {
      const decimals = priceDecimals + ((at - PLAN) >> 3);
      store<u16>(digitsAt(block, slot), ((<u32>load<u8>(decimals)) << 8) | <u32>load<u8>(decimals + toSizeDecimals));
    }
  }
}

/**
 * Says what rows below the horizon tell of their levels: one that is new and was never seen is seen for the first time. Those
 * that are empty now are remembered. Levels are in order, so these rows are the last.
 */
function look(ladder: u32, planned: u32): void {
  const horizon = load<f64>(ladder, HORIZON);
  const end = PLAN + (planned << 3);
  let at = end;
  while (at > PLAN && load<f64>(at - 8) < horizon) at -= 8;
  if (at == end) return;
  const seen = ladder + SEEN;
  const most = load<u32>(seen, 8) + ((end - at) >> 3);
  if (load<u32>(ladder, REMEMBERS) == 0 || most > SEEN_MAX) {
    for (; at < end; at += 8) store<u32>(at, kindOf(ladder, load<f64>(at), load<f64>(at, SIZES), load<f64>(at, HELD)), KIND);
    return;
  }
  seenRoom(seen, (end - at) >> 3);
  const slots = load<u32>(seen, 0);
  const count = load<u32>(seen, 4);
  let added: u32 = 0;
  for (; at < end; at += 8) {
    const slot = slotOf(slots, count, load<f64>(at));
    const found = load<u64>(slot);
    const isOut = <u32>(load<u64>(at, SIZES) == 0);
    const isUnseen = <u32>(found == 0);
    store<u64>(slot, select<u64>(load<u64>(at), found, isOut != 0));
    added += isOut & isUnseen;
    store<u32>(at, isUnseen & (isOut ^ 1) & <u32>(load<u64>(at, HELD) == 0), KIND);
  }
  store<u32>(seen, load<u32>(seen, 8) + added, 8);
}

/** As `look`, of one row. */
function kindOf(ladder: u32, key: f64, size: f64, held: f64): i32 {
  if (size == 0) rememberEmpty(ladder, key);
  else if (held == 0 && !seenHas(ladder + SEEN, key)) return FIRST_SIGHT;
  return KNOWN;
}

/**
 * Writes a row for each planned level whose size is another now. Where a size is beyond 2^53 its change may be no double: it is NaN
 * then, and the size before stands in the place of the row's scaled price, which has been read.
 * @param orders where those of the first row stand
 */
function tell(side: i32, planned: u32, orders: u32, scratch: u32, room: u32, horizon: f64): void {
  const column = room << 3;
  const prices = scratch + (column << 1);
  const changedOrders = prices + 3 * column;
  const sides = changedOrders + (room << 2);
  const kinds = sides + room;
  let out = load<u32>(RESULT, 48);
  for (let at = PLAN, end = PLAN + (planned << 3); at < end; at += 8) {
    const key = load<f64>(at);
    const size = load<f64>(at, SIZES);
    const held = load<f64>(at, HELD);
    const price = prices + (out << 3);
    store<f64>(price, Math.abs(key));
    store<f64>(price + column, size);
    store<f64>(price + column + column, size - held);
    if (<u32>(size > SAFE_MAX) | <u32>(held > SAFE_MAX)) {
      store<f64>(price + column + column, NaN);
      store<f64>(scratch + (out << 3), held);
    }
    store<i32>(changedOrders + (out << 2), load<i32>(orders + ((at - PLAN) >> 1)));
    store<u8>(sides + out, side);
    store<u8>(kinds + out, KNOWN);
    if (key < horizon) store<u8>(kinds + out, load<u32>(at, KIND));
    out += <u32>(load<u64>(at, SIZES) != load<u64>(at, HELD));
  }
  store<u32>(RESULT, out, 48);
}

/** Brings the number of levels and the sum of their sizes up to date. @returns removals of levels that were not held */
function count(ladder: u32, planned: u32): u32 {
  const end = PLAN + (planned << 3);
  // Two at a time: one more that stays what it is, which is to be counted as nothing.
  store<f64>(end, 1, SIZES);
  store<f64>(end, 1, HELD);
  const zero = f64x2.splat(0);
  let total = zero;
  let moved = zero;
  let added = i64x2.splat(0);
  let unknown = i64x2.splat(0);
  for (let at = PLAN; at < end; at += 16) {
    const sizes = v128.load(at, SIZES);
    const held = v128.load(at, HELD);
    const change = f64x2.sub(sizes, held);
    total = f64x2.add(total, change);
    moved = f64x2.add(moved, f64x2.abs(change));
    const isOut = f64x2.eq(sizes, zero);
    const isNew = f64x2.eq(held, zero);
    added = i64x2.add(added, i64x2.sub(isOut, isNew));
    unknown = i64x2.sub(unknown, v128.and(isOut, isNew));
  }
  if (f64x2.extract_lane(moved, 0) + f64x2.extract_lane(moved, 1) <= SAFE_MAX) {
    addToSum(ladder, <i64>(f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1)));
  } else {
    for (let at = PLAN; at < end; at += 8) addToSum(ladder, <i64>load<f64>(at, SIZES) - <i64>load<f64>(at, HELD));
  }
  store<i32>(ladder, load<i32>(ladder, COUNT) + both(added), COUNT);
  return both(unknown);
}

@inline
function both(pair: v128): i32 {
  return <i32>(i64x2.extract_lane(pair, 0) + i64x2.extract_lane(pair, 1));
}
