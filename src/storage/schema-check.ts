import { StoreError } from './store-error.ts';
import { columnsOf, type ColumnType, type TableName } from './tables.ts';

/** A column as the store describes it. */
export interface FoundColumn {
  readonly name: string;
  readonly type: string;
  /** Whether it is one of the row's keys; null where the store does not record keys. */
  readonly key: boolean | null;
}

/**
 * Compares an existing table with the schema. Every difference counts, an additional column too: rows written beside
 * columns that nobody here knows would look complete and not be.
 * @throws StoreError `store.schema` naming the table and the first column that differs
 */
export function requireSameColumns(table: {
  readonly name: TableName;
  /** Its name in the store, with the prefix. */
  readonly storedName: string;
  readonly address: string;
  readonly types: Readonly<Record<ColumnType, string>>;
  readonly found: readonly FoundColumn[];
}): void {
  const found = new Map(table.found.map((column) => [column.name, column]));
  for (const [name, spec] of columnsOf(table.name)) {
    const type = table.types[spec.type];
    const key = spec.key === true;
    const actual = found.get(name);
    found.delete(name);
    if (actual === undefined) refuse(name, 'is missing');
    else if (actual.type !== type) refuse(name, `is ${actual.type} instead of ${type}`);
    else if (actual.key !== null && actual.key !== key) refuse(name, key ? 'is no upsert key' : 'is an upsert key');
  }
  for (const name of found.keys()) refuse(name, 'is not ours');

  function refuse(column: string, difference: string): never {
    throw new StoreError('store.schema', `table ${table.storedName}: column ${column} ${difference}`, {
      address: table.address,
      retryable: false,
      remedy: 'Rename or drop that table, or write to tables of your own with a table prefix.',
      context: { table: table.storedName, column, difference },
    });
  }
}
