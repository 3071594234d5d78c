/**
 * The leaves of a ladder, in order, each with the highest key that it may hold.
 *
 *     heads     ∞  97 60 -∞ …     one for each leaf, and absent ones behind the last, so that many can be compared at once
 *     tops      ∞ …               every sixteenth head
 *     blocks    a  b  c           where each leaf stands
 */

import {
  BLOCKS,
  DIGITS,
  HEADS,
  LEAVES,
  ROOM,
  TOPS,
} from './ladder-fields';
import { ABSENT, ORDER } from './layout';
import { digitsAt, DIGITS_BYTES, LEAF, LEAF_BYTES, sortLeaf, TO_SIZE, usedIn } from './leaf';
import { allocate, allocateLeaf, release, releaseLeaf } from './memory';

/** Heads that are compared at once; behind the last leaf's as many are absent. */
const GROUP: u32 = 16;
const GROUP_BITS: u32 = 4;
const ROOM_MIN: u32 = 2;

/** A directory of one leaf, empty. */
export function beginDirectory(ladder: u32): void {
  store<u32>(ladder, 0, LEAVES);
  setRoom(ladder, ROOM_MIN);
  store<u32>(load<u32>(ladder, BLOCKS), freshLeaf(ladder));
  store<f64>(load<u32>(ladder, HEADS), Infinity);
  store<f64>(load<u32>(ladder, TOPS), Infinity);
  store<u32>(ladder, 1, LEAVES);
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
export function groupsOf(leaves: u32): u32 {
  return (leaves + GROUP - 1) >> GROUP_BITS;
}

/** The leaf that holds or would hold the key that fills `keys`: the last one whose head is not below it. */
@inline
export function leafOf(heads: u32, tops: u32, groups: u32, keys: v128): u32 {
  let group: u32 = 0;
  if (groups > 1) {
    let counted = i64x2.splat(0);
    for (let at = tops, end = tops + (groups << 3); at < end; at += 16) {
      counted = i64x2.add(counted, f64x2.ge(v128.load(at), keys));
    }
    group = -<i32>(i64x2.extract_lane(counted, 0) + i64x2.extract_lane(counted, 1)) - 1;
  }
  const first = heads + (group << (GROUP_BITS + 3));
  const a = i64x2.add(f64x2.ge(v128.load(first, 0), keys), f64x2.ge(v128.load(first, 16), keys));
  const b = i64x2.add(f64x2.ge(v128.load(first, 32), keys), f64x2.ge(v128.load(first, 48), keys));
  const c = i64x2.add(f64x2.ge(v128.load(first, 64), keys), f64x2.ge(v128.load(first, 80), keys));
  const d = i64x2.add(f64x2.ge(v128.load(first, 96), keys), f64x2.ge(v128.load(first, 112), keys));
  const all = i64x2.add(i64x2.add(a, b), i64x2.add(c, d));
  const counted = -<i32>(i64x2.extract_lane(all, 0) + i64x2.extract_lane(all, 1));
  return (group << GROUP_BITS) + counted - 1;
}

@inline
export function blockAt(ladder: u32, leaf: u32): u32 {
  return load<u32>(load<u32>(ladder, BLOCKS) + (leaf << 2));
}

/** The leaf's block that holds or would hold a key. */
export function blockOf(ladder: u32, key: f64): u32 {
  const groups = groupsOf(load<u32>(ladder, LEAVES));
  const leaf = leafOf(load<u32>(ladder, HEADS), load<u32>(ladder, TOPS), groups, f64x2.splat(key));
  return load<u32>(load<u32>(ladder, BLOCKS) + (leaf << 2));
}

/** The number of a leaf that is not empty, by its block. */
function leafAt(ladder: u32, block: u32): u32 {
  const key = load<f64>(block + (ctz(usedIn(block)) << 3));
  const groups = groupsOf(load<u32>(ladder, LEAVES));
  return leafOf(load<u32>(ladder, HEADS), load<u32>(ladder, TOPS), groups, f64x2.splat(key));
}

/** Moves the worse half of a full leaf into a new one behind it. */
export function splitLeaf(ladder: u32, from: u32): void {
  const leaf = leafAt(ladder, from);
  const leaves = load<u32>(ladder, LEAVES);
  if (leaves == load<u32>(ladder, ROOM)) setRoom(ladder, leaves + (leaves >> 2) + 1);
  const to = freshLeaf(ladder);
  const keepsDigits = load<u32>(ladder, DIGITS) != 0;
  sortLeaf(from, ORDER);
  for (let index: u32 = 0; index < LEAF / 2; index++) {
    const slot = load<u32>(ORDER + ((LEAF / 2 + index) << 2));
    const target = to + (index << 3);
    store<f64>(target, load<f64>(slot));
    store<f64>(target, load<f64>(slot, TO_SIZE), TO_SIZE);
    if (keepsDigits) store<u16>(digitsAt(to, target), load<u16>(digitsAt(from, slot)));
    store<f64>(slot, ABSENT);
    store<f64>(slot, 0, TO_SIZE);
  }
  const heads = load<u32>(ladder, HEADS) + (leaf << 3);
  const blocks = load<u32>(ladder, BLOCKS) + (leaf << 2);
  const behind = leaves - leaf - 1;
  memory.copy(blocks + 8, blocks + 4, behind << 2);
  memory.copy(heads + 16, heads + 8, behind << 3);
  store<u32>(blocks, to, 4);
  store<f64>(heads, load<f64>(to), 8);
  store<u32>(ladder, leaves + 1, LEAVES);
  fillTops(ladder, leaf + 1);
}

/** Takes an empty leaf out, which is not the only one. */
export function dropLeaf(ladder: u32, leaf: u32): void {
  const leaves = load<u32>(ladder, LEAVES);
  const heads = load<u32>(ladder, HEADS);
  const blocks = load<u32>(ladder, BLOCKS) + (leaf << 2);
  releaseLeaf(load<u32>(blocks), leafBytes(ladder), load<u32>(ladder, DIGITS));
  memory.copy(blocks, blocks + 4, (leaves - leaf - 1) << 2);
  // What it might have held belongs to the leaf before it; of the first leaf, to the one behind it.
  const head = heads + (max<u32>(leaf, 1) << 3);
  memory.copy(head, head + 8, (leaves - max<u32>(leaf, 1)) << 3);
  store<u32>(ladder, leaves - 1, LEAVES);
  fillTops(ladder, leaf);
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
  const tops = heads + ((room + GROUP) << 3);
  const blocks = tops + (topsFor(room) << 3);
  for (let at = heads; at < blocks; at += 8) store<f64>(at, ABSENT);
  if (roomBefore != 0) {
    memory.copy(heads, before, leaves << 3);
    memory.copy(blocks, load<u32>(ladder, BLOCKS), leaves << 2);
    release(before, directoryBytes(roomBefore));
  }
  store<u32>(ladder, heads, HEADS);
  store<u32>(ladder, tops, TOPS);
  store<u32>(ladder, blocks, BLOCKS);
  store<u32>(ladder, room, ROOM);
  if (leaves > 0) fillTops(ladder, 0);
}

/** Brings the tops up to date from the one of this leaf on; the one behind the last group is absent. */
export function fillTops(ladder: u32, leaf: u32): void {
  const heads = load<u32>(ladder, HEADS);
  const tops = load<u32>(ladder, TOPS);
  const groups = groupsOf(load<u32>(ladder, LEAVES));
  for (let group = leaf >> GROUP_BITS; group <= groups; group++) {
    store<f64>(tops + (group << 3), load<f64>(heads + (group << (GROUP_BITS + 3))));
  }
}

/** A leaf without levels; its place in the directory is the caller's to give. */
export function freshLeaf(ladder: u32): u32 {
  const leaf = allocateLeaf(leafBytes(ladder), load<u32>(ladder, DIGITS));
  for (let slot = leaf; slot < leaf + TO_SIZE; slot += 8) {
    store<f64>(slot, ABSENT);
    store<f64>(slot, 0, TO_SIZE);
  }
  return leaf;
}

/** One for each group, one behind the last, and so many that pairs of them can be read. */
function topsFor(room: u32): u32 {
  return (groupsOf(room) + 2) & ~1;
}

function directoryBytes(room: u32): u32 {
  return ((room + GROUP + topsFor(room)) << 3) + (room << 2);
}

function leafBytes(ladder: u32): u32 {
  return LEAF_BYTES + load<u32>(ladder, DIGITS) * DIGITS_BYTES;
}
