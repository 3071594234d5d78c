import { describe, expect, it } from 'vitest';
import { exactChanges, exactLevels, levelBuffer } from '../../test/fixtures/book-views.ts';
import { unitsOf } from '../../test/fixtures/exact.ts';
import type { NaiveLevel } from '../../test/fixtures/naive-book.ts';
import { CHANGE_KINDS } from '../model/event.ts';
import { Book, type Coverage } from './book.ts';

const ALL: Coverage = { limit: Number.POSITIVE_INFINITY, window: false };

/** `bid 100 x 5` as a level. */
function levels(...texts: readonly string[]): NaiveLevel[] {
  return texts.map((text) => {
    const [side, price = '', , size = ''] = text.split(' ');
    return { side: side === 'bid' ? 'bid' : 'ask', price, size };
  });
}

function loaded(coverage: Coverage, ...texts: readonly string[]): Book {
  const book = new Book({ keepDigits: false });
  book.load(levelBuffer(levels(...texts)), coverage);
  return book;
}

/** Applies a message; its rows as `kind side price change`, in units of the book's scales. */
function rows(book: Book, ...texts: readonly string[]): string[] {
  book.apply(levelBuffer(levels(...texts)));
  const { changes } = book;
  return Array.from({ length: changes.count }, (_, row) => {
    const price = changes.wide?.price[row] ?? changes.price[row];
    const change = changes.wide?.change[row] ?? changes.change[row];
    return `${CHANGE_KINDS[changes.kind[row] ?? 0]} ${changes.side[row] === 0 ? 'bid' : 'ask'} ${price} ${change}`;
  });
}

describe('Book', () => {
  it('applies a message in its order: the last word on a price counts, each change is a row', () => {
    const book = loaded(ALL, 'bid 100 x 5', 'ask 101 x 1');
    expect(rows(book, 'bid 100 x 7', 'bid 100 x 7', 'bid 100 x 4', 'bid 99 x 2', 'bid 99 x 0')).toEqual([
      'known bid 100 2',
      'known bid 100 -3',
      'known bid 99 2',
      'known bid 99 -2',
    ]);
    expect(exactLevels(book, 'bid')).toEqual([[unitsOf('100'), unitsOf('4')]]);
    expect(book.top).toMatchObject({ bid: 100, bidSize: 4, ask: 101, askSize: 1, bidSum: 4, askSum: 1, wide: null });
  });

  it('counts removals of levels that it does not hold, and makes no row of them', () => {
    const book = loaded(ALL, 'bid 100 x 5');
    expect(book.apply(levelBuffer(levels('bid 99 x 0', 'ask 99 x 0', 'bid 100 x 0')))).toBe(2);
    expect(book.changes.count).toBe(1);
    expect(book.top).toMatchObject({ bid: NaN, bidSize: NaN, ask: NaN, bidSum: 0, askSum: 0 });
    expect(book.crossed).toBe(false);
  });

  it('is crossed as soon as the best bid reaches the best ask', () => {
    expect(loaded(ALL, 'bid 100 x 5', 'ask 100.01 x 5').crossed).toBe(false);
    expect(loaded(ALL, 'bid 100 x 5', 'ask 100 x 5').crossed).toBe(true);
    expect(loaded(ALL, 'bid 90071992547409.930 x 5', 'ask 90071992547409.929 x 5').crossed).toBe(true);
  });

  it('widens its scales to the finest digits seen, and not for idle zeros', () => {
    const book = loaded(ALL, 'bid 100.00000000 x 5.00000000');
    expect([book.priceScale, book.sizeScale]).toEqual([0, 0]);
    expect(rows(book, 'bid 100.5000 x 0.00000001')).toEqual(['known bid 1005 1']);
    expect([book.priceScale, book.sizeScale]).toEqual([1, 8]);
    expect(exactLevels(book, 'bid')).toEqual([
      [unitsOf('100.5'), unitsOf('0.00000001')],
      [unitsOf('100'), unitsOf('5')],
    ]);
  });

  it('keeps the zeros where a checksum needs them', () => {
    const book = new Book({ keepDigits: true });
    book.load(levelBuffer(levels('bid 100.10 x 5.000', 'bid 99.9 x 1.00000000')), ALL);
    const written: string[] = [];
    book.forEachWritten(0, 10, (price, size) => written.push(`${price} ${size}`));
    expect(written).toEqual(['10010 5000', '999 100000000']);
    expect([book.priceScale, book.sizeScale]).toEqual([1, 0]);
  });

  it('lists a snapshot best first, bids before asks, zero sizes left out', () => {
    const book = loaded(ALL, 'ask 102 x 1', 'bid 99 x 2', 'ask 101 x 3', 'bid 100 x 4', 'bid 98 x 0');
    expect(exactChanges(book.changes, book).map(({ side, price }) => [side, price / unitsOf('1')])).toEqual([
      ['bid', 100n],
      ['bid', 99n],
      ['ask', 101n],
      ['ask', 102n],
    ]);
  });
});

describe('Book at 2^53', () => {
  it('stays narrow up to the border, whatever its sizes add up to, and promotes itself before it would pass it', () => {
    const max = Number.MAX_SAFE_INTEGER;
    const book = loaded(ALL, `bid 100 x ${max}`);
    expect(rows(book, `bid 99 x ${max}`, 'bid 98 x 3')).toEqual([`known bid 99 ${max}`, 'known bid 98 3']);
    expect([book.wide, book.top.bidSum]).toEqual([false, Number(2n ** 54n + 1n)]);
    expect(rows(book, 'bid 98 x 9007199254740993')).toEqual(['known bid 98 9007199254740990']);
    expect([book.wide, book.promotions, book.top.bidSum]).toEqual([true, 1, Number(3n * 2n ** 53n - 1n)]);
  });

  it('stays narrow for a size beyond it that is a double, and tells that, and its changes, exactly', () => {
    const book = loaded(ALL, 'bid 100 x 1', 'bid 0.3 x 112716000.00000000', 'bid 99 x 0.00000001');
    expect([book.wide, book.changes.wide?.size, book.top.wide?.bid]).toEqual([
      false,
      [100_000_000n, 1n, 11_271_600_000_000_000n],
      1000n,
    ]);
    rows(book, 'bid 99 x 0.00000003');
    expect([book.changes.wide, book.top.wide]).toEqual([null, null]);
    // No double: the book is narrow all the same.
    rows(book, 'bid 0.3 x 0.00000007');
    expect([book.wide, book.changes.wide?.change, book.changes.wide?.size]).toEqual([
      false,
      [-11_271_599_999_999_993n],
      [7n],
    ]);
    rows(book, 'bid 100 x 112716000.00000000');
    expect([book.top.wide?.bidSize, book.top.bidSum]).toEqual([11_271_600_000_000_000n, 11_271_600_000_000_010]);
    const restored = new Book({ keepDigits: false });
    restored.restore(structuredClone(book.state()));
    rows(restored, 'bid 100 x 0.00000001');
    expect(restored.changes.wide?.change).toEqual([-11_271_599_999_999_999n]);
    rows(restored, 'bid 100 x 112716000.00000001');
    expect([restored.wide, restored.changes.wide?.change]).toEqual([true, [11_271_600_000_000_000n]]);
  });

  it('is not promoted by zeros behind the last digit that counts, however many', () => {
    for (const keepDigits of [false, true]) {
      const book = new Book({ keepDigits });
      book.load(levelBuffer(levels('ask 100000000.00000000 x 999999999.0000000000', 'bid 1.5 x 1')), ALL);
      expect([book.wide, book.priceScale, book.sizeScale]).toEqual([false, 1, 0]);
      expect(rows(book, 'ask 100000000.00000000 x 999999998.5000000000')).toEqual(['known ask 1000000000 -5']);
      expect([book.wide, book.sizeScale]).toEqual([false, 1]);
    }
  });

  it('keeps exact differences of a trillion units at eight decimals', () => {
    const book = loaded(ALL, 'ask 0.00002 x 1000000000000.00000001');
    rows(book, 'ask 0.00002 x 1000000000000.00000003');
    expect(exactChanges(book.changes, book)[0]?.change).toBe(unitsOf('0.00000002'));
    expect(book.top.askSum).toBe(Number(10n ** 20n + 3n));
  });

  it('is promoted by finer digits alone, where held values would pass the border', () => {
    const book = loaded(ALL, 'bid 100 x 900719925474099');
    rows(book, 'bid 99 x 0.001');
    expect(book.wide).toBe(true);
    expect(book.top.bidSum).toBe(Number(900_719_925_474_099_001n));
  });

  it('is narrow again after a snapshot that allows it', () => {
    const book = loaded(ALL, `bid 100 x ${2n ** 60n + 1n}`);
    expect(book.wide).toBe(true);
    book.load(levelBuffer(levels('bid 100 x 1')), ALL);
    expect([book.wide, book.top.wide, book.changes.wide, book.promotions]).toEqual([false, null, null, 1]);
  });

  it.each(['bid', 'ask'] as const)('knows the edge of its %s range exactly, also when prices grow finer', (side) => {
    const edge = 2n ** 52n + 1n;
    const [best, worse, within] = side === 'bid' ? [edge + 1n, edge - 1n, edge] : [edge - 1n, edge + 1n, edge];
    const book = loaded({ limit: 2, window: false }, `${side} ${best} x 1`, `${side} ${edge} x 1`);
    rows(book, `${side} ${edge} x 0`, `${side} ${best} x 0`);
    // Nothing is held now, but the edge in tenths is beyond 2^53.
    rows(book, `${side} 1.5 x 0`);
    expect(rows(book, `${side} ${within} x 1`)).toEqual([`known ${side} ${within}0 1`]);
    expect(rows(book, `${side} ${worse}.9 x 1`)).toEqual([`first-sight ${side} ${worse}9 1`]);
  });
});

describe('orders that are none', () => {
  const snapshot = ['bid 100 x 5', 'bid 99 x 5', 'ask 101 x 5', 'ask 102 x 5'];

  it('a level first seen outside the range of a snapshot', () => {
    const book = loaded({ limit: 2, window: false }, ...snapshot);
    expect(rows(book, 'bid 98 x 1', 'ask 103 x 1')).toEqual(['first-sight bid 98 1', 'first-sight ask 103 1']);
  });

  it('but it is known once it was seen: as it grows, goes and comes again', () => {
    const book = loaded({ limit: 2, window: false }, ...snapshot);
    rows(book, 'bid 98 x 1');
    expect(rows(book, 'bid 98 x 3')).toEqual(['known bid 98 2']);
    expect(rows(book, 'bid 98 x 0')).toEqual(['known bid 98 -3']);
    expect(rows(book, 'bid 98 x 4')).toEqual(['known bid 98 4']);
  });

  it('a removal of a level that was not held makes its price known', () => {
    const book = loaded({ limit: 2, window: false }, ...snapshot);
    expect(rows(book, 'bid 97 x 0')).toEqual([]);
    expect(rows(book, 'bid 97 x 2')).toEqual(['known bid 97 2']);
  });

  it('within the range an absent level was empty: a new one is an order', () => {
    const book = loaded({ limit: 2, window: false }, ...snapshot);
    expect(rows(book, 'bid 99.5 x 1', 'ask 100.5 x 1')).toEqual(['known bid 995 1', 'known ask 1005 1']);
  });

  it('a side that lists fewer levels than asked for is complete', () => {
    const book = loaded({ limit: 3, window: false }, ...snapshot);
    expect(rows(book, 'bid 1 x 1')).toEqual(['known bid 1 1']);
  });

  it('a resync forgets what was seen: sizes that differ across it are no changes', () => {
    const book = loaded({ limit: 2, window: false }, ...snapshot);
    rows(book, 'bid 98 x 1');
    book.load(levelBuffer(levels('bid 100 x 50', 'bid 99 x 50')), { limit: 2, window: false });
    expect(exactChanges(book.changes, book)).toHaveLength(2);
    expect(rows(book, 'bid 98 x 1')).toEqual(['first-sight bid 98 1']);
  });

  it('a level that enters a full window from below', () => {
    const book = loaded({ limit: 2, window: true }, ...snapshot);
    expect(rows(book, 'bid 100 x 0', 'bid 98 x 7')).toEqual(['known bid 100 -5', 'first-sight bid 98 7']);
    expect(rows(book, 'bid 98 x 8')).toEqual(['known bid 98 1']);
  });

  it('and again after it had left: below a window nothing is remembered', () => {
    const book = loaded({ limit: 2, window: true }, ...snapshot);
    expect(rows(book, 'bid 101 x 1')).toEqual(['known bid 101 1', 'window-exit bid 99 -5']);
    expect(rows(book, 'bid 101 x 0', 'bid 99 x 6')).toEqual(['known bid 101 -1', 'first-sight bid 99 6']);
  });

  it('a level pushed out of the window was cancelled by nobody', () => {
    const book = loaded({ limit: 2, window: true }, ...snapshot);
    expect(rows(book, 'ask 100.5 x 1')).toEqual(['known ask 1005 1', 'window-exit ask 1020 -5']);
    expect([book.bidLevels, book.askLevels, book.top.askSum]).toEqual([2, 2, 6]);
  });

  it('a level that comes in under a full window and goes in the same message', () => {
    const book = loaded({ limit: 2, window: true }, ...snapshot);
    expect(rows(book, 'bid 50 x 9')).toEqual(['first-sight bid 50 9', 'window-exit bid 50 -9']);
  });

  it('a window that is not full yet covers the whole side', () => {
    const book = loaded({ limit: 3, window: true }, ...snapshot);
    expect(rows(book, 'bid 50 x 9')).toEqual(['known bid 50 9']);
    expect(rows(book, 'bid 99 x 0', 'bid 40 x 9')).toEqual(['known bid 99 -5', 'first-sight bid 40 9']);
  });
});
