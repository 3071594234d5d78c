/**
 * Eleven recorded minutes over a real bus into real tables: every event is a row, and replaying them again into the
 * same tables changes no byte of any row.
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

/** Order changes that the books of a recording make, counted without bus, threads or store. */
function countChanges(path: string): number {
  let changes = 0;
  runIngest(recordsAt(path), {
    onEvent: (view) => {
      if (view.kind === 'book.delta') changes += view.changes.count;
    },
  });
  return changes;
}

interface Run {
  readonly report: ReplayReport;
  readonly tables: TableDigests;
}

describeWithData('650 s of Binance BTC-USDT', captureParts('binance-650s'), (path) => {
  let changes = 0;
  beforeAll(() => {
    changes = countChanges(path);
  });

  /** Replays twice into the same tables. */
  function twice(replayOnce: () => Promise<Run>): void {
    let first: Run;
    beforeAll(async () => {
      first = await replayOnce();
    });

    it('has a row for every score, trade, order change and metric', () => {
      const { report, tables } = first;
      const scores = Object.values(report.scores).reduce((sum, count) => sum + count, 0);
      expect(scores).toBe(report.events['order.score']);
      expect(report.events['trade']).toBe(19_904);
      expect(tables).toMatchObject({
        new_orders: { rows: scores },
        trades: { rows: 19_904 },
        order_changes: { rows: changes },
      });
      const rows = report.analytics?.rows ?? {};
      expect(rows).toMatchObject({ spread: 650, 'book.top': 650, liquidity: 10, bar: 10 });
      expect(tables).toMatchObject({
        spreads: { rows: rows['spread'] },
        book_top: { rows: rows['book.top'] },
        liquidity_60s: { rows: rows['liquidity'] },
        bars_1m: { rows: rows['bar'] },
        indicators_1m: { rows: rows['indicator'] },
      });
    });

    it('leaves every row as it is when it is replayed again', async () => {
      const second = await replayOnce();
      expect(outcomeOf(second.report)).toEqual(outcomeOf(first.report));
      expect(second.tables).toEqual(first.tables);
    });
  }

  describeWithNats('over JetStream', (natsUrl) => {
    describeWithQuestDb('into QuestDB', (url) => {
      const tablePrefix = `it${process.pid}_replay_`;
      afterAll(async () => {
        const store = new QuestDbStore({ url });
        for (const table of TABLE_NAMES) await store.query(`DROP TABLE IF EXISTS ${tablePrefix}${table}`);
        await store.close();
      });
      twice(async () => {
        const { report } = await runReplay([path], {
          nats: natsFor(natsUrl, { shards: 1, store: true }),
          store: { kind: 'questdb', url, tablePrefix },
        });
        return { report, tables: await questDbDigests(url, tablePrefix) };
      });
    });
  });

  describe('in process into DuckDB', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'whalewatch-replay-store-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));
    twice(async () => {
      const file = join(folder, 'replay.duckdb');
      const { report } = await runReplay([path], { store: { kind: 'duckdb', path: file } });
      return { report, tables: await duckDbDigests(file) };
    });
  });
});
