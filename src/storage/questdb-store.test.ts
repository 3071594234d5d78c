import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithQuestDb } from '../../test/services.ts';
import { delta, header, START_US } from './events.fixture.ts';
import { type Fault, type FaultyProxy, startFaultyProxy } from './faulty-proxy.fixture.ts';
import { QuestDbStore } from './questdb-store.ts';
import { storeConformance } from './store.conformance.ts';
import { TABLE_NAMES } from './tables.ts';

describeWithQuestDb('QuestDbStore', (url) => {
  let proxy: FaultyProxy;
  beforeAll(async () => {
    proxy = await startFaultyProxy(url);
  });
  afterAll(() => proxy.close());

  storeConformance({
    // Without TTL, which would drop the fixed past in which the rows of the tests lie.
    create: (options) => new QuestDbStore({ url: proxy.url, ...options }),
    foreignTable: (name) =>
      `CREATE TABLE ${name} (ts TIMESTAMP, price LONG) TIMESTAMP(ts) PARTITION BY DAY WAL DEDUP UPSERT KEYS(ts)`,
    failOnce: async () => {
      proxy.spoilWrite('answer-500');
      return { code: 'store.rejected', repair: async () => {} };
    },
  });

  const rows = 250;
  const faults: { fault: Fault; nth: number; code: string; taken: number }[] = [
    { fault: 'answer-500', nth: 2, code: 'store.rejected', taken: 100 },
    { fault: 'cut-before', nth: 1, code: 'store.unreachable', taken: 0 },
    { fault: 'cut-before', nth: 3, code: 'store.unreachable', taken: 200 },
    { fault: 'cut-after', nth: 2, code: 'store.unreachable', taken: 200 },
  ];
  it.each(faults)('loses and doubles nothing when chunk $nth meets $fault', async ({ fault, nth, code, taken }) => {
    const tablePrefix = `f${process.pid}_${fault.replace('-', '_')}_${nth}_`;
    const store = new QuestDbStore({ url: proxy.url, tablePrefix, chunkRows: 100 });
    await store.open();
    const batch = store.newBatch();
    for (let i = 0; i < rows; i++) {
      batch.append(delta([['ask', i, i, i, -1]], header({ seq: i, exchangeUs: START_US + i })));
    }
    const count = async (): Promise<unknown> => {
      await store.settle();
      return (await store.query(`SELECT count(*), count(DISTINCT seq) FROM ${tablePrefix}order_changes`)).rows;
    };

    const before = proxy.writes;
    proxy.spoilWrite(fault, nth);
    await expect(store.write(batch)).rejects.toMatchObject({ code, retryable: true, address: proxy.url });
    expect(proxy.writes - before).toBe(nth);
    expect(await count()).toEqual([[taken, taken]]);

    await store.write(batch);
    expect(await count()).toEqual([[rows, rows]]);
    for (const table of TABLE_NAMES) await store.query(`DROP TABLE ${tablePrefix}${table}`);
    await store.close();
  });

  it('creates WAL tables with upsert keys, partitions and TTL', async () => {
    const tablePrefix = `d${process.pid}_`;
    const store = new QuestDbStore({ url, tablePrefix, ttlDays: { raw: 3, results: null } });
    await store.open();
    const { rows: tables } = await store.query(
      `SELECT table_name, partitionBy, walEnabled, dedup, ttlValue, ttlUnit FROM tables()` +
        ` WHERE table_name IN (${TABLE_NAMES.map((name) => `'${tablePrefix}${name}'`).join(', ')}) ORDER BY table_name`,
    );
    expect(tables).toEqual([
      [`${tablePrefix}bars_1m`, 'DAY', true, true, 0, 'HOUR'],
      [`${tablePrefix}book_top`, 'HOUR', true, true, 3, 'DAY'],
      [`${tablePrefix}feed_status`, 'DAY', true, true, 0, 'HOUR'],
      [`${tablePrefix}indicators_1m`, 'DAY', true, true, 0, 'HOUR'],
      [`${tablePrefix}instruments`, 'DAY', true, true, 0, 'HOUR'],
      [`${tablePrefix}liquidity_60s`, 'DAY', true, true, 0, 'HOUR'],
      [`${tablePrefix}new_orders`, 'DAY', true, true, 0, 'HOUR'],
      [`${tablePrefix}order_changes`, 'HOUR', true, true, 3, 'DAY'],
      [`${tablePrefix}order_events`, 'HOUR', true, true, 3, 'DAY'],
      [`${tablePrefix}spreads`, 'DAY', true, true, 0, 'HOUR'],
      [`${tablePrefix}trades`, 'HOUR', true, true, 3, 'DAY'],
    ]);
    for (const table of TABLE_NAMES) await store.query(`DROP TABLE ${tablePrefix}${table}`);
  });

  it('does writes one after the other, however they are called', async () => {
    const tablePrefix = `w${process.pid}_`;
    const store = new QuestDbStore({ url, tablePrefix, chunkRows: 100 });
    await store.open();
    const batches = [0, 1, 2].map((nth) => {
      const batch = store.newBatch();
      for (let seq = nth * 250; seq < (nth + 1) * 250; seq++) {
        batch.append(delta([['bid', seq, seq, seq, -1]], header({ seq, exchangeUs: START_US - seq })));
      }
      return batch;
    });
    await Promise.all(batches.map((batch) => store.write(batch)));
    await store.settle();
    const { rows: found } = await store.query(
      `SELECT seq, price, ${START_US} - CAST(ts AS LONG) FROM ${tablePrefix}order_changes ORDER BY seq`,
    );
    expect(found).toEqual(Array.from({ length: 750 }, (_, seq) => [seq, seq / 10, seq]));
    for (const table of TABLE_NAMES) await store.query(`DROP TABLE ${tablePrefix}${table}`);
    await store.close();
  });

  it.each([1, 60_000])('refuses %d rows in the words of the server', async (refused) => {
    const tablePrefix = `r${process.pid}_${refused}_`;
    const store = new QuestDbStore({ url, tablePrefix });
    await store.open();
    await store.query(`ALTER TABLE ${tablePrefix}order_changes ALTER COLUMN price TYPE BOOLEAN`);
    await store.settle();
    const batch = store.newBatch();
    for (let seq = 0; seq < refused; seq++) batch.append(delta([['bid', 1, 1, 1, -1]], { seq }));
    await expect(store.write(batch)).rejects.toMatchObject({
      code: 'store.rejected',
      retryable: false,
      message: expect.stringContaining('column: price'),
      context: { table: `${tablePrefix}order_changes`, status: 400 },
    });
    for (const table of TABLE_NAMES) await store.query(`DROP TABLE ${tablePrefix}${table}`);
  });
});
