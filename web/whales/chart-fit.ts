/** Which prices a chart shows, and how large its bubbles are: from what is in its span of time. Pure. */

import type { OrderLog } from './order-log.ts';
import type { QuoteLog } from './quote-log.ts';

export interface Fit {
  readonly low: number;
  readonly high: number;
  /** Of the orders shown, base units; NaN where there are none. */
  readonly medianSize: number;
  /** Orders that were looked at. */
  readonly looked: number;
}

export interface FitOptions {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly scoreMin: number;
}

/** Orders that are looked at: a sample serves as well as all. */
const SAMPLE = 600;
/** So many of the orders may be outside: single ones far away would squeeze all others. */
const OUTSIDE = 0.08;
const MARGIN = 0.06;
/** Least height of what is shown, as a share of the price. */
const SPAN_MIN = 2e-4;

/** `null` where nothing is known of the span. */
export function fitOf(orders: readonly OrderLog[], quotes: readonly QuoteLog[], options: FitOptions): Fit | null {
  const { prices, sizes } = sampleOf(orders, options);
  let low = quantile(prices, OUTSIDE);
  let high = quantile(prices, 1 - OUTSIDE);
  for (const log of quotes) {
    const { fromMs, untilMs } = options;
    const last = log.lastBefore(untilMs);
    for (let number = Math.max(log.begin, log.lastBefore(fromMs)); number <= last; number++) {
      const slot = log.slot(number);
      low = least(low, log.bid[slot] ?? NaN);
      high = most(high, log.ask[slot] ?? NaN);
    }
  }
  if (Number.isNaN(low) || Number.isNaN(high)) return null;
  const missing = Math.max(0, high * SPAN_MIN - (high - low)) / 2;
  const margin = (high - low + 2 * missing) * MARGIN + missing;
  return { low: low - margin, high: high + margin, medianSize: quantile(sizes, 0.5), looked: sizes.length };
}

function sampleOf(
  logs: readonly OrderLog[],
  { fromMs, untilMs, scoreMin }: FitOptions,
): {
  prices: readonly number[];
  sizes: readonly number[];
} {
  const prices: number[] = [];
  const sizes: number[] = [];
  const total = logs.reduce((sum, log) => sum + log.end - log.begin, 0);
  const step = Math.max(1, Math.floor(total / (SAMPLE * 4)));
  for (const log of logs) {
    for (let number = log.end - 1; number >= log.begin && prices.length < SAMPLE; number -= step) {
      const slot = log.slot(number);
      const ms = log.timeMs[slot] ?? 0;
      if (ms < fromMs || ms > untilMs || (scoreMin > 0 && (log.score[slot] ?? 0) < scoreMin)) continue;
      prices.push(log.price[slot] ?? 0);
      sizes.push(log.size[slot] ?? 0);
    }
  }
  return { prices: prices.sort(ascending), sizes: sizes.sort(ascending) };
}

/** Of sorted values; NaN where there are none. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function least(one: number, other: number): number {
  return Number.isNaN(one) || other < one ? other : one;
}

function most(one: number, other: number): number {
  return Number.isNaN(one) || other > one ? other : one;
}

function ascending(one: number, other: number): number {
  return one - other;
}

/** Steps of a price axis: the next of 1, 2, 5 times a power of ten. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = least / power;
  return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
}

const TIME_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400];

/** Steps of a time axis, ms. */
export function timeStep(leastMs: number): number {
  return (TIME_STEPS_S.find((step) => step * 1000 >= leastMs) ?? 86_400) * 1000;
}
