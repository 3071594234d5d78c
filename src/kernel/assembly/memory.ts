/**
 * Blocks of the kernel's memory: size classes of powers of two, each with a list of its free blocks, and two lists of leaf
 * blocks. Nothing is ever moved, and nothing given back to the system.
 */

import { FREE_LEAVES, FREE_LISTS, HEAP_END, HEAP_START, IN_USE, POWERS, POWERS_COUNT } from './layout';
import { prepareNumbers } from './number';

@external('host', 'grown')
declare function grown(): void;
@external('host', 'exhausted')
declare function exhausted(): void;

const PAGE: u32 = 65536;
const SMALLEST: u32 = 5;
const SLACK: u32 = 64;
/** Pages taken at once, at least; else a third of those there are: whoever looks at the memory must look anew each time. */
const PAGES_STEP: u32 = 16;

/** Must be called once, before anything else. */
export function initialize(): void {
  store<u32>(HEAP_END, HEAP_START);
  let power: f64 = 1;
  for (let index = 0; index < POWERS_COUNT; index++) {
    store<f64>(POWERS + (index << 3), power);
    power *= 10;
  }
  prepareNumbers();
}

/** A block of at least so many bytes; what stands in it is undefined. */
export function allocate(bytes: u32): u32 {
  const sizeClass = classOf(bytes);
  count(1 << sizeClass);
  const list = FREE_LISTS + (sizeClass << 2);
  const free = load<u32>(list);
  if (free == 0) return fresh(1 << sizeClass);
  store<u32>(list, load<u32>(free));
  return free;
}

/** Gives a block back. @param bytes as it was asked for */
export function release(block: u32, bytes: u32): void {
  count(-(1 << classOf(bytes)));
  const list = FREE_LISTS + (classOf(bytes) << 2);
  store<u32>(block, load<u32>(list));
  store<u32>(list, block);
}

/** @param bytes a multiple of 32; where it is one of 64, leaves stand in whole lines of the processor's cache */
export function allocateLeaf(bytes: u32, withDigits: u32): u32 {
  count(bytes);
  const list = FREE_LEAVES + (withDigits << 2);
  const free = load<u32>(list);
  if (free == 0) {
    // What is left out here is forgotten: less than a line, and only where other blocks came in between.
    const rest: u32 = withDigits != 0 ? 31 : 63;
    store<u32>(HEAP_END, (load<u32>(HEAP_END) + rest) & ~rest);
    return fresh(bytes);
  }
  store<u32>(list, load<u32>(free));
  return free;
}

/** @param bytes as for `allocateLeaf` */
export function releaseLeaf(block: u32, bytes: u32, withDigits: u32): void {
  count(-bytes);
  const list = FREE_LEAVES + (withDigits << 2);
  store<u32>(block, load<u32>(list));
  store<u32>(list, block);
}

@inline
function count(bytes: i32): void {
  store<i32>(IN_USE, load<i32>(IN_USE) + bytes);
}

@inline
function classOf(bytes: u32): u32 {
  return max<u32>(SMALLEST, 32 - clz(bytes - 1));
}

function fresh(bytes: u32): u32 {
  const block = load<u32>(HEAP_END);
  const end = block + bytes;
  // The kernel may look at a few bytes behind a block.
  const needed = end + SLACK;
  const have = <u32>memory.size() * PAGE;
  if (needed > have) {
    const missing = (needed - have + PAGE - 1) / PAGE;
    const wanted = max<u32>(max<u32>(missing, PAGES_STEP), <u32>memory.size() / 3);
    if (memory.grow(wanted) < 0 && memory.grow(missing) < 0) exhausted();
    grown();
  }
  store<u32>(HEAP_END, end);
  return block;
}
