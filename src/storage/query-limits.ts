/** What one query may ask of a store. A store holds its whole answer in memory, beside everything else of its thread. */

import { StoreError } from './store-error.ts';

/** Rows of one answer, at most. */
export const QUERY_ROWS_MAX = 100_000;
/** A query that takes longer is given up, ms: the store's thread serves one at a time. */
export const QUERY_MS_MAX = 30_000;

/** The answer would be longer than `QUERY_ROWS_MAX`. */
export function tooManyRows(address: string): StoreError {
  return new StoreError('store.too-many-rows', `the answer has more than ${QUERY_ROWS_MAX} rows`, {
    address,
    retryable: false,
    remedy: 'Add a LIMIT, a narrower WHERE, or aggregate (GROUP BY).',
  });
}
