/** A digest over everything that books hold in the end: levels, horizons, totals and trust. */

import { hash } from 'node:crypto';

import type { BookKeeper } from '../../src/actors/book-keeper.ts';

/** SHA-256, hexadecimal, whatever the order of the books. */
export function bookDigest(books: Iterable<readonly [key: string, actor: BookKeeper]>): string {
  const lines = [...books].map(([key, actor]) => {
    const { book, counters, events } = actor.state();
    const { trust, reason } = events;
    return JSON.stringify([key, trust, reason, counters, book], plainValue);
  });
  return hash('sha256', lines.sort().join('\n'), 'hex');
}

/** JSON has no bigints and writes typed arrays as objects with a key per index. */
function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  return value instanceof Float64Array || value instanceof Uint16Array ? [...value] : value;
}
