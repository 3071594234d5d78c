/** Books of Bitfinex: what its checksum, its counter and its maintenance do to them, and a million real updates of one. */

import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts } from '../../test/fixtures/captures.ts';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { readCapture } from '../collect/capture-reader.ts';
import { BatchMemory, RecordReader } from '../collect/record-batch.ts';
import { wireRegistry } from '../exchanges/registry.ts';
import type { EventView } from '../model/event.ts';
import type { FeedOp } from '../model/feed-record.ts';
import { IngestShard } from './ingest-shard.ts';

describe('books of bitfinex', () => {
  const CONN = 'b.1';
  const [BOOK, TRADES] = [10_092, 17_470];
  let sequence = 0;
  const data = (content: string): string => `[${content},${++sequence},1785000000130]`;
  const opened = (id: number): string =>
    `{"event":"subscribed","channel":"book","chanId":${id},"symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"25"}`;

  /** A connection with a live book of `64250:1.45`. */
  function liveWorld(): { world: IngestWorld; receive: (...frames: readonly string[]) => void } {
    const world = new IngestWorld();
    const receive = (...frames: readonly string[]): void => {
      for (const frame of frames) world.happen('bitfinex', CONN, 'recv', frame);
    };
    world.happen('bitfinex', CONN, 'open', null, 'wss://api-pub.bitfinex.com/ws/2');
    receive('{"event":"info","version":2,"platform":{"status":1}}', '{"event":"conf","status":"OK","flags":229376}');
    receive(opened(BOOK), data(`${BOOK},[[64250,3,1.25],[64249,1,0.5],[64251,2,-0.75]]`));
    receive(data(`${BOOK},[64250,4,1.45]`), data(`${BOOK},[64249,0,1]`), data(`${BOOK},[64251,0,-1]`));
    expect(world.book('bitfinex:BTC-USD').trust).toBe('live');
    world.take();
    return { world, receive };
  }

  it('are proven by the checksum, and sent again on a channel of their own where it fails', () => {
    const { world, receive } = liveWorld();
    const book = world.book('bitfinex:BTC-USD');
    receive(data(`${BOOK},"cs",-1338003118`));
    expect(book.counters).toMatchObject({ checksumOk: 1, checksumFailed: 0 });
    receive(data(`${BOOK},"cs",-1338003117`));
    expect([book.trust, book.reason]).toEqual(['suspect', 'checksum']);
    expect(world.take().asked).toEqual(['resubscribe bitfinex tBTCUSD']);
    receive(`{"event":"unsubscribed","status":"OK","chanId":${BOOK}}`, data(`${BOOK},[64250,5,1.5]`), opened(5));
    receive(data('5,[[64250,1,0.5]]'));
    expect([book.trust, book.counters.snapshots, book.counters.gaps]).toEqual(['live', 2, 0]);
    expect(world.take().asked).toEqual([]);
  });

  it('are not overdue when their channel has just been granted, however long they were cut off', () => {
    const { world } = liveWorld();
    const { lastReceiveUs } = world.book('bitfinex:BTC-USD');
    const backUs = lastReceiveUs + 60_000_000;
    world.happen('bitfinex', CONN, 'close', null);
    const happen = (op: FeedOp, data: string | null, url: string | null = null): void =>
      world.process(feedRecord({ tUs: backUs, exchange: 'bitfinex', conn: 'b.2', op, data, url }));
    happen('open', null, 'wss://api-pub.bitfinex.com/ws/2');
    happen('recv', '{"event":"conf","status":"OK","flags":229376}');
    happen('recv', opened(5));
    world.take();
    world.shard.nudge(backUs - 1, backUs);
    expect(world.take().asked).toEqual([]);
    world.shard.nudge(backUs, backUs + 1);
    expect(world.take().asked).toEqual(['resubscribe bitfinex tBTCUSD']);
  });

  it('are all in doubt after a hole in the counter, whatever channel shows it', () => {
    const { world, receive } = liveWorld();
    sequence++;
    receive(data(`${TRADES},"hb"`));
    const book = world.book('bitfinex:BTC-USD');
    expect([book.trust, book.reason, book.counters.gaps]).toEqual(['suspect', 'gap', 1]);
    expect(world.take().asked).toEqual([`renew ${CONN}`]);
  });

  it('are asked for again when the maintenance is over, and so is all else on a new connection', () => {
    const { world, receive } = liveWorld();
    const book = world.book('bitfinex:BTC-USD');
    receive('{"event":"info","code":20060,"msg":"Entering in Maintenance mode"}');
    expect([book.trust, book.reason]).toEqual(['stale', 'maintenance']);
    receive('{"event":"info","code":20061,"msg":"Maintenance ended"}');
    expect(world.take().asked).toEqual(['resubscribe bitfinex tBTCUSD', `renew ${CONN}`]);
  });
});

describeWithData('the recording bitfinex-2018', captureParts('bitfinex-2018'), (path) => {
  it('keeps one book right over a million updates and a second connection', async () => {
    const counts = { removals: 0, unknownOrders: 0, crossed: 0, trades: 0, snapshots: 0, notLive: 0 };
    const look = (view: EventView): void => {
      if (view.kind === 'trade') counts.trades++;
      if (view.kind !== 'book.delta' && view.kind !== 'book.snapshot') return;
      if (view.header.state !== 'live') counts.notLive++;
      if (view.top.bid >= view.top.ask) counts.crossed++;
      if (view.kind === 'book.snapshot') {
        counts.snapshots++;
        return;
      }
      const { count, size, orders } = view.changes;
      for (let row = 0; row < count; row++) {
        if (size[row] === 0) counts.removals++;
        else if (!((orders[row] ?? 0) > 0)) counts.unknownOrders++;
      }
    };
    const world = new IngestWorld({ emit: look });
    const reader = new RecordReader();
    const memory = new BatchMemory();
    let opened = 0;
    for await (const batch of readCapture(path, { memory })) {
      reader.read(batch.bytes, (record) => {
        if (record.op === 'open') opened++;
        world.process(record);
      });
      memory.give(batch);
    }
    expect(opened).toBe(2);
    expect(counts).toEqual({ removals: 330_513, unknownOrders: 0, crossed: 0, trades: 4473, snapshots: 2, notLive: 0 });
    const book = world.book('bitfinex:BTC-USD');
    expect(book.trust).toBe('live');
    // The second connection has channels of its own: its snapshot takes the place of a live book.
    expect(book.counters).toMatchObject({
      ...{ snapshots: 2, resyncs: 1, updates: 1_043_118, earlyUpdates: 0, unknownRemovals: 0 },
      ...{ gaps: 0, crossed: 0, malformed: 0, trades: 4473, tradeCopies: 0, checksumOk: 0, checksumFailed: 0 },
    });
    // Numbers with exponents included, no frame of the market was read the general way.
    expect(world.shard.counters).toMatchObject({ malformed: 0, general: 0 });
  });
});

describe('a book that a late snapshot of an older connection has taken over', () => {
  it('is asked for on the channel of the connection that is left', () => {
    const asked: string[] = [];
    const nothing = (): void => undefined;
    const shard = new IngestShard({
      wires: wireRegistry,
      partitions: 1,
      owns: () => true,
      effects: {
        ...{ emit: nothing, requestSnapshot: nothing, renew: nothing, malformed: nothing, actorFailed: nothing },
        ...{ readGenerally: nothing, refused: nothing },
        resubscribe: (_, symbol, channel) => asked.push(`${symbol} ${channel}`),
      },
    });
    let tUs = 1_700_000_000_000_000;
    const happen = (conn: string, op: FeedOp, data: string | null = null): void => {
      const url = op === 'open' ? 'wss://api-pub.bitfinex.com/ws/2' : null;
      tUs += 1000;
      shard.process(feedRecord({ tUs, exchange: 'bitfinex', conn, op, url, data }), 0, true);
    };
    const begin = (conn: string, chanId: number): void => {
      const words = {
        event: 'subscribed',
        channel: 'book',
        chanId,
        symbol: 'tBTCUSD',
        prec: 'P0',
        freq: 'F0',
        len: '25',
      };
      happen(conn, 'recv', JSON.stringify({ ...words, pair: 'BTCUSD' }));
      happen(conn, 'recv', `[${chanId},[[100,1,5],[101,1,-5]]]`);
    };
    happen('old', 'open');
    begin('old', 11);
    happen('new', 'open');
    begin('new', 22);
    // The answer to a wish from before its successor came.
    begin('old', 33);
    happen('old', 'close');
    const [[, book] = []] = shard.books();
    expect([book?.trust, book?.reason]).toEqual(['stale', 'disconnected']);
    shard.nudge(tUs + 1, tUs + 1);
    expect(asked).toEqual(['tBTCUSD 22']);
  });
});
