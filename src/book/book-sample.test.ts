import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ASKS_AT, BIDS_AT, DEPTH_BANDS_BPS, LEVELS_AT, sampleNumbers } from '../model/book-sample.ts';
import { ASK, BID } from '../model/event.ts';
import { sampleBook } from './book-sample.ts';
import { Book } from './book.ts';
import { LevelBuffer } from './level-buffer.ts';

const LEVELS = 5;
const DECIMALS = 2;

/** Prices around one that wanders by itself, some levels far away; sizes in thousandths, or so large that the book is wide. */
const step = fc.record({
  move: fc.integer({ min: -400, max: 400 }),
  rows: fc.array(
    fc.record({
      isBid: fc.boolean(),
      away: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000 })),
      size: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1000 })),
    }),
    { maxLength: 12 },
  ),
});
const stories = fc.record({
  start: fc.constantFrom(50_000, 4_000_000_000),
  unit: fc.constantFrom(1n, 2n ** 54n),
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
});

/** The size of each level by its price in ticks. */
class NaiveBook {
  readonly sides = [new Map<number, bigint>(), new Map<number, bigint>()] as const;

  best(side: number): number {
    const prices = [...(this.sides[side]?.keys() ?? [])];
    return side === BID ? Math.max(...prices) : Math.min(...prices);
  }

  within(side: number, bps: number): number {
    const total = BigInt(this.best(BID) + this.best(ASK));
    let sum = 0n;
    for (const [price, size] of this.sides[side] ?? []) {
      const away = side === BID ? total - 2n * BigInt(price) : 2n * BigInt(price) - total;
      if (away * 10_000n <= total * BigInt(bps)) sum += size;
    }
    return Number(sum) / 1000;
  }

  listed(side: number): number[] {
    const levels = [...(this.sides[side] ?? [])].sort(([a], [b]) => (side === BID ? b - a : a - b)).slice(0, LEVELS);
    return levels.flatMap(([price, size]) => [price / 10 ** DECIMALS, Number(size) / 1000]);
  }
}

it('has the depth and the best levels of a plain map', () => {
  fc.assert(
    fc.property(stories, ({ start, unit, steps }) => {
      const book = new Book({ keepDigits: false });
      const naive = new NaiveBook();
      const message = new LevelBuffer();
      const out = new Float64Array(sampleNumbers(LEVELS));
      let mid = start;
      for (const { move, rows } of steps) {
        mid += move;
        message.clear();
        const set = (side: number, price: number, size: bigint): void => {
          if (size === 0n) naive.sides[side]?.delete(price);
          else naive.sides[side]?.set(price, size);
          message.addExact(side, BigInt(price), DECIMALS, size, 3);
        };
        // The book is never crossed: levels that the price has passed are gone.
        for (const [price] of naive.sides[BID]) if (price >= mid) set(BID, price, 0n);
        for (const [price] of naive.sides[ASK]) if (price <= mid) set(ASK, price, 0n);
        for (const { isBid, away, size } of rows) {
          set(isBid ? BID : ASK, isBid ? mid - 1 - away : mid + 1 + away, BigInt(size) * unit);
        }
        set(BID, mid - 30_000, 7n);
        set(ASK, mid + 30_000, 7n);
        book.apply(message);
        const bids = naive.listed(BID);
        const asks = naive.listed(ASK);
        const depth = DEPTH_BANDS_BPS.flatMap((bps) => [naive.within(BID, bps), naive.within(ASK, bps)]);
        const numbers = [...out.subarray(0, sampleBook(book, LEVELS, out))];
        expect(numbers.slice(0, BIDS_AT)).toEqual(depth);
        expect([numbers[BIDS_AT], numbers[ASKS_AT]]).toEqual([bids.length / 2, asks.length / 2]);
        expect(numbers.slice(LEVELS_AT)).toEqual([...bids, ...asks]);
      }
    }),
    { numRuns: 100 },
  );
});

it('has no depth where a side is empty', () => {
  const book = new Book({ keepDigits: false });
  const message = new LevelBuffer();
  const out = new Float64Array(sampleNumbers(LEVELS));
  expect([...out.subarray(0, sampleBook(book, LEVELS, out))]).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, 0, 0]);
  message.add(ASK, 105, 1, 25, 1);
  book.apply(message);
  expect([...out.subarray(0, sampleBook(book, LEVELS, out))]).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, 0, 1, 10.5, 2.5]);
});
