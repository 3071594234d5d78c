/**
 * The results of market analytics: rows of numbers. The lists below are the one place that says which numbers a row of a
 * kind has and what they mean; codec, tables and row writers follow them. A further metric adds its columns at the end of
 * a list.
 */

/** What a number of a result is. It becomes a column of the kind's table. */
export interface MetricColumn {
  /** What one unit of the value is. */
  readonly unit: string;
  /** Meaning and source. */
  readonly doc: string;
  /** Given for whole numbers. */
  readonly whole?: true;
}

type Columns = Readonly<Record<string, MetricColumn>>;

const PRICE_UNIT = 'quote per base';

/** A row per full second: the book as it stood when that second began. */
export const SPREAD_COLUMNS = {
  bid: { unit: PRICE_UNIT, doc: 'Best bid.' },
  ask: { unit: PRICE_UNIT, doc: 'Best ask.' },
  spread: { unit: PRICE_UNIT, doc: 'ask - bid.' },
  spread_avg_15s: { unit: PRICE_UNIT, doc: 'Mean of `spread` over the rows of the last 15 s, this one included.' },
  microprice: {
    unit: PRICE_UNIT,
    doc: '(bid x ask size + ask x bid size) / (bid size + ask size), of the best levels.',
  },
  ofi: {
    unit: 'base',
    doc: 'Order-flow imbalance of the best levels over the second before (Cont, Kukanov, Stoikov 2014).',
  },
  bid_depth_10bps: { unit: 'base', doc: 'Open sizes of bids at most 10 basis points below the mid.' },
  ask_depth_10bps: { unit: 'base', doc: 'Open sizes of asks at most 10 basis points above the mid.' },
  bid_depth_50bps: { unit: 'base', doc: 'The same within 50 basis points.' },
  ask_depth_50bps: { unit: 'base', doc: 'The same within 50 basis points.' },
  bid_depth_100bps: { unit: 'base', doc: 'The same within 100 basis points.' },
  ask_depth_100bps: { unit: 'base', doc: 'The same within 100 basis points.' },
} as const satisfies Columns;

/** A row per minute of event time in which a level changed. */
export const LIQUIDITY_COLUMNS = {
  bid_value: { unit: 'quote', doc: 'Sum of price x size now over the changes of bid levels in the minute.' },
  ask_value: { unit: 'quote', doc: 'Sum of price x size now over the changes of ask levels in the minute.' },
  ratio: { unit: '-', doc: 'bid_value / ask_value; null where no ask was left open.' },
} as const satisfies Columns;

/** A row per minute of event time with a trade. */
export const BAR_COLUMNS = {
  open: { unit: PRICE_UNIT, doc: 'First price.' },
  high: { unit: PRICE_UNIT, doc: 'Highest price.' },
  low: { unit: PRICE_UNIT, doc: 'Lowest price.' },
  close: { unit: PRICE_UNIT, doc: 'Last price.' },
  volume: { unit: 'base', doc: 'Sum of sizes.' },
  quote_volume: { unit: 'quote', doc: 'Sum of price x size.' },
  vwap: { unit: PRICE_UNIT, doc: 'quote_volume / volume.' },
  trades: { unit: 'trades', doc: 'Number of trades.', whole: true },
} as const satisfies Columns;

/** A row per bar; a number is null until its indicator has seen enough bars. */
export const INDICATOR_COLUMNS = {
  sma: { unit: PRICE_UNIT, doc: 'Simple moving average of closes.' },
  ema: { unit: PRICE_UNIT, doc: 'Exponential moving average of closes, begun with a simple one.' },
  bollinger_low: { unit: PRICE_UNIT, doc: 'bollinger_mid less so many standard deviations (of the population).' },
  bollinger_mid: { unit: PRICE_UNIT, doc: 'Simple moving average of closes under the bands.' },
  bollinger_high: { unit: PRICE_UNIT, doc: 'bollinger_mid and so many standard deviations.' },
  atr: { unit: PRICE_UNIT, doc: "Average true range with Wilder's smoothing." },
  rsi: { unit: '0 to 100', doc: "Relative strength index with Wilder's smoothing." },
  macd: { unit: PRICE_UNIT, doc: 'Fast less slow exponential moving average of closes.' },
  macd_signal: { unit: PRICE_UNIT, doc: 'Exponential moving average of macd.' },
  macd_histogram: { unit: PRICE_UNIT, doc: 'macd - macd_signal.' },
  realised_volatility: {
    unit: '-',
    doc: 'Root of the sum of squared logarithmic returns between the last bars; not annualised.',
  },
} as const satisfies Columns;

export type SpreadColumn = keyof typeof SPREAD_COLUMNS;
export type IndicatorColumn = keyof typeof INDICATOR_COLUMNS;

/** Kinds of results whose numbers have a column each. */
export const METRIC_COLUMNS = {
  spread: SPREAD_COLUMNS,
  liquidity: LIQUIDITY_COLUMNS,
  bar: BAR_COLUMNS,
  indicator: INDICATOR_COLUMNS,
} as const satisfies Readonly<Record<string, Columns>>;

/** `book.top` has the best levels instead: the number of bids, then price and size of each bid, then of each ask. */
export type MetricKind = keyof typeof METRIC_COLUMNS | 'book.top';

/** In the order in which an event's results are told. */
export const METRIC_KINDS: readonly MetricKind[] = ['spread', 'book.top', 'liquidity', 'bar', 'indicator'];

const NUMBERS = new Map<string, number>(METRIC_KINDS.map((kind, at) => [kind, at]));

/** The place of a kind in `METRIC_KINDS`. */
export function metricNumber(kind: MetricKind): number {
  return NUMBERS.get(kind) as number;
}

export function isMetricKind(kind: string): kind is MetricKind {
  return kind === 'book.top' || Object.hasOwn(METRIC_COLUMNS, kind);
}

/** Numbers of a result, in the order of its columns. */
export function numbersOf(kind: keyof typeof METRIC_COLUMNS): number {
  return Object.keys(METRIC_COLUMNS[kind]).length;
}
