import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { ATR, BollingerBands, EMA, MACD, RSI, SMA } from 'trading-signals';
import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import golden from '../../test/golden/indicators.json' with { type: 'json' };
import { INDICATOR_COLUMNS } from '../model/metric.ts';
import type { PriceBar } from './bar-indicator.ts';
import { BAR_INDICATORS } from './bar-indicators.ts';
import { DEFAULT_PERIODS } from './periods.fixture.ts';

const COLUMNS = Object.keys(INDICATOR_COLUMNS);
const INDICATORS = BAR_INDICATORS.map((make) => make(DEFAULT_PERIODS));

/** Each column's number after each bar. */
function run(bars: readonly PriceBar[]): Record<string, number[]> {
  const told: Record<string, number[]> = Object.fromEntries(COLUMNS.map((column) => [column, []]));
  const out = new Float64Array(8);
  for (const indicator of INDICATORS) {
    const state = indicator.initial();
    for (const bar of bars) {
      indicator.update(state, bar, out, 2);
      for (const [i, column] of indicator.columns.entries()) told[column]?.push(out[2 + i] ?? Infinity);
    }
  }
  return told;
}

/** Within 1e-9 of the other figure, or of one where both are small. */
function expectNear(value: number, reference: number, where: string): void {
  const error = Math.abs(value - reference) / Math.max(1, Math.abs(reference));
  if (!(error <= 1e-9)) expect.fail(`${where}: ${value} instead of ${reference}`);
}

const bar = fc.record({
  low: fc.double({ min: 10, max: 20 }),
  rise: fc.double({ min: 0, max: 5 }),
  at: fc.double({ min: 0, max: 1 }),
});
const barsArbitrary = fc.array(
  bar.map(({ low, rise, at }) => ({ low, high: low + rise, close: low + rise * at })),
  { minLength: 1, maxLength: 150 },
);

describe('the indicators over bars', () => {
  it('fill every column, and each column once', () => {
    expect(INDICATORS.flatMap(({ columns }) => columns).toSorted()).toEqual(COLUMNS.toSorted());
    expect(new Set(INDICATORS.map(({ name }) => name)).size).toBe(INDICATORS.length);
  });

  it('go on to the same numbers from a copy of their state taken anywhere', () => {
    fc.assert(
      fc.property(barsArbitrary, fc.nat(149), (bars, cut) => {
        for (const indicator of INDICATORS) {
          const state = indicator.initial();
          let copy: unknown = null;
          const out = [new Float64Array(3), new Float64Array(3)] as const;
          for (const [i, one] of bars.entries()) {
            if (i === cut) copy = JSON.parse(JSON.stringify(structuredClone(state)), (_, value) => value ?? NaN);
            indicator.update(state, one, out[0], 0);
            if (copy === null) continue;
            indicator.update(copy, one, out[1], 0);
            expect(out[1]).toEqual(out[0]);
          }
        }
      }),
    );
  });

  it('say after each bar what their definitions say of all bars so far', () => {
    fc.assert(
      fc.property(barsArbitrary, (bars) => {
        const told = run(bars);
        const expected = defined(bars);
        for (const column of COLUMNS) {
          for (const [i, reference] of (expected[column] ?? []).entries()) {
            const value = told[column]?.[i] ?? Infinity;
            if (Number.isNaN(reference)) expect(value, `${column} of bar ${i}`).toBeNaN();
            else expectNear(value, reference, `${column} of bar ${i}`);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('have no strength to speak of where nothing moves', () => {
    const flat = run(Array.from({ length: 70 }, () => ({ low: 5, high: 5, close: 5 })));
    expect([flat['rsi']?.at(-1), flat['atr']?.at(-1), flat['realised_volatility']?.at(-1)]).toEqual([50, 0, 0]);
    expect([flat['bollinger_low']?.at(-1), flat['bollinger_high']?.at(-1), flat['macd']?.at(-1)]).toEqual([5, 5, 0]);
  });
});

describeWithData('recorded bars', ['bars', 'btc-perp-1m-2022-01.csv.gz'], (path) => {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n').slice(1);
  const bars = lines.map((line) => {
    const [, open = NaN, high = NaN, low = NaN, close = NaN] = line.split(',').map(Number);
    return { open, high, low, close };
  });
  const told = run(bars);

  it('are all there', () => {
    expect(bars).toHaveLength(45_031);
  });

  it(`come to the figures of ${golden.library}`, () => {
    expect(golden.bars).toBe(bars.length);
    for (const [column, { first, rows }] of Object.entries(golden.columns)) {
      const values = told[column] ?? [];
      // TA-Lib tells macd only where it has its signal too.
      const begins = column.startsWith('macd') ? 'macd_signal' : column;
      expect(
        told[begins]?.findIndex((value) => !Number.isNaN(value)),
        column,
      ).toBe(first);
      for (const [row = -1, value = NaN] of rows) expectNear(values[row] ?? NaN, value, `${column} of bar ${row}`);
    }
  });

  it('come to the figures of trading-signals, bar by bar', () => {
    const { macdFast, macdSlow, macdSignal } = DEFAULT_PERIODS;
    const references = {
      sma: new SMA(DEFAULT_PERIODS.sma),
      ema: new EMA(DEFAULT_PERIODS.ema),
      rsi: new RSI(DEFAULT_PERIODS.rsi),
    };
    const bands = new BollingerBands(DEFAULT_PERIODS.bollinger, DEFAULT_PERIODS.bollingerDeviations);
    const range = new ATR(DEFAULT_PERIODS.atr);
    const convergence = new MACD(new EMA(macdFast), new EMA(macdSlow), new EMA(macdSignal));
    let compared = 0;
    for (const [i, one] of bars.entries()) {
      const figures: Record<string, number | null | undefined> = { atr: range.update(one, false) };
      for (const [column, reference] of Object.entries(references))
        figures[column] = reference.update(one.close, false);
      const band = bands.update(one.close, false);
      figures['bollinger_low'] = band?.lower;
      figures['bollinger_mid'] = band?.middle;
      figures['bollinger_high'] = band?.upper;
      const line = convergence.update(one.close, false);
      figures['macd'] = line?.macd;
      figures['macd_signal'] = line?.signal;
      figures['macd_histogram'] = line?.histogram;
      for (const [column, reference] of Object.entries(figures)) {
        // Its averages begin with the first value instead of a mean: that is gone after a thousand bars.
        const beginsAlike = column === 'sma' || column === 'rsi' || column.startsWith('bollinger');
        if (reference === null || reference === undefined || (i < 1000 && !beginsAlike)) continue;
        expectNear(told[column]?.[i] ?? NaN, reference, `${column} of bar ${i}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(10 * 44_000);
  });
});

/** Every column by its definition, from all bars at once. */
function defined(bars: readonly PriceBar[]): Record<string, number[]> {
  const periods = DEFAULT_PERIODS;
  const closes = bars.map(({ close }) => close);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const rolling = (values: readonly number[], length: number, of: (window: readonly number[]) => number): number[] =>
    values.map((_, i) => (i + 1 < length ? NaN : of(values.slice(i + 1 - length, i + 1))));
  /** Begins behind the NaNs with a mean; each later value by the closed form of the recursion's weights. */
  const smoothed = (values: readonly number[], length: number, factor: number): number[] => {
    const skipped = values.findIndex((value) => !Number.isNaN(value));
    return values.map((_, i) => {
      const count = i - skipped + 1;
      if (skipped < 0 || count < length) return NaN;
      let value = mean(values.slice(skipped, skipped + length)) * (1 - factor) ** (count - length);
      for (let k = skipped + length; k <= i; k++) value += factor * (1 - factor) ** (i - k) * (values[k] ?? NaN);
      return value;
    });
  };
  const deviation = (window: readonly number[]): number => {
    const middle = mean(window);
    return Math.sqrt(mean(window.map((value) => (value - middle) ** 2)));
  };
  const steps = closes.map((close, i) => close - (closes[i - 1] ?? NaN));
  const ranges = bars.map(({ high, low }, i) => {
    const before = closes[i - 1] ?? NaN;
    return Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
  });
  const gains = smoothed(
    steps.map((step) => (Number.isNaN(step) ? NaN : Math.max(step, 0))),
    periods.rsi,
    1 / periods.rsi,
  );
  const losses = smoothed(
    steps.map((step) => (Number.isNaN(step) ? NaN : Math.max(-step, 0))),
    periods.rsi,
    1 / periods.rsi,
  );
  const average = (values: readonly number[], length: number): number[] => smoothed(values, length, 2 / (length + 1));
  const slow = average(closes, periods.macdSlow);
  const macd = average(closes, periods.macdFast).map((fast, i) => fast - (slow[i] ?? NaN));
  const signal = average(macd, periods.macdSignal);
  const mid = rolling(closes, periods.bollinger, mean);
  const width = rolling(closes, periods.bollinger, (window) => periods.bollingerDeviations * deviation(window));
  const squares = closes.map((close, i) => Math.log(close / (closes[i - 1] ?? NaN)) ** 2);
  return {
    sma: rolling(closes, periods.sma, mean),
    ema: average(closes, periods.ema),
    bollinger_low: mid.map((middle, i) => middle - (width[i] ?? NaN)),
    bollinger_mid: mid,
    bollinger_high: mid.map((middle, i) => middle + (width[i] ?? NaN)),
    atr: smoothed(ranges, periods.atr, 1 / periods.atr),
    rsi: gains.map((gain, i) => (gain + (losses[i] ?? NaN) === 0 ? 50 : 100 - 100 / (1 + gain / (losses[i] ?? NaN)))),
    macd,
    macd_signal: signal,
    macd_histogram: macd.map((line, i) => line - (signal[i] ?? NaN)),
    realised_volatility: rolling(squares, periods.volatility, (window) => Math.sqrt(window.reduce((a, b) => a + b, 0))),
  };
}
