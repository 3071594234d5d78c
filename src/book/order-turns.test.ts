/** What rows of venues' messages do to orders, one by one. */

import { describe, expect, it } from 'vitest';
import { unitsOf } from '../../test/fixtures/exact.ts';
import { DECIMALS_MAX, formatDecimal } from '../lib/decimal.ts';
import { BID } from '../model/event.ts';
import { LevelBuffer } from './level-buffer.ts';
import type { OrderAction } from './order-buffer.ts';
import { OrderBuffer } from './order-buffer.ts';
import { OrderBook } from './order-book.ts';
import { takeOrder } from './order-turns.ts';

type Row = readonly [action: OrderAction, id: string, price: string | null, size: string];

function loaded(): OrderBook {
  const book = new OrderBook();
  for (const [id, size] of [
    ['A', '0.30'],
    ['B', '1.2'],
  ] as const) {
    take(book, ['add', id, '100.5', size]);
  }
  return book;
}

/** The turn in few words: kind, price, size, change, and what is true of it. */
function take(book: OrderBook, [action, id, price, size]: Row, growthKeepsPlace = false): string {
  const orders = new OrderBuffer();
  expect(orders.push(action, id, BID, price, size)).toBe(true);
  const turn = takeOrder(book, orders, 0, growthKeepsPlace);
  if (turn === null || turn === 'unknown') return String(turn);
  const words = [turn.price, turn.size, turn.change].map((units) => formatDecimal(units, DECIMALS_MAX));
  return [turn.kind, ...words, turn.keepsPlace ? 'keeps' : 'tail', turn.told ? 'told' : 'untold'].join(' ');
}

const idsOf = (book: OrderBook): string[] => book.queueAt(BID, unitsOf('100.5')).map(({ id }) => id);

describe('a row of a message', () => {
  it.each<readonly [Row, string]>([
    [['add', 'C', '100.5', '2'], 'order.add 100.5 2 2 tail told'],
    [['add', 'C', '100.5', '0'], 'null'],
    [['put', 'C', '100.5', '2'], 'order.add 100.5 2 2 tail told'],
    [['put', 'A', '100.5', '0.3'], 'null'],
    // It may have been traded: nobody says.
    [['put', 'A', '100.5', '0.2'], 'order.change 100.5 0.2 -0.1 keeps untold'],
    [['set', 'A', '100.5', '0.2'], 'order.change 100.5 0.2 -0.1 keeps untold'],
    [['set', 'A', '100.4', '0.2'], 'order.change 100.4 0.2 -0.1 tail told'],
    [['amend', 'A', null, '0.2'], 'order.change 100.5 0.2 -0.1 keeps told'],
    [['amend', 'A', '100.5', '0.4'], 'order.change 100.5 0.4 0.1 tail told'],
    [['amend', 'A', null, '0'], 'order.cancel 100.5 0 -0.3 keeps told'],
    [['fill-to', 'A', null, '0.1'], 'order.fill 100.5 0.1 -0.2 keeps told'],
    [['fill-by', 'A', null, '0.1'], 'order.fill 100.5 0.2 -0.1 keeps told'],
    [['fill-by', 'A', null, '0.3'], 'order.fill 100.5 0 -0.3 keeps told'],
    [['fill-all', 'A', null, '0'], 'order.fill 100.5 0 -0.3 keeps told'],
    [['cancel', 'A', null, '0.3'], 'order.cancel 100.5 0 -0.3 keeps told'],
    [['gone', 'A', null, '1'], 'order.cancel 100.5 0 -0.3 keeps untold'],
    ...(['set', 'amend', 'fill-to', 'fill-by', 'fill-all', 'cancel', 'gone'] as const).map(
      (action): readonly [Row, string] => [[action, 'X', null, '1'], 'unknown'],
    ),
  ])('%j is told as %s', (row, turn) => {
    expect(take(loaded(), row)).toBe(turn);
  });

  it('says where its order stands then', () => {
    const book = loaded();
    take(book, ['amend', 'A', null, '0.4'], true);
    expect(idsOf(book)).toEqual(['A', 'B']);
    take(book, ['amend', 'A', null, '0.5']);
    expect(idsOf(book)).toEqual(['B', 'A']);
    // An order that is added again has begun anew.
    take(book, ['add', 'B', '100.5', '1.3'], true);
    expect(idsOf(book)).toEqual(['A', 'B']);
  });
});

describe('OrderBook', () => {
  it('tells no level whose total is as it was told last', () => {
    const book = loaded();
    const levels = new LevelBuffer();
    book.drain(levels);
    expect(levels.count).toBe(1);
    take(book, ['cancel', 'A', null, '0.30']);
    take(book, ['add', 'C', '100.5', '0.3']);
    take(book, ['add', 'D', '99', '1']);
    take(book, ['cancel', 'D', null, '1']);
    levels.clear();
    book.drain(levels);
    expect(levels.count).toBe(0);
  });

  it('knows its ends, and forgets a price without telling of it', () => {
    const book = loaded();
    take(book, ['add', 'C', '99', '1']);
    const levels = new LevelBuffer();
    book.drain(levels);
    expect([book.best(BID), book.worst(BID), book.countOf(BID)]).toEqual([unitsOf('100.5'), unitsOf('99'), 3]);
    book.forgetAt(BID, unitsOf('99'));
    levels.clear();
    book.drain(levels);
    expect([book.worst(BID), book.count, book.order('C'), levels.count]).toEqual([unitsOf('100.5'), 2, null, 0]);
    expect([book.best(1 - BID), book.prices(BID)]).toEqual([null, [unitsOf('100.5')]]);
  });

  it('goes on from its state, with what is still to be told', () => {
    const book = loaded();
    const levels = new LevelBuffer();
    book.drain(levels);
    take(book, ['cancel', 'A', null, '0.30']);
    take(book, ['add', 'C', '99', '1']);
    const copy = new OrderBook();
    copy.restore(structuredClone(book.state()));
    expect(idsOf(copy)).toEqual(['B']);
    const told = [book, copy].map((one) => {
      const rows = new LevelBuffer();
      one.drain(rows);
      return Array.from({ length: rows.count }, (_, row) => [
        rows.exactPrice(row),
        rows.exactSize(row),
        rows.orders[row],
      ]);
    });
    expect(told[1]).toEqual(told[0]);
    expect(told[0]).toHaveLength(2);
    expect(copy.state()).toEqual(book.state());
  });
});
