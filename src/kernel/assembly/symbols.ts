/** Symbols by their bytes: the number that each was given, so that one that was seen before costs JavaScript no text. */

import { allocate, release } from './memory';

/** Longer texts are no symbols of any venue. */
export const LENGTH_MAX: u32 = 16;
/** Of an entry: its bytes, filled up with zeros, and its number and 1; 0 where there is none. */
const ENTRY_BYTES: u32 = 32;
const NUMBER: u32 = 16;
const CAPACITY_MIN: u32 = 256;

let table: u32 = 0;
let capacity: u32 = 0;
let used: u32 = 0;

/** The first bytes of the text, and zeros behind them. @param length at most `LENGTH_MAX` */
@inline
function bytesOf(at: u32, length: u32): v128 {
  const all = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(v128.load(at), i8x16.lt_u(all, i8x16.splat(<i8>length)));
}

@inline
function slotOf(bytes: v128): u32 {
  const low = i64x2.extract_lane(bytes, 0);
  const high = i64x2.extract_lane(bytes, 1);
  // Odd numbers of many bits (those of xxHash64), which spread whatever is multiplied by them.
  const mixed = <u64>(low * 0x9e3779b185ebca87) ^ <u64>(high * 0x42b2ae3d27d4eb4f);
  return <u32>((mixed * 0x165667b19e3779f9) >> 32);
}

/** The number of a symbol; -1 where it was never added. */
@inline
export function symbolAt(at: u32, length: u32): i32 {
  if (capacity == 0 || length > LENGTH_MAX) return -1;
  const bytes = bytesOf(at, length);
  const entry = find(bytes);
  return <i32>load<u32>(entry, NUMBER) - 1;
}

/** Its entry, or the free one in which it would stand. */
@inline
function find(bytes: v128): u32 {
  const mask = capacity - 1;
  let slot = slotOf(bytes) & mask;
  while (true) {
    const entry = table + slot * ENTRY_BYTES;
    if (load<u32>(entry, NUMBER) == 0) return entry;
    if (!v128.any_true(v128.xor(v128.load(entry), bytes))) return entry;
    slot = (slot + 1) & mask;
  }
}

/** Gives the symbol of so many bytes, at most `LENGTH_MAX`, which has none, its number. */
export function addSymbol(at: u32, length: u32, number: u32): void {
  if (used << 1 >= capacity) grow();
  place(bytesOf(at, length), number + 1);
  used++;
}

function place(bytes: v128, number: u32): void {
  const entry = find(bytes);
  v128.store(entry, bytes);
  store<u32>(entry, number, NUMBER);
}

function grow(): void {
  const old = table;
  const oldCapacity = capacity;
  capacity = oldCapacity == 0 ? CAPACITY_MIN : 2 * oldCapacity;
  table = allocate(capacity * ENTRY_BYTES);
  memory.fill(table, 0, capacity * ENTRY_BYTES);
  if (oldCapacity == 0) return;
  for (let slot: u32 = 0; slot < oldCapacity; slot++) {
    const entry = old + slot * ENTRY_BYTES;
    if (load<u32>(entry, NUMBER) != 0) place(v128.load(entry), load<u32>(entry, NUMBER));
  }
  release(old, oldCapacity * ENTRY_BYTES);
}
