/** What the live monitor reads of the past, from the real stores. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quotesAnswer, tradesAnswer, whalesAnswer } from '../../src/monitor/api/rest.ts';
import { readOnlyStatement } from '../../src/monitor/read-only-sql.ts';
import { History } from '../../src/monitor/web/history.ts';
import type { Store } from '../../src/ports/store.ts';
import { abstention, header, metric, score, START_US, trade } from '../../src/storage/events.fixture.ts';
import type { StoreOptions } from '../../src/storage/open-store.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { QuestDbStore } from '../../src/storage/questdb-store.ts';
import { TABLE_NAMES } from '../../src/storage/tables.ts';
import { describeWithQuestDb } from '../services.ts';

const PAIR = { exchange: 'kraken', symbol: 'BTC-USD' };
const RANGE = { from: Math.floor(START_US / 1000), to: Math.floor(START_US / 1000) + 10_000 };
const ROWS = 8;

async function fill(store: Store): Promise<void> {
  const batch = store.newBatch();
  for (let i = 0; i < ROWS; i++) {
    const head = header({ exchangeUs: START_US + i * 1e6, seq: i });
    batch.append(i === 0 ? abstention({ header: head }) : score({ header: head, score: i % 7, orders: -1 }));
    batch.append(score({ header: { ...head, symbol: 'ETH-USD' } }));
    batch.append(trade({ header: head, tradeId: `${i}` }));
    batch.append(metric('spread', [100, 102, 2, 1.5], head));
  }
  await store.write(batch);
  await store.settle();
}

async function check(options: StoreOptions): Promise<void> {
  const store = await openStore(options);
  try {
    await fill(store);
    const history = new History({
      query: (sql) => store.query(readOnlyStatement(sql)),
      tablePrefix: options.tablePrefix ?? '',
    });
    const all = whalesAnswer.parse(await history.whales(PAIR, { ...RANGE, limit: 500, minScore: 0 }, 0));
    expect(all.orders.map(({ score: points }) => points)).toEqual([1, 2, 3, 4, 5, 6, 0]);
    expect(all).toMatchObject({ fromMs: RANGE.from, toMs: RANGE.to, more: false });
    expect(all.orders[0]).toEqual({
      id: `${START_US - 1_000_000}.1`,
      timeMs: START_US / 1000 + 1000,
      ...{ side: 'ask', price: 65_432.1, size: 12.5, notional: 65_432.1 * 12.5, score: 1, z: 3.25, scoreSize: 2 },
      ...{ scoreSpread: 0, scoreMid: 1, scoreImbalance: 1, spreadBps: 1.5, midDistanceBps: 12.25, imbalance: -3.5 },
      ...{ orders: null, model: 'lognormal' },
    });
    const large = await history.whales(PAIR, { ...RANGE, limit: 2, minScore: 3 }, 0);
    expect([large.orders.map(({ score: points }) => points), large.more]).toEqual([[5, 6], true]);
    // What is older comes with the time of the oldest that is known.
    const to = Math.ceil(large.orders[0]?.timeMs ?? 0);
    const older = await history.whales(PAIR, { from: RANGE.from, to, limit: 2, minScore: 3 }, 0);
    expect([older.orders.map(({ score: points }) => points).at(-1), older.more]).toEqual([5, true]);

    const quotes = quotesAnswer.parse(await history.quotes(PAIR, { ...RANGE, limit: 500 }, 0));
    expect(quotes.quotes).toHaveLength(ROWS);
    expect(quotes.quotes[0]).toEqual({
      timeMs: START_US / 1000,
      bid: 100,
      ask: 102,
      mid: 101,
      spread: 2,
      spreadAvg15s: 1.5,
    });
    const trades = tradesAnswer.parse(await history.trades(PAIR, { ...RANGE, limit: 3 }, 0));
    expect([trades.trades.map(({ id }) => id), trades.more]).toEqual([['5', '6', '7'], true]);
    expect(trades.trades[0]).toMatchObject({ price: 65_432.1, size: 0.12345678, taker: 'sell' });
    expect((await history.trades({ ...PAIR, symbol: 'NO-SUCH' }, { ...RANGE, limit: 3 }, 0)).trades).toEqual([]);
  } finally {
    await store.close();
  }
}

describe('the history of the monitor', () => {
  it('reads DuckDB', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'history-'));
    try {
      await check({ kind: 'duckdb', path: join(folder, 'rows.duckdb') });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  describeWithQuestDb('with a server', (url) => {
    it('reads QuestDB', async () => {
      const tablePrefix = `it${process.pid}_history_`;
      try {
        await check({ kind: 'questdb', url, tablePrefix, ttlDays: null });
      } finally {
        const store = new QuestDbStore({ url });
        for (const table of TABLE_NAMES) await store.query(`DROP TABLE IF EXISTS ${tablePrefix}${table}`);
        await store.close();
      }
    });
  });
});
