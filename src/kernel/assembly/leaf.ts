/**
 * A leaf of a ladder: up to fifteen levels of one stretch of keys, at any of its places.
 *
 *     101 -∞ 103 98 …  ~  1 0 5 2 …     15 keys, -∞ where no level is, a word with a bit for each such place, then 15 sizes and
 *     └ keys ──────┘      └ sizes ──    8 bytes that nobody uses, then, where they are kept, 16 times the decimals of price (high
 *                                       byte) and size (low byte) as the venue wrote them
 */

import { ABSENT } from './layout';

/** Places of a leaf. */
export const LEAF: u32 = 15;
export const FULL: u32 = 0x7fff;
/** Bytes from the block's start to the bits of the places that hold no level, 16 of a word. */
export const FREE: u32 = 120;
/** The word with all places free. As a double it is above none of the keys, and not equal to any. */
export const ALL_FREE: u64 = 0xffefffffffff7fff;
/** The highest double that such a word can be. */
const NO_KEY: u64 = 0xffefffffffff0000;
/** Bytes from a key to its size, and from the block's start to the decimals. */
export const TO_SIZE: u32 = 128;
const TO_DIGITS: u32 = 256;
/** Without decimals, whole lines of the processor's cache, and what the decimals take. */
export const LEAF_BYTES: u32 = 256;
export const DIGITS_BYTES: u32 = 32;

/** A bit for each place of a leaf whose key is the one that fills `keys`. */
@inline
export function placesOf(block: u32, keys: v128): u32 {
  // Sixteen results of 64 bits become as many of one byte, pair by pair.
  const a = i16x8.narrow_i32x4_s(f64x2.eq(v128.load(block, 0), keys), f64x2.eq(v128.load(block, 16), keys));
  const b = i16x8.narrow_i32x4_s(f64x2.eq(v128.load(block, 32), keys), f64x2.eq(v128.load(block, 48), keys));
  const c = i16x8.narrow_i32x4_s(f64x2.eq(v128.load(block, 64), keys), f64x2.eq(v128.load(block, 80), keys));
  const d = i16x8.narrow_i32x4_s(f64x2.eq(v128.load(block, 96), keys), f64x2.eq(v128.load(block, 112), keys));
  // Two 16-bit halves of each result are one 32-bit lane.
  const low = i16x8.narrow_i32x4_s(a, b);
  const high = i16x8.narrow_i32x4_s(c, d);
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

/** A bit for each place of a leaf that holds a level. */
@inline
export function usedIn(block: u32): u32 {
  return <u32>load<u16>(block, FREE) ^ FULL;
}

/** How many keys of a leaf are above the one that fills `keys`. */
function rankIn(block: u32, keys: v128): u32 {
  let above = i64x2.splat(0);
  for (let at = block; at < block + TO_SIZE; at += 16) above = i64x2.sub(above, f64x2.gt(v128.load(at), keys));
  return <u32>(i64x2.extract_lane(above, 0) + i64x2.extract_lane(above, 1));
}

/** Whether a leaf's levels stand one behind the other from its first place on, best first, as they are laid. */
function isInOrder(block: u32, used: u32): bool {
  if ((used & (used + 1)) != 0) return false;
  let falls = i64x2.splat(-1);
  // Places without a level are not above each other.
  for (let at = block; at < block + ((LEAF - 1) << 3); at += 16) {
    falls = v128.and(falls, f64x2.ge(v128.load(at), v128.load(at, 8)));
  }
  return i64x2.all_true(falls);
}

/** Puts a leaf's levels in order. @param order receives the addresses of their keys, best first @returns their number */
export function sortLeaf(block: u32, order: u32): u32 {
  const used = usedIn(block);
  if (isInOrder(block, used)) {
    const count = popcnt(used);
    for (let index: u32 = 0; index < count; index++) store<u32>(order + (index << 2), block + (index << 3));
    return count;
  }
  for (let rest = used; rest != 0; rest &= rest - 1) {
    const slot = block + (ctz(rest) << 3);
    store<u32>(order + (rankIn(block, f64x2.splat(load<f64>(slot))) << 2), slot);
  }
  return popcnt(used);
}

/** The key in the middle of a full leaf's. */
export function middleIn(block: u32): f64 {
  let slot = block;
  while (rankIn(block, v128.load64_splat(slot)) != LEAF / 2) slot += 8;
  return load<f64>(slot);
}

/** Address of the highest key of a leaf that is not empty. */
export function bestIn(block: u32): u32 {
  // The one of two keys that is not below the other, as `pmax` says it, takes one instruction; `max` takes ten.
  const a = f64x2.pmax(f64x2.pmax(v128.load(block, 0), v128.load(block, 16)), v128.load(block, 32));
  const b = f64x2.pmax(f64x2.pmax(v128.load(block, 48), v128.load(block, 64)), v128.load(block, 80));
  const best = f64x2.pmax(f64x2.pmax(v128.load(block, 96), v128.load(block, 112)), f64x2.pmax(a, b));
  return block + (ctz(placesOf(block, f64x2.pmax(best, swapped(best)))) << 3);
}

/** Address of the lowest key of a leaf that is not empty. */
export function worstIn(block: u32): u32 {
  const absent = f64x2.splat(reinterpret<f64>(NO_KEY));
  let worst = f64x2.splat(Infinity);
  for (let at = block; at < block + TO_SIZE; at += 16) {
    const keys = v128.load(at);
    // Whatever is no key becomes NaN, which is not below anything.
    worst = f64x2.pmin(worst, v128.or(keys, f64x2.le(keys, absent)));
  }
  return block + (ctz(placesOf(block, f64x2.pmin(worst, swapped(worst)))) << 3);
}

/** Sum of all sizes of a leaf; where no level is, none stands. */
@inline
export function sizesIn(block: u32): f64 {
  const a = f64x2.add(v128.load(block, 128), v128.load(block, 144));
  const b = f64x2.add(v128.load(block, 160), v128.load(block, 176));
  const c = f64x2.add(v128.load(block, 192), v128.load(block, 208));
  // Behind the last size there is nothing that means one.
  const d = f64x2.add(v128.load(block, 224), v128.load64_zero(block, 240));
  const sum = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Sum of the sizes of a leaf's levels down to a key. */
export function sizesDownTo(block: u32, key: f64): f64 {
  const keys = f64x2.splat(key);
  let sum = f64x2.splat(0);
  for (let slot = block; slot < block + TO_SIZE; slot += 16) {
    sum = f64x2.add(sum, v128.and(v128.load(slot, TO_SIZE), f64x2.ge(v128.load(slot), keys)));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

@inline
function swapped(pair: v128): v128 {
  return v128.shuffle<f64>(pair, pair, 1, 0);
}

/** Takes the level at an address out. */
@inline
export function empty(block: u32, slot: u32): void {
  store<f64>(slot, ABSENT);
  store<f64>(slot, 0, TO_SIZE);
  store<u16>(block, <u16>(<u32>load<u16>(block, FREE) | ((<u32>1) << ((slot - block) >> 3))), FREE);
}

@inline
export function digitsAt(block: u32, slot: u32): u32 {
  return block + TO_DIGITS + ((slot - block) >> 2);
}
