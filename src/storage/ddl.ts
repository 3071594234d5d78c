/** The tables' definitions in the words of each store. */

import { StoreError } from './store-error.ts';
import {
  columnsOf,
  type ColumnType,
  keysOf,
  type TableName,
  TABLES,
  TIMESTAMP_COLUMN,
  type TtlDays,
} from './tables.ts';

export const QUESTDB_TYPES: Readonly<Record<ColumnType, string>> = {
  timestamp: 'TIMESTAMP',
  symbol: 'SYMBOL',
  text: 'VARCHAR',
  double: 'DOUBLE',
  int: 'INT',
  long: 'LONG',
  boolean: 'BOOLEAN',
  levels: 'DOUBLE[][]',
};

export const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  timestamp: 'TIMESTAMP',
  symbol: 'VARCHAR',
  text: 'VARCHAR',
  double: 'DOUBLE',
  int: 'INTEGER',
  long: 'BIGINT',
  boolean: 'BOOLEAN',
  levels: 'DOUBLE[][]',
};

const PREFIX = /^([a-z][a-z0-9_]{0,62})?$/;

/**
 * Refuses a prefix that would need quoting in SQL: the prefixed names go into statements as they are.
 * @throws StoreError `store.schema`
 */
export function checkTablePrefix(prefix: string, address: string): void {
  if (PREFIX.test(prefix)) return;
  throw new StoreError('store.schema', `the table prefix "${prefix}" makes no valid table names`, {
    address,
    retryable: false,
    remedy: 'Use lower-case letters, digits and underscores, a letter first, at most 63 of them.',
    context: { prefix },
  });
}

/**
 * `CREATE TABLE IF NOT EXISTS` for QuestDB: WAL, deduplication by the row's keys, partitions, and a TTL unless
 * `ttlDays` is null (rows of another time, as in a replay, would be dropped by it at once).
 */
export function questDbDdl(table: TableName, options: { prefix: string; ttlDays: TtlDays | null }): string {
  const { partitionBy, retention } = TABLES[table];
  const columns = columnsOf(table).map(([name, { type }]) => `"${name}" ${QUESTDB_TYPES[type]}`);
  const days = retention === 'forever' ? null : (options.ttlDays?.[retention] ?? null);
  const ttl = days === null ? '' : ` TTL ${days} DAYS`;
  return (
    `CREATE TABLE IF NOT EXISTS "${options.prefix}${table}" (${columns.join(', ')})` +
    ` TIMESTAMP("${TIMESTAMP_COLUMN}") PARTITION BY ${partitionBy}${ttl} WAL DEDUP UPSERT KEYS(${keysOf(table).join(', ')})`
  );
}

/** Sets the TTL of a table that is there already, so that a changed configuration counts; 0 keeps rows for ever. */
export function questDbTtl(table: TableName, options: { prefix: string; ttlDays: TtlDays }): string {
  const { retention } = TABLES[table];
  const days = retention === 'forever' ? null : options.ttlDays[retention];
  return `ALTER TABLE "${options.prefix}${table}" SET TTL ${days ?? 0} DAYS`;
}

/**
 * `CREATE TABLE IF NOT EXISTS` for DuckDB. It declares no primary key: the index behind one lives in memory and slows
 * down as the table grows, so the writer keeps rows unique instead (see duckdb-stage.ts).
 */
export function duckDbDdl(table: TableName, options: { prefix: string }): string {
  const columns = columnsOf(table).map(
    ([name, { type, key }]) => `"${name}" ${DUCKDB_TYPES[type]}${key === true ? ' NOT NULL' : ''}`,
  );
  return `CREATE TABLE IF NOT EXISTS "${options.prefix}${table}" (${columns.join(', ')})`;
}
