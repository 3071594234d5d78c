/** The book against the naive one, under random messages: levels, rows, tops, sums, knowledge and checkpoints. */

import { deserialize, serialize } from 'node:v8';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactChanges, exactLevels, exactTop, levelBuffer } from '../../test/fixtures/book-views.ts';
import { nearestAt } from '../../test/fixtures/exact.ts';
import { NaiveBook, type NaiveLevel } from '../../test/fixtures/naive-book.ts';
import { formatDecimal } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import { Book, type BookOptions, type BookState } from './book.ts';
import { LevelBuffer } from './level-buffer.ts';

/** fast-check prints the seed and the shrunken counterexample of a failure. */
const SEED = 20_260_802;

type Step =
  | { readonly kind: 'snapshot'; readonly levels: readonly NaiveLevel[] }
  | { readonly kind: 'delta'; readonly levels: readonly NaiveLevel[] }
  | { readonly kind: 'checkpoint' };

interface Run {
  readonly options: BookOptions;
  readonly coverage: { readonly limit: number; readonly window: boolean };
  readonly steps: readonly Step[];
}

/** A small pool, so that prices meet again: 90 to 110 with up to three decimals, some with idle zeros. */
const prices = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 90, max: 110 }).map(String) },
  { weight: 3, arbitrary: fc.integer({ min: 90, max: 110 }).map((price) => `${price}.50`) },
  { weight: 1, arbitrary: fc.integer({ min: 90, max: 110 }).map((price) => `${price}.125`) },
  { weight: 1, arbitrary: fc.integer({ min: 90, max: 110 }).map((price) => `${price}.00000`) },
);

const zeros = fc.constantFrom('0', '0.0', '0.00000000');
const smallSizes = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map(String),
  fc.tuple(fc.integer({ min: 1, max: 10 ** 4 }), fc.integer({ min: 0, max: 8 })).map(([a, b]) => formatDecimal(a, b)),
);
const border = 2n ** 53n;
/** Sizes whose integers, or sums of a few of them, lie on either side of 2^53. */
const borderSizes = fc
  .tuple(fc.bigInt({ min: border / 4n - 2n, max: border + 2n }), fc.constantFrom(0, 2, 8))
  .map(([mantissa, decimals]) => formatDecimal(mantissa, decimals));
/** Beyond 2^53 at eight decimals, and doubles without loss. */
const roundSizes = fc.integer({ min: 10 ** 8, max: 10 ** 9 }).map((size) => `${size}.00000000`);
const fineSizes = fc.integer({ min: 1, max: 10 ** 12 }).map((mantissa) => formatDecimal(mantissa, 8));
const hugeSizes = fc.integer({ min: 1, max: 10 ** 6 }).map((tail) => `1000000000000.${String(tail).padStart(8, '0')}`);

function messages(sizes: fc.Arbitrary<string>): fc.Arbitrary<NaiveLevel[]> {
  const level = fc.record({
    side: fc.constantFrom('bid' as const, 'ask' as const),
    price: prices,
    size: fc.oneof({ weight: 2, arbitrary: zeros }, { weight: 3, arbitrary: sizes }),
  });
  return fc.array(level, { maxLength: 12 });
}

function runs(sizes: fc.Arbitrary<string>): fc.Arbitrary<Run> {
  const levels = messages(sizes);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 10, arbitrary: levels.map((one): Step => ({ kind: 'delta', levels: one })) },
    { weight: 1, arbitrary: levels.map((one): Step => ({ kind: 'snapshot', levels: one })) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'checkpoint' }) },
  );
  return fc.record({
    options: fc.constantFrom<BookOptions>(
      { keepDigits: false },
      { keepDigits: true },
      { keepDigits: false, priceScale: 2, sizeScale: 4 },
    ),
    coverage: fc.constantFrom(
      { limit: Number.POSITIVE_INFINITY, window: false },
      { limit: 4, window: false },
      { limit: 1, window: true },
      { limit: 5, window: true },
    ),
    steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  });
}

function expectSame(book: Book, naive: NaiveBook): void {
  for (const side of ['bid', 'ask'] as const) {
    expect(exactLevels(book, side)).toEqual((side === 'bid' ? naive.bids : naive.asks).sorted);
  }
  const [bid, ask] = [naive.bids.sorted[0], naive.asks.sorted[0]];
  expect(exactTop(book.top, book)).toEqual({
    bid: bid?.[0] ?? null,
    bidSize: bid?.[1] ?? null,
    ask: ask?.[0] ?? null,
    askSize: ask?.[1] ?? null,
  });
  expect([book.top.bidSum, book.top.askSum]).toEqual([
    nearestAt(naive.bids.sum, book.sizeScale),
    nearestAt(naive.asks.sum, book.sizeScale),
  ]);
  expect([book.bidLevels, book.askLevels]).toEqual([naive.bids.sorted.length, naive.asks.sorted.length]);
  expect(book.crossed).toBe(bid !== undefined && ask !== undefined && bid[0] >= ask[0]);
}

/** What a snapshot's event must list: all levels, best first, bids before asks. */
function listed(naive: NaiveBook): unknown[] {
  return (['bid', 'ask'] as const).flatMap((side) =>
    (side === 'bid' ? naive.bids : naive.asks).sorted.map(([price, size]) => {
      return { side, kind: 'known', price, size, change: size };
    }),
  );
}

function follow({ options, coverage, steps }: Run): { promoted: boolean } {
  const naive = new NaiveBook();
  let book = new Book(options);
  book.load(levelBuffer([]), coverage);
  naive.load([], coverage);
  let promoted = false;
  for (const step of steps) {
    if (step.kind === 'checkpoint') {
      const state: BookState = deserialize(serialize(book.state()));
      book = new Book(options);
      book.restore(state);
    } else if (step.kind === 'snapshot') {
      book.load(levelBuffer(step.levels), coverage);
      naive.load(step.levels, coverage);
      expect(exactChanges(book.changes, book)).toEqual(listed(naive));
    } else {
      const unknown = book.apply(levelBuffer(step.levels));
      const expected = naive.apply(step.levels);
      expect(exactChanges(book.changes, book)).toEqual(expected.changes);
      expect(unknown).toBe(expected.unknown);
    }
    expectSame(book, naive);
    promoted ||= book.wide;
  }
  return { promoted };
}

describe(`book against a naive map (seed ${SEED})`, () => {
  it('agrees after every message while all integers are below 2^53', () => {
    const property = fc.property(runs(smallSizes), (run) => {
      expect(follow(run).promoted).toBe(false);
    });
    fc.assert(property, { seed: SEED, numRuns: 400 });
  });

  it('agrees on both sides of 2^53, and when a message carries it across', () => {
    let promoted = 0;
    const property = fc.property(runs(fc.oneof(smallSizes, borderSizes)), (run) => {
      if (follow(run).promoted) promoted++;
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
    expect(promoted).toBeGreaterThan(100);
  });

  it('agrees with round sizes beyond 2^53, in a narrow book where no digits are kept', () => {
    let large = 0;
    const property = fc.property(runs(fc.oneof(fineSizes, roundSizes)), (run) => {
      const { promoted } = follow({ ...run, options: { keepDigits: false, priceScale: 3, sizeScale: 8 } });
      expect(promoted).toBe(false);
      if (run.steps.some((step) => step.kind !== 'checkpoint' && step.levels.some(({ size }) => size.length > 17)))
        large++;
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
    expect(large).toBeGreaterThan(100);
  });

  it('agrees with sizes of 1e12 at eight decimals', () => {
    fc.assert(
      fc.property(runs(fc.oneof(smallSizes, hugeSizes)), (run) => void follow(run)),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe(`narrow and wide books (seed ${SEED})`, () => {
  it('say the same of the same messages, the sizes of one a power of ten larger', () => {
    const power = '0'.repeat(17);
    const whole = fc.integer({ min: 1, max: 1000 }).map(String);
    const enlarge = (levels: readonly NaiveLevel[]): NaiveLevel[] =>
      levels.map((level) => ({ ...level, size: level.size.startsWith('0') ? '0' : level.size + power }));
    const property = fc.property(runs(whole), ({ options, coverage, steps }) => {
      const [narrow, wide] = [new Book(options), new Book(options)];
      for (const step of steps) {
        if (step.kind === 'checkpoint') continue;
        const [small, large] = [levelBuffer(step.levels), levelBuffer(enlarge(step.levels))];
        if (step.kind === 'snapshot') {
          narrow.load(small, coverage);
          wide.load(large, coverage);
        } else {
          expect(wide.apply(large)).toBe(narrow.apply(small));
        }
        const factor = 10n ** 17n;
        const scaled = exactChanges(narrow.changes, narrow).map((row) => {
          return { ...row, size: row.size * factor, change: row.change * factor };
        });
        expect(exactChanges(wide.changes, wide)).toEqual(scaled);
        expect(wide.top.bidSum).toBe(narrow.top.bidSum * Number(factor));
        expect(wide.crossed).toBe(narrow.crossed);
        expect(narrow.wide).toBe(false);
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });
});

/** Whole numbers about 2^53 and beyond, many of them with zeros at the end; those that are doubles without loss. */
const longNumbers = fc
  .tuple(fc.bigInt({ min: 1n, max: 2n ** 40n }), fc.integer({ min: 0, max: 9 }))
  .map(([digits, zeros]) => digits * 10n ** BigInt(zeros))
  .filter((value) => value < 2n ** 63n && BigInt(Number(value)) === value);
const longLevels = fc.record({
  isBid: fc.boolean(),
  price: longNumbers,
  priceDecimals: fc.integer({ min: 6, max: 9 }),
  size: fc.oneof(fc.constant(0n), longNumbers),
  sizeDecimals: fc.integer({ min: 6, max: 9 }),
});

describe('numbers beyond 2^53 that are doubles without loss', () => {
  it('mean the same in the columns of a message as exactly beside them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(longLevels, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (messages, keepDigits) => {
          const books = [new Book({ keepDigits }), new Book({ keepDigits })] as const;
          for (const rows of messages) {
            const [columns, beside] = [new LevelBuffer(), new LevelBuffer()];
            for (const { isBid, price, priceDecimals, size, sizeDecimals } of rows) {
              const side = isBid ? BID : ASK;
              columns.add(side, Number(price), priceDecimals, Number(size), sizeDecimals);
              beside.addExact(side, price, priceDecimals, size, sizeDecimals);
            }
            expect(books[0].apply(columns)).toBe(books[1].apply(beside));
            const [one, other] = books.map((book) => [
              exactChanges(book.changes, book),
              exactTop(book.top, book),
              book.wide,
            ]);
            expect(one).toEqual(other);
          }
          expect(books[0].state()).toEqual(books[1].state());
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});
