import { describe, expect, it } from 'vitest';
import { duckDbDdl, questDbDdl } from './ddl.ts';
import { columnsOf, keysOf, TABLE_NAMES } from './tables.ts';

describe('TABLES', () => {
  it.each(TABLE_NAMES)('%s has its time and its names first, and is keyed by them', (table) => {
    const names = columnsOf(table).map(([name]) => name);
    expect(names.slice(0, 3)).toEqual(['ts', 'exchange', 'symbol']);
    expect(keysOf(table).slice(0, 3)).toEqual(['ts', 'exchange', 'symbol']);
    expect(keysOf(table).length).toBeGreaterThanOrEqual(3);
  });

  it.each(TABLE_NAMES)('%s says of every column what it means', (table) => {
    for (const [name, { doc, unit }] of columnsOf(table)) {
      expect(doc, name).not.toBe('');
      expect(unit, name).not.toBe('');
    }
  });
});

it('defines a table for QuestDB', () => {
  expect(questDbDdl('trades', { prefix: 'replay_', ttlDays: { raw: 30, results: null } })).toBe(
    'CREATE TABLE IF NOT EXISTS "replay_trades" ("ts" TIMESTAMP, "exchange" SYMBOL, "symbol" SYMBOL,' +
      ' "trade_id" VARCHAR, "price" DOUBLE, "size" DOUBLE, "taker_side" SYMBOL, "buyer_is_maker" BOOLEAN,' +
      ' "book_state" SYMBOL, "received" TIMESTAMP) TIMESTAMP("ts") PARTITION BY HOUR TTL 30 DAYS WAL' +
      ' DEDUP UPSERT KEYS(ts, exchange, symbol, trade_id)',
  );
});

it('leaves the TTL out for rows of another time', () => {
  for (const table of TABLE_NAMES) expect(questDbDdl(table, { prefix: '', ttlDays: null })).not.toContain('TTL');
});

it('defines a table for DuckDB', () => {
  expect(duckDbDdl('trades', { prefix: '' })).toBe(
    'CREATE TABLE IF NOT EXISTS "trades" ("ts" TIMESTAMP NOT NULL, "exchange" VARCHAR NOT NULL,' +
      ' "symbol" VARCHAR NOT NULL, "trade_id" VARCHAR NOT NULL, "price" DOUBLE, "size" DOUBLE,' +
      ' "taker_side" VARCHAR, "buyer_is_maker" BOOLEAN, "book_state" VARCHAR, "received" TIMESTAMP)',
  );
});
