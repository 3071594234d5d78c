/**
 * Where the parts of a ladder stand in its block, in bytes:
 *
 *      0 levels   4 leaves   8 heads' address   12 blocks' address   16 room for leaves   20 1: keeps digits
 *     24 1: remembers levels below the horizon   28 those (seen.ts)   40 horizon
 *     48, 56 sum of all sizes, low and high 64 bits   64 from which key on touches are noted   72 span
 *     80 hints' address   84 their number   88 steps taken since they were made   92 shift   96 first bucket
 *     100 keys touched since somebody took them over   104 origin   112, 120 least and greatest distance from it (hints.ts)
 *     128 those keys
 */

export const LADDER_BYTES: u32 = 192;
export const COUNT: u32 = 0;
export const LEAVES: u32 = 4;
export const HEADS: u32 = 8;
export const BLOCKS: u32 = 12;
export const ROOM: u32 = 16;
export const DIGITS: u32 = 20;
export const REMEMBERS: u32 = 24;
export const SEEN: u32 = 28;
export const HORIZON: u32 = 40;
export const SUM_LOW: u32 = 48;
export const SUM_HIGH: u32 = 56;
export const WATCHED: u32 = 64;
export const SPAN: u32 = 72;
export const HINTS: u32 = 80;
export const HINTS_COUNT: u32 = 84;
export const STEPS: u32 = 88;
export const SHIFT: u32 = 92;
export const BUCKET: u32 = 96;
export const TOUCHES: u32 = 100;
export const ORIGIN: u32 = 104;
export const LEAST: u32 = 112;
export const GREATEST: u32 = 120;
export const TOUCHED: u32 = 128;
/** More keys are not noted: all levels may have been touched then. */
export const TOUCHES_MAX: u32 = 8;
