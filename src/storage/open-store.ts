import type { Store } from '../ports/store.ts';
import type { DuckDbStoreOptions } from './duckdb-store.ts';
import type { QuestDbStoreOptions } from './questdb-store.ts';

export type StoreOptions =
  | ({ readonly kind: 'questdb' } & QuestDbStoreOptions)
  | ({ readonly kind: 'duckdb' } & DuckDbStoreOptions);

/**
 * Makes the store of a kind and opens it. The caller closes it.
 * @throws StoreError as `Store.open`
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = await storeOf(options);
  await store.open();
  return store;
}

/** Loads the kind that is asked for alone: either one is half of what the store's thread needs to start. */
async function storeOf(options: StoreOptions): Promise<Store> {
  if (options.kind === 'questdb') return new (await import('./questdb-store.ts')).QuestDbStore(options);
  return new (await import('./duckdb-store.ts')).DuckDbStore(options);
}
