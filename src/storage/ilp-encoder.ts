/**
 * Rows as bytes of the InfluxDB line protocol, in QuestDB's version 2 of it (doubles in binary, so exact).
 *
 * The client's row buffer does the encoding; its `Sender` around that buffer is not used, because a write must be one
 * request with one outcome and the server's own words: `Sender.flush` forgets the rows before it knows how the request
 * ended, the undici transport repeats a request answered 500 until its time is up and then reports a timeout, and the
 * other transport throws the answer's text away.
 */

import { createBuffer, type SenderBuffer, SenderOptions } from '@questdb/nodejs-client';
import { AssertionFailed, assertNever } from '../lib/assert.ts';
import type { NumberColumn, SymbolColumn, TableBuffer } from './column-buffers.ts';

/** Room for a chunk of a few thousand rows; the buffer grows by itself up to the client's limit of 100 MiB. */
const INITIAL_BYTES = 4 * 1024 * 1024;

export class IlpEncoder {
  private readonly buffer: SenderBuffer;

  constructor() {
    // The address stands in the options only because the client demands one: the encoder connects to nothing.
    const options = new SenderOptions('http::addr=localhost;protocol_version=2;auto_flush=off');
    options.init_buf_size = INITIAL_BYTES;
    this.buffer = createBuffer(options);
  }

  /** Encodes the rows `from` (included) to `to` (excluded) of a table, for the stored table `name`. */
  encode(table: TableBuffer, name: string, range: { from: number; to: number }): Uint8Array {
    // The protocol wants symbols before all other columns of a row.
    const symbols = table.columns.filter((column) => column.kind === 'symbol');
    const fields = table.columns.filter((column) => column.kind !== 'symbol' && column !== table.timestamps);
    try {
      for (let row = range.from; row < range.to; row++) {
        this.buffer.table(name);
        for (const column of symbols) this.symbol(column, row);
        for (const column of fields) {
          if (column.kind === 'text') this.buffer.stringColumn(column.name, column.textAt(row));
          else if (column.kind === 'number') this.number(column, row);
        }
        this.buffer.at(table.timestamps.values[row] ?? Number.NaN, 'us');
      }
      const bytes = this.buffer.toBufferNew();
      if (bytes === null) throw new AssertionFailed(`no rows from ${range.from} to ${range.to} of ${name}`);
      return bytes;
    } finally {
      // After a failure within a row, too, the next chunk starts clean.
      this.buffer.reset();
    }
  }

  private symbol(column: SymbolColumn, row: number): void {
    this.buffer.symbol(column.name, column.textAt(row));
  }

  /** A null is a column that the row leaves out. */
  private number(column: NumberColumn, row: number): void {
    const value = column.values[row] ?? Number.NaN;
    if (Number.isNaN(value)) return;
    switch (column.type) {
      case 'double':
        this.buffer.floatColumn(column.name, value);
        return;
      case 'int':
      case 'long':
        this.buffer.intColumn(column.name, value);
        return;
      case 'timestamp':
        this.buffer.timestampColumn(column.name, value, 'us');
        return;
      case 'boolean':
        this.buffer.booleanColumn(column.name, value !== 0);
        return;
      default:
        assertNever(column.type);
    }
  }
}
