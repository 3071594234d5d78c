import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DuckDbStore } from './duckdb-store.ts';
import { trade } from './events.fixture.ts';
import { QUERY_ROWS_MAX } from './query-limits.ts';

let folder = '';
let store: DuckDbStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whalewatch-reading-'));
  store = new DuckDbStore({ path: join(folder, 'rows.duckdb') });
  await store.open();
  await write('first');
  await writeFile(join(folder, 'other.csv'), 'a,b\n1,2\n');
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(tradeId: string): Promise<void> {
  const batch = store.newBatch();
  batch.append(trade({ tradeId }));
  await store.write(batch);
}

async function tradeIds(): Promise<unknown> {
  return (await store.query('SELECT trade_id FROM trades ORDER BY 1')).rows.flat();
}

describe('a query on the embedded store', () => {
  it.each([
    'SELECT count(*) FROM trades',
    'WITH t AS (SELECT * FROM trades) SELECT trade_id FROM t',
    'FROM trades',
    'VALUES (1)',
    'SHOW TABLES',
    'DESCRIBE trades',
    'SUMMARIZE trades',
    'EXPLAIN SELECT * FROM trades',
    'EXPLAIN ANALYZE SELECT * FROM trades',
  ])('may be %s', async (sql) => {
    expect((await store.query(sql)).rows.length).toBeGreaterThan(0);
  });

  it.each([
    "INSERT INTO trades SELECT * REPLACE ('x' AS trade_id) FROM trades",
    'UPDATE trades SET price = 1',
    'DELETE FROM trades',
    'WITH t AS (SELECT 1) DELETE FROM trades',
    'DROP TABLE trades',
    'CREATE TABLE x (a INTEGER)',
    'CREATE TEMP TABLE x AS SELECT 1',
    'CREATE MACRO one() AS 1',
    'ALTER TABLE trades ADD COLUMN a INTEGER',
    'TRUNCATE trades',
    'BEGIN',
    'VACUUM',
    'CHECKPOINT',
    "SET memory_limit = '10GB'",
    'SET enable_external_access = true',
    'RESET lock_configuration',
    'PRAGMA disable_checkpoint_on_shutdown',
    'CALL pragma_version()',
    'PREPARE p AS DELETE FROM trades',
    'INSTALL httpfs',
    'LOAD httpfs',
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP TABLE trades',
  ])('may not be %s', async (sql) => {
    await expect(store.query(sql)).rejects.toMatchObject({ code: 'store.not-read-only' });
  });

  it('runs nothing that an EXPLAIN only pretends to explain', async () => {
    await expect(store.query('EXPLAIN ANALYZE DELETE FROM trades')).rejects.toMatchObject({
      code: 'store.rejected',
      message: expect.stringContaining('read-only'),
    });
    expect(await tradeIds()).toEqual(['first']);
  });

  it.each([
    (at: string) => `SELECT * FROM read_text('${at}')`,
    (at: string) => `SELECT * FROM read_blob('${at}')`,
    (at: string) => `SELECT * FROM read_csv('${at}')`,
    (at: string) => `SELECT * FROM read_parquet('${at}')`,
    (at: string) => `SELECT * FROM '${at}'`,
    (at: string) => `SELECT * FROM glob('${at}*')`,
    () => `SELECT * FROM 'https://127.0.0.1:9/a.parquet'`,
  ])('reads no file and no network (%#)', async (sql) => {
    await expect(store.query(sql(join(folder, 'other.csv')))).rejects.toMatchObject({
      code: 'store.rejected',
      message: expect.stringMatching(/Permission Error/),
    });
  });

  it.each([
    (at: string) => `ATTACH '${at}'`,
    (at: string) => `COPY trades TO '${at}'`,
    (at: string) => `COPY (SELECT 1) TO '${at}'`,
    (at: string) => `EXPORT DATABASE '${at}'`,
    (at: string) => `SELECT * FROM enable_logging(storage = 'file', storage_path = '${at}')`,
    (at: string) => `SELECT * FROM "ENABLE_LOGGING"(storage = 'file', storage_path = '${at}')`,
    (at: string) => `SELECT * FROM enable_profiling(format = 'json', save_location = '${at}')`,
    () => `SELECT * FROM query('SELECT * FROM enable' || '_logging()')`,
    () => `SELECT * FROM force_checkpoint()`,
    () => `SELECT * FROM arrow_scan(1, 2, 3)`,
  ])('writes no file and sets nothing going in the process (%#)', async (sql) => {
    const target = join(folder, 'target');
    await expect(store.query(sql(target))).rejects.toMatchObject({
      code: expect.stringMatching(/^store\.(not-read-only|rejected)$/),
    });
    expect(existsSync(target)).toBe(false);
  });

  it('is refused where its answer would be too long, and never cut', async () => {
    expect((await store.query(`SELECT * FROM range(${QUERY_ROWS_MAX})`)).rows).toHaveLength(QUERY_ROWS_MAX);
    await expect(store.query(`SELECT * FROM range(${QUERY_ROWS_MAX + 1})`)).rejects.toMatchObject({
      code: 'store.too-many-rows',
      remedy: expect.stringContaining('LIMIT'),
    });
  });

  it('is one of several at a time, while the writer goes on', async () => {
    const count = 'SELECT count(*) FROM range(3000000) a WHERE a.range % 7 = 0';
    const answers = Promise.all([store.query(count), store.query('SELECT 1'), store.query(count)]);
    await write('second');
    expect((await answers).map(({ rows }) => rows[0]?.[0])).toEqual([428_572, 1, 428_572]);
    expect(await tradeIds()).toEqual(['first', 'second']);
  });

  it('sorts what is larger than the memory by way of the disk', async () => {
    const small = new DuckDbStore({ path: join(folder, 'small.duckdb'), memoryMbMax: 48 });
    await small.open();
    const sql =
      'SELECT max(place) FROM (SELECT row_number() OVER (ORDER BY md5(range::VARCHAR)) AS place FROM range(1000000))';
    expect((await small.query(sql)).rows).toEqual([[1_000_000]]);
    await small.close();
  });
});
