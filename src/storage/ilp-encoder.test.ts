import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientRows, createClientBuffer } from './client-rows.fixture.ts';
import { TableBuffer } from './column-buffers.ts';
import { START_US } from './events.fixture.ts';
import { IlpEncoder } from './ilp-encoder.ts';
import { columnsOf, type ColumnSpec, TABLE_NAMES, type TableName } from './tables.ts';

type Value = number | string | Float64Array;

const TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  // Everything that the protocol escapes in one place or the other, and what lies beyond one byte or one unit.
  fc.string({ unit: fc.constantFrom(' ', ',', '=', '"', '\\', '\n', '\r', '\0', '~', 'é', '€', '🐳', '\ud800', 'a') }),
);
const INTEGER = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(0, -0, -1, START_US));

function valueOf({ type, key }: ColumnSpec): fc.Arbitrary<Value> {
  switch (type) {
    case 'symbol':
    case 'text':
      return TEXT;
    case 'boolean':
      return fc.constantFrom(0, 1, Number.NaN);
    case 'double':
      return fc.double();
    case 'levels':
      return fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 12 }).map((levels) => {
        const [prices, sizes] = [0, 1].map((at) => levels.map((level) => level[at] ?? 0));
        return Float64Array.from([...(prices ?? []), ...(sizes ?? [])]);
      });
    case 'timestamp':
    case 'int':
    case 'long':
      return key === true ? INTEGER : fc.oneof(INTEGER, fc.constant(Number.NaN));
  }
}

/** Rows of a table with random values; most columns are null now and then. */
function rowsOf(name: TableName): fc.Arbitrary<Value[][]> {
  return fc.array(fc.tuple(...columnsOf(name).map(([, spec]) => valueOf(spec))), { minLength: 1, maxLength: 8 });
}

function bufferOf(name: TableName, rows: readonly (readonly Value[])[]): TableBuffer {
  const table = new TableBuffer(name);
  for (const values of rows) fillRow(table, values);
  return table;
}

function fillRow(table: TableBuffer, values: readonly Value[]): void {
  const row = table.reserve(1);
  for (const [at, column] of table.columns.entries()) {
    const value = values[at] ?? Number.NaN;
    if (column.kind === 'number') column.values[row] = Number(value);
    else if (column.kind === 'symbol') column.codes[row] = column.codeOf(String(value));
    else if (column.kind === 'text') column.values[row] = String(value);
    else if (value instanceof Float64Array) column.values[row] = value;
  }
}

const client = createClientBuffer({ initialBytes: 4096 });
const allRows = (table: TableBuffer): Uint32Array => Uint32Array.from({ length: table.rows }, (_, row) => row);

describe('IlpEncoder', () => {
  it.each(TABLE_NAMES)('writes rows of %s byte for byte as the client does', (name) => {
    const encoder = new IlpEncoder();
    fc.assert(
      fc.property(rowsOf(name), (rows) => {
        const table = bufferOf(name, rows);
        const order = allRows(table).toReversed();
        const encoded = Buffer.from(encoder.encode(table, `p_${name}`, order));
        expect(encoded.equals(clientRows(client, table, `p_${name}`, order))).toBe(true);
      }),
    );
  });

  const trade = (exchange: string, id: string): Value[] => [
    START_US,
    exchange,
    'A',
    id,
    1,
    2,
    'buy',
    0,
    'live',
    START_US,
  ];

  it('grows to any request, also in the midst of a text, and starts anew with the next', () => {
    const encoder = new IlpEncoder();
    const sizes = [1, 3_000, 100, 70_000, 2];
    for (const length of sizes) {
      const table = bufferOf('trades', [trade('x'.repeat(length), '€'.repeat(length)), trade('y', 'z')]);
      const order = allRows(table);
      expect(Buffer.from(encoder.encode(table, 't', order)).equals(clientRows(client, table, 't', order))).toBe(true);
    }
  });

  it('repeats integers that rows share, also over the growth of its memory, and not those of the call before', () => {
    const encoder = new IlpEncoder();
    const change = (ts: number, epoch: number, seq: number, symbol: string): Value[] => {
      return [ts, 'kraken', symbol, epoch, seq, 'bid', 'known', 1, 2, 1, Number.NaN, 'live', 'none'];
    };
    const long = 'x'.repeat(30_000);
    const calls = [
      [change(START_US, 7, 1, 'A'), change(START_US, 7, 2, 'A'), change(START_US, -7, 2, long), change(0, -0, 2, long)],
      [change(START_US + 1, 8, 2, 'A'), change(START_US + 1, 8, 2, 'B')],
    ];
    for (const rows of calls) {
      const table = bufferOf('order_changes', rows);
      const order = allRows(table);
      expect(Buffer.from(encoder.encode(table, 't', order)).equals(clientRows(client, table, 't', order))).toBe(true);
    }
  });

  it('takes texts that a table’s dictionary learns later', () => {
    const encoder = new IlpEncoder();
    const table = bufferOf('trades', [trade('kraken', '1')]);
    encoder.encode(table, 't', allRows(table));
    table.clear();
    fillRow(table, trade('binance', '2'));
    fillRow(table, trade('kraken', '3'));
    const order = allRows(table);
    expect(Buffer.from(encoder.encode(table, 't', order)).equals(clientRows(client, table, 't', order))).toBe(true);
  });

  it.each([1.5, 2 ** 53, Number.POSITIVE_INFINITY])('does not write %d as an integer', (seq) => {
    const table = bufferOf('order_changes', [[START_US, 'x', 'y', 1, seq, 'bid', 'known', 1, 1, 1, 1, 'live', 'none']]);
    expect(() => new IlpEncoder().encode(table, 't', allRows(table))).toThrow(/in column seq is no safe integer/);
  });

  it('does not write a row without its time', () => {
    const values: Value[] = trade('x', '1');
    const table = bufferOf('trades', [[Number.NaN, ...values.slice(1)]]);
    expect(() => new IlpEncoder().encode(table, 't', allRows(table))).toThrow(/NaN in column ts/);
  });
});
