/** Each death of a book's ingest must be one gap of that book: recorded, and followed by a new epoch. */

import { dump } from './tables.ts';
import type { Kill } from './chaos.ts';

/** What does not hold among the rows of `feed_status`. A killed process takes all books along, a thread those of one shard. */
export async function gapFaults(url: string, prefix: string, kills: readonly Kill[]): Promise<string[]> {
  const processes = kills.filter(({ target }) => target === 'ingest process').length;
  const threads = kills.filter(({ target }) => target === 'ingest thread').length;
  const rows = await dump(
    url,
    `SELECT exchange, symbol, epoch, seq, state, reason FROM ${prefix}feed_status ORDER BY exchange, symbol, epoch, seq`,
  );
  const gaps = new Map<string, number>();
  const states = new Map<string, { state: string; epoch: string }>();
  const faults: string[] = [];
  for (const row of rows) {
    const [exchange, symbol, epoch = '', , state = ''] = row.replaceAll('"', '').split(',');
    const book = `${exchange}:${symbol}`;
    const before = states.get(book);
    if (before?.state === 'live' && state !== 'live') {
      gaps.set(book, (gaps.get(book) ?? 0) + 1);
      if (before.epoch === epoch) faults.push(`${book} lost its ingest within the epoch ${epoch}`);
    }
    states.set(book, { state, epoch });
  }
  let ofThreads = 0;
  for (const [book, { state }] of states) {
    const own = (gaps.get(book) ?? 0) - processes;
    ofThreads += own;
    if (own < 0 || own > threads) faults.push(`${book} has ${own + processes} gaps`);
    if (state !== 'live' && state !== 'stale') faults.push(`${book} ends ${state}`);
  }
  faults.push(...(threads === 0 && ofThreads !== 0 ? [`${ofThreads} gaps too many`] : []));
  return faults;
}
