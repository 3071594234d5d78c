/** A live book whose market moves out of what its snapshot covered takes a second snapshot without leaving `live`. */

import { describe, expect, it } from 'vitest';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { binance } from '../exchanges/binance.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import { wireRegistry } from '../exchanges/registry.ts';
import { IngestShard } from './ingest-shard.ts';

const URL = 'https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5';

interface Seen {
  readonly kind: string;
  readonly state: string;
  readonly epoch: number;
  readonly changes: number;
}

function world() {
  const seen: Seen[] = [];
  const asked: string[] = [];
  let tUs = 1_700_000_000_000_000;
  let frame = 0;
  const shard = new IngestShard({
    wires: wireRegistry,
    partitions: 1,
    owns: () => true,
    effects: {
      emit: (_partition, { kind, header, ...rest }) =>
        seen.push({
          kind,
          state: header.state,
          epoch: header.epoch,
          changes: 'changes' in rest ? rest.changes.count : 0,
        }),
      requestSnapshot: (_exchange, symbol) => asked.push(symbol),
      resubscribe: () => undefined,
      renew: () => undefined,
      malformed: (_record, reason) => expect.unreachable(reason),
      actorFailed: (_book, _record, error) => expect.unreachable(String(error)),
      readGenerally: () => undefined,
      refused: () => undefined,
    },
  });
  const take = (op: FeedRecord['op'], data: unknown, url: string | null = null, conn = 'ws'): void => {
    tUs += 1000;
    const record = feedRecord({ tUs, exchange: 'binance', conn, op, url, data: JSON.stringify(data) });
    shard.process(record, frame++, true);
  };
  const delta = (first: number, last: number, b: [string, string][], a: [string, string][], conn = 'ws'): void => {
    const data = { e: 'depthUpdate', E: 1_700_000_000_000, s: 'BTCUSDT', U: first, u: last, b, a };
    take('recv', { stream: 'btcusdt@depth@100ms', data }, null, conn);
  };
  const snapshot = (last: number, bid: number): void => {
    const side = (step: number): [string, string][] =>
      Array.from({ length: 5 }, (_, i) => [String(bid + (step > 0 ? 1 : 0) + step * i), '1']);
    take('http', { lastUpdateId: last, bids: side(-1), asks: side(1) }, URL);
  };
  const book = () => {
    const [, actor] = [...shard.books()][0] ?? expect.unreachable('no book');
    return actor;
  };
  take('open', null, `wss://stream.binance.com:9443${binance.connectPath()}`);
  const nudge = (waitUs: number): void => shard.nudge(tUs, tUs + waitUs);
  return { seen, asked, delta, snapshot, nudge, book };
}

/** A live book with bids 100 to 96 and asks 101 to 105, whose market then falls by three. */
function worn() {
  const all = world();
  all.delta(10, 11, [], []);
  all.snapshot(10, 100);
  all.delta(
    12,
    12,
    [
      ['100', '0'],
      ['99', '0'],
      ['98', '0'],
    ],
    [
      ['99', '1'],
      ['98', '2'],
    ],
  );
  return all;
}

describe('a book whose market moved out of its snapshot', () => {
  it('asks for a second snapshot and stays live', () => {
    const { asked, book } = worn();
    expect(asked).toEqual(['BTCUSDT', 'BTCUSDT']);
    expect(book().trust).toBe('live');
  });

  it('goes on from the second snapshot, with what came since, in a new epoch and one event', () => {
    const { seen, delta, snapshot, book } = worn();
    delta(13, 14, [['97', '5']], []);
    const before = seen.length;
    const epoch = seen.at(-1)?.epoch ?? 0;
    snapshot(13, 97);
    expect(seen.slice(before).map(({ kind, state }) => [kind, state])).toEqual([['book.snapshot', 'live']]);
    expect(seen.at(-1)?.epoch).toBeGreaterThan(epoch);
    expect(seen.at(-1)?.changes).toBe(10);
    expect(book().counters).toMatchObject({ refreshes: 1, resyncs: 0, gaps: 0 });
    expect(book().book.top).toMatchObject({ bid: 97, bidSize: 5, ask: 98 });
    delta(15, 15, [['97', '6']], []);
    expect(seen.at(-1)).toMatchObject({ kind: 'book.delta', state: 'live' });
  });

  it('asks again where the answer stays away', () => {
    const { asked, delta, snapshot, nudge, book } = worn();
    nudge(1000);
    expect(asked).toHaveLength(3);
    // Not for as long as the last wish is young.
    nudge(0);
    expect(asked).toHaveLength(3);
    delta(13, 13, [['97', '5']], []);
    snapshot(13, 97);
    expect(book().counters).toMatchObject({ refreshes: 1, resyncs: 0 });
    nudge(60_000_000);
    expect(asked).toHaveLength(3);
  });

  it('goes on with what waited ahead of a hole where the second snapshot fills that', () => {
    const { delta, snapshot, book } = worn();
    delta(12, 12, [], [], 'other');
    for (let last = 14; last <= 17; last++) delta(last, last, [['90', String(last)]], []);
    expect(book().counters).toMatchObject({ updates: 2, gaps: 0 });
    snapshot(15, 97);
    delta(18, 18, [['90', '18']], []);
    expect(book()).toMatchObject({ trust: 'live', last: 18 });
    expect(book().counters).toMatchObject({ gaps: 0, resyncs: 0 });
  });

  it('asks again where the second snapshot is older than its wish', () => {
    const { asked, snapshot, book } = worn();
    snapshot(11, 97);
    expect(asked).toHaveLength(3);
    expect(book().trust).toBe('live');
    expect(book().counters.refreshes).toBe(0);
  });

  it('bridges anew where the second snapshot is ahead of the socket', () => {
    const { seen, delta, snapshot, book } = worn();
    snapshot(20, 97);
    expect(book().trust).toBe('syncing');
    delta(13, 18, [['90', '1']], []);
    delta(19, 22, [['97', '7']], []);
    expect(book().trust).toBe('live');
    expect(seen.at(-1)).toMatchObject({ kind: 'book.delta', state: 'live' });
    expect(book().counters).toMatchObject({ gaps: 0, resyncs: 0 });
  });
});
