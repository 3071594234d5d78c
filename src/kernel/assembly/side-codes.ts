/**
 * The best levels of one side of a book as they were last, each with the CRC's register after what the venue's checksum has of
 * it: what was computed of a level is kept until it changes. Some more levels than count are kept, so that one that leaves has
 * its successor at hand; the ladder notes which of them all its rows touch.
 *
 *     0 levels   4 those that count, at most   8 first level that differs from what it was when it was coded last
 *     16 levels of 32 bytes: key, size, decimals (as four bytes), register, length
 *     then of each that counts 8 bytes: register and length of its text and all before it
 */

import { blockAt } from './directory';
import { leafOf } from './hints';
import { COUNT as LADDER_COUNT, DIGITS, LEAVES, TOUCHED, TOUCHES, TOUCHES_MAX, WATCHED } from './ladder-fields';
import { ORDER } from './layout';
import { digitsAt, placesOf, sortLeaf, TO_SIZE } from './leaf';
import { allocate, release } from './memory';

const COUNT: u32 = 0;
const DEPTH: u32 = 4;
const CHANGED: u32 = 8;
const LEVELS: u32 = 16;
/** Of a level. */
const SIZE: u32 = 8;
const DECIMALS: u32 = 16;
const REGISTER: u32 = 20;
const TEXT_LENGTH: u32 = 24;
const LEVEL_BYTES: u32 = 32;
/** Levels that are kept beyond those that count. */
const MORE: u32 = 8;
const DEPTH_MAX: u32 = 25;
/** In the place of the number of levels: nothing that was kept counts. */
const FORGOTTEN: u32 = 0xffffffff;
/** No level differs. */
const NONE: u32 = 0xffffffff;

/** Where levels stand as they were while all of them are being looked up; 0 until that is needed. */
let spare: u32 = 0;

/** @param depth 25 at most */
export function codesCreate(depth: u32): u32 {
  if (spare == 0) spare = allocate((DEPTH_MAX + MORE) * LEVEL_BYTES);
  const codes = allocate(bytesFor(depth));
  store<u32>(codes, depth, DEPTH);
  forget(codes);
  return codes;
}

export function codesDestroy(codes: u32): void {
  release(codes, bytesFor(load<u32>(codes, DEPTH)));
}

/** Everything is computed anew next time. */
export function forget(codes: u32): void {
  store<u32>(codes, FORGOTTEN, COUNT);
  store<u32>(codes, 0, CHANGED);
}

/** Takes over what the ladder has of its best levels now. @returns whether any that counts differs since `coded` */
export function follow(codes: u32, ladder: u32): bool {
  const touches = load<u32>(ladder, TOUCHES);
  if (load<u32>(codes, COUNT) == FORGOTTEN || touches > TOUCHES_MAX) {
    takeAll(codes, ladder);
  } else if (touches != 0) {
    for (let touch: u32 = 0; touch < touches; touch++) take(codes, ladder, load<f64>(ladder + TOUCHED + (touch << 3)));
    const count = load<u32>(codes, COUNT);
    if (count < load<u32>(codes, DEPTH) && count < <u32>load<i32>(ladder, LADDER_COUNT)) takeAll(codes, ladder);
    else watch(codes, ladder);
  }
  return load<u32>(codes, CHANGED) < load<u32>(codes, DEPTH);
}

/** From now on the ladder notes what touches the levels that are kept, or what would be among them. */
function watch(codes: u32, ladder: u32): void {
  const count = load<u32>(codes, COUNT);
  const areAll = count == <u32>load<i32>(ladder, LADDER_COUNT);
  store<f64>(ladder, areAll ? -Infinity : load<f64>(levelAt(codes, count - 1)), WATCHED);
  store<u32>(ladder, 0, TOUCHES);
}

/** Takes over one level that was touched. Kept is always all that the ladder has from the last level on that is kept. */
function take(codes: u32, ladder: u32, key: f64): void {
  if (key < load<f64>(ladder, WATCHED)) return;
  const count = load<u32>(codes, COUNT);
  let index: u32 = 0;
  let at = codes + LEVELS;
  while (index < count && load<f64>(at) > key) {
    index++;
    at += LEVEL_BYTES;
  }
  const isKept = index < count && load<f64>(at) == key;
  const block = blockAt(ladder, leafOf(ladder, key));
  const place = placesOf(block, f64x2.splat(key));
  const end = levelAt(codes, count);
  if (place == 0) {
    if (!isKept) return;
    for (let to = at; to < end - LEVEL_BYTES; to += LEVEL_BYTES) copyLevel(to, to + LEVEL_BYTES);
    store<u32>(codes, count - 1, COUNT);
  } else {
    const slot = block + (ctz(place) << 3);
    const size = load<f64>(slot, TO_SIZE);
    const decimals = load<u32>(ladder, DIGITS) != 0 ? <u32>load<u16>(digitsAt(block, slot)) : 0;
    if (isKept && load<f64>(at, SIZE) == size && load<u32>(at, DECIMALS) == decimals) return;
    const room = load<u32>(codes, DEPTH) + MORE;
    const isFull = count == room;
    if (!isKept && index < room) {
      for (let to = isFull ? end - LEVEL_BYTES : end; to > at; to -= LEVEL_BYTES) copyLevel(to, to - LEVEL_BYTES);
      if (!isFull) store<u32>(codes, count + 1, COUNT);
    }
    if (index < room) put(at, key, size, decimals);
    // One of them has no room: nothing that is behind the last may be taken over from now on.
    if (!isKept && isFull) store<f64>(ladder, load<f64>(levelAt(codes, room - 1)), WATCHED);
  }
  if (index < load<u32>(codes, CHANGED)) store<u32>(codes, index, CHANGED);
}

@inline
function copyLevel(to: u32, from: u32): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

/** A level of which nothing is known yet. */
function put(at: u32, key: f64, size: f64, decimals: u32): void {
  store<f64>(at, key);
  store<f64>(at, size, SIZE);
  store<u32>(at, decimals, DECIMALS);
  store<u32>(at, 0, TEXT_LENGTH);
}

/** Takes over all levels, with what is known of those that are the same as before. */
function takeAll(codes: u32, ladder: u32): void {
  const room = load<u32>(codes, DEPTH) + MORE;
  const kept = load<u32>(codes, COUNT);
  memory.copy(spare, codes + LEVELS, room * LEVEL_BYTES);
  let old = spare;
  const oldEnd = spare + (kept == FORGOTTEN ? 0 : kept * LEVEL_BYTES);
  const leaves = load<u32>(ladder, LEAVES);
  const keepsDigits = load<u32>(ladder, DIGITS) != 0;
  let count: u32 = 0;
  for (let leaf: u32 = 0; leaf < leaves && count < room; leaf++) {
    const block = blockAt(ladder, leaf);
    const sorted = sortLeaf(block, ORDER);
    for (let index: u32 = 0; index < sorted && count < room; index++, count++) {
      const slot = load<u32>(ORDER + (index << 2));
      const key = load<f64>(slot);
      const at = levelAt(codes, count);
      put(at, key, load<f64>(slot, TO_SIZE), keepsDigits ? <u32>load<u16>(digitsAt(block, slot)) : 0);
      while (old < oldEnd && load<f64>(old) > key) old += LEVEL_BYTES;
      if (old == oldEnd || load<f64>(old) != key || load<f64>(old, SIZE) != load<f64>(at, SIZE)) continue;
      if (load<u32>(old, DECIMALS) == load<u32>(at, DECIMALS)) copyLevel(at, old);
    }
  }
  store<u32>(codes, count, COUNT);
  store<u32>(codes, 0, CHANGED);
  watch(codes, ladder);
}

/** Levels that count. */
export function levelCount(codes: u32): u32 {
  return min<u32>(load<u32>(codes, COUNT), load<u32>(codes, DEPTH));
}

/** The first level that differs since `coded`. */
export function changedFrom(codes: u32): u32 {
  return load<u32>(codes, CHANGED);
}

/** What counts is computed: no level differs any more. */
export function coded(codes: u32): void {
  store<u32>(codes, NONE, CHANGED);
}

/** The register after the texts of a level and all before it, begun from zero. */
@inline
export function chainedRegister(codes: u32, level: u32): u32 {
  return load<u32>(chainAt(codes, level));
}

@inline
export function chainedLength(codes: u32, level: u32): u32 {
  return load<u32>(chainAt(codes, level), 4);
}

@inline
export function setChained(codes: u32, level: u32, register: u32, length: u32): void {
  store<u32>(chainAt(codes, level), register);
  store<u32>(chainAt(codes, level), length, 4);
}

@inline
function chainAt(codes: u32, level: u32): u32 {
  return levelAt(codes, load<u32>(codes, DEPTH) + MORE) + (level << 3);
}

@inline
export function keyOf(codes: u32, level: u32): f64 {
  return load<f64>(levelAt(codes, level));
}

@inline
export function sizeOf(codes: u32, level: u32): f64 {
  return load<f64>(levelAt(codes, level), SIZE);
}

@inline
export function decimalsOf(codes: u32, level: u32): u32 {
  return load<u32>(levelAt(codes, level), DECIMALS);
}

/** The register after the level's text, begun from zero. */
@inline
export function registerOf(codes: u32, level: u32): u32 {
  return load<u32>(levelAt(codes, level), REGISTER);
}

/** Bytes of the level's text; 0 where it was not computed. */
@inline
export function lengthOf(codes: u32, level: u32): u32 {
  return load<u32>(levelAt(codes, level), TEXT_LENGTH);
}

export function setCode(codes: u32, level: u32, register: u32, length: u32): void {
  store<u32>(levelAt(codes, level), register, REGISTER);
  store<u32>(levelAt(codes, level), length, TEXT_LENGTH);
}

@inline
function levelAt(codes: u32, level: u32): u32 {
  return codes + LEVELS + level * LEVEL_BYTES;
}

function bytesFor(depth: u32): u32 {
  return LEVELS + (depth + MORE) * LEVEL_BYTES + (depth << 3);
}
