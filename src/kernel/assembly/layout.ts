/**
 * Where things stand in the kernel's memory. What JavaScript needs to know of it stands once more in `../layout.ts`.
 */

/** 10^0 to 10^22 as doubles, each of them exact. */
export const POWERS: u32 = 64;
export const POWERS_COUNT: i32 = 23;

/** What a call tells besides what it returns; valid until the next call. */
export const RESULT: u32 = 256;

/** `number.ts`: sixteen places of no byte and those from 0 to 15; a vector from the n-th on has n of these at its end. */
export const DIGIT_PLACES: u32 = 384;
/** `number.ts`: sixteen times -1, then 0; a vector from the n-th on is -1 but for n bytes at its end. */
export const BEFORE_POINT: u32 = 416;

/** First free block of each size class, see `memory.ts`. */
export const FREE_LISTS: u32 = 512;
/** First free leaf block without and with digits. */
export const FREE_LEAVES: u32 = 704;
/** Where the part that has never been used begins. */
export const HEAP_END: u32 = 720;
/** Bytes of the blocks in use. */
export const IN_USE: u32 = 724;
/** Room for the addresses of a leaf's levels. */
export const ORDER: u32 = 768;
/** What was read from a frame: 32 doubles. */
export const SLOTS: u32 = 1024;
/** Columns of the rows that are being applied (updates.ts). */
export const PLAN: u32 = 1280;
/** All blocks stand behind this. */
export const HEAP_START: u32 = 5376;

/** The key where no level is. */
@inline
export const ABSENT: f64 = -Infinity;
@inline
export const SAFE_MAX: f64 = 9007199254740991;

export const BID: i32 = 0;
export const KNOWN: i32 = 0;
export const FIRST_SIGHT: i32 = 1;
export const WINDOW_EXIT: i32 = 2;
