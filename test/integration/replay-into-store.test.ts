/**
 * Recordings over a real bus into real tables: every event is a row, and replaying them again into the same tables changes
 * no byte of any row.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReplayReport } from '../../src/app/replay/report.ts';
import { QuestDbStore } from '../../src/storage/questdb-store.ts';
import { TABLE_NAMES } from '../../src/storage/tables.ts';
import { describeWithData } from '../data.ts';
import { captureParts, recordsAt } from '../fixtures/captures.ts';
import { runIngest } from '../fixtures/run-ingest.ts';
import type { TableDigests } from '../fixtures/table-digests.ts';
import { duckDbDigests, questDbDigests } from '../fixtures/table-digests.ts';
import { natsFor, outcomeOf, runReplay } from '../replay/run-replay.ts';
import { describeWithNats, describeWithQuestDb } from '../services.ts';

interface Counts {
  readonly changes: number;
  readonly trades: number;
}

/** What the books of a recording tell, counted without bus, threads or store. */
function countsOf(path: string): Counts {
  let [changes, trades] = [0, 0];
  runIngest(recordsAt(path), {
    onEvent: (view) => {
      if (view.kind === 'book.delta') changes += view.changes.count;
      if (view.kind === 'trade') trades++;
    },
  });
  return { changes, trades };
}

interface Run {
  readonly report: ReplayReport;
  readonly tables: TableDigests;
}

/** Replays twice into the same tables. @param metrics rows that are known beforehand */
function twice(path: string, metrics: Readonly<Record<string, number>>, replayOnce: () => Promise<Run>): void {
  let first: Run;
  let counts: Counts;
  beforeAll(async () => {
    counts = countsOf(path);
    first = await replayOnce();
  });

  it('has a row for every score, trade, order change and metric', () => {
    const { report, tables } = first;
    const scores = Object.values(report.scores).reduce((sum, count) => sum + count, 0);
    expect(scores).toBe(report.events['order.score']);
    expect(scores).toBeGreaterThan(1000);
    expect(counts.trades).toBeGreaterThan(100);
    expect(report.events['trade']).toBe(counts.trades);
    expect(tables).toMatchObject({
      new_orders: { rows: scores },
      trades: { rows: counts.trades },
      order_changes: { rows: counts.changes },
    });
    const rows = report.analytics?.rows ?? {};
    expect(rows).toMatchObject(metrics);
    const kept = {
      spreads: 'spread',
      book_top: 'book.top',
      liquidity_60s: 'liquidity',
      bars_1m: 'bar',
      indicators_1m: 'indicator',
    };
    // A table that never got a row has not been made.
    for (const [table, kind] of Object.entries(kept)) expect(tables[table]?.rows ?? 0, table).toBe(rows[kind] ?? 0);
  });

  it('leaves every row as it is when it is replayed again', async () => {
    const second = await replayOnce();
    expect(outcomeOf(second.report)).toEqual(outcomeOf(first.report));
    expect(second.tables).toEqual(first.tables);
  });
}

describeWithData('650 s of Binance BTC-USDT', captureParts('binance-650s'), (path) => {
  describeWithNats('over JetStream', (natsUrl) => {
    describeWithQuestDb('into QuestDB', (url) => {
      const tablePrefix = `it${process.pid}_replay_`;
      afterAll(async () => {
        const store = new QuestDbStore({ url });
        for (const table of TABLE_NAMES) await store.query(`DROP TABLE IF EXISTS ${tablePrefix}${table}`);
        await store.close();
      });
      twice(path, { spread: 650, 'book.top': 650, liquidity: 10, bar: 10 }, async () => {
        const { report } = await runReplay([path], {
          nats: natsFor(natsUrl, { shards: 1, store: true }),
          store: { kind: 'questdb', url, tablePrefix },
        });
        return { report, tables: await questDbDigests(url, tablePrefix) };
      });
    });
  });
});

describeWithData('three pairs of Binance', captureParts('binance-3pairs'), (path) => {
  describe('in process into DuckDB', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'whalewatch-replay-store-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));
    twice(path, {}, async () => {
      const file = join(folder, 'replay.duckdb');
      const { report } = await runReplay([path], { store: { kind: 'duckdb', path: file } });
      return { report, tables: await duckDbDigests(file) };
    });
  });
});
