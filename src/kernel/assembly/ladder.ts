/**
 * One side of a book: price levels in leaves of at most fifteen. A leaf holds the levels of one stretch of keys, at any of its
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
  dropLeaf,
  freshLeaf,
  releaseDirectory,
  releaseLeaves,
  setRoom,
} from './directory';
import { leafOf, makeHints, STEPS_MAX } from './hints';
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
  STEPS,
  SUM_HIGH,
  SUM_LOW,
  TOUCHED,
  TOUCHES,
  TOUCHES_MAX,
  WATCHED,
} from './ladder-fields';
import { ABSENT, BID, KNOWN, ORDER, SAFE_MAX } from './layout';
import { bestIn, digitsAt, empty, FREE, FULL, LEAF, sizesDownTo, sizesIn, sortLeaf, TO_SIZE, usedIn, worstIn } from './leaf';
import { allocate, release } from './memory';
import { seenAdd, seenBegin, seenClear } from './seen';

/** Levels of a leaf that is laid out anew: room for some more. */
const LEVELS_LAID: i32 = 12;
/** All leaves are laid out anew where they have so many times as many places as levels, and some more. */
const PLACES_MAX: f64 = 2.2;
const PLACES_SPARE: f64 = 4;
/** Prices remembered as seen and empty below the horizon; when full they are forgotten, which can only lose orders. */
export const SEEN_MAX: u32 = 65536;
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
  store<f64>(ladder, Infinity, WATCHED);
  touchAll(ladder);
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

/** Bytes from one key of `sumDown` to the next: between them stands the other side's. */
export const TO_NEXT_KEY: u32 = 16;

/**
 * Puts sums in the place of keys, highest first: each of the sizes of all levels down to that key, it included. They are the nearest
 * doubles where they pass 2^53, whatever places the levels have.
 */
export function sumDown(ladder: u32, keys: u32, count: u32): void {
  let at = load<u32>(ladder, BLOCKS);
  let above: f64 = 0;
  for (let end = keys + count * TO_NEXT_KEY, place = keys; place < end; place += TO_NEXT_KEY) {
    const key = load<f64>(place);
    const last = load<u32>(ladder, BLOCKS) + (leafOf(ladder, key) << 2);
    for (; at < last; at += 4) above += sizesIn(load<u32>(at));
    const sum = above + sizesDownTo(load<u32>(at), key);
    store<f64>(place, sum <= SAFE_MAX ? sum : longSumDownTo(ladder, key));
  }
}

/** As one of `sumDown`, rounded once, at the end. */
function longSumDownTo(ladder: u32, key: f64): f64 {
  const end = load<u32>(ladder, BLOCKS) + (leafOf(ladder, key) << 2);
  let high: u64 = 0;
  let low: u64 = 0;
  for (let at = load<u32>(ladder, BLOCKS); at <= end; at += 4) {
    const block = load<u32>(at);
    for (let slot = block; slot < block + (LEAF << 3); slot += 8) {
      const size: u64 = load<f64>(slot) >= key ? <u64>load<f64>(slot, TO_SIZE) : 0;
      high += size >> 32;
      low += size & 0xffffffff;
    }
  }
  high += low >> 32;
  return <f64>high * 4294967296.0 + <f64>(low & 0xffffffff);
}

@inline
export function addToSum(ladder: u32, change: i64): void {
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
  return worstIn(block);
}

/** Lays all levels out anew where their leaves are far from full. */
export function layOutSparse(ladder: u32): void {
  const leaves = load<u32>(ladder, LEAVES);
  if (<f64>(leaves * LEAF) <= <f64>load<i32>(ladder, COUNT) * PLACES_MAX + PLACES_SPARE) return;
  if (leaves > 1) layOut(ladder);
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

/** A level of this key comes, goes, or changes: for who watches it. */
@inline
export function touch(ladder: u32, key: f64): void {
  if (key >= load<f64>(ladder, WATCHED)) note(ladder, key);
}

function note(ladder: u32, key: f64): void {
  const touches = load<u32>(ladder, TOUCHES);
  if (touches > TOUCHES_MAX) return;
  if (touches < TOUCHES_MAX) store<f64>(ladder + (touches << 3), key, TOUCHED);
  store<u32>(ladder, touches + 1, TOUCHES);
}

/** Any level may be another. */
function touchAll(ladder: u32): void {
  store<u32>(ladder, TOUCHES_MAX + 1, TOUCHES);
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
  const decimals = rows + 21 * rowRoom;
  const keepsDigits = load<u32>(ladder, DIGITS) != 0;
  for (let begin = from; begin < to; begin += LEVELS_LAID) {
    const block = leafBehind(ladder, load<f64>(scratch + (begin << 3)) * sign);
    const end = min<u32>(begin + LEVELS_LAID, to);
    let total: i64 = 0;
    let slot = block;
    for (let row = begin; row < end; row++, slot += 8) {
      const size = load<f64>(sizes + (row << 3));
      store<f64>(slot, load<f64>(scratch + (row << 3)) * sign);
      store<f64>(slot, size, TO_SIZE);
      if (keepsDigits) store<u16>(digitsAt(block, slot), decimalsOf(decimals, decimals + rowRoom, row));
      total += <i64>size;
    }
    store<u16>(block, <u16>(FULL & ~((<u32>1 << (end - begin)) - 1)), FREE);
    addToSum(ladder, total);
  }
  store<i32>(ladder, to - from, COUNT);
  return 1;
}

/** The block of a leaf for this key and those behind it, which is the last one, or the only one where that is still empty. */
function leafBehind(ladder: u32, key: f64): u32 {
  const leaves = load<u32>(ladder, LEAVES);
  const only = load<u32>(load<u32>(ladder, BLOCKS));
  if (leaves == 1 && usedIn(only) == 0) return only;
  if (leaves == load<u32>(ladder, ROOM)) setRoom(ladder, leaves + (leaves >> 1) + 1);
  const block = freshLeaf(ladder);
  store<u32>(load<u32>(ladder, BLOCKS) + (leaves << 2), block);
  store<f64>(load<u32>(ladder, HEADS) + (leaves << 3), key);
  store<u32>(ladder, leaves + 1, LEAVES);
  store<u32>(ladder, STEPS_MAX, STEPS);
  return block;
}

/** Adds a level behind all others, while an empty ladder is filled: leaves are given room for more. */
export function append(ladder: u32, key: f64, size: f64, decimals: u32): void {
  const count = load<i32>(ladder, COUNT);
  const index: u32 = count % LEVELS_LAID;
  const block = index == 0 ? leafBehind(ladder, key) : blockAt(ladder, load<u32>(ladder, LEAVES) - 1);
  const slot = block + (index << 3);
  store<f64>(slot, key);
  store<f64>(slot, size, TO_SIZE);
  store<u16>(block, <u16>(FULL & ~(((<u32>2) << index) - 1)), FREE);
  if (load<u32>(ladder, DIGITS) != 0) store<u16>(digitsAt(block, slot), decimals);
  store<i32>(ladder, count + 1, COUNT);
  addToSum(ladder, <i64>size);
}

/** Drops the worst level: it left the venue's window, nobody removed it. The ladder is not empty. */
export function dropWorst(ladder: u32): void {
  dropLast(ladder, last(ladder));
}

/** As `dropWorst`. @param slot the address of that level's key */
export function dropLast(ladder: u32, slot: u32): void {
  addToSum(ladder, -(<i64>load<f64>(slot, TO_SIZE)));
  touch(ladder, load<f64>(slot));
  empty(blockAt(ladder, load<u32>(ladder, LEAVES) - 1), slot);
  store<i32>(ladder, load<i32>(ladder, COUNT) - 1, COUNT);
}

/** From now on `isWorn` compares with this moment. */
export function measureSpan(ladder: u32): void {
  const slot = first(ladder);
  store<f64>(ladder, slot == 0 ? Infinity : load<f64>(slot) - load<f64>(ladder, HORIZON), SPAN);
}

/** Whether the best level has come nearer to the horizon than half the distance at the start. */
export function isWorn(ladder: u32): bool {
  return isWornFrom(ladder, first(ladder));
}

/** As `isWorn`. @param slot address of the best level's key; 0 where there is none */
@inline
export function isWornFrom(ladder: u32, slot: u32): bool {
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

/**
 * Writes a row of changes for each level, best first, as if it had just come to where nothing was.
 * @param scratch the columns of `ChangeBuffer`, `room` rows long
 * @param from rows written before
 * @returns rows written, those before included
 */
export function listRows(ladder: u32, side: i32, scratch: u32, room: u32, from: u32): u32 {
  const leaves = load<u32>(ladder, LEAVES);
  const column = room << 3;
  const prices = scratch + (column << 1);
  const orders = scratch + 5 * column;
  const sides = orders + (room << 2);
  let row = from;
  for (let leaf: u32 = 0; leaf < leaves; leaf++) {
    const count = sortLeaf(blockAt(ladder, leaf), ORDER);
    for (let index: u32 = 0; index < count; index++, row++) {
      const slot = load<u32>(ORDER + (index << 2));
      const size = load<f64>(slot, TO_SIZE);
      const told = prices + (row << 3);
      store<f64>(told, Math.abs(load<f64>(slot)));
      store<f64>(told + column, size);
      store<f64>(told + column + column, size);
      store<i32>(orders + (row << 2), -1);
    }
  }
  memory.fill(sides + from, <u8>side, row - from);
  memory.fill(sides + room + from, <u8>KNOWN, row - from);
  return row;
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
    for (let slot = block; slot < block + (LEAF << 3); slot += 8) {
      store<f64>(slot, load<f64>(slot) * priceFactor);
      store<f64>(slot, load<f64>(slot, TO_SIZE) * sizeFactor, TO_SIZE);
      addToSum(ladder, <i64>load<f64>(slot, TO_SIZE));
    }
  }
  makeHints(ladder);
  touchAll(ladder);
  store<f64>(ladder, load<f64>(ladder, HORIZON) * priceFactor, HORIZON);
  store<f64>(ladder, load<f64>(ladder, SPAN) * priceFactor, SPAN);
}
