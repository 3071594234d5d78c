/**
 * Where things stand in the kernel's memory, as far as JavaScript reads them itself: the same places as in
 * `assembly/layout.ts` and `assembly/ladder-fields.ts`.
 */

/** What a call tells besides what it returns: places of doubles. */
export const RESULT_TOP = 256 >> 3;
/** Rows of changes written, and whether a side of the book is worn: places of 32-bit integers. */
export const RESULT_ROWS = (256 + 48) >> 2;
export const RESULT_WORN = (256 + 52) >> 2;
/** The scales of prices and of sizes that a message needs: places of 32-bit integers. */
export const RESULT_SCALES = (256 + 56) >> 2;

/** Levels and trades that were read from a frame: places of 32-bit integers. */
export const RESULT_LEVELS = (256 + 64) >> 2;
export const RESULT_TRADES = (256 + 68) >> 2;
/** What was read from a frame: places of doubles. */
export const SLOTS = 1024 >> 3;

/** Where the part of the memory that has never been used begins. */
export const HEAP_END = 720 >> 2;
/** Bytes of the blocks in use. */
export const IN_USE = 724 >> 2;

/** Within a ladder, in bytes. */
export const LADDER = {
  count: 0,
  leaves: 4,
  seenSlots: 28,
  seenCount: 32,
  seenSize: 36,
  horizon: 40,
  span: 72,
} as const;
/** From the address of a level's key to that of its size. */
export const TO_SIZE = 128;
