/**
 * Answers one statement and lets it change nothing: DuckDB says itself what kind of statement it is, a transaction
 * that is read-only by its own word runs it, and the connection is closed afterwards. Files and network are out of
 * reach by `CLOSED_SETTINGS`, which no statement can take back.
 */

import { type DuckDBConnection, type DuckDBInstance, type DuckDBResultReader, StatementType } from '@duckdb/node-api';
import type { QueryResult } from '../ports/store.ts';
import { plainValue } from './duckdb-values.ts';
import { QUERY_MS_MAX, QUERY_ROWS_MAX, tooManyRows } from './query-limits.ts';
import { StoreError } from './store-error.ts';

/**
 * Settings of the whole database: its own file, log and spilled data stay usable, every other file does not. Locked, so
 * that SQL cannot widen them.
 */
export const CLOSED_SETTINGS = {
  enable_external_access: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  lock_configuration: 'true',
} as const;

/** SHOW, DESCRIBE, SUMMARIZE, VALUES and FROM are SELECTs to DuckDB. */
const READING: ReadonlySet<StatementType> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);

/**
 * DuckDB's own functions that do something to the process (logging and profiling into files: a file that is out of reach
 * ends the whole process; raw memory addresses) or that run further SQL out of a text. A SELECT can call them.
 */
const ACTING =
  /\b(?:(?:enable|disable|verify|import|copy|write)_\w+|query|query_table|(?:force_)?checkpoint|truncate_duckdb_logs|json_execute_serialized_sql|add_parquet_key|arrow_scan\w*|sleep_ms)\b/i;

/**
 * Runs one reading statement on a connection of its own.
 * @param address the database file, for errors
 * @throws StoreError `store.not-read-only`, `store.too-many-rows`, `store.too-slow`; DuckDB's own errors as they are
 */
export async function readRows(instance: DuckDBInstance, sql: string, address: string): Promise<QueryResult> {
  const acting = ACTING.exec(sql)?.[0];
  if (acting !== undefined) throw notReading(`the word ${acting} is not allowed`, address);
  const connection = await instance.connect();
  try {
    const statement = await onlyStatement(connection, sql, address);
    await connection.run('BEGIN TRANSACTION READ ONLY');
    const answer = await inTime(connection, statement.streamAndReadUntil(QUERY_ROWS_MAX + 1), address);
    if (answer.currentRowCount > QUERY_ROWS_MAX) throw tooManyRows(address);
    return { columns: answer.columnNames(), rows: answer.getRows().map((row) => row.map(plainValue)) };
  } finally {
    // Ends the transaction too, and what is left of the answer.
    connection.closeSync();
  }
}

async function onlyStatement(connection: DuckDBConnection, sql: string, address: string) {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw notReading(`there are ${statements.count} statements`, address);
  const statement = await statements.prepare(0);
  const { statementType } = statement;
  if (READING.has(statementType)) return statement;
  const kind = StatementType[statementType];
  statement.destroySync();
  throw notReading(`it is a statement of the kind ${kind}`, address);
}

async function inTime(
  connection: DuckDBConnection,
  answer: Promise<DuckDBResultReader>,
  address: string,
): Promise<DuckDBResultReader> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.interrupt();
  }, QUERY_MS_MAX);
  try {
    return await answer;
  } catch (cause) {
    if (!late) throw cause;
    throw new StoreError('store.too-slow', `the query was given up after ${QUERY_MS_MAX} ms`, {
      address,
      retryable: false,
      remedy: 'Narrow the time span (WHERE ts >= …), or run it on a copy of the file.',
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

function notReading(reason: string, address: string): StoreError {
  return new StoreError('store.not-read-only', `only reading is possible here: ${reason}`, {
    address,
    retryable: false,
    remedy: 'Give one statement that reads: SELECT, WITH … SELECT, SHOW, DESCRIBE, SUMMARIZE or EXPLAIN.',
  });
}
