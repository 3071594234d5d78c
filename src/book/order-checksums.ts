/** The checksums by which venues let one prove a book of single orders. */

import { crc32 } from 'node:zlib';
import { DECIMALS_MAX } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import type { Book } from './book.ts';
import type { BookChecksum } from './checksums.ts';
import type { OrderBook, RestingOrder } from './order-book.ts';
import { cut, unitsOf } from './order-book.ts';
import type { OrderChecksumKind } from './order-rules.ts';

/** @param levels the levels of the same orders, which say what the best prices are */
export function createOrderChecksum(
  kind: OrderChecksumKind | null,
  orders: OrderBook,
  levels: Book,
): BookChecksum | null {
  switch (kind) {
    case 'kraken-level3':
      return { value: () => krakenLevel3(orders, levels) };
    case 'bitfinex-raw':
      return { value: () => bitfinexRaw(orders, levels) };
    case null:
      return null;
  }
}

const KRAKEN_LEVELS = 10;

/**
 * Kraken's: CRC-32 over every order of the best ten asks and then of the best ten bids, in the order of their queues: the
 * digits of price and size as the venue wrote them, without the point and zeros in front.
 * https://docs.kraken.com/api/docs/guides/spot-ws-l3-v2
 */
function krakenLevel3(orders: OrderBook, levels: Book): number {
  const parts: string[] = [];
  for (const side of [ASK, BID]) {
    for (const { price, priceDecimals, size, sizeDecimals } of bestOrders(orders, levels, side, KRAKEN_LEVELS)) {
      parts.push(String(cut(price, priceDecimals)), String(cut(size, sizeDecimals)));
    }
  }
  return crc32(parts.join(''));
}

const BITFINEX_ORDERS = 25;

/**
 * Bitfinex's of raw books: CRC-32 over the best 25 orders of both sides in turn (bid, ask, bid, …), of each its id and its
 * signed amount (asks negative) as JavaScript prints numbers, all joined by colons. Orders of one price stand by their ids,
 * on both sides. https://docs.bitfinex.com/docs/ws-websocket-checksum
 */
function bitfinexRaw(orders: OrderBook, levels: Book): number {
  const texts = (side: number, sign: string): string[] =>
    bestOrders(orders, levels, side, BITFINEX_ORDERS, byId)
      .slice(0, BITFINEX_ORDERS)
      .map(({ id, size }) => `${id}:${sign}${Number(`${size}e-${DECIMALS_MAX}`)}`);
  const bids = texts(BID, '');
  const asks = texts(ASK, '-');
  const parts: string[] = [];
  for (let place = 0; place < BITFINEX_ORDERS; place++) {
    for (const side of [bids, asks]) {
      const text = side[place];
      if (text !== undefined) parts.push(text);
    }
  }
  return crc32(parts.join(':')) | 0;
}

/** Ids are whole numbers without zeros in front. */
function byId(a: RestingOrder, b: RestingOrder): number {
  if (a.id.length !== b.id.length) return a.id.length - b.id.length;
  return a.id < b.id ? -1 : 1;
}

/** The orders of the best levels of a side, best level first. @param order within a level; that of the queue by default */
function bestOrders(
  orders: OrderBook,
  levels: Book,
  side: number,
  depth: number,
  order?: (a: RestingOrder, b: RestingOrder) => number,
): RestingOrder[] {
  const found: RestingOrder[] = [];
  levels.forEachLevel(side, depth, (price) => {
    const queue = orders.queueAt(side, unitsOf({ mantissa: price, decimals: levels.priceScale }));
    found.push(...(order === undefined ? queue : queue.sort(order)));
  });
  return found;
}
