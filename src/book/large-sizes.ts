/**
 * Sizes beyond 2^53 in a book of doubles. Round ones are doubles without loss for long beyond it, so that they can be held; an event
 * that shows one is told in bigints, since its change may be no double.
 */

import type { BookTop, WideChanges } from '../model/event.ts';
import type { ChangeBuffer } from './changes.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;
/** Far below the 64 bits in which the kernel sums sizes up. */
const SIZE_MAX = 2n ** 60n;

/** Whether a size beyond 2^53 can be held as a double. */
export function isLargeDouble(size: bigint): boolean {
  return size <= SIZE_MAX && BigInt(Number(size)) === size;
}

/**
 * Fills the bigint columns of a message's changes, and of the top behind it, where one of their numbers is beyond 2^53. Where a change
 * is NaN the size before it stands in the place of the scaled price, as the kernel leaves it.
 */
export function tellLarge(changes: ChangeBuffer, top: BookTop): void {
  const { count, price, size, change, scaledPrice } = changes;
  let isLarge = top.bidSize > LARGEST || top.askSize > LARGEST;
  for (let row = 0; row < count && !isLarge; row++) isLarge = !(Math.abs(change[row] as number) <= LARGEST);
  if (!isLarge) return;
  const wide: WideChanges = { price: [], size: [], change: [] };
  for (let row = 0; row < count; row++) {
    const now = BigInt(size[row] as number);
    const moved = change[row] as number;
    let exact = now;
    if (moved !== size[row]) {
      exact = Number.isNaN(moved) ? now - BigInt(scaledPrice[row] as number) : BigInt(moved);
      change[row] = Number(exact);
    }
    wide.price.push(BigInt(price[row] as number));
    wide.size.push(now);
    wide.change.push(exact);
  }
  changes.wide = wide;
  const { bid, bidSize, ask, askSize } = top;
  top.wide = { bid: exactOf(bid), bidSize: exactOf(bidSize), ask: exactOf(ask), askSize: exactOf(askSize) };
}

function exactOf(value: number): bigint | null {
  return Number.isNaN(value) ? null : BigInt(value);
}
