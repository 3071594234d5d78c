/** The decoder's half for books: refills the top and the columns of changes. */

import {
  ASK,
  CHANGE_KINDS,
  KNOWN,
  type BookTop,
  type ChangeColumns,
  type WideChanges,
  type WideTop,
} from '../model/event.ts';
import { priceBase } from './batch-bases.ts';
import { getInt128, type ByteReader } from './byte-reader.ts';
import { CodecError } from './codec-error.ts';
import * as layout from './codec-layout.ts';
import { LONG, SAME, SHORT, takeColumn } from './coded-numbers.ts';

/** Refills a book view's columns and wide top; keeps the objects of wide events for the next wide event. */
export class BookDecoder {
  private readonly wideTop: WideTop = { bid: null, bidSize: null, ask: null, askSize: null };
  private readonly wideChanges: WideChanges = { price: [], size: [], change: [] };

  /** Reads a narrow event's columns. @param top of the same event */
  decodeChanges(reader: ByteReader, allKnown: boolean, count: number, top: BookTop, changes: ChangeColumns): void {
    const classes = startColumns(reader, allKnown, count, changes);
    const base = priceBase(top);
    takeColumn(reader, changes.price, count, base, classes & 3);
    takeColumn(reader, changes.size, count, 0, (classes >>> 2) & 3);
    const ofChange = (classes >>> 4) & 3;
    if (ofChange === SAME) copyColumn(changes.size, changes.change, count);
    else takeColumn(reader, changes.change, count, 0, ofChange);
    changes.wide = null;
    decodeOrders(reader, changes, count, classes >>> 6);
  }

  /** Reads a wide event's top and columns. */
  decodeWide(reader: ByteReader, allKnown: boolean, count: number, top: BookTop, changes: ChangeColumns): void {
    const wide = this.wideChanges;
    decodeWideTop(reader, top, this.wideTop);
    const classes = startColumns(reader, allKnown, count, changes);
    wideColumn(reader, count, wide.price, changes.price);
    wideColumn(reader, count, wide.size, changes.size);
    wideColumn(reader, count, wide.change, changes.change);
    changes.wide = wide;
    decodeOrders(reader, changes, count, classes >>> 6);
  }
}

function decodeWideTop(reader: ByteReader, top: BookTop, wide: WideTop): void {
  const present = reader.u8();
  wide.bid = (present & layout.HAS_BID) === 0 ? null : reader.i128();
  wide.bidSize = (present & layout.HAS_BID_SIZE) === 0 ? null : reader.i128();
  wide.ask = (present & layout.HAS_ASK) === 0 ? null : reader.i128();
  wide.askSize = (present & layout.HAS_ASK_SIZE) === 0 ? null : reader.i128();
  top.bid = nearest(wide.bid);
  top.bidSize = nearest(wide.bidSize);
  top.ask = nearest(wide.ask);
  top.askSize = nearest(wide.askSize);
  top.bidSum = reader.f64();
  top.askSum = reader.f64();
  top.wide = wide;
}

function nearest(value: bigint | null): number {
  return value === null ? Number.NaN : Number(value);
}

/** Reads sides and kinds, and returns the classes of the columns that follow. */
function startColumns(reader: ByteReader, allKnown: boolean, count: number, changes: ChangeColumns): number {
  const classes = reader.u8();
  const side = reader.take(count);
  const kind = allKnown ? -1 : reader.take(count);
  // Only now, with `count` bytes seen to exist, is it safe to make room for so many rows.
  makeRoom(changes, count);
  changes.count = count;
  byteColumn(reader, side, count, changes.side, ASK);
  if (kind >= 0) byteColumn(reader, kind, count, changes.kind, CHANGE_KINDS.length - 1);
  else for (let row = 0; row < count; row++) changes.kind[row] = KNOWN;
  return classes;
}

function decodeOrders(reader: ByteReader, { orders }: ChangeColumns, count: number, inClass: number): void {
  const { view } = reader;
  if (inClass === SAME) {
    for (let row = 0; row < count; row++) orders[row] = -1;
  } else if (inClass === SHORT) {
    const at = reader.take(count * 2);
    for (let row = 0; row < count; row++) orders[row] = view.getInt16(at + row * 2, true);
  } else if (inClass === LONG) {
    const at = reader.take(count * 4);
    for (let row = 0; row < count; row++) orders[row] = view.getInt32(at + row * 4, true);
  } else {
    throw new CodecError('codec.corrupt', 'order counts are no doubles', { at: reader.at });
  }
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
  const { bytes } = reader;
  for (let row = 0; row < count; row++) {
    const value = bytes[at + row] as number;
    if (value > largest) {
      throw new CodecError('codec.corrupt', 'no such side or kind of change', { value, at: at + row });
    }
    into[row] = value;
  }
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
  for (let row = 0; row < count; row++) to[row] = from[row] as number;
}
