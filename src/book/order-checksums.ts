/** The checksums by which venues let one prove a book of single orders. */

import { crc32 } from 'node:zlib';
import { DECIMALS_MAX } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import { crcInTurn } from './bitfinex-checksum.ts';
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
  const parts = [ASK, BID].flatMap((side) => bestTexts(orders, levels, side, KRAKEN_LEVELS, krakenText).flat());
  return crc32(parts.join(''));
}

function krakenText({ price, priceDecimals, size, sizeDecimals }: RestingOrder): string {
  return `${cut(price, priceDecimals)}${cut(size, sizeDecimals)}`;
}

const BITFINEX_ORDERS = 25;

/**
 * Bitfinex's of raw books: CRC-32 over the best 25 orders of both sides in turn (bid, ask, bid, …), of each its id and its
 * signed amount (asks negative) as JavaScript prints numbers, all joined by colons. Orders of one price stand by their ids,
 * on both sides. https://docs.bitfinex.com/docs/ws-websocket-checksum
 */
function bitfinexRaw(orders: OrderBook, levels: Book): number {
  const texts = (side: number): string[] =>
    bestTexts(orders, levels, side, BITFINEX_ORDERS, bitfinexText).flatMap((level) =>
      level.length > 1 ? level.sort(byId) : level,
    );
  return crcInTurn(texts(BID), texts(ASK), BITFINEX_ORDERS);
}

function bitfinexText({ id, side, size }: RestingOrder): string {
  return `${id}:${side === ASK ? '-' : ''}${Number(`${size}e-${DECIMALS_MAX}`)}`;
}

/** By what is before the colon: ids are whole numbers without zeros in front. */
function byId(a: string, b: string): number {
  const digits = a.indexOf(':') - b.indexOf(':');
  return digits === 0 ? (a < b ? -1 : 1) : digits;
}

/** Texts of the orders of the best levels of a side, level by level, best level first. */
function bestTexts(
  orders: OrderBook,
  levels: Book,
  side: number,
  depth: number,
  make: (order: RestingOrder) => string,
): string[][] {
  const found: string[][] = [];
  levels.forEachLevel(side, depth, (price) => {
    found.push(orders.textsAt(side, unitsOf({ mantissa: price, decimals: levels.priceScale }), make));
  });
  return found;
}
