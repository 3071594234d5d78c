import { describe, expect, it } from 'vitest';
import type { WideChanges } from '../model/event.ts';
import type { TableBuffer } from './column-buffers.ts';
import { METRIC_KINDS } from '../model/metric.ts';
import { abstention, delta, header, metric, order, score, START_US, status, trade } from './events.fixture.ts';
import { ColumnBatch, tablesOf } from './row-batch.ts';
import { columnsOf, type TableName } from './tables.ts';

/** The rows of a table as objects, null for NaN. */
function rowsOf(batch: ColumnBatch, name: TableName): Record<string, unknown>[] {
  const table = batch.tables.find((candidate) => candidate.name === name);
  return Array.from({ length: table?.rows ?? 0 }, (_, row) => rowOf(table, row));
}

function rowOf(table: TableBuffer | undefined, at: number): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const column of table?.columns ?? []) {
    const value = column.kind === 'number' || column.kind === 'levels' ? column.values[at] : column.textAt(at);
    row[column.name] = Number.isNaN(value) ? null : value instanceof Float64Array ? [...value] : value;
  }
  return row;
}

describe('ColumnBatch', () => {
  it('makes a row of each change of a delta, numbered on from the event', () => {
    const batch = new ColumnBatch();
    const view = delta([
      ['bid', 100, 5, 5, 2],
      ['ask', 101, 0, -7, -1],
    ]);
    view.changes.kind = Uint8Array.of(1, 2);
    batch.append(view);
    expect(rowsOf(batch, 'order_changes')).toMatchObject([
      { seq: 7, side: 'bid', kind: 'first-sight', price: 10, size: 5e-8, change: 5e-8, orders: 2 },
      { seq: 8, side: 'ask', kind: 'window-exit', price: 10.1, size: 0, change: -7e-8, orders: null },
    ]);
  });

  it('takes the time of the exchange as ts, and keeps that of receipt', () => {
    const batch = new ColumnBatch();
    batch.append(trade());
    expect(rowsOf(batch, 'trades')).toMatchObject([{ ts: START_US, received: START_US + 1500 }]);
  });

  it('reads wide books from their exact columns', () => {
    const batch = new ColumnBatch();
    const view = delta([['ask', Number.NaN, Number.NaN, Number.NaN, -1]], { wide: true, sizeScale: 8 });
    const wide: WideChanges = { price: [654321n], size: [100_000_000_000_000_000_001n], change: [-1n] };
    view.changes.wide = wide;
    batch.append(view);
    batch.append(trade({ header: header({ wide: true }), widePrice: 10n, wideSize: 90_071_992_547_409_930n }));
    expect(rowsOf(batch, 'order_changes')).toMatchObject([{ price: 65_432.1, size: 1e12, change: -1e-8 }]);
    expect(rowsOf(batch, 'trades')).toMatchObject([{ price: 1, size: 900_719_925.4740993 }]);
  });

  it('does not take a wide delta without exact columns', () => {
    const view = delta([['ask', 1, 1, 1, -1]], { wide: true });
    expect(() => new ColumnBatch().append(view)).toThrow(/wide delta of kraken:BTC-USD/);
  });

  it('does not take a side or a kind that it does not know', () => {
    const view = delta([['ask', 1, 1, 1, -1]]);
    view.changes.kind = Uint8Array.of(9);
    expect(() => new ColumnBatch().append(view)).toThrow(/9/);
  });

  it.each([
    { takerSide: 'sell', buyerIsMaker: 1 },
    { takerSide: 'buy', buyerIsMaker: 0 },
  ] as const)('says of a taker who chose to $takerSide whether the buyer was maker', ({ takerSide, buyerIsMaker }) => {
    const batch = new ColumnBatch();
    batch.append(trade({ takerSide }));
    expect(rowsOf(batch, 'trades')).toMatchObject([{ taker_side: takerSide, buyer_is_maker: buyerIsMaker }]);
  });

  it('makes nulls of a score that abstains, and of statistics without a finite value', () => {
    const batch = new ColumnBatch();
    batch.append(abstention());
    batch.append(score({ spreadBps: Number.POSITIVE_INFINITY }));
    expect(rowsOf(batch, 'new_orders')).toMatchObject([
      { whale_score: null, z: null, score_imbalance: null, orders: null, price: 65_432.1 },
      { whale_score: 4, z: 3.25, spread_bps: null },
    ]);
  });

  it('makes no rows of a snapshot', () => {
    const batch = new ColumnBatch();
    batch.append({ ...delta([['bid', 1, 1, 1, -1]]), kind: 'book.snapshot' });
    expect(batch.rows).toBe(0);
  });

  it('fills every column of every table', () => {
    const batch = new ColumnBatch();
    batch.append(delta([['bid', 1, 1, 1, 1]]));
    batch.append(score());
    batch.append(trade());
    batch.append(status());
    batch.append(order());
    batch.appendInstrument({
      exchange: 'kraken',
      symbol: 'BTC-USD',
      venueSymbol: 'BTC/USD',
      base: 'BTC',
      quote: 'USD',
      tickSize: 0.1,
      lotSize: 1e-8,
      status: 'trading',
      isCurrent: false,
      validFromUs: START_US,
      validToUs: START_US + 1,
      modifiedBy: 'test 1',
    });
    for (const kind of METRIC_KINDS) batch.append(metric(kind));
    for (const table of batch.tables) {
      const [row = {}] = rowsOf(batch, table.name);
      expect(Object.keys(row)).toEqual(columnsOf(table.name).map(([name]) => name));
      expect(Object.values(row)).not.toContain(null);
    }
  });

  it('makes a column of each number of a metric, and levels of the best ones', () => {
    const batch = new ColumnBatch();
    batch.append(metric('bar'));
    batch.append(metric('indicator', [1, Number.NaN, Number.NEGATIVE_INFINITY]));
    batch.append(metric('book.top', [1, 99.5, 3, 100.5, 4, 101, 5]));
    batch.append(metric('book.top', [0, 100.5, 4]));
    expect(rowsOf(batch, 'bars_1m')).toEqual([
      {
        ...{ ts: START_US, exchange: 'kraken', symbol: 'BTC-USD' },
        ...{ open: 0.5, high: 1.5, low: 2.5, close: 3.5, volume: 4.5, quote_volume: 5.5, vwap: 6.5, trades: 7.5 },
      },
    ]);
    expect(rowsOf(batch, 'indicators_1m')).toMatchObject([{ sma: 1, ema: null, bollinger_low: null, atr: null }]);
    expect(rowsOf(batch, 'book_top')).toMatchObject([
      { bids: [99.5, 3], asks: [100.5, 101, 4, 5] },
      { bids: [], asks: [100.5, 4] },
    ]);
  });

  it('copies what it takes: the view may be refilled', () => {
    const batch = new ColumnBatch();
    const view = trade();
    batch.append(view);
    view.tradeId = 'next';
    view.header.symbol = 'ETH-USD';
    view.price = 1;
    batch.append(view);
    expect(rowsOf(batch, 'trades')).toMatchObject([
      { trade_id: '4711', symbol: 'BTC-USD', price: 65_432.1 },
      { trade_id: 'next', symbol: 'ETH-USD', price: 0.1 },
    ]);
  });

  it('grows as needed, counts, and starts anew after clear', () => {
    const batch = new ColumnBatch();
    const rows = 5000;
    for (let i = 0; i < rows; i++) batch.append(trade({ tradeId: String(i), header: header({ symbol: `S${i % 3}` }) }));
    batch.append(status());
    expect(batch.rows).toBe(rows + 1);
    expect(batch.counts()).toMatchObject({ order_changes: 0, new_orders: 0, trades: rows, feed_status: 1 });
    expect(rowsOf(batch, 'trades')[4999]).toMatchObject({ trade_id: '4999', symbol: 'S1', ts: START_US });

    batch.clear();
    expect(batch.rows).toBe(0);
    batch.append(trade({ tradeId: 'after' }));
    expect(rowsOf(batch, 'trades')).toMatchObject([{ trade_id: 'after', symbol: 'BTC-USD' }]);
  });

  it('can leave order changes out', () => {
    const batch = new ColumnBatch({ orderChanges: false });
    batch.append(delta([['bid', 1, 1, 1, 1]]));
    expect(batch.rows).toBe(0);
  });
});

it('takes a batch of somebody else for a bug', () => {
  const foreign = { rows: 0, append() {}, appendInstrument() {}, counts: () => ({}), clear() {} };
  expect(() => tablesOf(foreign)).toThrow(/only the batches that it made/);
});
