/** Each death of a book's ingest must be one gap of that book: recorded, and followed by a new epoch. */

import { dump } from './tables.ts';
import type { Kill } from './chaos.ts';

interface Status {
  readonly epoch: string;
  readonly state: string;
  readonly reason: string;
}

/** What does not hold among the rows of `feed_status`. A killed process takes all books along, a thread those of one shard. */
export async function gapFaults(url: string, prefix: string, kills: readonly Kill[]): Promise<string[]> {
  const processes = kills.filter(({ target }) => target === 'ingest process').length;
  const threads = kills.filter(({ target }) => target === 'ingest thread').length;
  const rows = await dump(
    url,
    `SELECT exchange, symbol, epoch, seq, state, reason FROM ${prefix}feed_status ORDER BY exchange, symbol, epoch, seq`,
  );
  const byBook = new Map<string, Status[]>();
  for (const row of rows) {
    const [exchange, symbol, epoch = '', , state = '', reason = ''] = row.replaceAll('"', '').split(',');
    const book = `${exchange}:${symbol}`;
    byBook.set(book, [...(byBook.get(book) ?? []), { epoch, state, reason }]);
  }
  const gaps = new Map<string, number>();
  const faults: string[] = [];
  for (const [book, told] of byBook) {
    // The run was stopped in good order in the end: each book says so, last of all.
    const end = told.pop();
    if (end?.state !== 'stale' || end.reason !== 'disconnected')
      faults.push(`${book} ends ${end?.state}/${end?.reason}`);
    let before: Status | undefined;
    for (const status of told) {
      if (before?.state === 'live' && status.state !== 'live') {
        gaps.set(book, (gaps.get(book) ?? 0) + 1);
        if (before.epoch === status.epoch) faults.push(`${book} lost its ingest within the epoch ${status.epoch}`);
      }
      before = status;
    }
    if (before?.state !== 'live') faults.push(`${book} is ${before?.state} before the end`);
  }
  let ofThreads = 0;
  for (const book of byBook.keys()) {
    const own = (gaps.get(book) ?? 0) - processes;
    ofThreads += own;
    if (own < 0 || own > threads) faults.push(`${book} has ${own + processes} gaps`);
  }
  faults.push(...(threads === 0 && ofThreads !== 0 ? [`${ofThreads} gaps too many`] : []));
  return faults;
}
