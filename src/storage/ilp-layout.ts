/** What the rows of a table have in common in the line protocol, as bytes that are made once. */

import { assert } from '../lib/assert.ts';
import type { LevelsColumn, NumberColumn, SymbolColumn, TableBuffer, TextColumn } from './column-buffers.ts';
import { INTEGER_BYTES_MAX } from './decimal-digits.ts';

const UTF8 = new TextEncoder();

/** Another equals sign and a 16 announce a double in binary, low byte first. */
const BINARY_DOUBLE = '=\u0010';
/** Another equals sign, a 14 for an array, a 10 for doubles, and the number of dimensions. */
const BINARY_LEVELS = '=\u000e\u000a\u0002';
/** Beyond the name: the digits, or eight bytes of a double, or a letter; the type's own letter; and a comma. */
const VALUE_BYTES_MAX = INTEGER_BYTES_MAX + 2;
/** Of `IlpBytes`. */
export const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/**
 * Bytes that are written again and again, kept as words of four, which a `DataView` writes at any place. Measured: for
 * the names of fields a quarter less time for a row of many.
 */
export class IlpBytes {
  readonly length: number;
  /** Low byte first; the bytes beyond `length` are zero. */
  readonly words: Uint32Array;

  constructor(text: string) {
    const bytes = UTF8.encode(text);
    this.length = bytes.length;
    const padded = new Uint8Array(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    this.words = Uint32Array.from({ length: padded.length / WORD_BYTES }, (_, at) =>
      view.getUint32(at * WORD_BYTES, true),
    );
  }
}

/**
 * How rows begin: with the table's name and all symbols, which the protocol wants before other columns. These are few
 * different beginnings for many rows, so each is made once. Measured: a third less time for a row.
 */
export class IlpHeads {
  private readonly tableName: string;
  private readonly columns: readonly SymbolColumn[];
  /** Per column more than any code of its dictionary, so that the codes of a row are the digits of one number. */
  private readonly bases: number[];
  private readonly byCodes = new Map<number, IlpBytes>();

  constructor(tableName: string, columns: readonly SymbolColumn[]) {
    this.tableName = tableName;
    this.columns = columns;
    this.bases = columns.map(() => 1);
  }

  /** Takes up how far the dictionaries have grown. To be called before heads are asked for. */
  measure(): void {
    let combinations = 1;
    for (const [at, { dictionary }] of this.columns.entries()) {
      let base = this.bases[at] ?? 1;
      if (base < dictionary.length) this.byCodes.clear();
      while (base < dictionary.length) base *= 2;
      this.bases[at] = base;
      combinations *= base;
    }
    assert(Number.isSafeInteger(combinations), `too many symbols in ${this.tableName} to tell rows by their codes`);
  }

  /** `table,symbol=text,… ` of a row, the space included. */
  at(row: number): IlpBytes {
    let codes = 0;
    for (let at = 0; at < this.columns.length; at++) {
      codes = codes * (this.bases[at] ?? 1) + (this.columns[at]?.codes[row] ?? 0);
    }
    const known = this.byCodes.get(codes);
    if (known !== undefined) return known;
    const symbols = this.columns.map((column) => `,${column.name}=${escapedBare(column.textAt(row))}`);
    const head = new IlpBytes(`${escapedBare(this.tableName)}${symbols.join('')} `);
    this.byCodes.set(codes, head);
    return head;
  }
}

/** The integer of a column that was written last, and where: rows of one frame share their times and their epoch. */
export class LastInteger {
  value = Number.NaN;
  /** Where its bytes stand, with their letter. */
  at = 0;
  length = 0;
}

/** A column that is neither symbol nor designated timestamp. */
export class IlpField {
  readonly column: NumberColumn | TextColumn | LevelsColumn;
  /** With all that stands before the value. */
  readonly name: IlpBytes;
  readonly last = new LastInteger();

  constructor(column: NumberColumn | TextColumn | LevelsColumn) {
    this.column = column;
    this.name = new IlpBytes(`${column.name}=${openingOf(column)}`);
  }
}

/** The layout of one buffer's rows; it follows that buffer's dictionaries. */
export class IlpLayout {
  readonly tableName: string;
  readonly heads: IlpHeads;
  readonly fields: readonly IlpField[];
  readonly lastTime = new LastInteger();
  /** The most bytes that a row writes behind its head, texts and levels apart. */
  readonly tailBytesMax: number;

  /** @param tableName its name in the store */
  constructor(table: TableBuffer, tableName: string) {
    this.tableName = tableName;
    const symbols = table.columns.filter((column) => column.kind === 'symbol');
    this.heads = new IlpHeads(tableName, symbols);
    this.fields = table.columns.flatMap((column) =>
      column.kind === 'symbol' || column === table.timestamps ? [] : [new IlpField(column)],
    );
    const names = this.fields.reduce((bytes, { name }) => bytes + name.length, 0);
    // The designated timestamp is one value more; what is written in words may write up to three bytes too much.
    this.tailBytesMax = names + (this.fields.length + 1) * VALUE_BYTES_MAX + WORD_BYTES;
  }

  /** Forgets where integers stand: their bytes are about to be overwritten. */
  begin(): void {
    this.heads.measure();
    this.lastTime.value = Number.NaN;
    for (const { last } of this.fields) last.value = Number.NaN;
  }
}

/** What announces values that are written in binary. */
function openingOf(column: NumberColumn | TextColumn | LevelsColumn): string {
  if (column.kind === 'levels') return BINARY_LEVELS;
  return column.kind === 'number' && column.type === 'double' ? BINARY_DOUBLE : '';
}

/** A text in quotes. */
export function ilpQuoted(text: string): string {
  return `"${text.replace(/["\n\r\\]/g, '\\$&')}"`;
}

/** Names and symbols stand bare, so that spaces, commas and equals signs would end them. */
function escapedBare(text: string): string {
  return text.replace(/[ ,=\n\r\\]/g, '\\$&');
}
