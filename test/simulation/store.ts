/**
 * A store in memory whose tables behave as `DEDUP UPSERT` tables do: a row of the same key takes the place of the one before.
 * It may be slow, away, and break off in the midst of a write, after which any part of the rows may be there.
 */

import { chance, int, type Prng } from '../../src/lib/prng.ts';
import type { QueryResult, RowBatch, Store } from '../../src/ports/store.ts';
import type { TableBuffer } from '../../src/storage/column-buffers.ts';
import { ColumnBatch, tablesOf } from '../../src/storage/row-batch.ts';
import { StoreError } from '../../src/storage/store-error.ts';
import { keysOf } from '../../src/storage/tables.ts';
import type { Incarnation } from './process.ts';

/** Rows by their key, of each table. */
export class Tables {
  readonly byName = new Map<string, Map<string, string>>();
  /** Rows that took the place of an equal one, and of one that was different. */
  readonly replaced = { same: 0, other: 0 };

  upsert(table: TableBuffer, row: number): void {
    const rows = this.of(table.name);
    const key = keyOf(table, row);
    const text = textOf(table, row);
    const before = rows.get(key);
    if (before !== undefined) this.replaced[before === text ? 'same' : 'other']++;
    rows.set(key, text);
  }

  /** Every row of a batch. */
  take(batch: RowBatch): void {
    for (const table of tablesOf(batch)) for (let row = 0; row < table.rows; row++) this.upsert(table, row);
  }

  merge(others: Tables): void {
    for (const [name, rows] of others.byName) for (const [key, text] of rows) this.of(name).set(key, text);
  }

  of(name: string): Map<string, string> {
    let rows = this.byName.get(name);
    if (rows === undefined) {
      rows = new Map();
      this.byName.set(name, rows);
    }
    return rows;
  }
}

/** Batches are large and empty: they are used again by later worlds, once those that had them are over. */
export class BatchPool {
  private static readonly idle: ColumnBatch[] = [];
  private readonly taken: ColumnBatch[] = [];

  take(): RowBatch {
    const batch = BatchPool.idle.pop() ?? new ColumnBatch();
    this.taken.push(batch);
    return batch;
  }

  /** Nobody uses any of them any more. */
  giveBack(): void {
    for (const batch of this.taken.splice(0)) {
      batch.clear();
      BatchPool.idle.push(batch);
    }
  }
}

export interface StoreOptions {
  readonly prng: Prng;
  readonly tables: Tables;
  readonly pool: BatchPool;
  /** Longest write, µs. */
  readonly writeUsMax: () => number;
  /** How often a write breaks off. */
  readonly failure: () => number;
  readonly trace: (words: () => string) => void;
}

/** The store as one incarnation of its thread has it open. */
export class SimStore implements Store {
  /** Says that rows are durable and writes them later, where a canary wants that. */
  isHasty = false;
  private readonly options: StoreOptions;
  private readonly owner: Incarnation;

  constructor(owner: Incarnation, options: StoreOptions) {
    this.owner = owner;
    this.options = options;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  newBatch(): RowBatch {
    return this.options.pool.take();
  }

  /** What is under way when its thread dies is there in part. */
  async write(batch: RowBatch): Promise<void> {
    const { prng, tables, writeUsMax, failure, trace } = this.options;
    if (this.isHasty) return this.writeLater(batch);
    const fails = chance(prng, failure());
    let rest = [...rowsOf(batch)];
    trace(() => `store begins to write ${rest.length} rows`);
    // In two halves, so that it may die between them.
    const half = int(prng, 0, rest.length);
    await this.wait(int(prng, 0, writeUsMax()));
    for (const [table, row] of rest.slice(0, half)) tables.upsert(table, row);
    rest = rest.slice(half);
    await this.wait(int(prng, 0, writeUsMax()));
    if (fails) {
      trace(() => 'store breaks off');
      throw new StoreError('store.unreachable', 'the store is away', {
        ...{ remedy: 'wait', address: 'memory', retryable: true },
      });
    }
    for (const [table, row] of rest) tables.upsert(table, row);
    trace(() => 'store has written them');
  }

  private writeLater(batch: RowBatch): void {
    const { tables, writeUsMax } = this.options;
    const copy = new Tables();
    copy.take(batch);
    this.owner.after(10 * writeUsMax(), () => tables.merge(copy));
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  query(): Promise<QueryResult> {
    return Promise.resolve({ columns: [], rows: [] });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private wait(us: number): Promise<void> {
    return new Promise((resolve) => {
      this.owner.after(us, resolve);
    });
  }
}

function* rowsOf(batch: RowBatch): Generator<readonly [TableBuffer, number]> {
  for (const table of tablesOf(batch)) for (let row = 0; row < table.rows; row++) yield [table, row];
}

const keyColumns = new Map<string, readonly number[]>();

function keyOf(table: TableBuffer, row: number): string {
  let places = keyColumns.get(table.name);
  if (places === undefined) {
    places = keysOf(table.name).map((name) => table.columns.findIndex((column) => column.name === name));
    keyColumns.set(table.name, places);
  }
  let key = '';
  for (const place of places) key += `${valueOf(table, place, row)} `;
  return key;
}

function textOf(table: TableBuffer, row: number): string {
  let text = '';
  for (let place = 0; place < table.columns.length; place++) text += `${valueOf(table, place, row)} `;
  return text;
}

function valueOf(table: TableBuffer, place: number, row: number): number | string {
  const column = table.columns[place];
  if (column === undefined) return '';
  if (column.kind === 'number') return column.values[row] ?? NaN;
  return column.kind === 'levels' ? column.levelsAt(row).join(',') : column.textAt(row);
}
