/**
 * A set of prices, whole numbers other than zero, in one flat column of a power of two of slots, at most half of them taken.
 * Nothing is ever taken out but everything.
 *
 *     0 slots' address   4 number of slots   8 prices held
 */

import { allocate, release } from './memory';

export const SEEN_BYTES: u32 = 12;
const SLOTS_MIN: u32 = 16;
/** 2^32 divided by the golden ratio: spreads neighbouring numbers over the table. */
const SPREAD: u32 = 0x9e3779b1;

export function seenBegin(set: u32): void {
  store<u32>(set, 0, 0);
  store<u32>(set, 0, 4);
  store<u32>(set, 0, 8);
}

export function seenClear(set: u32): void {
  const slots = load<u32>(set, 0);
  if (slots != 0) release(slots, load<u32>(set, 4) << 3);
  seenBegin(set);
}

export function seenHas(set: u32, price: f64): bool {
  const slots = load<u32>(set, 0);
  return slots != 0 && load<f64>(slotOf(slots, load<u32>(set, 4), price)) == price;
}

export function seenAdd(set: u32, price: f64): void {
  const size = load<u32>(set, 8);
  seenRoom(set, 1);
  const slot = slotOf(load<u32>(set, 0), load<u32>(set, 4), price);
  if (load<f64>(slot) == price) return;
  store<f64>(slot, price);
  store<u32>(set, size + 1, 8);
}

/** Makes room for so many more. */
export function seenRoom(set: u32, more: u32): void {
  const count = load<u32>(set, 4);
  let wanted = max<u32>(count, SLOTS_MIN);
  while ((load<u32>(set, 8) + more) << 1 > wanted) wanted <<= 1;
  if (wanted != count) grow(set, wanted);
}

/** Address of the slot that holds a price, or would hold it, of so many from `slots` on. */
@inline
export function slotOf(slots: u32, count: u32, price: f64): u32 {
  const mask = count - 1;
  let slot = (<u32>(<i64>price) * SPREAD) >> clz(mask);
  let found = load<f64>(slots + (slot << 3));
  while (found != price && found != 0) {
    slot = (slot + 1) & mask;
    found = load<f64>(slots + (slot << 3));
  }
  return slots + (slot << 3);
}

function grow(set: u32, count: u32): void {
  const before = load<u32>(set, 0);
  const countBefore = load<u32>(set, 4);
  const slots = allocate(count << 3);
  memory.fill(slots, 0, count << 3);
  for (let index: u32 = 0; index < countBefore; index++) {
    const price = load<f64>(before + (index << 3));
    if (price != 0) store<f64>(slotOf(slots, count, price), price);
  }
  if (before != 0) release(before, countBefore << 3);
  store<u32>(set, slots, 0);
  store<u32>(set, count, 4);
}
