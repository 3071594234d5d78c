/**
 * The best levels of one side of a book as they were last, each with the CRC's register after what the venue's checksum has of
 * it: what was computed of a level is kept until it changes.
 *
 *     0 levels   4 depth   8 register over all of them   12 bytes over all of them
 *     16 keys, then sizes, decimals, registers, lengths: `depth` of each
 */

import { blockAt } from './directory';
import { DIGITS, LEAVES, TOUCHED } from './ladder-fields';
import { ABSENT, ORDER } from './layout';
import { digitsAt, sortLeaf, TO_SIZE } from './leaf';
import { allocate, release } from './memory';

const COUNT: u32 = 0;
const DEPTH: u32 = 4;
export const CODE: u32 = 8;
export const LENGTH: u32 = 12;
const LEVELS: u32 = 16;
/** Of a level: key, size, decimals (as four bytes), register, length. */
const LEVEL_BYTES: u32 = 28;
const DEPTH_MAX: u32 = 25;
/** In the place of the number of levels: nothing that was kept counts. */
const FORGOTTEN: u32 = 0xffffffff;

/** Where levels stand as they were while they are being followed; 0 until that is needed. */
let spare: u32 = 0;

/** @param depth 25 at most */
export function codesCreate(depth: u32): u32 {
  if (spare == 0) spare = allocate(DEPTH_MAX * LEVEL_BYTES);
  const codes = allocate(bytesFor(depth));
  store<u32>(codes, depth, DEPTH);
  store<u32>(codes, 0, CODE);
  store<u32>(codes, 0, LENGTH);
  forget(codes);
  return codes;
}

export function codesDestroy(codes: u32): void {
  release(codes, bytesFor(load<u32>(codes, DEPTH)));
}

/** Everything is computed anew next time. */
export function forget(codes: u32): void {
  store<u32>(codes, FORGOTTEN, COUNT);
}

/** Whether the best levels may differ from those kept. */
@inline
export function isOld(codes: u32, ladder: u32): bool {
  const depth = load<u32>(codes, DEPTH);
  const count = load<u32>(codes, COUNT);
  const touched = load<f64>(ladder, TOUCHED);
  if (count < depth) return touched > ABSENT;
  return count == FORGOTTEN || touched >= load<f64>(codes + LEVELS + ((depth - 1) << 3));
}

export function levelCount(codes: u32): u32 {
  return load<u32>(codes, COUNT);
}

/**
 * Takes the ladder's best levels over, with what is known of those that are the same as before; the register of the others
 * is 0 and their length 0, which no level's is.
 */
export function follow(codes: u32, ladder: u32): void {
  const depth = load<u32>(codes, DEPTH);
  const kept = load<u32>(codes, COUNT);
  const countBefore: u32 = kept == FORGOTTEN ? 0 : kept;
  memory.copy(spare, codes + LEVELS, depth * LEVEL_BYTES);
  const keys = codes + LEVELS;
  const sizes = keys + (depth << 3);
  const decimals = sizes + (depth << 3);
  const registers = decimals + (depth << 2);
  const lengths = registers + (depth << 2);
  const back = spare - keys;
  const leaves = load<u32>(ladder, LEAVES);
  const keepsDigits = load<u32>(ladder, DIGITS) != 0;
  let level: u32 = 0;
  let old: u32 = 0;
  for (let leaf: u32 = 0; leaf < leaves && level < depth; leaf++) {
    const block = blockAt(ladder, leaf);
    const count = sortLeaf(block, ORDER);
    for (let index: u32 = 0; index < count && level < depth; index++) {
      const slot = load<u32>(ORDER + (index << 2));
      const key = load<f64>(slot);
      const size = load<f64>(slot, TO_SIZE);
      const written = keepsDigits ? <u32>load<u16>(digitsAt(block, slot)) : 0;
      while (old < countBefore && load<f64>(back + keys + (old << 3)) > key) old++;
      const isSame =
        old < countBefore &&
        load<f64>(back + keys + (old << 3)) == key &&
        load<f64>(back + sizes + (old << 3)) == size &&
        load<u32>(back + decimals + (old << 2)) == written;
      store<f64>(keys + (level << 3), key);
      store<f64>(sizes + (level << 3), size);
      store<u32>(decimals + (level << 2), written);
      store<u32>(registers + (level << 2), isSame ? load<u32>(back + registers + (old << 2)) : 0);
      store<u32>(lengths + (level << 2), isSame ? load<u32>(back + lengths + (old << 2)) : 0);
      level++;
    }
  }
  store<u32>(codes, level, COUNT);
  store<f64>(ladder, ABSENT, TOUCHED);
}

@inline
export function keyOf(codes: u32, level: u32): f64 {
  return load<f64>(codes + LEVELS + (level << 3));
}

@inline
export function sizeOf(codes: u32, level: u32): f64 {
  return load<f64>(codes + LEVELS + ((load<u32>(codes, DEPTH) + level) << 3));
}

@inline
export function decimalsOf(codes: u32, level: u32): u32 {
  return load<u32>(fieldAt(codes, 16, level));
}

@inline
export function registerOf(codes: u32, level: u32): u32 {
  return load<u32>(fieldAt(codes, 20, level));
}

@inline
export function lengthOf(codes: u32, level: u32): u32 {
  return load<u32>(fieldAt(codes, 24, level));
}

export function setCode(codes: u32, level: u32, register: u32, length: u32): void {
  store<u32>(fieldAt(codes, 20, level), register);
  store<u32>(fieldAt(codes, 24, level), length);
}

@inline
function fieldAt(codes: u32, offset: u32, level: u32): u32 {
  return codes + LEVELS + load<u32>(codes, DEPTH) * offset + (level << 2);
}

function bytesFor(depth: u32): u32 {
  return LEVELS + depth * LEVEL_BYTES;
}
