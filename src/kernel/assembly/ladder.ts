/**
 * One side of a book: price levels in leaves of at most sixteen. A leaf holds the levels of one stretch of keys, at any of its
 * places; asks are kept under negated prices, so that one order serves both sides: the best level has the highest key.
 *
 *     directory.ts      leaf.ts
 *     ∞   ──────────>   101 -∞ 103 98 …  1 0 5 2 …      bids: key = price, asks: key = -price
 *     97  ──────────>   97 96 …          2 7 …
 *
 * The processor waits for branches that nobody can foresee more than for anything else: in which leaf a level is, at which
 * place, whether it is held. So leaf and place are found by comparing all keys at once, and nothing is ever moved for a level
 * that comes or goes. What needs the order within a leaf makes it: the best level is the highest of the first leaf.
 */

import {
  beginDirectory,
  blockAt,
  blockOf,
  dropLeaf,
  fillTops,
  freshLeaf,
  groupsOf,
  leafOf,
  releaseDirectory,
  releaseLeaves,
  setRoom,
  splitLeaf,
} from './directory';
import {
  BLOCKS,
  COUNT,
  DIGITS,
  HEADS,
  HORIZON,
  LADDER_BYTES,
  LEAVES,
  REMEMBERS,
  ROOM,
  SEEN,
  SPAN,
  SUM_HIGH,
  SUM_LOW,
  TOPS,
  TOUCHED,
} from './ladder-fields';
import { ABSENT, BID, FIRST_SIGHT, KNOWN, ORDER, RESULT } from './layout';
import { bestIn, digitsAt, FULL, placesOf, sortLeaf, TO_SIZE, usedIn } from './leaf';
import { allocate, release } from './memory';
import { seenAdd, seenBegin, seenClear, seenHas } from './seen';

/** Levels of a leaf that is laid out anew: room for some more. */
const LEVELS_LAID: i32 = 12;
/** All leaves are laid out anew where they have so many times as many places as levels, and some more. */
const PLACES_MAX: f64 = 2.5;
const PLACES_SPARE: f64 = 48;
/** Prices remembered as seen and empty below the horizon; when full they are forgotten, which can only lose orders. */
const SEEN_MAX: u32 = 65536;
/** Of a level that is listed: key, size, decimals. */
const LISTED_BYTES: u32 = 18;

/** @param digits 1: keep the decimals of each level */
export function create(digits: u32, remembers: u32): u32 {
  const ladder = allocate(LADDER_BYTES);
  store<u32>(ladder, digits, DIGITS);
  store<u32>(ladder, remembers, REMEMBERS);
  store<u32>(ladder, 0, ROOM);
  store<u32>(ladder, 0, LEAVES);
  seenBegin(ladder + SEEN);
  begin(ladder);
  return ladder;
}

export function destroy(ladder: u32): void {
  releaseLeaves(ladder);
  releaseDirectory(ladder);
  seenClear(ladder + SEEN);
  release(ladder, LADDER_BYTES);
}

/** @param remembers as for `create`, from now on */
export function clear(ladder: u32, remembers: u32): void {
  store<u32>(ladder, remembers, REMEMBERS);
  releaseLeaves(ladder);
  releaseDirectory(ladder);
  seenClear(ladder + SEEN);
  begin(ladder);
}

/** One leaf, empty. */
function begin(ladder: u32): void {
  store<f64>(ladder, ABSENT, HORIZON);
  store<f64>(ladder, Infinity, TOUCHED);
  store<f64>(ladder, Infinity, SPAN);
  beginLevels(ladder);
}

function beginLevels(ladder: u32): void {
  store<i32>(ladder, 0, COUNT);
  store<u64>(ladder, 0, SUM_LOW);
  store<i64>(ladder, 0, SUM_HIGH);
  beginDirectory(ladder);
}

export function sum(ladder: u32): f64 {
  // High and low parts of 52 bits below: one rounding, at the end.
  const low = load<u64>(ladder, SUM_LOW);
  const high = (load<i64>(ladder, SUM_HIGH) << 12) | <i64>(low >> 52);
  return <f64>high * 4503599627370496.0 + <f64>(<i64>(low & 0xfffffffffffff));
}

@inline
function addToSum(ladder: u32, change: i64): void {
  const before = load<u64>(ladder, SUM_LOW);
  const low = before + <u64>change;
  store<u64>(ladder, low, SUM_LOW);
  store<i64>(ladder, load<i64>(ladder, SUM_HIGH) + (change >> 63) + <i64>(low < before), SUM_HIGH);
}

/** Address of the best level's key; 0 where there is none. */
export function first(ladder: u32): u32 {
  if (load<i32>(ladder, COUNT) == 0) return 0;
  let block = load<u32>(load<u32>(ladder, BLOCKS));
  while (usedIn(block) == 0) {
    dropLeaf(ladder, 0);
    block = load<u32>(load<u32>(ladder, BLOCKS));
  }
  return bestIn(block);
}

/** Address of the worst level's key; 0 where there is none. */
export function last(ladder: u32): u32 {
  if (load<i32>(ladder, COUNT) == 0) return 0;
  let leaf = load<u32>(ladder, LEAVES) - 1;
  let block = blockAt(ladder, leaf);
  while (usedIn(block) == 0) {
    dropLeaf(ladder, leaf);
    leaf--;
    block = blockAt(ladder, leaf);
  }
  let worst: u32 = 0;
  let key = Infinity;
  for (let used = usedIn(block); used != 0; used &= used - 1) {
    const slot = block + (ctz(used) << 3);
    if (load<f64>(slot) >= key) continue;
    key = load<f64>(slot);
    worst = slot;
  }
  return worst;
}

/**
 * Applies rows `from` to `to` (excluded) of a message, all of one side, and writes a row for each level whose size changed.
 *
 * Venues list levels in order, best first. As long as they do, all places are found before anything is changed: searches have
 * no branches, so the processor works on several at once, and branches on what was found are decided early.
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
  store<u32>(RESULT, before, 48);
  let unknown: u32 = 0;
  let begin = from;
  while (begin < to) {
    const end = findPlaces(ladder, sign, scratch, room, begin, to);
    unknown += applyFound(ladder, side, sign, rows, rowRoom, scratch, room, begin, end);
    begin = end;
  }
  const places = <f64>(load<u32>(ladder, LEAVES) << 4);
  if (places > <f64>load<i32>(ladder, COUNT) * PLACES_MAX + PLACES_SPARE) layOut(ladder);
  return unknown;
}

/**
 * Finds the places of rows for as long as they are in order, best first. Of each row the columns of its change hold meanwhile:
 * the size held (price), the address of the leaf (change), and the bit of the place that holds the key, or 0 (orders). No row
 * is ever overwritten before it was read, since no row makes more than one change.
 * @returns the end of these rows
 */
function findPlaces(ladder: u32, sign: f64, scratch: u32, room: u32, from: u32, to: u32): u32 {
  const heads = load<u32>(ladder, HEADS);
  const blocks = load<u32>(ladder, BLOCKS);
  const tops = load<u32>(ladder, TOPS);
  const groups = groupsOf(load<u32>(ladder, LEAVES));
  const sizes = scratch + (room << 4);
  const leaves = scratch + (room << 5);
  const places = leaves + (room << 3);
  let last = Infinity;
  let row = from;
  for (; row < to; row++) {
    const key = load<f64>(scratch + (row << 3)) * sign;
    if (key >= last) break;
    last = key;
    const keys = f64x2.splat(key);
    const block = load<u32>(blocks + (leafOf(heads, tops, groups, keys) << 2));
    const place = placesOf(block, keys);
    const size = load<f64>(block + ((ctz(place) & 15) << 3), TO_SIZE);
    store<f64>(sizes + (row << 3), select<f64>(size, 0, place != 0));
    store<u32>(leaves + (row << 3), block);
    store<u32>(places + (row << 2), place);
  }
  return row;
}

/** Applies rows whose places are found. @returns removals of levels that were not held */
function applyFound(
  ladder: u32,
  side: i32,
  sign: f64,
  rows: u32,
  rowRoom: u32,
  scratch: u32,
  room: u32,
  from: u32,
  to: u32,
): u32 {
  const keepsDigits = load<u32>(ladder, DIGITS) != 0;
  const horizon = load<f64>(ladder, HORIZON);
  const orders = rows + (rowRoom << 4);
  const priceDecimals = orders + (rowRoom << 2) + rowRoom;
  const sizeDecimals = priceDecimals + rowRoom;
  const newSizes = scratch + (room << 3);
  const changedPrice = newSizes + (room << 3);
  const changedSize = changedPrice + (room << 3);
  const changedBy = changedSize + (room << 3);
  const changedOrders = changedBy + (room << 3);
  const changedSide = changedOrders + (room << 2);
  const changedKind = changedSide + room;

  let added = 0;
  let unknown: u32 = 0;
  let out = load<u32>(RESULT, 48);
  /** A leaf that has been split since places were found in it. */
  let split: u32 = 0;
  for (let row = from; row < to; row++) {
    const price = load<f64>(scratch + (row << 3));
    const size = load<f64>(newSizes + (row << 3));
    const key = price * sign;
    const held = load<f64>(changedPrice + (row << 3));
    const foundIn = load<u32>(changedBy + (row << 3));
    let block = foundIn;
    let place = load<u32>(changedOrders + (row << 2));
    if (block == split) {
      block = blockOf(ladder, key);
      place = placesOf(block, f64x2.splat(key));
    }

    let kind = KNOWN;
    if (held == 0) {
      if (size == 0) {
        unknown++;
        if (key < horizon) rememberEmpty(ladder, key);
        continue;
      }
      if (key < horizon && !seenHas(ladder + SEEN, key)) kind = FIRST_SIGHT;
      let used = usedIn(block);
      if (used == FULL) {
        split = foundIn;
        splitLeaf(ladder, block);
        block = blockOf(ladder, key);
        used = usedIn(block);
      }
      place = ~used & (used + 1);
      store<f64>(block + (ctz(place) << 3), key);
      added++;
    } else if (size == 0) {
      store<f64>(block + (ctz(place) << 3), ABSENT);
      added--;
      if (key < horizon) rememberEmpty(ladder, key);
    }
    const slot = block + (ctz(place) << 3);
    store<f64>(slot, size, TO_SIZE);
    if (keepsDigits) {
      touch(ladder, key);
      store<u16>(digitsAt(block, slot), decimalsOf(priceDecimals, sizeDecimals, row));
    }
    if (size == held) continue;

    const change = size - held;
    addToSum(ladder, <i64>change);
    store<u8>(changedSide + out, side);
    store<u8>(changedKind + out, kind);
    store<f64>(changedPrice + (out << 3), price);
    store<f64>(changedSize + (out << 3), size);
    store<f64>(changedBy + (out << 3), change);
    store<i32>(changedOrders + (out << 2), load<i32>(orders + (row << 2)));
    out++;
  }
  store<u32>(RESULT, out, 48);
  store<i32>(ladder, load<i32>(ladder, COUNT) + added, COUNT);
  return unknown;
}

/** Lays all levels out anew. */
function layOut(ladder: u32): void {
  const count = <u32>load<i32>(ladder, COUNT);
  const bytes = count * LISTED_BYTES + 1;
  const listed = allocate(bytes);
  list(ladder, count, listed);
  releaseLeaves(ladder);
  releaseDirectory(ladder);
  beginLevels(ladder);
  const sizes = listed + (count << 3);
  const decimals = sizes + (count << 3);
  for (let row: u32 = 0; row < count; row++) {
    append(
      ladder,
      load<f64>(listed + (row << 3)),
      load<f64>(sizes + (row << 3)),
      load<u16>(decimals + (row << 1)),
    );
  }
  release(listed, bytes);
}

@inline
function touch(ladder: u32, key: f64): void {
  if (key > load<f64>(ladder, TOUCHED)) store<f64>(ladder, key, TOUCHED);
}

@inline
function decimalsOf(priceDecimals: u32, sizeDecimals: u32, row: u32): u32 {
  return (<u32>load<u8>(priceDecimals + row) << 8) | <u32>load<u8>(sizeDecimals + row);
}

/** A level below the horizon was reported empty: from now on its size is known. */
export function rememberEmpty(ladder: u32, key: f64): void {
  if (key >= load<f64>(ladder, HORIZON) || load<u32>(ladder, REMEMBERS) == 0) return;
  if (load<u32>(ladder + SEEN, 8) >= SEEN_MAX) seenClear(ladder + SEEN);
  seenAdd(ladder + SEEN, key);
}

/** A price known to be empty now, below the horizon: as `rememberEmpty`, whatever the horizon. */
export function remember(ladder: u32, key: f64): void {
  seenAdd(ladder + SEEN, key);
}

/**
 * Fills the ladder, which is empty, with rows `from` to `to` (excluded) of a message, all of one side.
 * @returns 0 where they are not in order, best first, or one has no size; nothing is filled then
 */
export function fill(
  ladder: u32,
  side: i32,
  rows: u32,
  rowRoom: u32,
  scratch: u32,
  room: u32,
  from: u32,
  to: u32,
): i32 {
  const sign: f64 = side == BID ? 1.0 : -1.0;
  const sizes = scratch + (room << 3);
  let before: f64 = Infinity;
  for (let row = from; row < to; row++) {
    const key = load<f64>(scratch + (row << 3)) * sign;
    if (!(key < before) || load<f64>(sizes + (row << 3)) == 0) return 0;
    before = key;
  }
  const priceDecimals = rows + 21 * rowRoom;
  const sizeDecimals = priceDecimals + rowRoom;
  for (let row = from; row < to; row++) {
    const decimals = decimalsOf(priceDecimals, sizeDecimals, row);
    append(ladder, load<f64>(scratch + (row << 3)) * sign, load<f64>(sizes + (row << 3)), decimals);
  }
  return 1;
}

/** Adds a level behind all others, while an empty ladder is filled: leaves are given room for more. */
export function append(ladder: u32, key: f64, size: f64, decimals: u32): void {
  const count = load<i32>(ladder, COUNT);
  const leaf: u32 = count / LEVELS_LAID;
  const index: u32 = count % LEVELS_LAID;
  if (index == 0 && leaf > 0) {
    if (leaf == load<u32>(ladder, ROOM)) setRoom(ladder, leaf + (leaf >> 1) + 1);
    store<u32>(load<u32>(ladder, BLOCKS) + (leaf << 2), freshLeaf(ladder));
    store<f64>(load<u32>(ladder, HEADS) + (leaf << 3), key);
    store<u32>(ladder, leaf + 1, LEAVES);
    fillTops(ladder, leaf);
  }
  const block = load<u32>(load<u32>(ladder, BLOCKS) + (leaf << 2));
  const slot = block + (index << 3);
  store<f64>(slot, key);
  store<f64>(slot, size, TO_SIZE);
  if (load<u32>(ladder, DIGITS) != 0) store<u16>(digitsAt(block, slot), decimals);
  store<i32>(ladder, count + 1, COUNT);
  addToSum(ladder, <i64>size);
}

/** Drops the worst level: it left the venue's window, nobody removed it. The ladder is not empty. */
export function dropWorst(ladder: u32): void {
  const slot = last(ladder);
  addToSum(ladder, -(<i64>load<f64>(slot, TO_SIZE)));
  touch(ladder, load<f64>(slot));
  store<f64>(slot, ABSENT);
  store<f64>(slot, 0, TO_SIZE);
  store<i32>(ladder, load<i32>(ladder, COUNT) - 1, COUNT);
}

/** From now on `isWorn` compares with this moment. */
export function measureSpan(ladder: u32): void {
  const slot = first(ladder);
  store<f64>(ladder, slot == 0 ? Infinity : load<f64>(slot) - load<f64>(ladder, HORIZON), SPAN);
}

/** Whether the best level has come nearer to the horizon than half the distance at the start. */
@inline
export function isWorn(ladder: u32): bool {
  const slot = first(ladder);
  return slot != 0 && load<f64>(slot) - load<f64>(ladder, HORIZON) < load<f64>(ladder, SPAN) * 0.5;
}

/** Writes keys, sizes and decimals of the best levels into columns of so many rows. @returns their number */
export function list(ladder: u32, most: u32, columns: u32): u32 {
  const leaves = load<u32>(ladder, LEAVES);
  const keepsDigits = load<u32>(ladder, DIGITS) != 0;
  const sizes = columns + (most << 3);
  const decimals = sizes + (most << 3);
  let listed: u32 = 0;
  for (let leaf: u32 = 0; leaf < leaves; leaf++) {
    const block = blockAt(ladder, leaf);
    const count = sortLeaf(block, ORDER);
    for (let index: u32 = 0; index < count; index++) {
      if (listed == most) return listed;
      const slot = load<u32>(ORDER + (index << 2));
      store<f64>(columns + (listed << 3), load<f64>(slot));
      store<f64>(sizes + (listed << 3), load<f64>(slot, TO_SIZE));
      store<u16>(decimals + (listed << 1), keepsDigits ? <u32>load<u16>(digitsAt(block, slot)) : 0);
      listed++;
    }
  }
  return listed;
}

/** Multiplies all keys and sizes, when an instrument turns out to be quoted in finer steps. */
export function rescale(ladder: u32, priceFactor: f64, sizeFactor: f64): void {
  const leaves = load<u32>(ladder, LEAVES);
  const blocks = load<u32>(ladder, BLOCKS);
  const heads = load<u32>(ladder, HEADS);
  store<u64>(ladder, 0, SUM_LOW);
  store<i64>(ladder, 0, SUM_HIGH);
  for (let leaf: u32 = 0; leaf < leaves; leaf++) {
    const head = heads + (leaf << 3);
    store<f64>(head, load<f64>(head) * priceFactor);
    const block = load<u32>(blocks + (leaf << 2));
    for (let slot = block; slot < block + TO_SIZE; slot += 8) {
      store<f64>(slot, load<f64>(slot) * priceFactor);
      store<f64>(slot, load<f64>(slot, TO_SIZE) * sizeFactor, TO_SIZE);
      addToSum(ladder, <i64>load<f64>(slot, TO_SIZE));
    }
  }
  fillTops(ladder, 0);
  store<f64>(ladder, Infinity, TOUCHED);
  store<f64>(ladder, load<f64>(ladder, HORIZON) * priceFactor, HORIZON);
  store<f64>(ladder, load<f64>(ladder, SPAN) * priceFactor, SPAN);
}
