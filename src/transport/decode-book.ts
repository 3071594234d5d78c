/** The decoder's half for books: refills the top and the columns of changes. */

import { ASK, CHANGE_KINDS, type BookTop, type ChangeColumns, type WideChanges, type WideTop } from '../model/event.ts';
import { getInt128, type ByteReader } from './byte-reader.ts';
import { CodecError } from './codec-error.ts';
import * as layout from './codec-layout.ts';

/** Refills a book view's top and columns; keeps the objects of wide events for the next wide event. */
export class BookDecoder {
  private readonly wideTop: WideTop = { bid: null, bidSize: null, ask: null, askSize: null, bidSum: 0n, askSum: 0n };
  private readonly wideChanges: WideChanges = { price: [], size: [], change: [] };

  decode(reader: ByteReader, flags: number, top: BookTop, changes: ChangeColumns): void {
    if ((flags & layout.WIDE) === 0) {
      decodeTop(reader, top);
      decodeColumns(reader, flags, changes, null);
    } else {
      decodeWideTop(reader, top, this.wideTop);
      decodeColumns(reader, flags, changes, this.wideChanges);
    }
  }
}

function decodeTop(reader: ByteReader, top: BookTop): void {
  const at = reader.take(6 * 8);
  const { view } = reader;
  top.bid = view.getFloat64(at, true);
  top.bidSize = view.getFloat64(at + 8, true);
  top.ask = view.getFloat64(at + 16, true);
  top.askSize = view.getFloat64(at + 24, true);
  top.bidSum = view.getFloat64(at + 32, true);
  top.askSum = view.getFloat64(at + 40, true);
  top.wide = null;
}

function decodeWideTop(reader: ByteReader, top: BookTop, wide: WideTop): void {
  const present = reader.u8();
  wide.bid = (present & layout.HAS_BID) === 0 ? null : reader.i128();
  wide.bidSize = (present & layout.HAS_BID_SIZE) === 0 ? null : reader.i128();
  wide.ask = (present & layout.HAS_ASK) === 0 ? null : reader.i128();
  wide.askSize = (present & layout.HAS_ASK_SIZE) === 0 ? null : reader.i128();
  wide.bidSum = reader.i128();
  wide.askSum = reader.i128();
  top.bid = nearest(wide.bid);
  top.bidSize = nearest(wide.bidSize);
  top.ask = nearest(wide.ask);
  top.askSize = nearest(wide.askSize);
  top.bidSum = Number(wide.bidSum);
  top.askSum = Number(wide.askSum);
  top.wide = wide;
}

function nearest(value: bigint | null): number {
  return value === null ? Number.NaN : Number(value);
}

function decodeColumns(reader: ByteReader, flags: number, changes: ChangeColumns, wide: WideChanges | null): void {
  const count = reader.view.getUint32(reader.take(4), true);
  const side = reader.take(count);
  const kind = (flags & layout.ALL_KNOWN) === 0 ? reader.take(count) : -1;
  // Only now, with `count` bytes seen to exist, is it safe to make room for so many rows.
  makeRoom(changes, count);
  changes.count = count;
  byteColumn(reader, side, count, changes.side, ASK);
  if (kind < 0) changes.kind.fill(0, 0, count);
  else byteColumn(reader, kind, count, changes.kind, CHANGE_KINDS.length - 1);
  const changeIsSize = (flags & layout.CHANGE_IS_SIZE) !== 0;
  if (wide === null) {
    floatColumn(reader, count, changes.price);
    floatColumn(reader, count, changes.size);
    if (changeIsSize) copyColumn(changes.size, changes.change, count);
    else floatColumn(reader, count, changes.change);
  } else {
    wideColumn(reader, count, wide.price, changes.price);
    wideColumn(reader, count, wide.size, changes.size);
    if (changeIsSize) copyWideColumn(wide, changes, count);
    else wideColumn(reader, count, wide.change, changes.change);
  }
  changes.wide = wide;
  if ((flags & layout.NO_ORDERS) === 0) intColumn(reader, count, changes.orders);
  else changes.orders.fill(-1, 0, count);
}

function makeRoom(changes: ChangeColumns, rows: number): void {
  if (rows <= changes.side.length) return;
  const capacity = 2 ** Math.ceil(Math.log2(rows));
  changes.side = new Uint8Array(capacity);
  changes.kind = new Uint8Array(capacity);
  changes.price = new Float64Array(capacity);
  changes.size = new Float64Array(capacity);
  changes.change = new Float64Array(capacity);
  changes.orders = new Int32Array(capacity);
}

function byteColumn(reader: ByteReader, at: number, count: number, into: Uint8Array, largest: number): void {
  const { view } = reader;
  for (let row = 0; row < count; row++) {
    const value = view.getUint8(at + row);
    if (value > largest)
      throw new CodecError('codec.corrupt', 'no such side or kind of change', { value, at: at + row });
    into[row] = value;
  }
}

function floatColumn(reader: ByteReader, count: number, into: Float64Array): void {
  const at = reader.take(count * 8);
  const { view } = reader;
  for (let row = 0; row < count; row++) into[row] = view.getFloat64(at + row * 8, true);
}

function intColumn(reader: ByteReader, count: number, into: Int32Array): void {
  const at = reader.take(count * 4);
  const { view } = reader;
  for (let row = 0; row < count; row++) into[row] = view.getInt32(at + row * 4, true);
}

function wideColumn(reader: ByteReader, count: number, into: bigint[], near: Float64Array): void {
  const at = reader.take(count * layout.WIDE_BYTES);
  into.length = count;
  for (let row = 0; row < count; row++) {
    const value = getInt128(reader.view, at + row * layout.WIDE_BYTES);
    into[row] = value;
    near[row] = Number(value);
  }
}

function copyColumn(from: Float64Array, to: Float64Array, count: number): void {
  for (let row = 0; row < count; row++) to[row] = from[row] ?? Number.NaN;
}

function copyWideColumn(wide: WideChanges, changes: ChangeColumns, count: number): void {
  wide.change.length = count;
  for (let row = 0; row < count; row++) wide.change[row] = wide.size[row] ?? 0n;
  copyColumn(changes.size, changes.change, count);
}
