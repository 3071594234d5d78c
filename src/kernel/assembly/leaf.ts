/**
 * A leaf of a ladder: up to sixteen levels of one stretch of keys, at any of its places.
 *
 *     101 -∞ 103 98 …  1 0 5 2 …     16 keys, -∞ where no level is, then 16 sizes, then, where they are kept, 16 times the
 *     └ keys ───────┘└ sizes ────    decimals of price (high byte) and size (low byte) as the venue wrote them
 */

import { ABSENT } from './layout';

/** Places of a leaf. */
export const LEAF: u32 = 16;
export const FULL: u32 = 0xffff;
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
  return placesOf(block, f64x2.splat(ABSENT)) ^ FULL;
}

/** How many keys of a leaf are above the one that fills `keys`. */
function rankIn(block: u32, keys: v128): u32 {
  let above = i64x2.splat(0);
  for (let at = block; at < block + TO_SIZE; at += 16) above = i64x2.sub(above, f64x2.gt(v128.load(at), keys));
  return <u32>(i64x2.extract_lane(above, 0) + i64x2.extract_lane(above, 1));
}

/** Puts a leaf's levels in order. @param order receives the addresses of their keys, best first @returns their number */
export function sortLeaf(block: u32, order: u32): u32 {
  const used = usedIn(block);
  for (let rest = used; rest != 0; rest &= rest - 1) {
    const slot = block + (ctz(rest) << 3);
    store<u32>(order + (rankIn(block, f64x2.splat(load<f64>(slot))) << 2), slot);
  }
  return popcnt(used);
}

/** Address of the highest key of a leaf that is not empty. */
export function bestIn(block: u32): u32 {
  const a = f64x2.max(f64x2.max(v128.load(block, 0), v128.load(block, 16)), v128.load(block, 32));
  const b = f64x2.max(f64x2.max(v128.load(block, 48), v128.load(block, 64)), v128.load(block, 80));
  const c = f64x2.max(f64x2.max(v128.load(block, 96), v128.load(block, 112)), f64x2.max(a, b));
  const best = max<f64>(f64x2.extract_lane(c, 0), f64x2.extract_lane(c, 1));
  return block + (ctz(placesOf(block, f64x2.splat(best))) << 3);
}

@inline
export function digitsAt(block: u32, slot: u32): u32 {
  return block + TO_DIGITS + ((slot - block) >> 2);
}
