/**
 * Rows under construction, kept by column: typed arrays that double when full, so that a row costs no object and an
 * emptied buffer is used again. The memory of a buffer is that of its largest batch so far.
 */

import { assert, AssertionFailed } from '../lib/assert.ts';
import { columnsOf, type ColumnType, type TableName, TIMESTAMP_COLUMN } from './tables.ts';

const INITIAL_ROWS = 1024;

export type NumberType = Exclude<ColumnType, 'symbol' | 'text' | 'levels'>;

/** Numbers, times in µs, and booleans as 0 and 1. All integers are safe ones, hence exact; NaN stands for null. */
export class NumberColumn {
  readonly kind = 'number';
  readonly name: string;
  readonly type: NumberType;
  /** Replaced when it grows: fetch it anew after `TableBuffer.reserve`. */
  values = new Float64Array(INITIAL_ROWS);

  constructor(name: string, type: NumberType) {
    this.name = name;
    this.type = type;
  }

  grow(capacity: number): void {
    const values = new Float64Array(capacity);
    values.set(this.values);
    this.values = values;
  }
}

/**
 * Texts of few different values, as codes into a dictionary. The dictionary outlives `clear`: it grows to the venues'
 * pairs and no further.
 */
export class SymbolColumn {
  readonly kind = 'symbol';
  readonly name: string;
  /** Replaced when it grows, as `NumberColumn.values`. */
  codes = new Uint32Array(INITIAL_ROWS);
  readonly dictionary: string[] = [];
  private readonly codeByText = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  /** The code of a text, taken up if new. */
  codeOf(text: string): number {
    const known = this.codeByText.get(text);
    if (known !== undefined) return known;
    const code = this.dictionary.push(text) - 1;
    this.codeByText.set(text, code);
    return code;
  }

  /** The text of a row below `TableBuffer.rows`. */
  textAt(row: number): string {
    const text = this.dictionary[this.codes[row] ?? -1];
    if (text === undefined) throw new AssertionFailed(`no text for row ${row} of column ${this.name}`);
    return text;
  }

  grow(capacity: number): void {
    const codes = new Uint32Array(capacity);
    codes.set(this.codes);
    this.codes = codes;
  }
}

/** Texts of many different values. */
export class TextColumn {
  readonly kind = 'text';
  readonly name: string;
  readonly values: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** The text of a row below `TableBuffer.rows`. */
  textAt(row: number): string {
    const text = this.values[row];
    if (text === undefined) throw new AssertionFailed(`no text for row ${row} of column ${this.name}`);
    return text;
  }
}

/** Levels of a book: per row all prices, and then as many sizes. No level at all stands for null. */
export class LevelsColumn {
  readonly kind = 'levels';
  readonly name: string;
  readonly values: Float64Array[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** The levels of a row below `TableBuffer.rows`. */
  levelsAt(row: number): Float64Array {
    const levels = this.values[row];
    if (levels === undefined) throw new AssertionFailed(`no levels for row ${row} of column ${this.name}`);
    return levels;
  }
}

export type ColumnBuffer = NumberColumn | SymbolColumn | TextColumn | LevelsColumn;

/** The rows of one table. */
export class TableBuffer {
  readonly name: TableName;
  /** In table order. */
  readonly columns: readonly ColumnBuffer[];
  /** The designated timestamp, also among `columns`. */
  readonly timestamps: NumberColumn;
  private rowCount = 0;
  private capacity = INITIAL_ROWS;

  constructor(name: TableName) {
    this.name = name;
    this.columns = columnsOf(name).map(([column, { type }]) => {
      if (type === 'symbol') return new SymbolColumn(column);
      if (type === 'text') return new TextColumn(column);
      if (type === 'levels') return new LevelsColumn(column);
      return new NumberColumn(column, type);
    });
    this.timestamps = this.numbers(TIMESTAMP_COLUMN);
  }

  get rows(): number {
    return this.rowCount;
  }

  /** Makes room for `count` more rows and returns the index of the first; the caller then fills every column. */
  reserve(count: number): number {
    const first = this.rowCount;
    this.rowCount += count;
    if (this.rowCount > this.capacity) {
      while (this.capacity < this.rowCount) this.capacity *= 2;
      for (const column of this.columns) if ('grow' in column) column.grow(this.capacity);
    }
    return first;
  }

  clear(): void {
    this.rowCount = 0;
    for (const column of this.columns) {
      if (column.kind === 'text' || column.kind === 'levels') column.values.length = 0;
    }
  }

  numbers(name: string): NumberColumn {
    const column = this.column(name);
    assert(column.kind === 'number', `${this.name}.${name} is no number`);
    return column;
  }

  symbols(name: string): SymbolColumn {
    const column = this.column(name);
    assert(column.kind === 'symbol', `${this.name}.${name} is no symbol`);
    return column;
  }

  texts(name: string): TextColumn {
    const column = this.column(name);
    assert(column.kind === 'text', `${this.name}.${name} is no text`);
    return column;
  }

  levels(name: string): LevelsColumn {
    const column = this.column(name);
    assert(column.kind === 'levels', `${this.name}.${name} are no levels`);
    return column;
  }

  private column(name: string): ColumnBuffer {
    const column = this.columns.find((candidate) => candidate.name === name);
    assert(column !== undefined, `${this.name} has no column ${name}`);
    return column;
  }
}
