/**
 * How rows get into a DuckDB table fast, and replace what has their keys.
 *
 * The columns go through an appender into a temporary table in memory, and from there, inside the caller's transaction,
 * in two statements: delete what has the same keys within the batch's span of time, insert the batch. Zone maps confine
 * the delete to the row groups of that span, whatever the size of the table.
 *
 * Measured with rows of `order_changes` in batches of 50,000 on two cores: this way 210,000 to 310,000 rows/s, in the
 * eighth million as in the first. A primary key with INSERT OR REPLACE: 160,000 rows/s in the first half million, 97,000
 * in the fourth and falling, a file eleven times as large, and an index that has to fit into memory.
 *
 * In the stage every number is a DOUBLE (all are safe integers or doubles anyway) and NaN is null: the vectorized insert
 * then converts, not a loop here.
 */

import { setImmediate } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBDataChunk, DOUBLE, VARCHAR } from '@duckdb/node-api';
import { assertNever } from '../lib/assert.ts';
import type { ColumnBuffer, TableBuffer } from './column-buffers.ts';
import { columnsOf, type ColumnSpec, keysOf, type TableName, TIMESTAMP_COLUMN } from './tables.ts';

/** The most that DuckDB takes in one data chunk. */
const CHUNK_ROWS = 2048;

export class DuckDbStage {
  private readonly connection: DuckDBConnection;
  private readonly table: TableName;
  private readonly target: string;
  private readonly stage: string;

  constructor(connection: DuckDBConnection, table: TableName, prefix: string) {
    this.connection = connection;
    this.table = table;
    this.target = prefix + table;
    this.stage = `stage_${table}`;
  }

  /** Creates the temporary table; once per connection. */
  async create(): Promise<void> {
    const columns = columnsOf(this.table).map(([name, spec]) => `"${name}" ${isText(spec) ? 'VARCHAR' : 'DOUBLE'}`);
    await this.connection.run(`CREATE TEMP TABLE ${this.stage} (${columns.join(', ')})`);
  }

  /** Replaces the stage's rows by those of the buffer. To be called outside a transaction. */
  async fill(buffer: TableBuffer): Promise<void> {
    await this.connection.run(`TRUNCATE ${this.stage}`);
    const appender = await this.connection.createAppender(this.stage, 'main', 'temp');
    try {
      for (let from = 0; from < buffer.rows; from += CHUNK_ROWS) {
        appender.appendDataChunk(chunkOf(buffer, from, Math.min(CHUNK_ROWS, buffer.rows - from)));
        // Appending is synchronous: let the thread's sockets and timers have their turn in between.
        await setImmediate();
      }
    } finally {
      appender.closeSync();
    }
  }

  /** Moves the stage's rows into the table; within the batch, too, the later row of a key wins. */
  async upsert(buffer: TableBuffer): Promise<void> {
    const keys = keysOf(this.table);
    const { from, to } = spanOf(buffer);
    const sameKeys = columnsOf(this.table)
      .filter(([, spec]) => spec.key === true)
      .map(([name, spec]) => `t."${name}" = ${converted(`s."${name}"`, spec)}`);
    await this.connection.run(
      `DELETE FROM "${this.target}" t USING ${this.stage} s` +
        ` WHERE t."${TIMESTAMP_COLUMN}" BETWEEN make_timestamp(${from}) AND make_timestamp(${to})` +
        ` AND ${sameKeys.join(' AND ')}`,
    );
    const names = columnsOf(this.table).map(([name]) => `"${name}"`);
    const values = columnsOf(this.table).map(([name, spec]) => converted(`s."${name}"`, spec));
    await this.connection.run(
      `INSERT INTO "${this.target}" (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${this.stage} s` +
        ` QUALIFY row_number() OVER (PARTITION BY ${keys.map((name) => `s."${name}"`).join(', ')}` +
        ` ORDER BY s.rowid DESC) = 1`,
    );
  }
}

/** What the stage holds as text. */
function isText({ type }: ColumnSpec): boolean {
  return type === 'symbol' || type === 'text' || type === 'levels';
}

/** SQL that makes the table's value of the stage's. */
function converted(column: string, { type, key }: ColumnSpec): string {
  const orNull = (value: string): string =>
    key === true ? value : `CASE WHEN isnan(${column}) THEN NULL ELSE ${value} END`;
  switch (type) {
    case 'symbol':
    case 'text':
      return column;
    case 'levels':
      return `CAST(NULLIF(${column}, '') AS DOUBLE[][])`;
    case 'double':
      return orNull(column);
    case 'int':
      return orNull(`CAST(${column} AS INTEGER)`);
    case 'long':
      return orNull(`CAST(${column} AS BIGINT)`);
    case 'boolean':
      return orNull(`${column} <> 0`);
    case 'timestamp':
      return orNull(`make_timestamp(CAST(${column} AS BIGINT))`);
    default:
      return assertNever(type);
  }
}

/** Rows `from` to `from + count` of the buffer as DuckDB takes them. */
function chunkOf(buffer: TableBuffer, from: number, count: number): DuckDBDataChunk {
  const types = buffer.columns.map((column) => (column.kind === 'number' ? DOUBLE : VARCHAR));
  const chunk = DuckDBDataChunk.create(types, count);
  for (const [index, column] of buffer.columns.entries()) chunk.setColumnValues(index, valuesOf(column, from, count));
  return chunk;
}

function valuesOf(column: ColumnBuffer, from: number, count: number): (number | string)[] {
  if (column.kind === 'number') return Array.from(column.values.subarray(from, from + count));
  if (column.kind === 'levels') return Array.from({ length: count }, (_, i) => levelsText(column.levelsAt(from + i)));
  return Array.from({ length: count }, (_, i) => column.textAt(from + i));
}

/** Levels as DuckDB writes an array: prices, then sizes. Empty for none. */
function levelsText(levels: Float64Array): string {
  if (levels.length === 0) return '';
  const half = levels.length / 2;
  return `[[${levels.subarray(0, half).join(',')}],[${levels.subarray(half).join(',')}]]`;
}

/** The batch's first and last time, µs. */
function spanOf(buffer: TableBuffer): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const us of buffer.timestamps.values.subarray(0, buffer.rows)) {
    if (us < from) from = us;
    if (us > to) to = us;
  }
  return { from, to };
}
