/**
 * The levels of one venue message, as the venue wrote them: flat columns that are refilled for each message.
 * Mantissas keep the venue's digits (`"1.50"` is 150 with 2 decimals), since checksums are computed from them.
 */

import { parseDecimal, parsed } from '../lib/decimal.ts';

const INITIAL_CAPACITY = 256;

export class LevelBuffer {
  count = 0;
  side = new Uint8Array(INITIAL_CAPACITY);
  price = new Float64Array(INITIAL_CAPACITY);
  priceDecimals = new Uint8Array(INITIAL_CAPACITY);
  /** Absolute size now at the level; 0 removes it. */
  size = new Float64Array(INITIAL_CAPACITY);
  sizeDecimals = new Uint8Array(INITIAL_CAPACITY);
  /** Orders at the level where the venue tells, else -1. */
  orders = new Int32Array(INITIAL_CAPACITY).fill(-1);
  /** Exact mantissas of the rows whose price or size passes 2^53; the number column holds NaN there. */
  readonly widePrices = new Map<number, bigint>();
  readonly wideSizes = new Map<number, bigint>();

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
    if (this.count === this.side.length) this.grow();
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
    if (this.count === this.side.length) this.grow();
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
    while (this.side.length < rows) this.grow();
  }

  private grow(): void {
    const capacity = this.side.length * 2;
    this.side = enlarge(this.side, new Uint8Array(capacity));
    this.price = enlarge(this.price, new Float64Array(capacity));
    this.priceDecimals = enlarge(this.priceDecimals, new Uint8Array(capacity));
    this.size = enlarge(this.size, new Float64Array(capacity));
    this.sizeDecimals = enlarge(this.sizeDecimals, new Uint8Array(capacity));
    this.orders = enlarge(this.orders, new Int32Array(capacity).fill(-1));
  }
}

function enlarge<T extends Uint8Array | Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
