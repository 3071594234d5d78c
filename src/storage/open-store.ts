import type { Store } from '../ports/store.ts';
import { DuckDbStore, type DuckDbStoreOptions } from './duckdb-store.ts';
import { QuestDbStore, type QuestDbStoreOptions } from './questdb-store.ts';

export type StoreOptions =
  | ({ readonly kind: 'questdb' } & QuestDbStoreOptions)
  | ({ readonly kind: 'duckdb' } & DuckDbStoreOptions);

/**
 * Makes the store of a kind and opens it. The caller closes it.
 * @throws StoreError as `Store.open`
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = options.kind === 'questdb' ? new QuestDbStore(options) : new DuckDbStore(options);
  await store.open();
  return store;
}
