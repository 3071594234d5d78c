import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fork } from 'node:child_process';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../ports/store.ts';
import { DuckDbStore } from './duckdb-store.ts';
import { status, trade } from './events.fixture.ts';
import { openStore } from './open-store.ts';
import { storeConformance } from './store.conformance.ts';

/** A query may not change anything, so this goes in by the back door: the store's own connection for writing. */
async function administer(store: Store, sql: string): Promise<void> {
  const { writer } = Reflect.get(store, 'database') as { writer: DuckDBConnection };
  await writer.run(sql);
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whalewatch-duckdb-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('DuckDbStore', () => {
  storeConformance({
    create: (options) => new DuckDbStore({ path: join(folder, 'shared.duckdb'), ...options }),
    administer,
    foreignTable: (name) => `CREATE TABLE ${name} (ts TIMESTAMP, price BIGINT)`,
    failOnce: async (store, tablePrefix) => {
      await administer(store, `ALTER TABLE ${tablePrefix}order_changes RENAME TO ${tablePrefix}away`);
      return {
        code: 'store.rejected',
        repair: async () => {
          await administer(store, `ALTER TABLE ${tablePrefix}away RENAME TO order_changes_back`);
          await administer(store, `ALTER TABLE order_changes_back RENAME TO ${tablePrefix}order_changes`);
        },
      };
    },
  });

  it('takes back the tables written before the one that fails', async () => {
    const store = new DuckDbStore({ path: join(folder, 'rollback.duckdb') });
    await store.open();
    const batch = store.newBatch();
    batch.append(trade());
    // `trades` comes after `order_changes` and `new_orders`, `feed_status` last.
    batch.append(status());
    await administer(store, 'DROP TABLE feed_status');
    await expect(store.write(batch)).rejects.toMatchObject({ code: 'store.rejected', context: { rows: 2 } });
    expect((await store.query('SELECT count(*) FROM trades')).rows).toEqual([[0]]);
    await store.close();
  });

  it('does writes one after the other, however they are called', async () => {
    const store = new DuckDbStore({ path: join(folder, 'overlap.duckdb') });
    await store.open();
    const batches = ['a', 'b', 'c'].map((tradeId) => {
      const batch = store.newBatch();
      batch.append(trade({ tradeId }));
      return batch;
    });
    await Promise.all(batches.map((batch) => store.write(batch)));
    expect((await store.query("SELECT string_agg(trade_id, '' ORDER BY trade_id) FROM trades")).rows).toEqual([
      ['abc'],
    ]);
    await store.close();
  });

  it('keeps its rows over a restart', async () => {
    const path = join(folder, 'restart.duckdb');
    const first = new DuckDbStore({ path });
    await first.open();
    const batch = first.newBatch();
    batch.append(trade());
    await first.write(batch);
    await first.close();
    const second = await openStore({ kind: 'duckdb', path });
    expect((await second.query('SELECT trade_id FROM trades')).rows).toEqual([['4711']]);
    await second.close();
  });

  it('says that another process has the file, and what to do', async () => {
    const path = join(folder, 'locked.duckdb');
    const module = import.meta.resolve('@duckdb/node-api');
    const script = join(folder, 'holder.mjs');
    await writeFile(
      script,
      `import { DuckDBInstance } from ${JSON.stringify(module)};
       const instance = await DuckDBInstance.create(process.argv[2]);
       process.on('disconnect', () => { instance.closeSync(); process.exit(); });
       process.send('open');`,
    );
    const holder = fork(script, [path], { execArgv: [] });
    await once(holder, 'message');
    const store = new DuckDbStore({ path });
    await expect(store.open()).rejects.toMatchObject({
      code: 'store.locked',
      address: path,
      remedy: expect.stringContaining('running supervisor'),
    });
    const exit = once(holder, 'exit');
    holder.disconnect();
    await exit;
    await store.open();
    await store.close();
  });

  it('does not open a file twice in one process', async () => {
    const path = join(folder, 'twice.duckdb');
    const first = new DuckDbStore({ path });
    await first.open();
    await expect(new DuckDbStore({ path }).open()).rejects.toMatchObject({ code: 'store.locked' });
    await first.close();
    const second = new DuckDbStore({ path });
    await second.open();
    await second.close();
  });

  it('names a file that is no database, and a folder that is not there', async () => {
    const path = join(folder, 'junk.duckdb');
    await writeFile(path, 'not a database '.repeat(1000));
    await expect(new DuckDbStore({ path }).open()).rejects.toMatchObject({ code: 'store.unreachable', address: path });
    const nowhere = join(folder, 'missing', 'x.duckdb');
    await expect(new DuckDbStore({ path: nowhere }).open()).rejects.toMatchObject({
      code: 'store.unreachable',
      remedy: expect.stringContaining('missing'),
    });
  });
});
