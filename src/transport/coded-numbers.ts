/**
 * Numbers as their difference from a base that both sides know. Most differences of successive events are nothing or
 * small, so that a number takes 0 to 4 bytes where its double takes 8. Exact for every double: what no small whole
 * difference leads back to (fractions, NaN, minus zero, large jumps) stands there itself.
 *
 *     group   classes u16 (two bits a number, the first number lowest) | number …
 *     class   0: the base itself, no bytes | 1: base + i16 | 2: base + i32 | 3: f64, without the base
 *
 * A column has one class for all its rows and is read and written in one loop.
 */

import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Numbers of a group, at most: their classes fill two bytes. */
export const GROUP_MAX = 8;

export const SAME = 0;
export const SHORT = 1;
export const LONG = 2;
export const DOUBLE = 3;
/** Bytes of a number by its class. */
export const CLASS_BYTES = [0, 2, 4, 8] as const;

/** Bytes of four numbers by the byte of their classes. */
const QUAD_BYTES = Uint8Array.from({ length: 256 }, (_, classes) =>
  [0, 2, 4, 6].reduce((sum, shift) => sum + (CLASS_BYTES[(classes >>> shift) & 3] ?? 0), 0),
);

/** Writes the first `count` values against as many bases from `basesAt` on. */
export function putGroup(
  out: ByteWriter,
  values: Float64Array,
  bases: Float64Array,
  basesAt: number,
  count: number,
): void {
  const start = out.reserve(2 + count * 8);
  const { view } = out;
  let at = start + 2;
  let classes = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    const base = bases[basesAt + i] as number;
    if (Object.is(value, base)) continue;
    const difference = value - base;
    const whole = difference | 0;
    if (whole !== difference || !Object.is(base + whole, value)) {
      view.setFloat64(at, value, true);
      at += 8;
      classes |= DOUBLE << (i * 2);
    } else if ((whole << 16) >> 16 === whole) {
      view.setInt16(at, whole, true);
      at += 2;
      classes |= SHORT << (i * 2);
    } else {
      view.setInt32(at, whole, true);
      at += 4;
      classes |= LONG << (i * 2);
    }
  }
  view.setUint16(start, classes, true);
  out.length = at;
}

/** Reads what `putGroup` wrote. @throws CodecError `codec.truncated` */
export function takeGroup(
  reader: ByteReader,
  into: Float64Array,
  bases: Float64Array,
  basesAt: number,
  count: number,
): void {
  const { view } = reader;
  const classes = view.getUint16(reader.at, true) & (0xffff >>> (16 - count * 2));
  let at = 2 + reader.take(2 + (QUAD_BYTES[classes & 0xff] as number) + (QUAD_BYTES[classes >>> 8] as number));
  for (let i = 0; i < count; i++) {
    const base = bases[basesAt + i] as number;
    switch ((classes >>> (i * 2)) & 3) {
      case SAME:
        into[i] = base;
        break;
      case SHORT:
        into[i] = base + view.getInt16(at, true);
        at += 2;
        break;
      case LONG:
        into[i] = base + view.getInt32(at, true);
        at += 4;
        break;
      default:
        into[i] = view.getFloat64(at, true);
        at += 8;
    }
  }
}

/** The smallest class that holds every one of the first `count` values. */
export function columnClass(values: Float64Array, count: number, base: number): number {
  let widest = SAME;
  for (let row = 0; row < count; row++) {
    const value = values[row] as number;
    const difference = value - base;
    const whole = difference | 0;
    if (whole !== difference || !Object.is(base + whole, value)) return DOUBLE;
    if ((whole << 16) >> 16 !== whole) widest = LONG;
    else if (widest === SAME && !Object.is(value, base)) widest = SHORT;
  }
  return widest;
}

/** Writes a column in a class that holds it. */
export function putColumn(out: ByteWriter, values: Float64Array, count: number, base: number, inClass: number): void {
  const at = out.reserve(count * (CLASS_BYTES[inClass] as number));
  const { view } = out;
  switch (inClass) {
    case SAME:
      break;
    case SHORT:
      for (let row = 0; row < count; row++) view.setInt16(at + row * 2, (values[row] as number) - base, true);
      break;
    case LONG:
      for (let row = 0; row < count; row++) view.setInt32(at + row * 4, (values[row] as number) - base, true);
      break;
    default:
      for (let row = 0; row < count; row++) view.setFloat64(at + row * 8, values[row] as number, true);
  }
}

/** Reads what `putColumn` wrote. @throws CodecError `codec.truncated` */
export function takeColumn(reader: ByteReader, into: Float64Array, count: number, base: number, inClass: number): void {
  const at = reader.take(count * (CLASS_BYTES[inClass] as number));
  const { view } = reader;
  switch (inClass) {
    case SAME:
      for (let row = 0; row < count; row++) into[row] = base;
      break;
    case SHORT:
      for (let row = 0; row < count; row++) into[row] = base + view.getInt16(at + row * 2, true);
      break;
    case LONG:
      for (let row = 0; row < count; row++) into[row] = base + view.getInt32(at + row * 4, true);
      break;
    default:
      for (let row = 0; row < count; row++) into[row] = view.getFloat64(at + row * 8, true);
  }
}
