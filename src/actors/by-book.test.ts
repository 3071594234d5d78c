import { expect, it } from 'vitest';
import { ByBook } from './by-book.ts';

const BOOKS = [
  { exchange: 'kraken', symbol: 'BTC-USD' },
  { exchange: 'kraken', symbol: 'ETH-USD' },
  { exchange: 'gemini', symbol: 'BTC-USD' },
];

it('keeps one value per exchange and symbol, whichever was asked for last', () => {
  const values = new ByBook<number>();
  for (const [value, book] of BOOKS.entries()) {
    expect(values.get(book)).toBeUndefined();
    values.set(book, value);
    expect(values.get(book)).toBe(value);
  }
  for (const [value, book] of [...BOOKS.entries(), ...BOOKS.entries()]) expect(values.get(book)).toBe(value);
  values.set({ exchange: 'kraken', symbol: 'ETH-USD' }, 7);
  expect(Object.fromEntries(values.entries())).toEqual({
    'kraken:BTC-USD': 0,
    'kraken:ETH-USD': 7,
    'gemini:BTC-USD': 2,
  });
});

it('knows nothing after it was cleared, not even the last', () => {
  const values = new ByBook<number>();
  for (const book of BOOKS) values.set(book, 1);
  values.clear();
  for (const book of BOOKS) expect(values.get(book)).toBeUndefined();
  expect([...values.entries()]).toEqual([]);
});
