/**
 * The levels of one venue message, as the venue wrote them: flat columns that are refilled for each message.
 * Mantissas keep the venue's digits (`"1.50"` is 150 with 2 decimals), since checksums are computed from them. The columns
 * stand in the kernel's memory, which reads most of them from the frame and applies them to the book.
 */

import type { Tenant } from '../kernel/kernel.ts';
import { kernel, lease, moveColumns, views } from '../kernel/kernel.ts';
import { parseDecimal, parsed } from '../lib/decimal.ts';

const INITIAL_ROOM = 64;
/** Of each column, in their order. */
const COLUMN_BYTES = [8, 8, 4, 1, 1, 1];
const ROW_BYTES = 23;

export class LevelBuffer implements Tenant {
  count = 0;
  /** Where the columns stand in the kernel's memory, one behind the other, and how many rows they have room for. */
  base = 0;
  room = 0;
  price: Float64Array = new Float64Array(0);
  /** Absolute size now at the level; 0 removes it. */
  size: Float64Array = new Float64Array(0);
  /** Orders at the level where the venue tells, else -1. */
  orders: Int32Array = new Int32Array(0);
  side: Uint8Array = new Uint8Array(0);
  priceDecimals: Uint8Array = new Uint8Array(0);
  sizeDecimals: Uint8Array = new Uint8Array(0);
  /**
   * Exact mantissas of the rows whose price or size passes 2^53; the number column holds NaN there. One below 2^63 that is a double without loss
   * may stand in its column all the same.
   */
  readonly widePrices = new Map<number, bigint>();
  readonly wideSizes = new Map<number, bigint>();

  constructor() {
    this.place(INITIAL_ROOM);
  }

  clear(): void {
    this.count = 0;
    if (this.widePrices.size > 0) this.widePrices.clear();
    if (this.wideSizes.size > 0) this.wideSizes.clear();
  }

  get wide(): boolean {
    return this.widePrices.size > 0 || this.wideSizes.size > 0;
  }

  exactPrice(row: number): bigint {
    return this.widePrices.get(row) ?? BigInt(this.price[row] ?? 0);
  }

  exactSize(row: number): bigint {
    return this.wideSizes.get(row) ?? BigInt(this.size[row] ?? 0);
  }

  /**
   * Appends a level from the venue's number texts.
   * @returns false where a text is no plain decimal, the price is not above zero or the size is negative; nothing is
   * appended then
   */
  push(side: number, priceText: string, sizeText: string, orders = -1): boolean {
    if (this.count === this.room) this.reserve(this.count + 1);
    const row = this.count;
    if (!parseDecimal(priceText)) return false;
    if (parsed.wide === null ? !(parsed.mantissa > 0) : parsed.wide <= 0n) return false;
    this.price[row] = parsed.mantissa;
    this.priceDecimals[row] = parsed.decimals;
    const widePrice = parsed.wide;
    if (!parseDecimal(sizeText)) return false;
    if (parsed.wide === null ? !(parsed.mantissa >= 0) : parsed.wide < 0n) return false;
    this.size[row] = parsed.mantissa;
    this.sizeDecimals[row] = parsed.decimals;
    if (widePrice !== null) this.widePrices.set(row, widePrice);
    if (parsed.wide !== null) this.wideSizes.set(row, parsed.wide);
    this.side[row] = side;
    this.orders[row] = orders;
    this.count = row + 1;
    return true;
  }

  /** Appends a level whose exact numbers are at hand: a price above zero and a size of at least zero, below 2^53. */
  add(side: number, price: number, priceDecimals: number, size: number, sizeDecimals: number, orders = -1): void {
    if (this.count === this.room) this.reserve(this.count + 1);
    const row = this.count++;
    this.side[row] = side;
    this.price[row] = price;
    this.priceDecimals[row] = priceDecimals;
    this.size[row] = size;
    this.sizeDecimals[row] = sizeDecimals;
    this.orders[row] = orders;
  }

  /** As `add`, for numbers of any size. */
  addExact(side: number, price: bigint, priceDecimals: number, size: bigint, sizeDecimals: number, orders = -1): void {
    const row = this.count;
    const [nearPrice, nearSize] = [Number(price), Number(size)];
    const isPriceSafe = Number.isSafeInteger(nearPrice);
    const isSizeSafe = Number.isSafeInteger(nearSize);
    this.add(side, isPriceSafe ? nearPrice : NaN, priceDecimals, isSizeSafe ? nearSize : NaN, sizeDecimals, orders);
    if (!isPriceSafe) this.widePrices.set(row, price);
    if (!isSizeSafe) this.wideSizes.set(row, size);
  }

  /** Makes room for so many rows in all, so that their columns may be filled directly. */
  reserve(rows: number): void {
    if (rows <= this.room) return;
    const { base, room } = this;
    this.place(Math.max(rows, 2 * room));
    moveColumns(COLUMN_BYTES, { base, room }, this);
    kernel.release(base, room * ROW_BYTES);
  }

  /** Their order is known to the kernel. */
  look(): void {
    const { base, room } = this;
    const { buffer } = views.bytes;
    this.price = new Float64Array(buffer, base, room);
    this.size = new Float64Array(buffer, base + 8 * room, room);
    this.orders = new Int32Array(buffer, base + 16 * room, room);
    this.side = new Uint8Array(buffer, base + 20 * room, room);
    this.priceDecimals = new Uint8Array(buffer, base + 21 * room, room);
    this.sizeDecimals = new Uint8Array(buffer, base + 22 * room, room);
  }

  private place(room: number): void {
    this.base = lease(this, room * ROW_BYTES);
    this.room = room;
    this.look();
  }
}
