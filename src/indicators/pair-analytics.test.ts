import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { copyOf } from '../../test/fixtures/event-copies.ts';
import { runIngest } from '../../test/fixtures/run-ingest.ts';
import golden from '../../test/golden/quotes.json' with { type: 'json' };
import { createPrng, int } from '../lib/prng.ts';
import type { BookView, EventHeader, EventView, MetricView, SampleView } from '../model/event.ts';
import type { MetricKind } from '../model/metric.ts';
import { METRIC_COLUMNS, METRIC_KINDS } from '../model/metric.ts';
import type { Change } from '../storage/events.fixture.ts';
import { delta, header, status, trade } from '../storage/events.fixture.ts';
import { metricNames, planAnalytics } from './analytics-plan.ts';
import { depth } from './depth.ts';
import { PairAnalytics } from './pair-analytics.ts';
import { DEFAULT_PERIODS } from './periods.fixture.ts';

const SEED = 'pair-analytics-1';
const S = 1_000_000;
/** A full minute. */
const T0 = 1_772_366_400_000_000;

const PLAN = planAnalytics({
  metrics: metricNames(DEFAULT_PERIODS),
  periods: DEFAULT_PERIODS,
  latenessUs: S,
  bookTopLevels: 3,
});

/** So short that eleven minutes fill them. */
const SHORT = planAnalytics({
  metrics: metricNames(DEFAULT_PERIODS),
  periods: {
    ...DEFAULT_PERIODS,
    sma: 2,
    ema: 3,
    bollinger: 4,
    atr: 2,
    rsi: 3,
    macdFast: 2,
    macdSlow: 4,
    macdSignal: 2,
    volatility: 5,
  },
  latenessUs: S,
  bookTopLevels: 10,
});

/** Keeps what a pair tells, by kind. */
class World {
  readonly told: MetricView[] = [];
  readonly pair: PairAnalytics;

  constructor(plan = PLAN) {
    this.pair = new PairAnalytics(plan, (view) => this.told.push(structuredClone(view)));
  }

  run(events: readonly EventView[]): this {
    for (const view of events) this.pair.step(view);
    return this;
  }

  /** Rows of a kind: seconds since T0, then its columns. */
  rows(kind: Exclude<MetricKind, 'book.top'>): Record<string, number>[] {
    const names = Object.keys(METRIC_COLUMNS[kind]);
    return this.told
      .filter((view) => view.kind === kind)
      .map(({ header: { exchangeUs }, values }) => ({
        s: (exchangeUs - T0) / S,
        ...Object.fromEntries(names.map((name, i) => [name, values[i] ?? Infinity])),
      }));
  }
}

/** Prices in tenths, sizes in hundredths. */
function book(
  s: number,
  [bid, bidSize, ask, askSize]: readonly [number, number, number, number],
  changes: readonly Change[],
  head: Partial<EventHeader> = {},
): BookView {
  const us = T0 + s * S;
  const view = delta(changes, { exchangeUs: us, receiveUs: us + 10, priceScale: 1, sizeScale: 2, ...head });
  view.top = { bid, bidSize, ask, askSize, bidSum: bidSize, askSum: askSize, wide: null };
  return view;
}

function snapshot(s: number, top: readonly [number, number, number, number], changes: readonly Change[]): BookView {
  return { ...book(s, top, changes), kind: 'book.snapshot' };
}

/** Depth of both sides within each band, then bids and asks. */
function sample(
  s: number,
  depth: readonly number[],
  bids: readonly (readonly [price: number, size: number])[],
  asks: readonly (readonly [price: number, size: number])[],
): SampleView {
  const values = Float64Array.of(...depth, bids.length, asks.length, ...bids.flat(), ...asks.flat());
  return { kind: 'book.sample', header: header({ ...at(s), span: 0 }), values, count: values.length };
}

const at = (s: number): Partial<EventHeader> => ({
  exchangeUs: T0 + s * S,
  receiveUs: T0 + s * S + 10,
  priceScale: 1,
  sizeScale: 2,
});
const TOP = [1000, 300, 1001, 100] as const;
const LEVELS: readonly Change[] = [
  ['bid', 1000, 300, 300, -1],
  ['bid', 999, 500, 500, -1],
  ['bid', 990, 700, 700, -1],
  ['bid', 950, 900, 900, -1],
  ['ask', 1001, 100, 100, -1],
  ['ask', 1011, 200, 200, -1],
];

describe('what is sampled', () => {
  it('is the book as it stood when the clock passed the second', () => {
    const world = new World().run([
      snapshot(0.1, TOP, LEVELS),
      book(0.5, TOP, []),
      // A bid grows by two, then goes; the ask is undercut.
      book(0.9, [1000, 500, 1001, 100], [['bid', 1000, 500, 200, -1]]),
      sample(
        1.2,
        [5, 1, 5, 1, 12, 1],
        [
          [100, 5],
          [99.9, 5],
          [99, 7],
          [95, 9],
        ],
        [
          [100.1, 1],
          [101.1, 2],
        ],
      ),
      book(
        1.2,
        [990, 700, 1001, 100],
        [
          ['bid', 1000, 0, -500, -1],
          ['bid', 999, 0, -500, -1],
        ],
      ),
      book(1.9, [990, 700, 1000, 40], [['ask', 1000, 40, 40, -1]]),
      sample(
        3.1,
        [0, 0.4, 7, 0.4, 7, 1.4],
        [
          [99, 7],
          [95, 9],
        ],
        [
          [100, 0.4],
          [100.1, 1],
          [101.1, 2],
        ],
      ),
      book(3.1, [990, 700, 1000, 40], []),
    ]);
    const [first, second, third, ...rest] = world.rows('spread');
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ s: 1, bid: 100, ask: 100.1, ofi: NaN });
    expect(first?.['spread']).toBeCloseTo(0.1, 12);
    expect(first?.['microprice']).toBeCloseTo((100 * 1 + 100.1 * 5) / 6, 12);
    // -5 for the bid that went, nothing for the one behind it; -0.4 for the ask that came below the other.
    expect(second).toMatchObject({ s: 2, bid: 99, ask: 100, spread: 1 });
    expect(second?.['ofi']).toBeCloseTo(-5.4, 12);
    expect(third).toMatchObject({ s: 3, ofi: 0 });
    const depthOf = (row: Record<string, number> | undefined): unknown[] => depth.columns.map((name) => row?.[name]);
    expect([first, second, third].map(depthOf)).toEqual([
      [5, 1, 5, 1, 12, 1],
      [0, 0.4, 7, 0.4, 7, 1.4],
      [0, 0.4, 7, 0.4, 7, 1.4],
    ]);
    expect(third?.['spread_avg_15s']).toBeCloseTo((0.1 + 1 + 1) / 3, 12);
    expect(
      world.told.filter(({ kind }) => kind === 'book.top').map(({ values, count }) => [...values].slice(0, count)),
    ).toEqual([
      [3, 100, 5, 99.9, 5, 99, 7, 100.1, 1, 101.1, 2],
      [2, 99, 7, 95, 9, 100, 0.4, 100.1, 1, 101.1, 2],
      [2, 99, 7, 95, 9, 100, 0.4, 100.1, 1, 101.1, 2],
    ]);
  });

  it('goes on for a minute of silence and no longer', () => {
    const world = new World().run([snapshot(0, TOP, LEVELS), book(0.5, TOP, []), book(100.5, TOP, [])]);
    expect(world.rows('spread').map(({ s }) => s)).toEqual(Array.from({ length: 60 }, (_, i) => 41 + i));
    expect(world.pair.counters.silent).toBe(40);
  });

  it('abstains from what it cannot know: no row while not live, no depth without a sample', () => {
    const world = new World().run([
      book(0.5, TOP, []),
      book(1.5, TOP, []),
      status({ header: header({ ...at(1.6), state: 'stale', reason: 'silence' }) }),
      book(2.5, TOP, [], { state: 'syncing' }),
      book(3.5, TOP, [], { state: 'suspect' }),
      book(5.5, TOP, []),
      book(6.5, [Number.NaN, Number.NaN, 1001, 100], []),
      book(7.5, TOP, []),
    ]);
    expect(world.rows('spread')).toMatchObject([
      { s: 1, bid_depth_10bps: NaN },
      { s: 6, ask_depth_100bps: NaN },
    ]);
    expect(world.told.some(({ kind }) => kind === 'book.top')).toBe(false);
    world.run([sample(8.1, [5, 1, 5, 1, 12, 1], [[100, 5]], []), book(8.1, TOP, [])]);
    expect(world.rows('spread').at(-1)).toMatchObject({ s: 8, bid_depth_100bps: 12 });
    world.pair.lose();
    world.run([book(9.1, TOP, []), book(10.1, TOP, [])]);
    expect(world.rows('spread').at(-1)).toMatchObject({ s: 10, bid_depth_100bps: NaN });
  });
});

describe('what is summed', () => {
  const sell = (s: number, price: number, size: number): EventView => trade({ header: header(at(s)), price, size });

  it('makes bars of whole minutes, with late trades of the minute before', () => {
    const world = new World().run([
      sell(-5, 900, 100),
      sell(1, 1000, 100),
      sell(59.9, 1010, 300),
      sell(20, 990, 100),
      sell(60.2, 1020, 500),
      sell(59.99, 1005, 100),
      sell(61.01, 1030, 100),
      sell(30, 1, 1),
      sell(121, 7, 7),
    ]);
    expect(world.rows('bar')).toEqual([
      {
        ...{ s: 0, open: 100, high: 101, low: 99, close: 100.5, volume: 6, trades: 4 },
        quote_volume: expect.closeTo(100 + 303 + 99 + 100.5, 9),
        vwap: expect.closeTo(602.5 / 6, 12),
      },
      {
        ...{ s: 60, open: 102, high: 103, low: 102, close: 103, volume: 6, trades: 2 },
        ...{ quote_volume: expect.closeTo(510 + 103, 9), vwap: expect.closeTo(613 / 6, 12) },
      },
    ]);
    // The minute before the first whole one was not watched from its beginning, and one trade came too late.
    expect(world.pair.counters).toEqual({ late: 1, early: 0, abstained: 1, silent: expect.any(Number) });
  });

  it('weighs the levels of a minute by price and size', () => {
    const world = new World().run([
      book(-1, TOP, []),
      book(1, TOP, [
        ['bid', 1000, 300, 100, -1],
        ['ask', 1001, 0, -100, -1],
      ]),
      book(30, TOP, [
        ['bid', 999, 100, 100, -1],
        ['ask', 1002, 200, 100, -1],
      ]),
      book(61, TOP, [['bid', 1, 100, 1, -1]]),
      book(121, TOP, []),
    ]);
    expect(world.rows('liquidity')).toEqual([
      {
        s: 0,
        bid_value: expect.closeTo(399.9, 9),
        ask_value: expect.closeTo(200.4, 9),
        ratio: expect.closeTo(399.9 / 200.4, 12),
      },
      { s: 60, bid_value: expect.closeTo(0.1, 12), ask_value: 0, ratio: NaN },
    ]);
  });

  it('abstains from minutes in which the book was not live throughout', () => {
    const world = new World().run([
      sell(-1, 1, 1),
      sell(1, 1, 1),
      status({ header: header({ ...at(20), state: 'suspect', reason: 'gap' }) }),
      sell(21, 1, 1),
      sell(61, 1, 1),
      sell(121, 1, 1),
      sell(182, 1, 1),
    ]);
    expect(world.rows('bar').map(({ s }) => s)).toEqual([60, 120]);
    expect(world.pair.counters.abstained).toBe(3);
  });

  it('believes no time that is far ahead of its own receipt', () => {
    const world = new World().run([
      sell(-1, 1, 1),
      sell(1, 1000, 100),
      trade({ header: header({ ...at(4000), receiveUs: T0 + 2 * S }), price: 1, size: 1 }),
      sell(2, 1000, 100),
      sell(61, 1, 1),
    ]);
    expect(world.rows('bar')).toMatchObject([{ s: 0, trades: 2, low: 100 }]);
    expect(world.pair.counters.early).toBe(1);
  });
});

it('knows no numbers that nobody fills, and no names twice', () => {
  const names = metricNames(DEFAULT_PERIODS);
  expect(new Set(names).size).toBe(names.length);
  const filled = PLAN.quoteMetrics.flatMap(({ metric }) => metric.columns);
  expect(filled.toSorted()).toEqual(Object.keys(METRIC_COLUMNS.spread).slice(4).toSorted());
});

describeWithData(`analytics of a recording (seed ${SEED})`, captureParts('binance-650s'), (path) => {
  const events: EventView[] = [];
  runIngest(recordsAt(path), { onEvent: (view) => events.push(copyOf(view)), sampleLevels: 10 });

  it('come to the figures that a plain reading of the frames comes to', () => {
    const world = new World(SHORT).run(events);
    const seconds = world.rows('spread');
    expect(seconds).toHaveLength(golden.seconds);
    expectRows(
      seconds,
      golden.spreads.map(({ second, ...row }) => ({ s: second - T0 / S, ...row })),
    );
    expectRows(
      world.rows('liquidity'),
      golden.liquidity.map(({ minute, ...row }) => ({ s: minute * 60 - T0 / S, ...row })),
    );
    expectRows(
      world.rows('bar'),
      golden.bars.map(({ minute, ...row }) => ({ s: minute * 60 - T0 / S, ...row })),
    );
    expect([world.rows('liquidity').length, world.rows('bar').length]).toEqual([
      golden.liquidity.length,
      golden.bars.length,
    ]);
    expect(world.pair.counters).toMatchObject({ early: 0, late: 0, silent: 0 });
  });

  it('go on to the same rows from a snapshot of the state taken anywhere', () => {
    const whole = new World(SHORT);
    const prng = createPrng(SEED);
    const cuts = [1, 2, 3, 4].map(() => int(prng, 1, events.length - 1)).sort((a, b) => a - b);
    const copies: { readonly cut: number; readonly told: number; readonly state: unknown }[] = [];
    for (const [i, view] of events.entries()) {
      if (cuts.includes(i)) copies.push({ cut: i, told: whole.told.length, state: serialize(whole.pair.state()) });
      whole.pair.step(view);
    }
    for (const kind of METRIC_KINDS)
      expect(
        whole.told.some((view) => view.kind === kind),
        kind,
      ).toBe(true);
    for (const { cut, told, state } of copies) {
      const restored = new World(SHORT);
      restored.pair.restore(deserialize(state as Buffer) as ReturnType<PairAnalytics['state']>);
      restored.run(events.slice(cut));
      const known = (view: MetricView): unknown => [
        view.kind,
        view.header.exchangeUs,
        [...view.values].slice(0, view.count),
      ];
      expect(restored.told.map(known), `cut at ${cut}`).toEqual(whole.told.slice(told).map(known));
      expect(restored.pair.counters).toEqual(whole.pair.counters);
    }
  });
});

/** Finds each golden row by its second; numbers agree within 1e-9 of the greater of one and the golden one. */
function expectRows(rows: readonly Record<string, number>[], expected: readonly Record<string, number | null>[]): void {
  for (const one of expected) {
    const row = rows.find(({ s }) => s === one['s']);
    for (const [name, value] of Object.entries(one)) {
      const got = row?.[name] ?? Infinity;
      const error = value === null ? 0 : Math.abs(got - value) / Math.max(1, Math.abs(value));
      if (!(error <= 1e-9) || Number.isNaN(got) !== (value === null)) {
        expect.fail(`${name} at ${one['s']} s: ${got} instead of ${value}`);
      }
    }
  }
}
