/** The same rows as QuestDB's own client encodes them: what `IlpEncoder` is held against. */

import { createBuffer, SenderOptions } from '@questdb/nodejs-client';
import { assert } from '../lib/assert.ts';
import type { ColumnBuffer, TableBuffer } from './column-buffers.ts';

const BYTES_MAX = 512 * 1024 * 1024;

export type ClientBuffer = ReturnType<typeof createBuffer>;

/** The client's row buffer, of the protocol's version 2. */
export function createClientBuffer({ initialBytes }: { initialBytes: number }): ClientBuffer {
  // The address stands in the options only because the client demands one: nothing is connected to.
  const options = new SenderOptions('http::addr=localhost;protocol_version=2;auto_flush=off');
  options.init_buf_size = initialBytes;
  options.max_buf_size = BYTES_MAX;
  return createBuffer(options);
}

/** @returns the bytes of the rows in the order given, in memory of their own; the buffer is empty again */
export function clientRows(buffer: ClientBuffer, table: TableBuffer, name: string, rows: Uint32Array): Uint8Array {
  const symbols = table.columns.filter((column) => column.kind === 'symbol');
  const fields = table.columns.filter((column) => column.kind !== 'symbol' && column !== table.timestamps);
  for (const row of rows) {
    buffer.table(name);
    for (const column of symbols) buffer.symbol(column.name, column.textAt(row));
    for (const column of fields) appendField(buffer, column, row);
    buffer.at(table.timestamps.values[row] ?? Number.NaN, 'us');
  }
  const bytes = buffer.toBufferNew();
  assert(bytes !== null, `there are rows of ${name}`);
  return bytes;
}

function appendField(buffer: ClientBuffer, column: ColumnBuffer, row: number): void {
  if (column.kind === 'text') buffer.stringColumn(column.name, column.textAt(row));
  if (column.kind === 'levels') appendLevels(buffer, column.name, column.levelsAt(row));
  if (column.kind !== 'number') return;
  const value = column.values[row] ?? Number.NaN;
  if (Number.isNaN(value)) return;
  if (column.type === 'double') buffer.floatColumn(column.name, value);
  else if (column.type === 'timestamp') buffer.timestampColumn(column.name, value, 'us');
  else if (column.type === 'boolean') buffer.booleanColumn(column.name, value !== 0);
  else buffer.intColumn(column.name, value);
}

function appendLevels(buffer: ClientBuffer, name: string, levels: Float64Array): void {
  if (levels.length === 0) return;
  const half = levels.length / 2;
  buffer.arrayColumn(name, [[...levels.subarray(0, half)], [...levels.subarray(half)]]);
}
