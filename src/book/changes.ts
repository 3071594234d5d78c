/**
 * Growable columns for what one message does to a book: its numbers at the book's scales, and the changes that they make.
 * Refilled per message, never handed on without a copy; one of them serves all books of a thread. The columns stand in the
 * kernel's memory, which fills most of them.
 */

import type { Tenant } from '../kernel/kernel.ts';
import { kernel, lease, moveColumns, views } from '../kernel/kernel.ts';
import type { BookTop, ChangeColumns, WideChanges } from '../model/event.ts';

const INITIAL_ROOM = 256;
/** Of each column, in their order. */
const COLUMN_BYTES = [8, 8, 8, 8, 8, 4, 1, 1];
const ROW_BYTES = 46;

export class ChangeBuffer implements ChangeColumns, Tenant {
  count = 0;
  /** Where the columns stand in the kernel's memory, one behind the other, and how many rows they have room for. */
  base = 0;
  room = 0;
  /** Per row of the message, in units of the book's scales: whole numbers below 2^53. */
  scaledPrice: Float64Array = NO_DOUBLES;
  scaledSize: Float64Array = NO_DOUBLES;
  price: Float64Array = NO_DOUBLES;
  size: Float64Array = NO_DOUBLES;
  change: Float64Array = NO_DOUBLES;
  orders: Int32Array = new Int32Array(0);
  side: Uint8Array = new Uint8Array(0);
  kind: Uint8Array = new Uint8Array(0);
  wide: WideChanges | null = null;

  constructor() {
    this.place(INITIAL_ROOM);
  }

  clear(wide: boolean): void {
    this.count = 0;
    this.wide = wide ? { price: [], size: [], change: [] } : null;
  }

  /** Makes room for so many rows in all, so that their columns may be filled directly. Those that are there stay. */
  reserve(rows: number): void {
    if (rows <= this.room) return;
    const { base, room } = this;
    this.place(Math.max(rows, 2 * room));
    if (this.count > 0) moveColumns(COLUMN_BYTES, { base, room }, this);
    kernel.release(base, room * ROW_BYTES);
  }

  push(side: number, kind: number, price: number, size: number, change: number, orders: number): void {
    if (this.count === this.room) this.reserve(this.count + 1);
    const row = this.count++;
    this.side[row] = side;
    this.kind[row] = kind;
    this.price[row] = price;
    this.size[row] = size;
    this.change[row] = change;
    this.orders[row] = orders;
  }

  pushWide(side: number, kind: number, price: bigint, size: bigint, change: bigint, orders: number): void {
    this.push(side, kind, Number(price), Number(size), Number(change), orders);
    this.wide?.price.push(price);
    this.wide?.size.push(size);
    this.wide?.change.push(change);
  }

  /** Their order is known to the kernel. */
  look(): void {
    const { base, room } = this;
    const { buffer } = views.bytes;
    const doubles = (column: number): Float64Array => new Float64Array(buffer, base + 8 * room * column, room);
    this.scaledPrice = doubles(0);
    this.scaledSize = doubles(1);
    this.price = doubles(2);
    this.size = doubles(3);
    this.change = doubles(4);
    this.orders = new Int32Array(buffer, base + 40 * room, room);
    this.side = new Uint8Array(buffer, base + 44 * room, room);
    this.kind = new Uint8Array(buffer, base + 45 * room, room);
  }

  private place(room: number): void {
    this.base = lease(this, room * ROW_BYTES);
    this.room = room;
    this.look();
  }
}

const NO_DOUBLES = new Float64Array(0);

export function emptyTop(): BookTop {
  return { bid: NaN, bidSize: NaN, ask: NaN, askSize: NaN, bidSum: 0, askSum: 0, wide: null };
}
