/**
 * The one place that says which tables exist, what their columns mean, and how they are kept. The DDL of both stores,
 * the column buffers and the row writers all come from here.
 *
 * Every table has the designated timestamp `ts`, `exchange` and `symbol`; together with the columns marked `key` they
 * are the identity of a row: writing a row again replaces it. A change here is a change of contract: people's queries
 * and dashboards name these columns.
 */

import type { MetricColumn } from '../model/metric.ts';
import { METRIC_COLUMNS } from '../model/metric.ts';

/**
 * What a column holds, whatever the store calls it. `symbol` is a text of few different values (QuestDB: SYMBOL,
 * DuckDB: VARCHAR, which it compresses with a dictionary by itself; an ENUM there would tie a file to today's values),
 * `text` one of many. `int` has 32 bits and `long` 64; both hold safe integers. `levels` is an array of two arrays of
 * doubles: the prices of levels, best first, and their sizes.
 */
export type ColumnType = 'timestamp' | 'symbol' | 'text' | 'double' | 'int' | 'long' | 'boolean' | 'levels';

export interface ColumnSpec {
  readonly type: ColumnType;
  /** What one unit of the value is; `-` for a name, a state or a pure number. */
  readonly unit: string;
  /** Meaning and source. */
  readonly doc: string;
  /** True for the columns that identify a row. They are never null. */
  readonly key?: true;
}

/** Ages in days at which rows go; null keeps them for ever. */
export interface TtlDays {
  readonly raw: number | null;
  readonly results: number | null;
}

export interface TableSpec {
  readonly doc: string;
  /** In table order; `ts` is first. */
  readonly columns: Readonly<Record<string, ColumnSpec>>;
  readonly partitionBy: 'HOUR' | 'DAY';
  /** Which of the store's retention times applies: raw events are many, results are few; `forever`: no row ever goes. */
  readonly retention: keyof TtlDays | 'forever';
}

/** The designated timestamp of every table. */
export const TIMESTAMP_COLUMN = 'ts';

const IDENTITY = {
  ts: {
    type: 'timestamp',
    unit: 'µs since 1970 UTC',
    doc: "The exchange's time of the event; the receive time where the venue gives none.",
    key: true,
  },
  exchange: { type: 'symbol', unit: '-', doc: 'Our name of the venue, e.g. `kraken`.', key: true },
  symbol: { type: 'symbol', unit: '-', doc: 'The pair as `BASE-QUOTE`, e.g. `BTC-USD`.', key: true },
} as const satisfies Record<string, ColumnSpec>;

const BOOK_ROW = {
  epoch: {
    type: 'long',
    unit: 'µs since 1970 UTC',
    doc: "Receive time of what opened this epoch of the book; the event header's.",
    key: true,
  },
  seq: { type: 'long', unit: 'rows', doc: 'Place of the row within the epoch.', key: true },
} as const satisfies Record<string, ColumnSpec>;

const BOOK_STATE = {
  type: 'symbol',
  unit: '-',
  doc: 'How far the book was to be believed then: live, syncing, stale or suspect.',
} as const satisfies ColumnSpec;

const BOOK_REASON = {
  type: 'symbol',
  unit: '-',
  doc: 'Why the book was in that state, e.g. gap, checksum, silence; `none` while live.',
} as const satisfies ColumnSpec;

const RECEIVED = {
  type: 'timestamp',
  unit: 'µs since 1970 UTC',
  doc: 'When the frame arrived here, by the receiving host. `received - ts` is the way from the venue.',
} as const satisfies ColumnSpec;

const PRICE = { type: 'double', unit: 'quote per base', doc: 'Nearest double of the exact price.' } as const;
const ORDERS = {
  type: 'int',
  unit: 'orders',
  doc: 'Orders at the level; null where the venue does not tell.',
} as const;
const BOOK_SIDE = { type: 'symbol', unit: '-', doc: 'bid or ask.' } as const;

/** The columns of a kind of metric, as `model/metric.ts` lists them. */
function metricColumns(columns: Readonly<Record<string, MetricColumn>>): Record<string, ColumnSpec> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { unit, doc, whole }]) => [
      name,
      { type: whole === true ? 'long' : 'double', unit, doc },
    ]),
  );
}

export const TABLES = {
  order_changes: {
    doc:
      'Every change of every price level, one row each (levels of snapshots are not changes). ' +
      'By far the largest table, so it carries no column that others have too.',
    partitionBy: 'HOUR',
    retention: 'raw',
    columns: {
      ...IDENTITY,
      ...BOOK_ROW,
      side: BOOK_SIDE,
      kind: {
        type: 'symbol',
        unit: '-',
        doc:
          'known (the size before was known), first-sight, window-exit (left the depth window; nobody cancelled), ' +
          'or resized (known, and no order was added: one has moved or grown).',
      },
      price: PRICE,
      size: { type: 'double', unit: 'base', doc: 'Open size of the level now; 0 means that it is gone.' },
      change: { type: 'double', unit: 'base', doc: 'Size now minus size before.' },
      orders: ORDERS,
      book_state: BOOK_STATE,
      reason: BOOK_REASON,
    },
  },
  order_events: {
    doc:
      'What happened to single orders, of venues whose channel of orders is watched: the life of an order by its id. ' +
      'What it means for the levels is in order_changes.',
    partitionBy: 'HOUR',
    retention: 'raw',
    columns: {
      ...IDENTITY,
      ...BOOK_ROW,
      order_id: { type: 'text', unit: '-', doc: "The venue's id of the order." },
      kind: {
        type: 'symbol',
        unit: '-',
        doc: 'add (joined its queue), change (another price or size), cancel (gone), fill (traded, in part or whole).',
      },
      side: BOOK_SIDE,
      price: {
        type: 'double',
        unit: 'quote per base',
        doc: 'Where it rests or rested last, whatever the price of a trade; nearest double of the exact price.',
      },
      size: { type: 'double', unit: 'base', doc: 'What is left open of the order.' },
      change: { type: 'double', unit: 'base', doc: 'Open size of the order now minus before.' },
      keeps_place: { type: 'boolean', unit: '-', doc: 'False where it stands at the tail of its queue now.' },
      told: {
        type: 'boolean',
        unit: '-',
        doc: 'False where the venue does not say why an order became smaller or went: then a cancel may be a fill.',
      },
      book_state: BOOK_STATE,
      received: RECEIVED,
    },
  },
  new_orders: {
    doc: 'New orders with their whale score and its parts. A null score means that the model abstained.',
    partitionBy: 'DAY',
    retention: 'results',
    columns: {
      ...IDENTITY,
      ...BOOK_ROW,
      side: BOOK_SIDE,
      price: PRICE,
      size: { type: 'double', unit: 'base', doc: 'Size of the new order: the positive change of its level.' },
      notional: { type: 'double', unit: 'quote', doc: 'price x size.' },
      whale_score: { type: 'int', unit: 'points', doc: '0 to 6: the sum of the four parts; null where it abstains.' },
      z: { type: 'double', unit: 'standard deviations', doc: 'Of ln(size) against earlier orders of the side.' },
      score_size: { type: 'int', unit: 'points', doc: '0 to 3, from z.' },
      score_spread: { type: 'int', unit: 'points', doc: '1 where the quoted spread is wide.' },
      score_mid: { type: 'int', unit: 'points', doc: '1 where the price is close to the mid.' },
      score_imbalance: { type: 'int', unit: 'points', doc: '1 where the size dwarfs the imbalance of the book.' },
      spread_bps: { type: 'double', unit: 'basis points of mid', doc: 'Quoted spread after the frame.' },
      mid_distance_bps: { type: 'double', unit: 'basis points of mid', doc: 'Distance of the price from the mid.' },
      imbalance: {
        type: 'double',
        unit: 'base',
        doc: 'Open sizes of bids and asks: their absolute difference, after the frame.',
      },
      orders: ORDERS,
      model: { type: 'symbol', unit: '-', doc: 'Name of the size model that scored.' },
      book_state: BOOK_STATE,
      received: RECEIVED,
    },
  },
  trades: {
    doc: 'Trades as the venue reports them.',
    partitionBy: 'HOUR',
    retention: 'raw',
    columns: {
      ...IDENTITY,
      trade_id: {
        type: 'text',
        unit: '-',
        doc: "The venue's id; the ordinal within `ts` where it has none.",
        key: true,
      },
      price: PRICE,
      size: { type: 'double', unit: 'base', doc: 'Traded size.' },
      taker_side: { type: 'symbol', unit: '-', doc: 'buy or sell: what the incoming order did.' },
      buyer_is_maker: { type: 'boolean', unit: '-', doc: 'True where the taker sold into a resting bid.' },
      book_state: BOOK_STATE,
      received: RECEIVED,
    },
  },
  book_top: {
    doc: 'The best levels of each book as it stood when the second began; only while the book was live.',
    partitionBy: 'HOUR',
    retention: 'raw',
    columns: {
      ...IDENTITY,
      bids: {
        type: 'levels',
        unit: 'quote per base; base',
        doc: 'Best bids: an array of prices, best first, and one of sizes.',
      },
      asks: {
        type: 'levels',
        unit: 'quote per base; base',
        doc: 'Best asks: an array of prices, best first, and one of sizes.',
      },
    },
  },
  spreads: {
    doc: 'Each full second of a live book: its quote as it stood when the second began, and what follows from that.',
    partitionBy: 'DAY',
    retention: 'results',
    columns: { ...IDENTITY, ...metricColumns(METRIC_COLUMNS.spread) },
  },
  liquidity_60s: {
    doc:
      'Each minute of event time, from `ts` on, in which levels changed: price x size over the changes of either side. ' +
      'Only minutes that were watched from beginning to end with a live book.',
    partitionBy: 'DAY',
    retention: 'results',
    columns: { ...IDENTITY, ...metricColumns(METRIC_COLUMNS.liquidity) },
  },
  bars_1m: {
    doc: 'Each minute of event time, from `ts` on, with a trade. Only minutes watched as in liquidity_60s.',
    partitionBy: 'DAY',
    retention: 'results',
    columns: { ...IDENTITY, ...metricColumns(METRIC_COLUMNS.bar) },
  },
  indicators_1m: {
    doc: 'Indicators behind each bar. Minutes without a bar are as if they had not been.',
    partitionBy: 'DAY',
    retention: 'results',
    columns: { ...IDENTITY, ...metricColumns(METRIC_COLUMNS.indicator) },
  },
  feed_status: {
    doc: 'Every change of a book’s state, with its running totals. Operational: it records what happened, not the market.',
    partitionBy: 'DAY',
    retention: 'results',
    columns: {
      ...IDENTITY,
      ...BOOK_ROW,
      state: BOOK_STATE,
      reason: BOOK_REASON,
      detail: { type: 'text', unit: '-', doc: 'What was expected and what was seen, in words.' },
      gaps: { type: 'long', unit: 'gaps', doc: 'Holes in the venue’s sequence since the start.' },
      resyncs: { type: 'long', unit: 'resyncs', doc: 'Books opened anew since the start.' },
      checksum_ok: { type: 'long', unit: 'checksums', doc: 'Checksums that matched since the start.' },
      checksum_failed: { type: 'long', unit: 'checksums', doc: 'Checksums that did not match since the start.' },
      received: RECEIVED,
    },
  },
  instruments: {
    doc:
      'What each venue lists, a row per version of an instrument: where anything of it changes, `valid_to` of the present ' +
      'row is set, and a new row begins. As of a moment t: valid_from <= t and (valid_to is null or valid_to > t).',
    partitionBy: 'DAY',
    retention: 'forever',
    columns: {
      ...IDENTITY,
      venue_symbol: { type: 'symbol', unit: '-', doc: "The venue's own name of the pair." },
      base: { type: 'symbol', unit: '-', doc: 'What is traded.' },
      quote: { type: 'symbol', unit: '-', doc: 'What it is paid in.' },
      tick_size: { type: 'double', unit: 'quote per base', doc: 'Smallest step of the price; null where not given.' },
      lot_size: { type: 'double', unit: 'base', doc: 'Smallest step of the size; null where not given.' },
      status: { type: 'symbol', unit: '-', doc: 'trading, halted, or delisted (no longer in the list).' },
      is_current: { type: 'boolean', unit: '-', doc: 'True for the present version.' },
      valid_from: { type: 'timestamp', unit: 'µs since 1970 UTC', doc: 'When it was first seen; equals `ts`.' },
      valid_to: {
        type: 'timestamp',
        unit: 'µs since 1970 UTC',
        doc: 'When the next version was seen; null for the present.',
      },
      last_modified_by: { type: 'symbol', unit: '-', doc: 'Program and version that wrote the row.' },
    },
  },
} as const satisfies Record<string, TableSpec>;

export type TableName = keyof typeof TABLES;

function isTableName(name: string): name is TableName {
  return name in TABLES;
}

/** All tables, in the order in which they are created and written. */
export const TABLE_NAMES: readonly TableName[] = Object.keys(TABLES).filter((name) => isTableName(name));

/** A table's columns by name, in table order. */
export function columnsOf(table: TableName): readonly (readonly [name: string, spec: ColumnSpec])[] {
  return Object.entries(TABLES[table].columns);
}

/** Names of the columns that identify a row, `ts` first. */
export function keysOf(table: TableName): readonly string[] {
  return columnsOf(table)
    .filter(([, column]) => column.key === true)
    .map(([name]) => name);
}
