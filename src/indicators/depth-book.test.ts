import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ASK, BID } from '../model/event.ts';
import type { Change } from '../storage/events.fixture.ts';
import { delta } from '../storage/events.fixture.ts';
import { DepthBook } from './depth-book.ts';

/** Prices around one that wanders by itself, so that the bands are laid out anew; some levels far away. */
const step = fc.record({
  move: fc.integer({ min: -400, max: 400 }),
  scale: fc.constantFrom(2, 2, 2, 2, 3),
  rows: fc.array(
    fc.record({
      isBid: fc.boolean(),
      away: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000 })),
      size: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1000 })),
    }),
    { maxLength: 12 },
  ),
});

/** The size of each level by its exact price, in hundredths of a tick of scale 4. */
class NaiveBook {
  readonly sides = [new Map<number, number>(), new Map<number, number>()] as const;

  best(side: number): number {
    const prices = [...(this.sides[side]?.keys() ?? [])];
    return side === BID ? Math.max(...prices) : Math.min(...prices);
  }

  within(side: number, bps: number): number {
    const total = BigInt(this.best(BID) + this.best(ASK));
    let sum = 0;
    for (const [price, size] of this.sides[side] ?? []) {
      const away = side === BID ? total - 2n * BigInt(price) : 2n * BigInt(price) - total;
      if (away * 10_000n <= total * BigInt(bps)) sum += size;
    }
    return sum;
  }
}

it.each([50_000, 4_000_000_000])('is a plain map of levels, around %d ticks', (start) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(39), (steps, cut) => {
      let book = new DepthBook();
      const naive = new NaiveBook();
      let mid = start;
      let finest = 2;
      for (const [i, { move, scale, rows }] of steps.entries()) {
        mid += move;
        finest = Math.max(finest, scale);
        const unit = 10 ** (finest - 2);
        const changes: Change[] = [];
        const set = (side: number, price: number, size: number): void => {
          if (size === 0) naive.sides[side]?.delete(price * 10);
          else naive.sides[side]?.set(price * 10, size);
          changes.push([side === BID ? 'bid' : 'ask', price * unit, size, 0, -1]);
        };
        // The book is never crossed: levels that the price has passed are gone.
        for (const [price] of naive.sides[BID]) if (price / 10 >= mid) set(BID, price / 10, 0);
        for (const [price] of naive.sides[ASK]) if (price / 10 <= mid) set(ASK, price / 10, 0);
        for (const { isBid, away, size } of rows) set(isBid ? BID : ASK, isBid ? mid - 1 - away : mid + 1 + away, size);
        set(BID, mid - 30_000, 7);
        set(ASK, mid + 30_000, 7);
        const view = delta(changes, { priceScale: finest, sizeScale: 0 });
        view.top.bid = (naive.best(BID) / 10) * unit;
        view.top.ask = (naive.best(ASK) / 10) * unit;
        if (i === 0) book.load({ ...view, kind: 'book.snapshot' });
        else book.apply(view);
        if (i === cut) {
          const copy = new DepthBook();
          copy.restore(structuredClone(book.state()));
          book = copy;
        }
        for (const side of [BID, ASK]) {
          const bands = Float64Array.of(10, 50, 100);
          book.depthWithin(side, bands);
          expect([...bands]).toEqual([10, 50, 100].map((bps) => naive.within(side, bps)));
          const levels = [...(naive.sides[side] ?? [])].sort(([a], [b]) => (side === BID ? b - a : a - b)).slice(0, 5);
          const best = new Float64Array(11);
          expect(book.best(side, 5, best, 1)).toBe(levels.length);
          expect([...best.subarray(1, 1 + 2 * levels.length)]).toEqual(
            levels.flatMap(([price, size]) => [price / 1000, size]),
          );
        }
      }
    }),
    { numRuns: 60 },
  );
});
