/** What is measured, worked out once for all pairs of a shard. */

import { assert } from '../lib/assert.ts';
import { sampleNumbers } from '../model/book-sample.ts';
import { emptyHeader } from '../model/event-header.ts';
import type { MetricView } from '../model/event.ts';
import { INDICATOR_COLUMNS, SPREAD_COLUMNS } from '../model/metric.ts';
import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import { BAR_INDICATORS } from './bar-indicators.ts';
import type { Quote, QuoteMetric } from './quote-metric.ts';
import { QUOTE_METRICS } from './quote-metrics.ts';

/** What can be switched on, besides the metrics and indicators of the registries. */
const TABLE_METRICS = ['spread', 'liquidity', 'bars', 'book-top'] as const;

/** The names that the configuration may give. */
export function metricNames(periods: IndicatorPeriods): string[] {
  return [
    ...TABLE_METRICS,
    ...QUOTE_METRICS.map(({ name }) => name),
    ...BAR_INDICATORS.map((make) => make(periods).name),
  ];
}

export interface AnalyticsOptions {
  /** Names of what is measured. */
  readonly metrics: readonly string[];
  readonly periods: IndicatorPeriods;
  /** How far a pair's clock passes a window's end before it closes, µs. */
  readonly latenessUs: number;
  /** Levels per side in `book.top`. */
  readonly bookTopLevels: number;
}

export interface AnalyticsPlan {
  readonly latenessUs: number;
  /** Whether seconds have rows: of the spread, or of a metric beside it. */
  readonly spread: boolean;
  readonly liquidity: boolean;
  readonly bars: boolean;
  /** 0: no rows of best levels. */
  readonly bookTopLevels: number;
  readonly needsBars: boolean;
  readonly quoteMetrics: readonly { readonly metric: QuoteMetric<unknown>; readonly columns: ColumnRange }[];
  /** Those of the quote metrics that see every quote, and their places. */
  readonly observers: readonly { readonly at: number; readonly observe: (state: unknown, quote: Quote) => void }[];
  readonly indicators: readonly { readonly indicator: BarIndicator<unknown>; readonly columns: ColumnRange }[];
  /** Numbers of a book's sample, at most. */
  readonly sampleNumbers: number;
  /** Refilled for each result. */
  readonly view: MetricView;
}

/** Places of the columns of one metric in its row, which follow each other. */
export interface ColumnRange {
  readonly from: number;
  /** Behind the last. */
  readonly to: number;
}

/** Levels per side that a book's samples must have for what is to be measured; null where no samples are needed. */
export function sampleLevelsFor({ metrics, bookTopLevels }: AnalyticsOptions): number | null {
  if (metrics.includes('book-top')) return bookTopLevels;
  return metrics.includes('depth') ? 0 : null;
}

export function planAnalytics(options: AnalyticsOptions): AnalyticsPlan {
  const { metrics, periods, latenessUs, bookTopLevels } = options;
  const isOn = ({ name }: { readonly name: string }): boolean => metrics.includes(name);
  const spreadColumns = Object.keys(SPREAD_COLUMNS);
  const indicatorColumns = Object.keys(INDICATOR_COLUMNS);
  const quoteMetrics = QUOTE_METRICS.filter(isOn);
  const indicators = BAR_INDICATORS.map((make) => make(periods)).filter(isOn);
  const levels = metrics.includes('book-top') ? bookTopLevels : 0;
  const bars = metrics.includes('bars');
  return {
    latenessUs,
    spread: metrics.includes('spread') || quoteMetrics.length > 0,
    liquidity: metrics.includes('liquidity'),
    bars,
    bookTopLevels: levels,
    needsBars: bars || indicators.length > 0,
    quoteMetrics: quoteMetrics.map((metric) => ({ metric, columns: rangeOf(metric.columns, spreadColumns) })),
    observers: quoteMetrics.flatMap((metric, at) =>
      metric.observe === undefined
        ? []
        : [{ at, observe: (state: unknown, quote: Quote) => metric.observe?.(state, quote) }],
    ),
    indicators: indicators.map((indicator) => ({ indicator, columns: rangeOf(indicator.columns, indicatorColumns) })),
    sampleNumbers: sampleNumbers(sampleLevelsFor(options) ?? 0),
    view: {
      kind: 'spread',
      header: emptyHeader(),
      values: new Float64Array(Math.max(spreadColumns.length, indicatorColumns.length, 1 + 4 * levels)),
      count: 0,
    },
  };
}

function rangeOf(columns: readonly string[], all: readonly string[]): ColumnRange {
  const from = all.indexOf(columns[0] as string);
  const to = from + columns.length;
  assert(
    all.slice(from, to).join() === columns.join(),
    `columns ${columns.join(', ')} do not follow each other in the row`,
  );
  return { from, to };
}
