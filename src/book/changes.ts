/** Growable columns for the changes of one message: refilled per message, never handed on without a copy. */

import type { BookTop, ChangeColumns, WideChanges } from '../model/event.ts';

const INITIAL_CAPACITY = 256;

export class ChangeBuffer implements ChangeColumns {
  count = 0;
  side = new Uint8Array(INITIAL_CAPACITY);
  kind = new Uint8Array(INITIAL_CAPACITY);
  price = new Float64Array(INITIAL_CAPACITY);
  size = new Float64Array(INITIAL_CAPACITY);
  change = new Float64Array(INITIAL_CAPACITY);
  orders = new Int32Array(INITIAL_CAPACITY);
  wide: WideChanges | null = null;

  clear(wide: boolean): void {
    this.count = 0;
    this.wide = wide ? { price: [], size: [], change: [] } : null;
  }

  /** Makes room for so many rows in all, so that their columns may be filled directly. */
  reserve(rows: number): void {
    while (this.side.length < rows) this.grow();
  }

  push(side: number, kind: number, price: number, size: number, change: number, orders: number): void {
    if (this.count === this.side.length) this.grow();
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

  private grow(): void {
    const capacity = this.side.length * 2;
    const { side, kind, price, size, change, orders } = this;
    this.side = new Uint8Array(capacity);
    this.side.set(side);
    this.kind = new Uint8Array(capacity);
    this.kind.set(kind);
    this.price = new Float64Array(capacity);
    this.price.set(price);
    this.size = new Float64Array(capacity);
    this.size.set(size);
    this.change = new Float64Array(capacity);
    this.change.set(change);
    this.orders = new Int32Array(capacity);
    this.orders.set(orders);
  }
}

export function emptyTop(): BookTop {
  return { bid: NaN, bidSize: NaN, ask: NaN, askSize: NaN, bidSum: 0, askSum: 0, wide: null };
}
