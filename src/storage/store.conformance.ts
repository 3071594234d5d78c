/**
 * What every store must do, as one suite that both adapters run. The same statements go to both, so that it also shows
 * that their SQL and their answers agree.
 */

import { afterEach, expect, it } from 'vitest';
import type { InstrumentRow } from '../book/wire-message.ts';
import { InstrumentMaster } from '../master/instrument-master.ts';
import type { InstrumentVersion } from '../model/instrument.ts';
import type { RowBatch, Store } from '../ports/store.ts';
import { abstention, delta, header, metric, order, score, START_US, status, trade } from './events.fixture.ts';
import type { InstrumentQuestion } from './instrument-rows.ts';
import { instrumentsSql, versionsOf } from './instrument-rows.ts';
import type { RowBatchOptions } from './row-batch.ts';
import { columnsOf, keysOf, TABLE_NAMES, type TableName } from './tables.ts';

export interface StoreUnderTest {
  /** A store, not yet open, whose tables have this prefix; all stores of one test see the same database. */
  create(options: { tablePrefix: string } & RowBatchOptions): Store;
  /** Runs a statement that changes tables. Default: as a query, for a store that leaves such rights to its server. */
  readonly administer?: (store: Store, sql: string) => Promise<unknown>;
  /** SQL that creates a table with a key `ts`, and a `price` that is an integer. */
  foreignTable(name: string): string;
  /** Makes the next write of the store fail after it began, and later ones succeed again. */
  failOnce(store: Store, tablePrefix: string): Promise<{ readonly code: string; readonly repair: () => Promise<void> }>;
}

const BIG_ROWS = 50_000;

export function storeConformance(underTest: StoreUnderTest): void {
  /** Every prefix is used once, since servers are shared; its tables are dropped after the test. */
  let prefixesUsed: string[] = [];
  let opened: Store[] = [];

  const administer = underTest.administer ?? ((store: Store, sql: string) => store.query(sql));

  function prefix(): string {
    const tablePrefix = `t${process.pid}_${(prefixCount++).toString()}_`;
    prefixesUsed.push(tablePrefix);
    return tablePrefix;
  }

  async function open(tablePrefix: string, options: RowBatchOptions = {}): Promise<Store> {
    const store = underTest.create({ tablePrefix, ...options });
    await store.open();
    opened.push(store);
    return store;
  }

  async function closeAll(): Promise<void> {
    for (const store of opened) await store.close();
    opened = [];
  }

  afterEach(async () => {
    const store = opened[0] ?? (await open(prefix()));
    for (const tablePrefix of prefixesUsed) {
      for (const table of TABLE_NAMES) await administer(store, `DROP TABLE IF EXISTS ${tablePrefix}${table}`);
    }
    prefixesUsed = [];
    await closeAll();
  });

  it('creates its tables, and is content with them the next time', async () => {
    const tablePrefix = prefix();
    await open(tablePrefix);
    await closeAll();
    const again = await open(tablePrefix);
    for (const table of TABLE_NAMES) {
      expect(await again.query(`SELECT count(*) AS n FROM ${tablePrefix}${table}`)).toEqual({
        columns: ['n'],
        rows: [[0]],
      });
    }
  });

  it('gives back what was written, to the microsecond and the last digit', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    await write(store, (batch) => {
      batch.append(
        delta([
          ['bid', 654_321, 12_345_678, 12_345_678, 3],
          ['ask', 654_322, 0, -1, -1],
        ]),
      );
      batch.append(trade());
      batch.append(score());
      batch.append(status());
      batch.append(order());
    });

    const all = async (table: TableName): Promise<readonly (readonly unknown[])[]> => {
      const { columns, rows } = await store.query(
        `SELECT * FROM ${tablePrefix}${table} ORDER BY ${keysOf(table).join(', ')}`,
      );
      expect(columns).toEqual(columnsOf(table).map(([name]) => name));
      return rows;
    };
    const who = ['2026-03-01T12:00:00.123456Z', 'kraken', 'BTC-USD'];
    const epoch = START_US - 1_000_000;
    const received = '2026-03-01T12:00:00.124956Z';
    expect(await all('order_changes')).toEqual([
      [...who, epoch, 7, 'bid', 'known', 65_432.1, 0.12345678, 0.12345678, 3, 'live', 'none'],
      [...who, epoch, 8, 'ask', 'known', 65_432.2, 0, -1e-8, null, 'live', 'none'],
    ]);
    expect(await all('order_events')).toEqual([
      [...who, epoch, 7, '2043024863952899', 'fill', 'ask', 65_432.1, 0.0217818, -0.001, true, true, 'live', received],
    ]);
    expect(await all('trades')).toEqual([[...who, '4711', 65_432.1, 0.12345678, 'sell', true, 'live', received]]);
    const parts = [4, 3.25, 2, 0, 1, 1, 1.5, 12.25, -3.5];
    expect(await all('new_orders')).toEqual([
      [...who, epoch, 7, 'ask', 65_432.1, 12.5, 817_901.25, ...parts, 1, 'lognormal', 'live', received],
    ]);
    expect(await all('feed_status')).toEqual([
      [...who, epoch, 7, 'suspect', 'checksum', status().detail, 1, 2, 3_000_000_000, 4, received],
    ]);
  });

  it('keeps metrics, and levels as arrays of prices and of sizes', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    const third = 1 / 3;
    const tick = { exchangeUs: START_US + 1 };
    for (let again = 0; again < 2; again++) {
      await write(store, (batch) => {
        batch.append(metric('spread', [1, 2, 1, third, Number.NaN, -7]));
        batch.append(metric('bar', [1, 2, 0.5, 1.5, 10, 12, 1.2, 3]));
        batch.append(metric('book.top', [2, 99.5, third, 99, 2, 100.1, 1e-8]));
        batch.append(metric('book.top', [0, 100.5, 4], tick));
      });
    }
    const read = async (sql: string): Promise<readonly (readonly unknown[])[]> => (await store.query(sql)).rows;
    expect(
      await read(
        `SELECT bid, ask, spread, spread_avg_15s, microprice, ofi, bid_depth_10bps FROM ${tablePrefix}spreads`,
      ),
    ).toEqual([[1, 2, 1, third, null, -7, null]]);
    expect(
      await read(`SELECT open, high, low, close, volume, quote_volume, vwap, trades FROM ${tablePrefix}bars_1m`),
    ).toEqual([[1, 2, 0.5, 1.5, 10, 12, 1.2, 3]]);
    const tops = await read(`SELECT bids, asks FROM ${tablePrefix}book_top ORDER BY ts`);
    expect(tops).toEqual([
      [
        [
          [99.5, 99],
          [third, 2],
        ],
        [[100.1], [1e-8]],
      ],
      [null, [[100.5], [4]]],
    ]);
    expect(
      await read(`SELECT ts, asks[1][1] AS price, asks[2][1] AS size FROM ${tablePrefix}book_top ORDER BY ts`),
    ).toEqual([
      ['2026-03-01T12:00:00.123456Z', 100.1, 1e-8],
      ['2026-03-01T12:00:00.123457Z', 100.5, 4],
    ]);
  });

  it('keeps a score that abstains as nulls', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    await write(store, (batch) => batch.append(abstention()));
    const { rows } = await store.query(
      `SELECT whale_score, z, score_size, score_spread, score_mid, score_imbalance, spread_bps, mid_distance_bps,` +
        ` imbalance, orders, price FROM ${tablePrefix}new_orders`,
    );
    expect(rows).toEqual([[null, null, null, null, null, null, null, null, null, null, 65_432.1]]);
  });

  it('has the same rows after the same batch twice', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    const batch = store.newBatch();
    appendMany(batch, 500);
    await store.write(batch);
    await store.settle();
    const once = await dump(store, tablePrefix);
    await store.write(batch);
    await store.settle();
    expect(await dump(store, tablePrefix)).toEqual(once);
    expect(once['order_changes']).toHaveLength(500);
  });

  it('replaces a row by a later one of the same keys, within a batch and across batches', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    await write(store, (batch) => {
      batch.append(trade({ price: 1 }));
      batch.append(trade({ price: 2, tradeId: 'other' }));
      batch.append(trade({ price: 3 }));
    });
    const prices = `SELECT trade_id, price FROM ${tablePrefix}trades ORDER BY trade_id`;
    expect((await store.query(prices)).rows).toEqual([
      ['4711', 0.3],
      ['other', 0.2],
    ]);
    await write(store, (batch) => batch.append(trade({ price: 4 })));
    expect((await store.query(prices)).rows).toEqual([
      ['4711', 0.4],
      ['other', 0.2],
    ]);
  });

  it('writes a batch of 50,000 rows, of pairs and times in any order', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    await write(store, (batch) => appendMany(batch, BIG_ROWS));
    const { rows } = await store.query(
      `SELECT count(*), count(DISTINCT symbol), min(ts), max(ts), max(seq) FROM ${tablePrefix}order_changes`,
    );
    const times = ['2026-03-01T12:00:00.123456Z', '2026-03-01T12:08:19.123456Z'];
    expect(rows).toEqual([[BIG_ROWS, 7, ...times, BIG_ROWS - 1]]);
  });

  it('leaves order changes out where it is told to', async () => {
    const store = await open(prefix(), { orderChanges: false });
    const batch = store.newBatch();
    batch.append(delta([['bid', 1, 1, 1, -1]]));
    batch.append(trade());
    expect(batch.counts()).toMatchObject({ order_changes: 0, new_orders: 0, trades: 1, feed_status: 0 });
    await store.write(batch);
  });

  it('keeps the versions of instruments, and tells them as of any moment', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    const master = new InstrumentMaster('test 1');
    const [first, second] = [START_US, START_US + 3_600_000_000];
    const row = (base: string, tickSize: string): InstrumentRow => {
      return { venueSymbol: `${base}USD`, base, quote: 'USD', tickSize, lotSize: null, tradable: true };
    };
    const lists = [
      { atUs: first, rows: [row('BTC', '0.1'), row('ETH', '0.01')] },
      { atUs: second, rows: [row('BTC', '0.5'), row('SOL', '0.00000001')] },
    ];
    for (const { atUs, rows } of lists) {
      const batch = store.newBatch();
      for (const version of master.observe('kraken', rows, atUs).versions) batch.appendInstrument(version);
      await store.write(batch);
    }
    await store.settle();
    const ask = async (question: InstrumentQuestion): Promise<InstrumentVersion[]> =>
      versionsOf(await store.query(instrumentsSql(tablePrefix, question)));
    const bySymbol = (versions: readonly InstrumentVersion[]): InstrumentVersion[] =>
      versions.toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1));
    expect(await ask({ delisted: true })).toEqual(bySymbol(master.present('kraken')));
    const listed = (versions: readonly InstrumentVersion[]): unknown[] =>
      versions.map(({ symbol, tickSize, status }) => [symbol, tickSize, status]);
    expect(listed(await ask({ delisted: false, exchange: 'kraken' }))).toEqual([
      ['BTC-USD', 0.5, 'trading'],
      ['SOL-USD', 1e-8, 'trading'],
    ]);
    expect(listed(await ask({ delisted: true, asOfUs: second - 1000 }))).toEqual([
      ['BTC-USD', 0.1, 'trading'],
      ['ETH-USD', 0.01, 'trading'],
    ]);
    expect(listed(await ask({ delisted: true, asOfUs: second }))).toHaveLength(3);
    expect(await ask({ delisted: true, asOfUs: first - 1000 })).toEqual([]);
    expect(await ask({ delisted: true, exchange: 'binance' })).toEqual([]);
  });

  it('writes an empty batch as nothing', async () => {
    const store = await open(prefix());
    await store.write(store.newBatch());
  });

  it('refuses a table of its name with other columns, and says which', async () => {
    const tablePrefix = prefix();
    const other = await open(prefix());
    await administer(other, underTest.foreignTable(`${tablePrefix}trades`));
    await closeAll();
    await expect(open(tablePrefix)).rejects.toMatchObject({
      code: 'store.schema',
      message: `table ${tablePrefix}trades: column exchange is missing`,
      context: { table: `${tablePrefix}trades`, column: 'exchange' },
      remedy: expect.stringContaining('table prefix'),
    });
  });

  it('refuses a prefix that makes no table names', () => {
    expect(() => underTest.create({ tablePrefix: 'x"; DROP' })).toThrow(
      expect.objectContaining({ code: 'store.schema' }),
    );
  });

  it('keeps the batch when a write fails, and a second write completes it', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    const batch = store.newBatch();
    appendMany(batch, 300);
    const { code, repair } = await underTest.failOnce(store, tablePrefix);
    await expect(store.write(batch)).rejects.toMatchObject({ name: 'StoreError', code });
    expect(batch.rows).toBe(300);
    await repair();
    await store.write(batch);
    await store.settle();
    expect((await store.query(`SELECT count(*) FROM ${tablePrefix}order_changes`)).rows).toEqual([[300]]);
  });

  it('answers queries during each other and during a write, which they see whole or not at all', async () => {
    const tablePrefix = prefix();
    const store = await open(tablePrefix);
    const batch = store.newBatch();
    appendMany(batch, 3_000);
    const written = store.write(batch);
    const count = `SELECT count(*) FROM ${tablePrefix}order_changes`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => store.query(count)));
    for (const { rows } of answers) expect([[[0]], [[3_000]]]).toContainEqual(rows);
    await written;
    await store.settle();
    expect((await store.query(count)).rows).toEqual([[3_000]]);
  });

  it('reports a statement that it cannot run in the words of the database', async () => {
    const store = await open(prefix());
    await expect(store.query('SELECT * FROM no_such_table')).rejects.toMatchObject({
      code: 'store.rejected',
      retryable: false,
      message: expect.stringContaining('no_such_table'),
    });
  });

  it('answers integers beyond 2^53 as text, to the last digit', async () => {
    const store = await open(prefix());
    const { rows } = await store.query('SELECT CAST(9007199254740993 AS LONG) AS big, CAST(42 AS LONG) AS small');
    expect(rows).toEqual([['9007199254740993', 42]]);
  });
}

let prefixCount = 0;

async function write(store: Store, fill: (batch: RowBatch) => void): Promise<void> {
  const batch = store.newBatch();
  fill(batch);
  await store.write(batch);
  await store.settle();
}

/** One change per event: seven pairs, five hundred seconds, times going back and forth. */
function appendMany(batch: RowBatch, rows: number): void {
  for (let i = 0; i < rows; i++) {
    const exchangeUs = START_US + ((i * 7919) % 500) * 1_000_000;
    batch.append(
      delta([['bid', 1000 + i, i, i, -1]], header({ symbol: `A${i % 7}-USD`, exchangeUs, seq: i, priceScale: 2 })),
    );
  }
}

/** All rows of all tables, in the order of their keys. */
async function dump(store: Store, tablePrefix: string): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const table of TABLE_NAMES) {
    const order = keysOf(table).join(', ');
    tables[table] = [...(await store.query(`SELECT * FROM ${tablePrefix}${table} ORDER BY ${order}`)).rows];
  }
  return tables;
}
