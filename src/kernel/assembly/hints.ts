/**
 * Where to begin looking for the leaf of a key, so that few heads must be compared with it.
 *
 * The distance of a key from an origin above the best level, as the bits of a double without its lowest ones, is the number of
 * a bucket: buckets grow with the distance, as the room between levels does. For each bucket a hint says which leaf its
 * highest keys are in. A hint may be too low, which costs steps, but never too high. After so many steps the hints are made anew:
 * the market has moved, or leaves have come.
 */

import { BUCKET, GREATEST, HEADS, HINTS, HINTS_COUNT, LEAST, LEAVES, ORIGIN, SHIFT, STEPS } from './ladder-fields';

/** Steps after which it pays to make the hints anew. */
export const STEPS_MAX: u32 = 256;
/** Heads that are compared at once, with one step. */
export const STEP: u32 = 4;
/** Hints that a ladder has for each leaf, and at least and at most. */
const HINTS_PER_LEAF: u32 = 4;
const HINTS_MIN: u32 = 32;
const HINTS_MAX: u32 = 1024;
/** A leaf with a higher number has this one's hint. */
const HINT_MAX: u32 = 0x7fff;
const MANTISSA_BITS: u32 = 52;
/** The first buckets, all of one width, are laid over so many leaves. */
const LEAVES_NEAR: u32 = 8;

/** How many hints a ladder has whose directory has room for so many leaves. */
export function hintsFor(room: u32): u32 {
  return min<u32>(max<u32>(room * HINTS_PER_LEAF, HINTS_MIN), HINTS_MAX) & ~7;
}

/** The bucket of the key that fills `keys`. */
@inline
export function bucketOf(origin: v128, least: v128, greatest: v128, shift: u32, keys: v128): u32 {
  const distance = f64x2.pmax(f64x2.pmin(f64x2.sub(origin, keys), greatest), least);
  return <u32>(i64x2.extract_lane(distance, 0) >> shift);
}

/** How many of the four heads behind one are not below the key that fills `keys`. */
@inline
export function stepsFrom(head: u32, keys: v128): u32 {
  const near = i64x2.bitmask(f64x2.ge(v128.load(head, 8), keys));
  return popcnt(near | (i64x2.bitmask(f64x2.ge(v128.load(head, 24), keys)) << 2));
}

/** Where the hint of bucket 0 would stand. */
@inline
export function hintsOf(ladder: u32): u32 {
  return load<u32>(ladder, HINTS) - (load<u32>(ladder, BUCKET) << 1);
}

/** The leaf from which on to look for the key that fills `keys`. */
@inline
function hintOf(ladder: u32, keys: v128): u32 {
  const bucket = bucketOf(
    v128.load64_splat(ladder, ORIGIN),
    v128.load64_splat(ladder, LEAST),
    v128.load64_splat(ladder, GREATEST),
    load<u32>(ladder, SHIFT),
    keys,
  );
  return <u32>load<u16>(hintsOf(ladder) + (bucket << 1));
}

/** The leaf that holds or would hold a key: the last one whose head is not below it. */
export function leafOf(ladder: u32, key: f64): u32 {
  let leaf = hintOf(ladder, f64x2.splat(key));
  const heads = load<u32>(ladder, HEADS);
  while (load<f64>(heads + (leaf << 3), 8) >= key) leaf++;
  return leaf;
}

/** As `leafOf`; the steps are counted. */
export function leafCounted(ladder: u32, keys: v128): u32 {
  let leaf = hintOf(ladder, keys);
  const heads = load<u32>(ladder, HEADS);
  let more = stepsFrom(heads + (leaf << 3), keys);
  while (more == STEP) {
    leaf += STEP;
    store<u32>(ladder, load<u32>(ladder, STEPS) + 1, STEPS);
    more = stepsFrom(heads + (leaf << 3), keys);
  }
  return leaf + more;
}

/** Makes the hints for the leaves as they are now. */
export function makeHints(ladder: u32): void {
  const heads = load<u32>(ladder, HEADS);
  const leaves = load<u32>(ladder, LEAVES);
  const hints = load<u32>(ladder, HINTS);
  const count = load<u32>(ladder, HINTS_COUNT);
  const best = leaves > 1 ? load<f64>(heads, 8) : 0;
  const near = leaves > 1 ? best - load<f64>(heads + (min<u32>(LEAVES_NEAR, leaves - 1) << 3)) : 0;
  const range = leaves > 1 ? best - load<f64>(heads + ((leaves - 1) << 3)) : 0;
  // A power of two, above which the width of buckets begins to grow.
  const least = reinterpret<f64>((reinterpret<u64>(max<f64>(near, 1) * 4) >> MANTISSA_BITS) << MANTISSA_BITS);
  const doublings = <u32>((reinterpret<u64>(range + 2 * least) - reinterpret<u64>(least)) >> MANTISSA_BITS) + 1;
  let bits: u32 = 0;
  while ((doublings << (bits + 1)) <= count) bits++;
  const shift = MANTISSA_BITS - bits;
  const bucket = <u32>(reinterpret<u64>(least) >> shift);
  // Room above, since the best level moves.
  const origin = best + 1.5 * least;
  const greatest = reinterpret<f64>(<u64>(bucket + count - 1) << shift);
  store<u32>(ladder, 0, STEPS);
  store<u32>(ladder, shift, SHIFT);
  store<u32>(ladder, bucket, BUCKET);
  store<f64>(ladder, origin, ORIGIN);
  store<f64>(ladder, least, LEAST);
  store<f64>(ladder, greatest, GREATEST);
  let filled: u32 = 0;
  for (let leaf: u32 = 0; leaf < leaves; leaf++) {
    let end = count;
    if (leaf + 1 < leaves) {
      const next = v128.load64_splat(heads + (leaf << 3), 8);
      end = bucketOf(f64x2.splat(origin), f64x2.splat(least), f64x2.splat(greatest), shift, next) - bucket + 1;
    }
    for (; filled < end; filled++) store<u16>(hints + (filled << 1), min<u32>(leaf, HINT_MAX));
  }
}

/** Moves the hints of all leaves behind one, for which others have other numbers now. @param by 1 or -1 */
export function moveHints(ladder: u32, leaf: u32, by: i16): void {
  const behind = i16x8.splat(<i16>min<u32>(leaf, HINT_MAX));
  const steps = i16x8.splat(by);
  const end = load<u32>(ladder, HINTS) + (load<u32>(ladder, HINTS_COUNT) << 1);
  for (let at = load<u32>(ladder, HINTS); at < end; at += 16) {
    const hints = v128.load(at);
    v128.store(at, i16x8.add_sat_s(hints, v128.and(i16x8.gt_s(hints, behind), steps)));
  }
}
