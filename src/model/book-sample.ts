/**
 * The numbers of a `book.sample`: what is measured each second from a book's levels, told by whoever has these levels, so that
 * nobody behind the bus must keep them once more.
 *
 * Open sizes of bids and of asks within each of the bands, nearest first; the number of bids and the number of asks that are listed;
 * price and size of each bid, then of each ask, best first. Base and quote units. Depth is NaN where a side is empty.
 */

/** Distances from the mid, in basis points; what stands at a border is within. */
export const DEPTH_BANDS_BPS = [10, 50, 100] as const;

export const BIDS_AT = 2 * DEPTH_BANDS_BPS.length;
export const ASKS_AT = BIDS_AT + 1;
export const LEVELS_AT = ASKS_AT + 1;

/** Numbers of a sample with so many levels per side, at most. */
export function sampleNumbers(levels: number): number {
  return LEVELS_AT + 4 * levels;
}
