/** The encoder's half for books: the top and the columns of changes. */

import { assert } from '../lib/assert.ts';
import { KNOWN, type BookTop, type ChangeColumns, type WideTop } from '../model/event.ts';
import { setInt128, type ByteWriter } from './byte-writer.ts';
import * as layout from './codec-layout.ts';

/** The flags that tell which columns need not be written. */
export function columnFlags(changes: ChangeColumns): number {
  const { count, kind, orders, change, size, wide } = changes;
  let flags = layout.ALL_KNOWN | layout.NO_ORDERS | layout.CHANGE_IS_SIZE;
  for (let row = 0; row < count; row++) {
    if (kind[row] !== KNOWN) flags &= ~layout.ALL_KNOWN;
    if (orders[row] !== -1) flags &= ~layout.NO_ORDERS;
    if (change[row] !== size[row]) flags &= ~layout.CHANGE_IS_SIZE;
    // Two wide integers may share their nearest double.
    else if (wide !== null && wide.change[row] !== wide.size[row]) flags &= ~layout.CHANGE_IS_SIZE;
  }
  return flags;
}

export function encodeTop(out: ByteWriter, top: BookTop): void {
  const at = out.reserve(6 * 8);
  const { view } = out;
  view.setFloat64(at, top.bid, true);
  view.setFloat64(at + 8, top.bidSize, true);
  view.setFloat64(at + 16, top.ask, true);
  view.setFloat64(at + 24, top.askSize, true);
  view.setFloat64(at + 32, top.bidSum, true);
  view.setFloat64(at + 40, top.askSum, true);
}

export function encodeWideTop(out: ByteWriter, top: WideTop): void {
  const { bid, bidSize, ask, askSize } = top;
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
  out.i128(top.bidSum);
  out.i128(top.askSum);
}

/** @param flags what `columnFlags` said of these changes */
export function encodeChanges(out: ByteWriter, changes: ChangeColumns, flags: number, isWide: boolean): void {
  const { count, wide } = changes;
  out.view.setUint32(out.reserve(4), count, true);
  out.column(changes.side, count);
  if ((flags & layout.ALL_KNOWN) === 0) out.column(changes.kind, count);
  if (isWide && wide !== null) {
    wideColumn(out, wide.price, count);
    wideColumn(out, wide.size, count);
    if ((flags & layout.CHANGE_IS_SIZE) === 0) wideColumn(out, wide.change, count);
  } else {
    floatColumn(out, changes.price, count);
    floatColumn(out, changes.size, count);
    if ((flags & layout.CHANGE_IS_SIZE) === 0) floatColumn(out, changes.change, count);
  }
  if ((flags & layout.NO_ORDERS) === 0) intColumn(out, changes.orders, count);
}

function floatColumn(out: ByteWriter, values: Float64Array, count: number): void {
  const at = out.reserve(count * 8);
  const { view } = out;
  for (let row = 0; row < count; row++) view.setFloat64(at + row * 8, values[row] ?? Number.NaN, true);
}

function intColumn(out: ByteWriter, values: Int32Array, count: number): void {
  const at = out.reserve(count * 4);
  const { view } = out;
  for (let row = 0; row < count; row++) view.setInt32(at + row * 4, values[row] ?? -1, true);
}

function wideColumn(out: ByteWriter, values: readonly bigint[], count: number): void {
  const at = out.reserve(count * layout.WIDE_BYTES);
  for (let row = 0; row < count; row++) {
    const value = values[row];
    assert(value !== undefined, `wide column ends at row ${row} of ${count}`);
    setInt128(out.view, at + row * layout.WIDE_BYTES, value);
  }
}
