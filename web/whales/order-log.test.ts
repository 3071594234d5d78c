import { describe, expect, it } from 'vitest';
import type { ScoredOrder } from '../../src/monitor/api/order.ts';
import { fitOf, niceStep, timeStep } from './chart-fit.ts';
import { DepthLog } from './depth-log.ts';
import { largestOf } from './largest-list.ts';
import { OrderLog } from './order-log.ts';
import { QuoteLog } from './quote-log.ts';

function order(seq: number, change: Partial<ScoredOrder> = {}): ScoredOrder {
  const [price, size] = [100 + (seq % 7), 1 + (seq % 5)];
  return {
    ...{ id: `17.${seq}`, timeMs: seq * 10, side: seq % 2 === 0 ? 'bid' : 'ask', price, size, notional: price * size },
    ...{ score: seq % 7, z: 1.5, scoreSize: 1, scoreSpread: 0, scoreMid: 1, scoreImbalance: null, spreadBps: 2 },
    ...{ midDistanceBps: 3, imbalance: 1e15, orders: 4, model: 'lognormal' },
    ...change,
  };
}

describe('a log of orders', () => {
  it('gives back what was pushed, until newer ones have taken its place', () => {
    const log = new OrderLog(8);
    for (let seq = 0; seq < 11; seq++) log.push(order(seq));
    expect([log.begin, log.end, log.fromMs, log.untilMs]).toEqual([3, 11, 30, 100]);
    for (let seq = 3; seq < 11; seq++) expect(log.at(seq)).toEqual(order(seq));
    expect([log.find('17.10'), log.find('17.2'), log.find('18.10')]).toEqual([10, -1, -1]);
    expect(log.newestFrom(6)?.id).toBe('17.6');
  });

  it('keeps what is not known apart from zero', () => {
    const log = new OrderLog(2);
    const unknown = {
      score: null,
      z: null,
      scoreSize: null,
      spreadBps: null,
      midDistanceBps: null,
      imbalance: null,
      orders: null,
    };
    log.push(order(0, unknown));
    expect(log.at(0)).toEqual(order(0, unknown));
  });

  it('is void for who has drawn it once it is cleared', () => {
    const log = new OrderLog(2);
    log.push(order(0));
    const { generation } = log;
    log.clear();
    expect([log.end, log.fromMs, log.generation > generation]).toEqual([0, Infinity, true]);
  });
});

describe('the largest orders', () => {
  it('are those of the highest value, largest first', () => {
    const log = new OrderLog(64);
    for (let seq = 0; seq < 50; seq++) log.push(order(seq, { price: 1, size: (seq * 37) % 50 }));
    const best = largestOf((look) => {
      for (let number = log.begin; number < log.end; number++) look(log, number);
    }, 4);
    expect(best.map(({ size }) => size)).toEqual([49, 48, 47, 46]);
  });
});

describe('quotes', () => {
  it('are found by their time', () => {
    const log = new QuoteLog(4);
    for (const second of [1, 2, 3, 4, 5, 5, 4]) log.push(second * 1000, second, second + 1);
    expect([log.begin, log.end]).toEqual([1, 5]);
    expect([0, 2000, 3500, 9000].map((ms) => log.lastBefore(ms))).toEqual([0, 1, 2, 4]);
  });
});

describe('depth', () => {
  it('makes a cell of each side of a bucket, which lasts until the next column', () => {
    const log = new DepthLog(16);
    log.push({
      bucket: 2,
      columns: [
        {
          timeMs: 1000,
          cells: [
            [50, 3, 0],
            [51, 1, 2],
          ],
        },
      ],
    });
    expect(log.end).toBe(0);
    log.push({
      bucket: 2,
      columns: [
        { timeMs: 2000, cells: [[50, 3, 0]] },
        { timeMs: 2000, cells: [] },
      ],
    });
    expect([...log.price.slice(0, log.end)]).toEqual([100, 102, 102]);
    expect([...log.side.slice(0, log.end)]).toEqual([0, 0, 1]);
    expect([...log.lastsMs.slice(0, log.end)]).toEqual([1000, 1000, 1000]);
  });

  it('keeps the height of cells where the buckets become others, and draws no cell over a hole', () => {
    const log = new DepthLog(16);
    const column = (timeMs: number) => ({ timeMs, cells: [[5, 1, 0]] as [number, number, number][] });
    log.push({ bucket: 2, columns: [column(1000), column(60_000)] });
    log.push({ bucket: 4, columns: [column(61_000), column(62_000)] });
    expect([...log.height.slice(0, log.end)]).toEqual([2, 2, 4]);
    expect([...log.price.slice(0, log.end)]).toEqual([10, 10, 20]);
    expect([...log.lastsMs.slice(0, log.end)]).toEqual([2500, 1000, 1000]);
  });
});

describe('what a chart shows', () => {
  it('is the quotes and nearly all orders of the span, with a margin', () => {
    const orders = new OrderLog(256);
    for (let seq = 0; seq < 200; seq++) orders.push(order(seq, { price: 100 + (seq % 11) / 10, size: 4 }));
    orders.push(order(200, { price: 500 }));
    const quotes = new QuoteLog(8);
    quotes.push(500, 99, 102);
    const fit = fitOf([orders], [quotes], { fromMs: 0, untilMs: 5000, scoreMin: 0 });
    expect(fit?.low).toBeCloseTo(99 - 3 * 0.06);
    expect(fit?.high).toBeCloseTo(102 + 3 * 0.06);
    expect(fit?.medianSize).toBe(4);
    expect(fitOf([], [], { fromMs: 0, untilMs: 1, scoreMin: 0 })).toBeNull();
  });

  it('has steps that people can count in', () => {
    expect([0.003, 0.02, 7, 51].map(niceStep)).toEqual([0.005, 0.02, 10, 100]);
    expect([900, 7000, 100_000].map(timeStep)).toEqual([1000, 10_000, 120_000]);
  });
});
