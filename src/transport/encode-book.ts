/** The encoder's half for books: the top and the columns of changes. */

import { assert } from '../lib/assert.ts';
import { KNOWN, type BookTop, type ChangeColumns, type WideTop } from '../model/event.ts';
import { priceBase } from './batch-bases.ts';
import { setInt128, type ByteWriter } from './byte-writer.ts';
import * as layout from './codec-layout.ts';
import { columnClass, DOUBLE, LONG, putColumn, SAME, SHORT } from './coded-numbers.ts';

/** True where the column of kinds need not be written. */
export function areAllKnown({ kind, count }: ChangeColumns): boolean {
  for (let row = 0; row < count; row++) if (kind[row] !== KNOWN) return false;
  return true;
}

export function encodeWideTop(out: ByteWriter, top: BookTop, { bid, bidSize, ask, askSize }: WideTop): void {
  let present = 0;
  if (bid !== null) present |= layout.HAS_BID;
  if (bidSize !== null) present |= layout.HAS_BID_SIZE;
  if (ask !== null) present |= layout.HAS_ASK;
  if (askSize !== null) present |= layout.HAS_ASK_SIZE;
  out.u8(present);
  if (bid !== null) out.i128(bid);
  if (bidSize !== null) out.i128(bidSize);
  if (ask !== null) out.i128(ask);
  if (askSize !== null) out.i128(askSize);
  out.f64(top.bidSum);
  out.f64(top.askSum);
}

/** The column's classes and the columns; see `codec.ts`. Kinds are left out where all are known. */
export function encodeChanges(out: ByteWriter, changes: ChangeColumns, top: BookTop, allKnown: boolean): void {
  const { count, side, kind, price, size, change, orders } = changes;
  const base = priceBase(top);
  const ofPrice = columnClass(price, count, base);
  const ofSize = columnClass(size, count, 0);
  const ofChange = isEqual(change, size, count) ? SAME : Math.max(SHORT, columnClass(change, count, 0));
  const ofOrders = ordersClass(orders, count);
  out.u8(ofPrice | (ofSize << 2) | (ofChange << 4) | (ofOrders << 6));
  out.column(side, count);
  if (!allKnown) out.column(kind, count);
  putColumn(out, price, count, base, ofPrice);
  putColumn(out, size, count, 0, ofSize);
  if (ofChange !== SAME) putColumn(out, change, count, 0, ofChange);
  encodeOrders(out, orders, count, ofOrders);
}

/** The same of a wide event, whose columns stand there in full. */
export function encodeWideChanges(out: ByteWriter, changes: ChangeColumns, allKnown: boolean): void {
  const { count, side, kind, orders, wide } = changes;
  assert(wide !== null, 'a wide event without wide columns');
  const ofOrders = ordersClass(orders, count);
  out.u8(DOUBLE | (DOUBLE << 2) | (DOUBLE << 4) | (ofOrders << 6));
  out.column(side, count);
  if (!allKnown) out.column(kind, count);
  wideColumn(out, wide.price, count);
  wideColumn(out, wide.size, count);
  wideColumn(out, wide.change, count);
  encodeOrders(out, orders, count, ofOrders);
}

function isEqual(one: Float64Array, other: Float64Array, count: number): boolean {
  for (let row = 0; row < count; row++) if (!Object.is(one[row], other[row])) return false;
  return true;
}

function ordersClass(orders: Int32Array, count: number): number {
  let widest = SAME;
  for (let row = 0; row < count; row++) {
    const value = orders[row] as number;
    if (value === -1) continue;
    if ((value << 16) >> 16 !== value) return LONG;
    widest = SHORT;
  }
  return widest;
}

function encodeOrders(out: ByteWriter, orders: Int32Array, count: number, inClass: number): void {
  if (inClass === SAME) return;
  const bytes = inClass === SHORT ? 2 : 4;
  const at = out.reserve(count * bytes);
  const { view } = out;
  for (let row = 0; row < count; row++) {
    const value = orders[row] as number;
    if (bytes === 2) view.setInt16(at + row * 2, value, true);
    else view.setInt32(at + row * 4, value, true);
  }
}

function wideColumn(out: ByteWriter, values: readonly bigint[], count: number): void {
  const at = out.reserve(count * layout.WIDE_BYTES);
  for (let row = 0; row < count; row++) {
    const value = values[row];
    assert(value !== undefined, `wide column ends at row ${row} of ${count}`);
    setInt128(out.view, at + row * layout.WIDE_BYTES, value);
  }
}
