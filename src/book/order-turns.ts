/**
 * What a venue's message does to the orders of a book, and what it means: one *turn* per order that is another one than
 * before. Pure: no clock, no I/O.
 */

import type { OrderView } from '../model/event.ts';
import type { OrderAction, OrderBuffer } from './order-buffer.ts';
import type { OrderBook, RestingOrder, Written } from './order-book.ts';
import { cut, unitsOf } from './order-book.ts';

/** One order's turn. Quantities in units of 10^-22. */
export interface OrderTurn {
  readonly kind: OrderView['kind'];
  readonly id: string;
  readonly side: number;
  /** Where it rests now, or rested last. */
  readonly price: bigint;
  /** What is left open. */
  readonly size: bigint;
  /** Open size now minus before. */
  readonly change: bigint;
  /** With so many decimals price and size can be told. */
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  readonly keepsPlace: boolean;
  /** Whether the venue says so itself; see `OrderView`. */
  readonly told: boolean;
}

/**
 * Takes one row of a message into the book.
 * @returns its turn; null where nothing changed; `unknown` where the book holds no such order
 */
export function takeOrder(
  book: OrderBook,
  orders: OrderBuffer,
  row: number,
  growthKeepsPlace: boolean,
): OrderTurn | null | 'unknown' {
  const action = orders.action[row] as OrderAction;
  const id = orders.id[row] as string;
  const before = book.order(id);
  switch (action) {
    case 'add':
    case 'put':
      if (before === null) return add(book, orders, row);
      return reshape(book, orders, row, before, growthKeepsPlace && action === 'put');
    case 'set':
    case 'amend':
      return before === null ? 'unknown' : reshape(book, orders, row, before, growthKeepsPlace);
    case 'fill-to':
      if (before === null) return 'unknown';
      book.resize(id, sizeOf(orders, row));
      return turnOf('order.fill', before, book.order(id), true, true);
    case 'fill-by':
      if (before === null) return 'unknown';
      book.reduce(id, sizeOf(orders, row));
      return turnOf('order.fill', before, book.order(id), true, true);
    case 'fill-all':
    case 'cancel':
    case 'gone':
      if (before === null) return 'unknown';
      book.remove(id);
      return turnOf(action === 'fill-all' ? 'order.fill' : 'order.cancel', before, null, true, action !== 'gone');
  }
}

function add(book: OrderBook, orders: OrderBuffer, row: number): OrderTurn | null {
  const id = orders.id[row] as string;
  const size = sizeOf(orders, row);
  if (BigInt(size.mantissa) === 0n) return null;
  book.add(id, orders.numbers.side[row] as number, priceOf(orders, row), size);
  const now = book.order(id);
  return now === null ? null : { ...now, kind: 'order.add', change: now.size, keepsPlace: false, told: true };
}

/** An order that is held has another size or price now, perhaps. */
function reshape(
  book: OrderBook,
  orders: OrderBuffer,
  row: number,
  before: RestingOrder,
  growthKeepsPlace: boolean,
): OrderTurn | null {
  const { id } = before;
  const size = sizeOf(orders, row);
  const heldPrice: Written = {
    mantissa: cut(before.price, before.priceDecimals),
    decimals: before.priceDecimals,
  };
  const price = orders.priced[row] === true ? priceOf(orders, row) : heldPrice;
  const change = unitsOf(size) - before.size;
  const isMoved = unitsOf(price) !== before.price;
  if (!isMoved && change === 0n) return null;
  const keepsPlace = !isMoved && (change < 0n || growthKeepsPlace);
  if (keepsPlace) book.resize(id, size);
  else book.move(id, price, size);
  const now = book.order(id);
  // Where it only became smaller, it may have been traded.
  const told = orders.action[row] === 'amend' || isMoved || change > 0n;
  return turnOf(now === null ? 'order.cancel' : 'order.change', before, now, keepsPlace, told);
}

function turnOf(
  kind: OrderTurn['kind'],
  before: RestingOrder,
  now: RestingOrder | null,
  keepsPlace: boolean,
  told: boolean,
): OrderTurn {
  const { id, side, price, priceDecimals } = now ?? before;
  const size = now?.size ?? 0n;
  const sizeDecimals = Math.max(before.sizeDecimals, now?.sizeDecimals ?? 0);
  return { kind, id, side, price, size, change: size - before.size, priceDecimals, sizeDecimals, keepsPlace, told };
}

function priceOf({ numbers }: OrderBuffer, row: number): Written {
  return { mantissa: numbers.exactPrice(row), decimals: numbers.priceDecimals[row] as number };
}

function sizeOf({ numbers }: OrderBuffer, row: number): Written {
  return { mantissa: numbers.exactSize(row), decimals: numbers.sizeDecimals[row] as number };
}
