/** Levels written `["61737.63000000","0.00014000"]`, comma-separated. */

import type { LevelBuffer } from '../../book/level-buffer.ts';
import { kernel, views } from '../../kernel/kernel.ts';
import { RESULT_AT } from '../../kernel/layout.ts';
import { NONE, number, readDecimal } from './digits.ts';

/** Pieces of `["1.5","2"],["1.4","3"]]` as little-endian words. */
const OPEN = 0x225b;
const BETWEEN = 0x222c22;
const NEXT = 0x2c5d22;
const LAST = 0x5d5d22;
const THREE_BYTES = 0xffffff;

/**
 * Appends the levels from `from` on, behind the `[` of their list, to `levels`.
 * @param end of the frame, which stands in the kernel's memory
 * @returns the place behind the `]` that ends the list; `NONE` where anything is of another shape
 */
export function readQuotedPairs(from: number, end: number, side: number, levels: LevelBuffer): number {
  let at = from;
  for (;;) {
    const { base, room, count } = levels;
    const rows = kernel.readPairs(at, end, side, base, room, count);
    at = views.words[RESULT_AT] as number;
    levels.count = rows & 0x7fffffff;
    if (rows >= 0) return at;
    if (levels.count === room) {
      levels.reserve(room + 1);
      continue;
    }
    // One level that is written otherwise: with more digits, say.
    at = readPair(at, end, side, levels);
    if (at === NONE) return NONE;
    const close = views.data.getInt32(at, true) & THREE_BYTES;
    at += 3;
    if (at > end) return NONE;
    if (close === LAST) return at;
    if (close !== NEXT) return NONE;
  }
}

/** @returns the place behind the second number */
function readPair(from: number, end: number, side: number, levels: LevelBuffer): number {
  const { data } = views;
  if (from >= end || data.getUint16(from, true) !== OPEN) return NONE;
  let at = readDecimal(data, from + 2);
  if (at === NONE) return NONE;
  const price = number.mantissa[0] as number;
  const priceDecimals = number.decimals[0] as number;
  if (price === 0 || (data.getInt32(at, true) & THREE_BYTES) !== BETWEEN) return NONE;
  at = readDecimal(data, at + 3);
  if (at === NONE) return NONE;
  levels.add(side, price, priceDecimals, number.mantissa[0] as number, number.decimals[0] as number);
  return at;
}
