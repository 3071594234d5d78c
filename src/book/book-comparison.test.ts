import { describe, expect, it } from 'vitest';
import { levelBuffer } from '../../test/fixtures/book-views.ts';
import type { NaiveLevel } from '../../test/fixtures/naive-book.ts';
import { Book } from './book.ts';
import { BookComparison, type ComparisonResult } from './book-comparison.ts';

/** `bid 100 x 1.5`. */
function levels(...texts: readonly string[]): NaiveLevel[] {
  return texts.map((text) => {
    const [side = '', price = '', , size = ''] = text.split(' ');
    return { side: side === 'bid' ? 'bid' : 'ask', price, size };
  });
}

function bookOf(...texts: readonly string[]): Book {
  const book = new Book({ keepDigits: false });
  book.load(levelBuffer(levels(...texts)), { limit: Number.POSITIVE_INFINITY, window: false });
  return book;
}

const OWN = ['bid 100.5 x 1', 'bid 100.25 x 2', 'bid 99 x 3', 'ask 101 x 4', 'ask 102 x 5'];

function compare(given: readonly string[], touched: readonly string[] = [], own = OWN): ComparisonResult {
  const comparison = new BookComparison(NaN);
  comparison.touch(levelBuffer(levels(...touched)));
  expect(comparison.take(levelBuffer(levels(...given)), NaN)).toBe(true);
  return comparison.finish(bookOf(...own));
}

describe('a comparison of a book with the venue’s own', () => {
  it('finds two books of the same levels the same, whatever their digits and their order', () => {
    const given = ['ask 102.000 x 5.0', 'bid 99 x 3', 'bid 100.50 x 1.00', 'ask 101 x 4', 'bid 100.250 x 2'];
    expect(compare(given)).toEqual({ verdict: 'same', compared: 5, detail: '' });
  });

  it.each([
    [
      'another size',
      ['bid 100.5 x 1', 'bid 100.25 x 2.5', 'bid 99 x 3', 'ask 101 x 4', 'ask 102 x 5'],
      'bid 100.25: the venue has 2.5, the book 2',
      5,
    ],
    ['a level too few', [...OWN, 'ask 101.5 x 1'], 'ask 101.5: the venue has 1, the book nothing', 6],
    ['a level too many', OWN.slice(0, 4), 'ask 102: the venue has nothing, the book 5', 5],
    ['no level at all', [], 'bid 100.5: the venue has nothing, the book 1; 4 more of 5 levels differ', 5],
  ])('finds %s', (_, given, detail, compared) => {
    expect(compare(given)).toEqual({ verdict: 'differs', compared, detail });
  });

  it('leaves out what an update has touched, on its side alone', () => {
    const given = ['bid 100.5 x 1', 'bid 99 x 3', 'ask 100.75 x 1', 'ask 101 x 4', 'ask 102 x 5'];
    const touched = ['bid 100.250 x 2', 'ask 100.75 x 0'];
    expect(compare(given, touched)).toEqual({ verdict: 'same', compared: 4, detail: '' });
    expect(compare(given, ['ask 100.25 x 2', 'ask 100.75 x 0']).verdict).toBe('differs');
  });

  it('is exact where prices and sizes pass 2^53, and where scales differ', () => {
    const own = ['bid 0.00000001 x 9007199254740993', 'ask 0.00000002 x 1000000000000.00000001'];
    expect(compare(own, [], own)).toEqual({ verdict: 'same', compared: 2, detail: '' });
    const off = ['bid 1E-8 x 9007199254740992', 'ask 0.00000002 x 1000000000000.00000001'];
    expect(compare(off, [], own)).toMatchObject({ verdict: 'differs', compared: 2 });
    expect(compare(off, ['bid 0.00000001 x 9007199254740993'], own)).toMatchObject({ verdict: 'same', compared: 1 });
  });

  it('says nothing without an answer, nor by one from before its beginning', () => {
    const comparison = new BookComparison(1_000);
    expect(comparison.finish(bookOf(...OWN))).toEqual({ verdict: 'none', compared: 0, detail: '' });
    expect(comparison.take(levelBuffer([]), 999)).toBe(false);
    expect(comparison.finish(bookOf(...OWN)).verdict).toBe('none');
    expect(comparison.take(levelBuffer([]), 1_000)).toBe(true);
    expect(comparison.finish(bookOf(...OWN)).verdict).toBe('differs');
  });

  it('is a plain value for another to go on from', () => {
    const comparison = new BookComparison(5);
    comparison.touch(levelBuffer(levels('bid 99 x 1', 'ask 101 x 0')));
    const early = new BookComparison(NaN);
    early.restore(structuredClone(comparison.state()));
    expect(early.state()).toEqual(comparison.state());
    comparison.take(levelBuffer(levels('bid 100.5 x 1', 'bid 100.25 x 7', 'ask 102 x 5')), 6);
    const late = new BookComparison(NaN);
    late.restore(structuredClone(comparison.state()));
    expect(late.finish(bookOf(...OWN))).toEqual({
      ...{ verdict: 'differs', compared: 3, detail: 'bid 100.25: the venue has 7, the book 2' },
    });
  });
});
