/**
 * The leaves of a ladder, in order, each with the highest key that it may hold.
 *
 *     heads     ∞  97 60 -∞ …     one for each leaf, and absent ones behind the last, so that many can be compared at once
 *     hints     0 0 1 1 2 …       where to begin comparing (hints.ts)
 *     blocks    a  b  c           where each leaf stands
 */

import { hintsFor, leafOf, makeHints, moveHints, STEP } from './hints';
import { BLOCKS, DIGITS, HEADS, HINTS, HINTS_COUNT, LEAVES, ROOM } from './ladder-fields';
import { ABSENT } from './layout';
import { ALL_FREE, digitsAt, DIGITS_BYTES, empty, FREE, FULL, LEAF, LEAF_BYTES, middleIn, TO_SIZE, usedIn } from './leaf';
import { allocate, allocateLeaf, release, releaseLeaf } from './memory';

const ROOM_MIN: u32 = 2;

/** A directory of one leaf, empty. */
export function beginDirectory(ladder: u32): void {
  store<u32>(ladder, 0, LEAVES);
  setRoom(ladder, ROOM_MIN);
  store<u32>(load<u32>(ladder, BLOCKS), freshLeaf(ladder));
  store<f64>(load<u32>(ladder, HEADS), Infinity);
  store<u32>(ladder, 1, LEAVES);
  makeHints(ladder);
}

export function releaseLeaves(ladder: u32): void {
  const leaves = load<u32>(ladder, LEAVES);
  const blocks = load<u32>(ladder, BLOCKS);
  const withDigits = load<u32>(ladder, DIGITS);
  const bytes = leafBytes(ladder);
  for (let leaf: u32 = 0; leaf < leaves; leaf++) releaseLeaf(load<u32>(blocks + (leaf << 2)), bytes, withDigits);
  store<u32>(ladder, 0, LEAVES);
}

export function releaseDirectory(ladder: u32): void {
  release(load<u32>(ladder, HEADS), directoryBytes(load<u32>(ladder, ROOM)));
  store<u32>(ladder, 0, ROOM);
}

@inline
export function blockAt(ladder: u32, leaf: u32): u32 {
  return load<u32>(load<u32>(ladder, BLOCKS) + (leaf << 2));
}

/** The leaf's block that holds or would hold a key. */
export function blockOf(ladder: u32, key: f64): u32 {
  return blockAt(ladder, leafOf(ladder, key));
}

/** Moves the worse half of a full leaf into a new one behind it. */
export function splitLeaf(ladder: u32, from: u32): void {
  const leaf = leafOf(ladder, load<f64>(from));
  const leaves = load<u32>(ladder, LEAVES);
  if (leaves == load<u32>(ladder, ROOM)) setRoom(ladder, leaves + (leaves >> 2) + 1);
  const to = freshLeaf(ladder);
  const keepsDigits = load<u32>(ladder, DIGITS) != 0;
  const middle = middleIn(from);
  let target = to;
  for (let slot = from; slot < from + (LEAF << 3); slot += 8) {
    const key = load<f64>(slot);
    if (key > middle) continue;
    store<f64>(target, key);
    store<f64>(target, load<f64>(slot, TO_SIZE), TO_SIZE);
    if (keepsDigits) store<u16>(digitsAt(to, target), load<u16>(digitsAt(from, slot)));
    empty(from, slot);
    target += 8;
  }
  store<u16>(to, <u16>(FULL & ~(((<u32>1) << ((target - to) >> 3)) - 1)), FREE);
  const heads = load<u32>(ladder, HEADS) + (leaf << 3);
  const blocks = load<u32>(ladder, BLOCKS) + (leaf << 2);
  const behind = leaves - leaf - 1;
  memory.copy(blocks + 8, blocks + 4, behind << 2);
  memory.copy(heads + 16, heads + 8, behind << 3);
  store<u32>(blocks, to, 4);
  store<f64>(heads, middle, 8);
  store<u32>(ladder, leaves + 1, LEAVES);
  moveHints(ladder, leaf, 1);
}

/** Takes an empty leaf out, which is not the only one. */
export function dropLeaf(ladder: u32, leaf: u32): void {
  const leaves = load<u32>(ladder, LEAVES);
  const heads = load<u32>(ladder, HEADS);
  const blocks = load<u32>(ladder, BLOCKS) + (leaf << 2);
  releaseLeaf(load<u32>(blocks), leafBytes(ladder), load<u32>(ladder, DIGITS));
  memory.copy(blocks, blocks + 4, (leaves - leaf - 1) << 2);
  // What it might have held belongs to the leaf before it; of the first leaf, to the one behind it.
  const gone = max<u32>(leaf, 1);
  const head = heads + (gone << 3);
  memory.copy(head, head + 8, (leaves - gone) << 3);
  store<u32>(ladder, leaves - 1, LEAVES);
  moveHints(ladder, gone - 1, -1);
}

/** Gives the directory room for at least so many leaves, at least those it has. */
export function setRoom(ladder: u32, atLeast: u32): void {
  const before = load<u32>(ladder, HEADS);
  const roomBefore = load<u32>(ladder, ROOM);
  const leaves = load<u32>(ladder, LEAVES);
  const bytes: u32 = 1 << (32 - clz(directoryBytes(atLeast) - 1));
  // As many as the block holds.
  let room = atLeast;
  while (directoryBytes(room + 1) <= bytes) room++;
  const heads = allocate(bytes);
  const hints = heads + ((room + STEP) << 3);
  const blocks = hints + (hintsFor(room) << 1);
  for (let at = heads; at < hints; at += 8) store<f64>(at, ABSENT);
  if (roomBefore != 0) {
    memory.copy(heads, before, leaves << 3);
    memory.copy(blocks, load<u32>(ladder, BLOCKS), leaves << 2);
    release(before, directoryBytes(roomBefore));
  }
  store<u32>(ladder, heads, HEADS);
  store<u32>(ladder, hints, HINTS);
  store<u32>(ladder, hintsFor(room), HINTS_COUNT);
  store<u32>(ladder, blocks, BLOCKS);
  store<u32>(ladder, room, ROOM);
  makeHints(ladder);
}

/** A leaf without levels; its place in the directory is the caller's to give. */
export function freshLeaf(ladder: u32): u32 {
  const leaf = allocateLeaf(leafBytes(ladder), load<u32>(ladder, DIGITS));
  const absent = f64x2.splat(ABSENT);
  const nothing = f64x2.splat(0);
  for (let slot = leaf; slot < leaf + TO_SIZE; slot += 16) {
    v128.store(slot, absent);
    v128.store(slot, nothing, TO_SIZE);
  }
  store<u64>(leaf, ALL_FREE, FREE);
  return leaf;
}

function directoryBytes(room: u32): u32 {
  return ((room + STEP) << 3) + (hintsFor(room) << 1) + (room << 2);
}

function leafBytes(ladder: u32): u32 {
  return LEAF_BYTES + load<u32>(ladder, DIGITS) * DIGITS_BYTES;
}
