import { describe, expect, test } from 'vitest';
import { HEAT_COLUMNS_MAX, LARGEST_MAX } from '../api/keys.ts';
import type { ScoredOrder } from '../api/order.ts';
import { NOON_US, scoreOf } from './events.fixture.ts';
import { HeatColumns } from './heat-columns.ts';
import { HourCounts } from './hour-counts.ts';
import { LargestOrders } from './largest-orders.ts';
import { OrderRing, RING_ORDERS } from './order-ring.ts';
import { suggestPrices } from './suggested-prices.ts';

const MINUTE_US = 60e6;

function ordersIn(ring: OrderRing, from = 0): ScoredOrder[] {
  const found: ScoredOrder[] = [];
  ring.each(from, (_serial, order) => found.push(order));
  return found;
}

describe('a ring of orders', () => {
  test('gives back what was put in, with all parts, oldest first', () => {
    const ring = new OrderRing();
    ring.put(1, scoreOf(3, 7, { side: 1, size: 2, price: 150, orders: 4, model: 'pareto' }));
    ring.put(2, scoreOf(Number.NaN, 8));
    expect(ordersIn(ring)).toEqual([
      {
        id: '1.7',
        timeMs: NOON_US / 1000,
        side: 'ask',
        price: 150,
        size: 2,
        notional: 300,
        score: 3,
        z: 2.5,
        scoreSize: 1,
        scoreSpread: 0,
        scoreMid: 1,
        scoreImbalance: 0,
        spreadBps: 3,
        midDistanceBps: 1,
        imbalance: 5,
        orders: 4,
        model: 'pareto',
      },
      expect.objectContaining({ id: '1.8', score: null, z: null, orders: null, model: 'lognormal' }),
    ]);
  });

  test('keeps the newest while it grows and when it is full', () => {
    const ring = new OrderRing();
    for (let seq = 1; seq <= 3 * RING_ORDERS + 7; seq++) {
      ring.put(seq, scoreOf(0, seq));
      const kept = Math.min(seq, RING_ORDERS);
      expect(ordersIn(ring).map(({ size }) => size)).toEqual(
        Array.from({ length: kept }, (_, i) => seq - kept + 1 + i),
      );
    }
    expect(ordersIn(ring, ring.count - 2).map(({ size }) => size)).toEqual([ring.count - 1, ring.count]);
  });
});

describe('the counts of an hour', () => {
  test('forget a minute when it is an hour old, and not before', () => {
    const hour = new HourCounts();
    hour.add(4, NOON_US);
    hour.add(6, NOON_US + 30 * MINUTE_US);
    expect([hour.byScore(), hour.from(4), hour.from(5)]).toEqual([[0, 0, 0, 0, 1, 0, 1], 2, 1]);
    expect(hour.moveTo(NOON_US + 59 * MINUTE_US)).toBe(false);
    expect(hour.from(0)).toBe(2);
    expect(hour.moveTo(NOON_US + 60 * MINUTE_US)).toBe(true);
    expect(hour.byScore()).toEqual([0, 0, 0, 0, 0, 0, 1]);
    hour.moveTo(NOON_US + 5000 * MINUTE_US);
    expect(hour.from(0)).toBe(0);
  });

  test('equal a list of times, whatever the steps', () => {
    const hour = new HourCounts();
    const times: number[] = [];
    for (let step = 0, atUs = NOON_US; step < 500; step++) {
      atUs += ((step * 7919) % 100) * 1e6 * (step % 40 === 0 ? 60 : 1);
      times.push(atUs);
      hour.add(2, atUs);
      const minute = Math.floor(atUs / MINUTE_US);
      expect(hour.from(0)).toBe(times.filter((one) => Math.floor(one / MINUTE_US) > minute - 60).length);
    }
  });

  test('take a time that falls back for the newest minute', () => {
    const hour = new HourCounts();
    hour.add(1, NOON_US + 10 * MINUTE_US);
    hour.add(1, NOON_US - 200 * MINUTE_US);
    expect(hour.from(0)).toBe(2);
    hour.moveTo(NOON_US + 70 * MINUTE_US);
    expect(hour.from(0)).toBe(0);
  });
});

test('the largest orders are those of the last hour, and one that ages is followed by the next', () => {
  const largest = new LargestOrders();
  const add = (notional: number, minute: number): void =>
    largest.add(notional, NOON_US + minute * MINUTE_US, () => ({ notional }) as ScoredOrder);
  const notionals = (): number[] => largest.list().map(({ notional }) => notional);
  for (let i = 1; i <= 100; i++) add(i, 0);
  const before = largest.version;
  add(1, 1);
  expect(largest.version).toBe(before);
  expect(notionals()).toEqual(Array.from({ length: LARGEST_MAX }, (_, i) => 100 - i));
  add(50.5, 55);
  expect(notionals()).not.toContain(50.5);
  add(7, 61);
  expect(notionals()).toEqual([50.5, 7]);
  for (let minute = 61; minute < 1000; minute++) add(minute, minute);
  expect(notionals()).toHaveLength(LARGEST_MAX);
  expect(notionals()[0]).toBe(999);
});

describe('heat columns', () => {
  const book = (mid: number, step: number): Float64Array => {
    const bids = Array.from({ length: 5 }, (_, i) => [mid - (i + 0.5) * step, 1 + i]);
    const asks = Array.from({ length: 5 }, (_, i) => [mid + (i + 0.5) * step, 10 + i]);
    return Float64Array.from([5, ...bids.flat(), ...asks.flat()]);
  };
  const put = (heat: HeatColumns, second: number, values: Float64Array): void =>
    heat.put(second * 1000, values, values.length);

  test('add up sizes per bucket, and lose none', () => {
    const heat = new HeatColumns();
    put(heat, 1, book(100, 1));
    const { bucket, columns } = heat.since(0);
    expect(bucket).toBe(0.5);
    const [column] = columns;
    const cells = column?.cells ?? [];
    expect(cells.reduce((sum, [, bids]) => sum + bids, 0)).toBe(15);
    expect(cells.reduce((sum, [, , asks]) => sum + asks, 0)).toBe(60);
    expect(cells[0]).toEqual([191, 5, 0]);
    expect(cells.at(-1)).toEqual([209, 0, 14]);
  });

  test('keep their width while the levels move, and choose another when they reach much farther', () => {
    const heat = new HeatColumns();
    for (let second = 1; second <= 10; second++) put(heat, second, book(100 + second, 1));
    expect([heat.bucket, heat.since(7).columns.length]).toEqual([0.5, 3]);
    put(heat, 11, book(100, 20));
    expect([heat.bucket, heat.since(0).columns.length]).toEqual([10, 1]);
    put(heat, 12, book(100, 0.01));
    expect([heat.bucket, heat.since(0).columns.length]).toEqual([0.005, 1]);
    expect(heat.count).toBe(12);
  });

  test('are bounded, and skip what has no levels', () => {
    const heat = new HeatColumns();
    put(heat, 0, Float64Array.from([0]));
    for (let second = 1; second <= HEAT_COLUMNS_MAX + 5; second++) put(heat, second, book(100, 1));
    expect(heat.since(0).columns).toHaveLength(HEAT_COLUMNS_MAX);
    expect(heat.since(heat.count - 1).columns).toHaveLength(1);
    expect(heat.since(heat.count).columns).toHaveLength(0);
  });
});

describe('suggested prices', () => {
  test('are half the mean spread from the mid, inside a wide spread and behind a narrow one', () => {
    expect(suggestPrices({ bid: 100, ask: 104, spreadAverage: 2 }, 2)).toEqual({ bid: 101, ask: 103 });
    expect(suggestPrices({ bid: 100, ask: 101, spreadAverage: 3 }, 2)).toEqual({ bid: 99, ask: 102 });
  });

  test('are rounded away from the other side, which they never reach', () => {
    expect(suggestPrices({ bid: 100, ask: 100.01, spreadAverage: 0.001 }, 2)).toEqual({ bid: 100, ask: 100.01 });
    expect(suggestPrices({ bid: 0.1, ask: 0.3, spreadAverage: 0.2 }, 1)).toEqual({ bid: 0.1, ask: 0.3 });
  });

  test.each([
    [{ bid: Number.NaN, ask: 101, spreadAverage: 1 }],
    [{ bid: 101, ask: 101, spreadAverage: 1 }],
    [{ bid: 100, ask: 101, spreadAverage: Number.NaN }],
    [{ bid: 1, ask: 2, spreadAverage: 9 }],
  ])('there are none for %j', (quote) => {
    expect(suggestPrices(quote, 2)).toBeNull();
  });
});
