import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { levelBuffer } from '../../../test/fixtures/book-views.ts';
import type { NaiveLevel } from '../../../test/fixtures/naive-book.ts';
import { Book } from '../../book/book.ts';
import { digestOfBook } from './book-digest.ts';

const COVERAGE = { limit: Number.POSITIVE_INFINITY, window: false };

function bookOf(levels: readonly NaiveLevel[]): Book {
  const book = new Book({ keepDigits: false });
  book.load(levelBuffer(levels), COVERAGE);
  return book;
}

it('is that of all levels in plain decimals, best first, whatever the scales and the width', () => {
  const levels: NaiveLevel[] = [
    { side: 'ask', price: '100.50', size: '2.0' },
    { side: 'bid', price: '99', size: '9007199254740993' },
    { side: 'bid', price: '1e-8', size: '0.25' },
    { side: 'ask', price: '100.25', size: '1' },
  ];
  const text = 'bid 99 9007199254740993\nbid 0.00000001 0.25\nask 100.25 1\nask 100.5 2\n';
  expect(digestOfBook(bookOf(levels))).toBe(createHash('sha256').update(text).digest('base64'));
  expect(digestOfBook(bookOf(levels.slice(1)))).not.toBe(digestOfBook(bookOf(levels)));
  expect(digestOfBook(bookOf([]))).toBe(createHash('sha256').digest('base64'));
});
