/**
 * Rows as bytes of the InfluxDB line protocol, in QuestDB's version 2 of it (doubles in binary, so exact):
 *
 *     table,symbol=text,… field==<16><double>,field=123i,field=123t,field=t,field="text",… 1700000000000000t\n
 *
 * The bytes are those of QuestDB's own client, @questdb/nodejs-client: the test beside this file has both encode the same
 * random rows and compares byte for byte. The client does not encode here because it goes cell by cell, checking and
 * escaping each column's name in each row: fourteen times the processor time (benchmarks/store.ts), and four times what
 * the server itself needs to take and apply the rows.
 *
 * Its `Sender` is not used because a write must be one request with one outcome and the server's own words: `Sender.flush`
 * forgets the rows before it knows how the request ended, the undici transport repeats a request answered 500 until its
 * time is up and then reports a timeout, and the other transport throws the answer's text away.
 *
 * Protocol: https://questdb.com/docs/reference/api/ilp/overview/
 */

import { assert, assertNever } from '../lib/assert.ts';
import type { NumberColumn, TableBuffer } from './column-buffers.ts';
import { writeInteger } from './decimal-digits.ts';
import type { IlpBytes, IlpField, LastInteger } from './ilp-layout.ts';
import { IlpLayout, ilpQuoted, WORD_BYTES } from './ilp-layout.ts';

const INITIAL_BYTES = 64 * 1024;
/** The most bytes of UTF-8 per UTF-16 unit of a text. */
const UNIT_BYTES_MAX = 3;

const UTF8 = new TextEncoder();
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const COMMA = 0x2c;
const LETTER_F = 0x66;
const LETTER_I = 0x69;
const LETTER_T = 0x74;

export class IlpEncoder {
  private bytes = new Uint8Array(INITIAL_BYTES);
  private view = new DataView(this.bytes.buffer);
  /** Where the next byte goes. */
  private at = 0;
  private readonly layouts = new WeakMap<TableBuffer, IlpLayout>();

  /**
   * Encodes rows of a table, in the order given, for the stored table `name`.
   * @returns bytes that are valid until the next call: the memory is used again, and grows to the largest request
   */
  encode(table: TableBuffer, name: string, rows: Uint32Array): Uint8Array {
    const layout = this.layoutOf(table, name);
    const { heads, lastTime, tailBytesMax } = layout;
    const times = table.timestamps;
    layout.begin();
    this.at = 0;
    for (const row of rows) {
      const head = heads.at(row);
      this.room(head.length + tailBytesMax);
      this.put(head);
      for (const field of layout.fields) this.field(field, row, tailBytesMax);
      // In the place of the last field's comma, or of the head's space where there is no field.
      this.bytes[this.at - 1] = SPACE;
      this.integer(times, lastTime, times.values[row] ?? Number.NaN, LETTER_T);
      this.bytes[this.at++] = LINE_FEED;
    }
    // A typed array drops what is written behind its end without a word.
    assert(this.at <= this.bytes.length, `${this.at} bytes of ${name} in a buffer of ${this.bytes.length}`);
    return this.bytes.subarray(0, this.at);
  }

  /** Writes a field and a comma behind it. A null is a column that the row leaves out. */
  private field({ column, name, last }: IlpField, row: number, tailBytesMax: number): void {
    if (column.kind === 'number') {
      const value = column.values[row] ?? Number.NaN;
      if (Number.isNaN(value)) return;
      this.put(name);
      this.number(column, last, value);
    } else if (column.kind === 'text') {
      this.put(name);
      this.text(column.textAt(row), tailBytesMax);
    } else {
      const levels = column.levelsAt(row);
      if (levels.length === 0) return;
      this.put(name);
      this.levels(levels, tailBytesMax);
    }
    this.bytes[this.at++] = COMMA;
  }

  /** Writes a number behind its name; there is room for it. */
  private number(column: NumberColumn, last: LastInteger, value: number): void {
    switch (column.type) {
      case 'double':
        this.view.setFloat64(this.at, value, true);
        this.at += Float64Array.BYTES_PER_ELEMENT;
        return;
      case 'int':
      case 'long':
        this.integer(column, last, value, LETTER_I);
        return;
      case 'timestamp':
        this.integer(column, last, value, LETTER_T);
        return;
      case 'boolean':
        this.bytes[this.at++] = value === 0 ? LETTER_F : LETTER_T;
        return;
      default:
        assertNever(column.type);
    }
  }

  private integer(column: NumberColumn, last: LastInteger, value: number, letter: number): void {
    if (value === last.value) return this.repeat(last);
    if (!Number.isSafeInteger(value)) assert(false, `${value} in column ${column.name} is no safe integer`);
    last.value = value;
    last.at = this.at;
    this.at = writeInteger(this.bytes, this.at, value);
    this.bytes[this.at++] = letter;
    last.length = this.at - last.at;
    return undefined;
  }

  /** Writes what stands at an earlier place once more. */
  private repeat({ at: from, length }: LastInteger): void {
    const { view, at } = this;
    for (let i = 0; i < length; i += WORD_BYTES) view.setUint32(at + i, view.getUint32(from + i));
    this.at = at + length;
  }

  /** Writes a text, and leaves room for the rest of its row. */
  private text(text: string, tailBytesMax: number): void {
    const quoted = ilpQuoted(text);
    this.room(quoted.length * UNIT_BYTES_MAX + tailBytesMax);
    this.at += UTF8.encodeInto(quoted, this.bytes.subarray(this.at)).written;
  }

  /** Writes an array of two arrays, and leaves room for the rest of its row. */
  private levels(levels: Float64Array, tailBytesMax: number): void {
    this.room(2 * Int32Array.BYTES_PER_ELEMENT + levels.byteLength + tailBytesMax);
    this.view.setInt32(this.at, 2, true);
    this.view.setInt32(this.at + Int32Array.BYTES_PER_ELEMENT, levels.length / 2, true);
    this.at += 2 * Int32Array.BYTES_PER_ELEMENT;
    for (const value of levels) {
      this.view.setFloat64(this.at, value, true);
      this.at += Float64Array.BYTES_PER_ELEMENT;
    }
  }

  /** Writes bytes for which there is room. What the last word has too much is overwritten by what follows. */
  private put({ words, length }: IlpBytes): void {
    const { view, at } = this;
    for (let i = 0; i < words.length; i++) view.setUint32(at + i * WORD_BYTES, words[i] ?? 0, true);
    this.at = at + length;
  }

  /** Makes sure that so many bytes can be written. */
  private room(bytes: number): void {
    if (this.at + bytes > this.bytes.length) this.grow(this.at + bytes);
  }

  private grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  private layoutOf(table: TableBuffer, name: string): IlpLayout {
    const known = this.layouts.get(table);
    if (known?.tableName === name) return known;
    const layout = new IlpLayout(table, name);
    this.layouts.set(table, layout);
    return layout;
  }
}
