/** Live books that are held against the venue's own by REST, on a venue whose socket brings the snapshots and on one where REST does. */

import { describe, expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';

const CONN = 'c.1';
const REST = 'https://api.exchange.coinbase.com/products/BTC-USD/book?level=2';
const KEY = 'coinbase:BTC-USD';

/** Of the second of the day. */
const at = (second: number): string => `2026-09-01T10:00:${String(second).padStart(2, '0')}.000000Z`;

function liveWorld(): IngestWorld {
  const world = new IngestWorld();
  world.happen('coinbase', CONN, 'open', null, 'wss://ws-feed.exchange.coinbase.com');
  world.happen(
    ...['coinbase', CONN, 'recv' as const],
    `{"type":"snapshot","product_id":"BTC-USD","asks":[["102","1"],["103","2"]],"bids":[["101","3"],["100","4"]],"time":"${at(1)}"}`,
  );
  world.take();
  return world;
}

function update(world: IngestWorld, second: number, ...changes: readonly string[]): void {
  const rows = changes.map((change) => JSON.stringify(change.split(' '))).join(',');
  const frame = `{"type":"l2update","product_id":"BTC-USD","changes":[${rows}],"time":"${at(second)}"}`;
  world.happen('coinbase', CONN, 'recv', frame);
}

function answer(world: IngestWorld, second: number, bids: string, asks: string): void {
  world.happen('coinbase', CONN, 'http', `{"sequence":1,"bids":${bids},"asks":${asks},"time":"${at(second)}"}`, REST);
}

const timer = (world: IngestWorld, name: string): void => world.happen('coinbase', CONN, 'timer', `${name} BTC-USD`);

describe('a live book that is held against the venue’s own', () => {
  it('stays live where all levels agree that were not touched meanwhile, and tells nothing of it', () => {
    const world = liveWorld();
    timer(world, 'compare');
    update(world, 2, 'buy 101 5', 'sell 104 1');
    // The answer has one update more than the book, and one less.
    answer(world, 3, '[["101","5",1],["100","9",1]]', '[["102","1",1],["103","2",1]]');
    update(world, 4, 'buy 100 9');
    timer(world, 'compared');
    expect(world.book(KEY).counters).toMatchObject({
      comparedSame: 1,
      comparedDiffering: 0,
      comparedNone: 0,
      snapshots: 1,
    });
    expect([world.book(KEY).trust, world.take().asked]).toEqual(['live', []]);
  });

  it('is suspect where one differs, says which, and is asked for anew', () => {
    const world = liveWorld();
    timer(world, 'compare');
    answer(world, 2, '[["101","3",1]]', '[["102","1",1],["103","2.5",1]]');
    timer(world, 'compared');
    const book = world.book(KEY);
    expect([book.trust, book.reason, book.detail]).toEqual([
      ...['suspect', 'checksum'],
      "held against the venue's book by REST: bid 100: the venue has nothing, the book 4; 1 more of 4 levels differ",
    ]);
    expect(book.counters).toMatchObject({ comparedDiffering: 1, resyncs: 1 });
    expect(world.take().asked).toEqual(['resubscribe coinbase BTC-USD']);
  });

  it.each([
    ['no answer', () => undefined],
    ['a refusal', (world: IngestWorld) => world.happen('coinbase', CONN, 'http', '{"message":"NotFound"}', REST)],
    ['an answer from before', (world: IngestWorld) => answer(world, 0, '[]', '[]')],
  ])('is not judged by %s', (_, happen) => {
    const world = liveWorld();
    timer(world, 'compare');
    happen(world);
    timer(world, 'compared');
    const book = world.book(KEY);
    expect([book.trust, book.counters.comparedNone, book.counters.resyncs, book.counters.malformed]).toEqual([
      'live',
      1,
      0,
      0,
    ]);
  });

  it('takes no answer for a snapshot, be it asked for or not', () => {
    const world = liveWorld();
    answer(world, 2, '[["1","1",1]]', '[]');
    timer(world, 'compared');
    expect(world.book(KEY).counters).toMatchObject({ snapshots: 1, comparedNone: 0, comparedDiffering: 0 });
    world.happen('coinbase', CONN, 'timer', 'compare NO-SUCH');
    world.happen('coinbase', CONN, 'close', null);
    timer(world, 'compare');
    answer(world, 2, '[["1","1",1]]', '[]');
    timer(world, 'compared');
    expect([world.book(KEY).trust, world.book(KEY).counters.snapshots]).toEqual(['stale', 1]);
  });

  it('is not judged where it began anew meanwhile', () => {
    const world = liveWorld();
    timer(world, 'compare');
    const frame = `{"type":"snapshot","product_id":"BTC-USD","asks":[],"bids":[["50","1"]],"time":"${at(3)}"}`;
    world.happen('coinbase', CONN, 'recv', frame);
    answer(world, 3, '[["101","3",1]]', '[]');
    timer(world, 'compared');
    expect(world.book(KEY).counters).toMatchObject({ comparedSame: 0, comparedDiffering: 0, comparedNone: 0 });
  });

  it('is judged alike by a shard that goes on from a checkpoint', () => {
    for (const cut of [0, 1, 2, 3]) {
      const world = liveWorld();
      const steps = [
        () => timer(world, 'compare'),
        () => update(world, 2, 'buy 101 5'),
        () => answer(world, 3, '[["101","3",1],["100","4",1]]', '[["102","1",1],["103","7",1]]'),
        () => timer(world, 'compared'),
      ];
      for (const [at, step] of steps.entries()) {
        if (at === cut) world.shard.restore(structuredClone(world.shard.state()));
        step();
      }
      expect(world.book(KEY).counters, `cut at ${cut}`).toMatchObject({ comparedDiffering: 1 });
      expect(world.book(KEY).detail).toContain('ask 103: the venue has 7, the book 2');
    }
  });
});

describe('a live book that goes on from a checkpoint', () => {
  it('takes no answer for new that is older than what it had heard before', () => {
    const world = liveWorld();
    update(world, 5, 'buy 101 5');
    world.shard.restore(structuredClone(world.shard.state()));
    timer(world, 'compare');
    answer(world, 4, '[["101","3",1],["100","7",1]]', '[["102","1",1],["103","2",1]]');
    timer(world, 'compared');
    const { trust, counters } = world.book(KEY);
    expect([trust, counters.comparedNone, counters.comparedDiffering]).toEqual(['live', 1, 0]);
  });
});

describe('a live book whose snapshots come by REST', () => {
  const URL = 'https://www.bitstamp.net/api/v2/order_book/btcusd/?group=1';
  const moment = (n: number): string => `17850000000000${String(n).padStart(2, '0')}`;
  const book = (n: number, bids: string): string =>
    `{"timestamp":"1785000000","microtimestamp":"${moment(n)}","bids":${bids},"asks":[["102","1"]]}`;
  const diff = (n: number, bids: string): string =>
    `{"event":"data","channel":"diff_order_book_btcusd","data":${book(n, bids).replace('"asks":[["102","1"]]', '"asks":[]')}}`;

  it('is held against one without beginning anew from it', () => {
    const world = new IngestWorld();
    const happen = (op: 'recv' | 'http' | 'timer', data: string): void =>
      world.happen('bitstamp', 'b.1', op, data, op === 'http' ? URL : null);
    world.happen('bitstamp', 'b.1', 'open', null, 'wss://ws.bitstamp.net');
    happen('recv', diff(10, '[["100","1"]]'));
    happen('http', book(10, '[["100","1"],["99","2"]]'));
    const { counters } = world.book('bitstamp:BTC-USD');
    expect(world.book('bitstamp:BTC-USD').trust).toBe('live');
    happen('timer', 'compare btcusd');
    happen('http', book(9, '[]'));
    happen('http', book(11, '[["100","1"],["99","2"]]'));
    happen('timer', 'compared btcusd');
    expect(counters).toMatchObject({ snapshots: 1, comparedSame: 1 });
    happen('timer', 'compare btcusd');
    happen('http', '{"status":"error","reason":"Not found."}');
    expect(world.book('bitstamp:BTC-USD').trust).toBe('live');
    happen('http', book(12, '[["100","1"]]'));
    happen('timer', 'compared btcusd');
    expect([world.book('bitstamp:BTC-USD').trust, world.book('bitstamp:BTC-USD').reason]).toEqual([
      'suspect',
      'checksum',
    ]);
    expect(world.take().asked).toContain('request bitstamp btcusd');
  });
});
