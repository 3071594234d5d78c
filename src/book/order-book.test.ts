/** The order-by-order book: its rules one by one, then against plain lists under random updates. */

import { describe, expect, it } from 'vitest';
import { exactLevels } from '../../test/fixtures/book-views.ts';
import { unitsOf } from '../../test/fixtures/exact.ts';
import { assert } from '../lib/assert.ts';
import { parseDecimal, parsed } from '../lib/decimal.ts';
import { chance, createPrng, int, pick } from '../lib/prng.ts';
import { ASK, BID } from '../model/event.ts';
import { Book } from './book.ts';
import { LevelBuffer } from './level-buffer.ts';
import type { Written } from './order-book.ts';
import { OrderBook } from './order-book.ts';

function written(text: string): Written {
  assert(parseDecimal(text), `no decimal: ${text}`);
  return { mantissa: parsed.wide ?? parsed.mantissa, decimals: parsed.decimals };
}

/** Rows as `bid 100.5 x 2.0 in 3`. */
function drained(book: OrderBook): string[] {
  const levels = new LevelBuffer();
  book.drain(levels);
  return Array.from({ length: levels.count }, (_, row) => {
    const text = (mantissa: bigint, decimals = 0): string => {
      const digits = mantissa.toString().padStart(decimals + 1, '0');
      return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
    };
    const price = text(levels.exactPrice(row), levels.priceDecimals[row]);
    const size = text(levels.exactSize(row), levels.sizeDecimals[row]);
    return `${levels.side[row] === BID ? 'bid' : 'ask'} ${price} x ${size} in ${levels.orders[row]}`;
  });
}

function loaded(): OrderBook {
  const book = new OrderBook();
  book.add('A', BID, written('100.5'), written('0.30'));
  book.add('B', BID, written('100.5'), written('1.2'));
  book.add('C', BID, written('100.5'), written('0.5'));
  drained(book);
  return book;
}

const idsOf = (book: OrderBook): string[] => book.queue(BID, written('100.50')).map(({ id }) => id);

describe('OrderBook', () => {
  it('tells the total and the number of orders of each price that changed, once per message', () => {
    const book = new OrderBook();
    book.add('A', BID, written('100.5'), written('0.30'));
    book.add('B', BID, written('100.5'), written('1.2'));
    book.add('X', ASK, written('100.6'), written('7'));
    expect(drained(book)).toEqual(['bid 100.5 x 1.50 in 2', 'ask 100.6 x 7 in 1']);
    expect(drained(book)).toEqual([]);
    book.remove('A');
    book.remove('B');
    expect(drained(book)).toEqual(['bid 100.5 x 0.00 in 0']);
    expect([book.count, book.order('A'), book.order('X')?.size]).toEqual([1, null, unitsOf('7')]);
  });

  it('tells a price that is emptied and taken again within a message once, as it is in the end', () => {
    const book = loaded();
    for (const id of ['A', 'B', 'C']) book.remove(id);
    book.add('D', BID, written('100.5'), written('4'));
    expect(drained(book)).toEqual(['bid 100.5 x 4.00 in 1']);
    expect(idsOf(book)).toEqual(['D']);
  });

  it('keeps the place of an order that is resized or partly filled', () => {
    const book = loaded();
    book.resize('A', written('0.1'));
    book.reduce('B', written('0.2'));
    expect(idsOf(book)).toEqual(['A', 'B', 'C']);
    expect([book.sizeAhead('A'), book.sizeAhead('C')]).toEqual([0n, unitsOf('1.1')]);
    expect(drained(book)).toEqual(['bid 100.5 x 1.60 in 3']);
  });

  it('sends an order that moves to the tail, at its own price as at another', () => {
    const book = loaded();
    book.move('A', written('100.5'), written('0.3'));
    expect(idsOf(book)).toEqual(['B', 'C', 'A']);
    book.move('B', written('100.4'), written('1.25'));
    expect(idsOf(book)).toEqual(['C', 'A']);
    expect(drained(book)).toEqual(['bid 100.5 x 0.80 in 2', 'bid 100.4 x 1.25 in 1']);
  });

  it('takes an order out when nothing is left of it, and says where it holds none', () => {
    const book = loaded();
    expect([book.reduce('A', written('0.30')), book.resize('B', written('0.0'))]).toEqual([true, true]);
    expect(idsOf(book)).toEqual(['C']);
    const size = written('1');
    expect([book.reduce('A', size), book.resize('A', size), book.move('A', size, size), book.remove('A')]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([book.add('C', ASK, size, size), book.sizeAhead('A')]).toEqual([false, null]);
    expect(drained(book)).toEqual(['bid 100.5 x 0.50 in 1']);
  });

  it('is exact beyond 2^53', () => {
    const book = new OrderBook();
    book.add('A', ASK, written('0.00002'), written('1000000000000.00000001'));
    book.add('B', ASK, written('0.00002'), written('1000000000000.00000002'));
    expect(drained(book)).toEqual(['ask 0.00002 x 2000000000000.00000003 in 2']);
  });
});

describe('the levels derived from orders', () => {
  const SEED = 'order-book-1';

  it(`are those of plain lists after every message (seed ${SEED})`, () => {
    const prng = createPrng(SEED);
    const orders = new OrderBook();
    const book = new Book({ keepDigits: false });
    const levels = new LevelBuffer();
    book.load(levels, { limit: Number.POSITIVE_INFINITY, window: false });
    /** By id: side, price and size, in the order in which they stand in their queues. */
    const plain = new Map<string, { side: number; price: string; size: bigint }>();
    const sizeText = (): string => (int(prng, 1, 9_999) / 100).toFixed(int(prng, 2, 4));
    const priceText = (side: number): string => String(100 + (side === BID ? -1 : 1) * int(prng, 1, 12));
    let next = 0;
    for (let message = 0; message < 3_000; message++) {
      for (let step = int(prng, 1, 4); step > 0; step--) {
        const id = chance(prng, 0.9) && plain.size > 0 ? pick(prng, [...plain.keys()]) : 'unknown';
        const held = plain.get(id);
        const [side, size] = [pick(prng, [BID, ASK]), sizeText()];
        const what =
          held === undefined || chance(prng, 0.35) ? 'add' : pick(prng, ['reduce', 'resize', 'move', 'remove']);
        if (held === undefined || what === 'add') {
          const price = priceText(side);
          orders.add(`o${next}`, side, written(price), written(size));
          plain.set(`o${next++}`, { side, price, size: unitsOf(size) });
        } else if (what === 'reduce') {
          expect(orders.reduce(id, written(size))).toBe(true);
          held.size -= unitsOf(size);
          if (held.size <= 0n) plain.delete(id);
        } else if (what === 'resize') {
          expect(orders.resize(id, written(size))).toBe(true);
          held.size = unitsOf(size);
        } else if (what === 'move') {
          const price = priceText(held.side);
          expect(orders.move(id, written(price), written(size))).toBe(true);
          plain.delete(id);
          plain.set(id, { side: held.side, price, size: unitsOf(size) });
        } else {
          expect(orders.remove(id)).toBe(true);
          plain.delete(id);
        }
      }
      levels.clear();
      orders.drain(levels);
      book.apply(levels);
      for (const side of [BID, ASK]) {
        const totals = new Map<string, bigint>();
        const queues = new Map<string, string[]>();
        for (const [id, order] of plain) {
          if (order.side !== side) continue;
          totals.set(order.price, (totals.get(order.price) ?? 0n) + order.size);
          queues.set(order.price, [...(queues.get(order.price) ?? []), id]);
        }
        const expected = [...totals].map(([price, size]) => [unitsOf(price), size]);
        expected.sort(([a = 0n], [b = 0n]) => (side === BID ? -1 : 1) * (a < b ? -1 : 1));
        expect(exactLevels(book, side === BID ? 'bid' : 'ask'), `message ${message}`).toEqual(expected);
        for (const [price, ids] of queues) {
          expect(orders.queue(side, written(price)).map(({ id }) => id)).toEqual(ids);
        }
      }
    }
    expect(orders.count).toBe(plain.size);
    expect(plain.size).toBeGreaterThan(20);
  });
});
