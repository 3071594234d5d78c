import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { START_US } from './events.fixture.ts';
import { TimeOrder } from './time-order.ts';

/** What any stable sort gives. */
function sortedRows(times: readonly number[]): number[] {
  return times.map((_, row) => row).toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
}

const order = new TimeOrder();
const orderOf = (times: readonly number[]): number[] => [...order.of(Float64Array.from(times), times.length)];

it('orders rows by time, and leaves rows of one time as they came', () => {
  const times = fc.oneof(
    fc.array(fc.integer({ min: START_US, max: START_US + 5 }), { maxLength: 50 }),
    fc.array(fc.integer({ min: START_US, max: START_US + 2_000_000 }), { maxLength: 50 }),
    fc.array(
      fc.maxSafeInteger().map((time) => Math.trunc(time / 2)),
      { maxLength: 50 },
    ),
  );
  fc.assert(
    fc.property(times, (list) => {
      expect(orderOf(list)).toEqual(sortedRows(list));
    }),
  );
});

it('orders a large batch after a small one', () => {
  const many = Array.from({ length: 30_000 }, (_, row) => START_US + ((row * 7919) % 10_007) * 1_000_003);
  expect(orderOf([2, 1])).toEqual([1, 0]);
  expect(orderOf(many)).toEqual(sortedRows(many));
});

it('takes rows that are in order as they are', () => {
  expect(orderOf([1, 1, 2, 3])).toEqual([0, 1, 2, 3]);
  expect(orderOf([])).toEqual([]);
});

it('looks at no more rows than there are', () => {
  expect([...order.of(Float64Array.of(3, 2, 1), 2)]).toEqual([1, 0]);
});
