/** What a book does as its venue and its connections misbehave, told in frames of real wires. */

import { beforeEach, describe, expect, it } from 'vitest';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { briefly, IngestWorld } from '../../test/fixtures/ingest-world.ts';
import type { Level } from '../../test/fixtures/venue-frames.ts';
import {
  binanceDelta,
  binanceQuote,
  binanceSnapshot,
  binanceTrade,
  KrakenPair,
} from '../../test/fixtures/venue-frames.ts';
import type { BookView, EventView } from '../model/event.ts';
import { CHANGE_KINDS } from '../model/event.ts';
import type { BookKeeper } from './book-keeper.ts';

const BIDS: readonly Level[] = [
  ['100.0', '1'],
  ['99.0', '2'],
];
const ASKS: readonly Level[] = [
  ['101.0', '1'],
  ['102.0', '2'],
];

interface Levels {
  readonly bids?: readonly Level[];
  readonly asks?: readonly Level[];
}

function bitstampDelta(at: number, { bids = [], asks = [] }: Levels = {}): string {
  const data = { timestamp: String(Math.floor(at / 1e6)), microtimestamp: String(at), bids, asks };
  return JSON.stringify({ data, channel: 'diff_order_book_btcusd', event: 'data' });
}

/** With spaces, as the venue writes its REST answers. */
function bitstampSnapshot(at: number, bids: readonly Level[], asks: readonly Level[]): { url: string; body: string } {
  const rows = (levels: readonly Level[]): string =>
    levels.map(([price, size]) => `["${price}", "${size}"]`).join(', ');
  return {
    url: 'https://www.bitstamp.net/api/v2/order_book/btcusd/?group=1',
    body: `{"timestamp": "0", "microtimestamp": "${at}", "bids": [${rows(bids)}], "asks": [${rows(asks)}]}`,
  };
}

function bookEvents(events: readonly EventView[]): BookView[] {
  return events.flatMap((view) => (view.kind === 'book.snapshot' || view.kind === 'book.delta' ? [view] : []));
}

/** Kinds and signed changes of the rows of all deltas. */
function changes(events: readonly EventView[]): string[] {
  return bookEvents(events)
    .filter(({ kind }) => kind === 'book.delta')
    .flatMap((view) =>
      Array.from(view.changes.kind, (kind, row) => `${CHANGE_KINDS[kind]} ${view.changes.change[row]}`),
    );
}

describe('a numbered book with a snapshot by REST', () => {
  let world = new IngestWorld();
  const open = (conn = 'a'): void =>
    world.happen('binance', conn, 'open', null, 'wss://stream.binance.com:9443/stream');
  const close = (conn = 'a'): void => world.happen('binance', conn, 'close', null);
  const delta = (first: number, last: number, levels = {}, conn = 'a'): void =>
    world.happen('binance', conn, 'recv', binanceDelta(first, last, levels));
  const snapshot = (last: number, bids = BIDS, asks = ASKS): void => {
    const { url, body } = binanceSnapshot(last, bids, asks);
    world.happen('binance', 'rest', 'http', body, url);
  };
  const book = (): BookKeeper => world.book('binance:BTC-USDT');
  const goLive = (): void => {
    open();
    delta(8, 10);
    snapshot(10);
    delta(11, 12);
    world.take();
  };

  beforeEach(() => {
    world = new IngestWorld();
  });

  it('keeps events until the snapshot comes, drops what it holds, and is live with the first one behind it', () => {
    open();
    delta(5, 7);
    delta(8, 9, { bids: [['100.0', '7']] });
    delta(10, 12, { bids: [['99.0', '5']] });
    delta(13, 13, { asks: [['101.0', '0']] });
    expect(briefly(world.events)).toEqual(['status syncing/awaiting-snapshot']);
    expect(world.take().asked).toEqual(['request binance BTCUSDT']);
    snapshot(10);
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual([
      'status syncing/awaiting-bridge',
      'book.snapshot syncing/awaiting-bridge',
      'status live',
      'book.delta live',
      'book.delta live',
    ]);
    expect(changes(events)).toEqual(['known 3', 'known -1']);
    expect(bookEvents(events).map(({ venueSeq }) => venueSeq)).toEqual([10, 12, 13]);
    expect(asked).toEqual([]);
    expect(book().counters).toMatchObject({ snapshots: 1, updates: 2, staleUpdates: 2, gaps: 0, resyncs: 0 });
  });

  it.each([
    ['begins right behind it', 11, 15],
    ['holds its next number', 9, 11],
    ['ends with its next number', 11, 11],
  ])('bridges by an event that %s', (_name, first, last) => {
    open();
    delta(first, last);
    snapshot(10);
    expect(book().trust).toBe('live');
  });

  it('asks again where the snapshot is older than what was kept', () => {
    open();
    delta(8, 9);
    world.take();
    snapshot(6);
    expect(world.take()).toEqual({ events: [], asked: ['request binance BTCUSDT'] });
    snapshot(7);
    delta(10, 10);
    expect([book().trust, book().counters.gaps, book().counters.snapshots]).toEqual(['live', 0, 1]);
  });

  it('lets events pass that a snapshot ahead of the socket holds already', () => {
    open();
    delta(1, 2);
    snapshot(50);
    for (let last = 3; last <= 50; last++) delta(last, last);
    expect([book().trust, book().counters.staleUpdates]).toEqual(['syncing', 49]);
    delta(51, 51);
    expect([book().trust, book().counters.updates]).toEqual(['live', 1]);
  });

  it('keeps a bounded number of events, and asks again for a snapshot that the bound has overtaken', () => {
    open();
    for (let last = 1; last <= 20_001; last++) delta(last, last);
    const kept = book().state().pending;
    expect(kept.reduce((total, { bytes }) => total + bytes.length, 0)).toBeLessThanOrEqual(1024 * 1024);
    const oldest = kept[0]?.first ?? NaN;
    expect(oldest).toBeGreaterThan(1);
    world.take();
    snapshot(oldest - 2);
    expect(world.take().asked).toEqual(['request binance BTCUSDT']);
    snapshot(oldest - 1);
    expect([book().trust, book().counters.updates]).toEqual(['live', 20_002 - oldest]);
  });

  it('says suspect before it asks, and no row is live until it is whole again', () => {
    goLive();
    delta(13, 14);
    delta(16, 17, { bids: [['100.0', '9']] });
    expect(world.asked).toEqual(['request binance BTCUSDT']);
    delta(18, 18);
    snapshot(17);
    delta(19, 19);
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual([
      'book.delta live',
      'status suspect/gap',
      'status syncing/awaiting-bridge',
      'book.snapshot syncing/awaiting-bridge',
      'status live',
      'book.delta live',
      'book.delta live',
    ]);
    expect(asked).toEqual(['request binance BTCUSDT']);
    expect(book().counters).toMatchObject({ gaps: 1, resyncs: 1, snapshots: 2 });
    expect(changes(events)).toEqual([]);
  });

  it('keeps the event that showed the gap: it may be the first behind the snapshot', () => {
    goLive();
    delta(20, 21, { bids: [['100.0', '9']] });
    snapshot(19);
    expect(changes(world.take().events)).toEqual(['known 8']);
    expect(book().trust).toBe('live');
  });

  it('opens a greater epoch with each snapshot, also when the clock stands still', () => {
    const epochs: number[] = [];
    open();
    for (let round = 0; round < 3; round++) {
      const at = round * 100;
      const update = binanceDelta(at + 8, at + 10);
      world.process(feedRecord({ tUs: 1_000, exchange: 'binance', conn: 'a', op: 'recv', data: update }));
      const { url, body } = binanceSnapshot(at + 9, BIDS, ASKS);
      world.process(feedRecord({ tUs: 1_000, exchange: 'binance', conn: 'rest', op: 'http', url, data: body }));
      epochs.push(book().position?.epoch ?? NaN);
    }
    expect(epochs).toEqual([1_001, 1_002, 1_003]);
  });

  it('is suspect as soon as it is crossed, and does not tell the message that did it', () => {
    goLive();
    delta(13, 13, { bids: [['101.0', '1']] });
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual(['status suspect/crossed']);
    expect(asked).toEqual(['request binance BTCUSDT']);
    expect(book().counters).toMatchObject({ crossed: 1, resyncs: 1, updates: 1 });
    expect(book().book.bidLevels).toBe(0);
  });

  it('is stale without its connection, and begins anew with the next one', () => {
    goLive();
    close();
    expect(briefly(world.take().events)).toEqual(['status stale/disconnected']);
    open('b');
    delta(30, 31, {}, 'b');
    expect(briefly(world.events)).toEqual(['status syncing/awaiting-snapshot']);
    expect(world.take().asked).toEqual(['request binance BTCUSDT']);
    snapshot(30);
    expect([book().trust, book().counters.resyncs]).toEqual(['live', 1]);
  });

  it('is stale when its connection falls silent, and when it is opened again without having been closed', () => {
    goLive();
    world.happen('binance', 'a', 'timer', 'silence');
    expect(briefly(world.take().events)).toEqual(['status stale/silence']);
    open();
    delta(30, 31);
    snapshot(30);
    world.take();
    open();
    expect(briefly(world.take().events)).toEqual(['status stale/disconnected']);
  });

  it('loses nothing when a connection is renewed: both carry it for a while, the copy that comes second is dropped', () => {
    goLive();
    open('b');
    delta(13, 13, { bids: [['100.0', '3']] });
    delta(12, 13, { bids: [['100.0', '3']] }, 'b');
    delta(14, 15, { bids: [['100.0', '4']] }, 'b');
    delta(14, 15, { bids: [['100.0', '4']] });
    close('a');
    delta(16, 16, { bids: [['100.0', '5']] }, 'b');
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual(['book.delta live', 'book.delta live', 'book.delta live']);
    expect(changes(events)).toEqual(['known 2', 'known 1', 'known 1']);
    expect(asked).toEqual([]);
    close('b');
    expect(briefly(world.take().events)).toEqual(['status stale/disconnected']);
  });

  it('tells each trade once while two connections carry it, and again one of the same number on its own connection', () => {
    goLive();
    open('b');
    const trade = (conn: string, id: number): void =>
      world.happen('binance', conn, 'recv', binanceTrade(id, 1_700_000_000_000 + id));
    // The new connection was opened too late for 3, and the old one is behind.
    for (const id of [1, 2]) trade('a', id);
    for (const id of [2, 4]) trade('b', id);
    for (const id of [3, 4]) trade('a', id);
    const told = world.take().events.map((view) => (view.kind === 'trade' ? view.tradeId : view.kind));
    expect(told).toEqual(['1', '2', '4', '3']);
    expect(book().counters).toMatchObject({ trades: 4, tradeCopies: 2 });
    trade('b', 4);
    expect(world.take().events).toHaveLength(1);
  });

  it('takes no harm from a frame that nobody can read: the next number shows what was lost', () => {
    goLive();
    world.happen('binance', 'a', 'recv', binanceDelta(13, 14).slice(0, -5));
    expect([book().trust, book().counters.malformed]).toEqual(['live', 1]);
    delta(15, 15);
    expect([book().trust, book().reason]).toEqual(['suspect', 'gap']);
  });

  it('asks again where the awaited snapshot cannot be read', () => {
    open();
    delta(8, 9);
    world.take();
    const { url, body } = binanceSnapshot(9, BIDS, ASKS);
    world.happen('binance', 'rest', 'http', body.slice(0, 30), url);
    expect(world.take().asked).toContain('request binance BTCUSDT');
  });

  it('ignores a snapshot that it did not wait for', () => {
    goLive();
    snapshot(500, [['1.0', '1']], []);
    expect(world.take().events).toEqual([]);
    delta(13, 13);
    expect(book().trust).toBe('live');
  });

  it("holds its best prices against the venue's own", () => {
    goLive();
    const quote = (last: number, bid: Level, ask: Level): void =>
      world.happen('binance', 'a', 'recv', binanceQuote(last, bid, ask));
    quote(13, ['100.00', '3.0'], ['101.00', '1.0']);
    quote(15, ['100.00', '4.0'], ['101.00', '1.0']);
    delta(13, 14, { bids: [['100.0', '3']] });
    delta(15, 15, { bids: [['100.0', '3.5']] });
    expect(book().counters).toMatchObject({ auditOk: 1, auditFailed: 1 });
    expect(book().trust).toBe('live');
  });

  it('knows a level within the range of its snapshot, and none outside before it was seen', () => {
    open();
    delta(8, 9);
    const many = Array.from({ length: 1000 }, (_, i): Level => [(100 - i / 100).toFixed(2), '1']);
    snapshot(9, many, ASKS);
    delta(10, 10, { bids: [['90.005', '2']], asks: [['500', '1']] });
    delta(11, 11, { bids: [['90.00', '5']] });
    delta(12, 12, { bids: [['90.00', '0']] });
    delta(13, 13, { bids: [['90.00', '6']] });
    expect(changes(world.take().events)).toEqual(['first-sight 2', 'known 1', 'first-sight 5', 'known -5', 'known 6']);
  });
});

describe('a book with a snapshot by REST and numbers that only rise', () => {
  const T0 = 1_700_000_000_000_000;
  let world = new IngestWorld();
  const open = (conn = 'a'): void => world.happen('bitstamp', conn, 'open', null, 'wss://ws.bitstamp.net');
  const close = (conn = 'a'): void => world.happen('bitstamp', conn, 'close', null);
  const delta = (at: number, levels = {}, conn = 'a'): void =>
    world.happen('bitstamp', conn, 'recv', bitstampDelta(T0 + at, levels));
  const snapshot = (at: number): void => {
    const { url, body } = bitstampSnapshot(T0 + at, BIDS, ASKS);
    world.happen('bitstamp', 'rest', 'http', body, url);
  };
  const cut = (at: number, conn = 'a'): void =>
    world.happen('bitstamp', conn, 'recv', bitstampDelta(T0 + at).replace('"bids":[]', '"bids":{}'));
  const book = (): BookKeeper => world.book('bitstamp:BTC-USD');
  const goLive = (): void => {
    open();
    delta(10);
    snapshot(10);
    world.take();
  };

  beforeEach(() => {
    world = new IngestWorld();
  });

  it('keeps updates until the snapshot comes, drops what it holds, and is live by the first of them', () => {
    open();
    delta(3, { bids: [['100.0', '7']] });
    delta(500, { bids: [['99.0', '5']] });
    delta(900, { asks: [['101.0', '0']] });
    expect(world.take().asked).toEqual(['request bitstamp btcusd']);
    snapshot(400);
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual([
      'status syncing/awaiting-bridge',
      'book.snapshot syncing/awaiting-bridge',
      'status live',
      'book.delta live',
      'book.delta live',
    ]);
    expect(changes(events)).toEqual(['known 3', 'known -1']);
    expect(bookEvents(events).map(({ venueSeq }) => venueSeq - T0)).toEqual([400, 500, 900]);
    expect(asked).toEqual([]);
    expect(book().counters).toMatchObject({ snapshots: 1, updates: 2, staleUpdates: 1, gaps: 0, resyncs: 0 });
  });

  it('asks again where the snapshot is older than the first update kept, be it by one', () => {
    open();
    delta(10);
    world.take();
    snapshot(9);
    expect(world.take()).toEqual({ events: [], asked: ['request bitstamp btcusd'] });
    snapshot(10);
    expect([book().trust, book().counters.snapshots]).toEqual(['live', 1]);
  });

  it('takes a snapshot before any update, and is live with the first from before it', () => {
    open();
    snapshot(10);
    expect(briefly(world.take().events)).toEqual([
      'status syncing/awaiting-bridge',
      'book.snapshot syncing/awaiting-bridge',
    ]);
    delta(7);
    delta(9);
    delta(15, { bids: [['100.0', '3']] });
    expect(briefly(world.take().events)).toEqual(['status live', 'book.delta live']);
    expect(book().counters).toMatchObject({ staleUpdates: 2, updates: 1 });
  });

  it('does not trust a snapshot that nothing was heard from before: what came between may be lost', () => {
    open();
    snapshot(10);
    world.take();
    delta(15, { bids: [['100.0', '3']] });
    expect(briefly(world.events)).toEqual(['status syncing/awaiting-snapshot']);
    expect(world.take().asked).toEqual(['request bitstamp btcusd']);
    delta(17, { bids: [['100.0', '4']] });
    snapshot(16);
    expect(changes(world.take().events)).toEqual(['known 3']);
    expect(book().trust).toBe('live');
    expect(book().counters).toMatchObject({ gaps: 0, resyncs: 0, snapshots: 2 });
  });

  it('finds no gap in any step of its numbers, and drops a copy of what it holds', () => {
    goLive();
    delta(9_999_999, { bids: [['100.0', '3']] });
    delta(9_999_999, { bids: [['100.0', '4']] });
    expect(changes(world.take().events)).toEqual(['known 2']);
    expect(book().counters).toMatchObject({ updates: 1, staleUpdates: 2, gaps: 0 });
  });

  it('is in doubt when its connection brings an older update behind a newer one: that one was taken before its time', () => {
    goLive();
    delta(20, { bids: [['100.0', '3']] });
    world.take();
    delta(11, { bids: [['100.0', '5']] });
    expect(briefly(world.events)).toEqual(['status suspect/gap']);
    expect(world.take().asked).toEqual(['request bitstamp btcusd']);
    delta(21);
    snapshot(21);
    expect(book().trust).toBe('live');
  });

  it('is suspect after an update that nobody can read, since no number would show the loss', () => {
    goLive();
    cut(11);
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual(['status suspect/malformed']);
    expect(asked).toContain('request bitstamp btcusd');
    // From before the loss, as the next update shows.
    snapshot(10);
    delta(13);
    expect(book().trust).toBe('syncing');
    snapshot(14);
    expect(book().trust).toBe('live');
  });

  it('forgets what it kept before an update that nobody can read', () => {
    open();
    delta(10);
    cut(11);
    snapshot(10);
    expect(book().trust).toBe('syncing');
    delta(13);
    snapshot(12);
    expect(book().trust).toBe('syncing');
    snapshot(13);
    expect([book().trust, book().counters.updates]).toEqual(['live', 0]);
  });

  it('goes on with its other connection where one says what nobody can read', () => {
    goLive();
    open('b');
    delta(11);
    delta(11, {}, 'b');
    cut(12);
    // It is out until it says again what the book holds: this would hide 12.
    delta(13, { bids: [['100.0', '3']] });
    delta(12, { bids: [['99.0', '3']] }, 'b');
    delta(13, { bids: [['100.0', '3']] }, 'b');
    delta(14, { bids: [['100.0', '4']] }, 'b');
    delta(14, { bids: [['100.0', '4']] });
    close('b');
    delta(15, { bids: [['100.0', '5']] });
    const { events } = world.take();
    expect(changes(events)).toEqual(['known 1', 'known 2', 'known 1', 'known 1']);
    expect([book().trust, book().counters.resyncs]).toEqual(['live', 0]);
  });

  it('begins anew with one connection, since another may have said before what the first has yet to say', () => {
    goLive();
    open('b');
    delta(10, {}, 'b');
    delta(11, {}, 'b');
    delta(12, { bids: [['101.0', '1']] }, 'b');
    expect(book().reason).toBe('crossed');
    delta(11);
    delta(13, { bids: [['100.0', '3']] }, 'b');
    delta(12, { bids: [['99.0', '3']] });
    snapshot(11);
    delta(13, { bids: [['100.0', '3']] });
    expect(changes(world.take().events).slice(-2)).toEqual(['known 1', 'known 2']);
    expect([book().trust, book().state().carriers]).toEqual(['live', ['a']]);
  });

  it('keeps what comes behind an update that crossed it, until the next snapshot', () => {
    open();
    delta(10);
    delta(11, { bids: [['101.0', '1']] });
    delta(12, { bids: [['98.0', '1']] });
    snapshot(10);
    const { events } = world.take();
    expect(briefly(events).slice(-2)).toEqual(['status live', 'status suspect/crossed']);
    expect(
      book()
        .state()
        .pending.map(({ last }) => last - T0),
    ).toEqual([12]);
    snapshot(12);
    expect([book().trust, book().counters.crossed]).toEqual(['live', 1]);
  });

  it('takes a second connection in as soon as that says what the book holds, and loses nothing of the first', () => {
    goLive();
    open('b');
    // The new connection is ahead, and was opened after 11 was sent: its 12 would hide that.
    delta(12, { bids: [['100.0', '3']] }, 'b');
    delta(11, { bids: [['99.0', '3']] });
    delta(12, { bids: [['100.0', '3']] });
    delta(13, { bids: [['100.0', '4']] });
    delta(13, { bids: [['100.0', '4']] }, 'b');
    close('a');
    delta(14, { bids: [['100.0', '5']] }, 'b');
    const { events, asked } = world.take();
    expect(changes(events)).toEqual(['known 1', 'known 2', 'known 1', 'known 1']);
    expect([book().trust, asked]).toEqual(['live', []]);
    expect(book().counters).toMatchObject({ earlyUpdates: 1, staleUpdates: 2, updates: 4 });
    close('b');
    expect(briefly(world.take().events)).toEqual(['status stale/disconnected']);
  });

  it('begins anew where its connection goes before the next one has proven itself', () => {
    goLive();
    open('b');
    delta(12, {}, 'b');
    close('a');
    expect(briefly(world.take().events)).toEqual(['status stale/disconnected']);
    delta(14, {}, 'b');
    expect(world.take().asked).toEqual(['request bitstamp btcusd']);
    snapshot(15);
    expect(book().trust).toBe('live');
  });

  it('leaves a connection that is silent while another speaks, though nobody says that it closed', () => {
    goLive();
    open('b');
    const at = (tUs: number, last: number): void =>
      world.process(feedRecord({ tUs, exchange: 'bitstamp', conn: 'b', op: 'recv', data: bitstampDelta(T0 + last) }));
    const now = book().lastReceiveUs;
    at(now + 9_000_000, 20);
    expect(world.take().events).toEqual([]);
    at(now + 11_000_000, 21);
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual(['status stale/silence', 'status syncing/awaiting-snapshot']);
    expect(asked).toEqual(['request bitstamp btcusd']);
    expect(book().state().carriers).toEqual(['b']);
    snapshot(21);
    expect([book().trust, book().counters.resyncs]).toEqual(['live', 1]);
  });
});

describe('a book with its snapshot on the socket and a checksum', () => {
  const pair = (): KrakenPair => new KrakenPair('BTC/USD', 10, BIDS, ASKS);
  let world = new IngestWorld();
  let venue = pair();
  const recv = (frame: string, conn = 'k'): void => world.happen('kraken', conn, 'recv', frame);
  const open = (conn = 'k'): void => world.happen('kraken', conn, 'open', null, 'wss://ws.kraken.com/v2');
  const book = (): BookKeeper => world.book('kraken:BTC-USD');
  const goLive = (): void => {
    open();
    recv(venue.subscribed());
    recv(venue.snapshot());
    world.take();
  };

  beforeEach(() => {
    world = new IngestWorld();
    venue = pair();
  });

  it('is live with its first snapshot', () => {
    open();
    recv(venue.subscribed());
    recv(venue.update({ bids: [['100.0', '5']] }));
    recv(venue.snapshot());
    recv(venue.update({ bids: [['100.0', '6']] }));
    const { events } = world.take();
    expect(briefly(events)).toEqual([
      'status syncing/awaiting-snapshot',
      'status live',
      'book.snapshot live',
      'book.delta live',
    ]);
    expect(changes(events)).toEqual(['known 1']);
    expect(book().counters).toMatchObject({ earlyUpdates: 1, checksumOk: 2, checksumFailed: 0, updates: 1 });
  });

  it('tells nothing of a message with a wrong checksum: suspect, then the subscription anew', () => {
    goLive();
    recv(venue.update({ bids: [['100.0', '5']] }, 1));
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual(['status suspect/checksum']);
    expect(asked).toEqual(['resubscribe kraken BTC/USD']);
    recv(venue.update({ bids: [['100.0', '6']] }));
    expect(world.events).toEqual([]);
    recv(venue.unsubscribed());
    recv(venue.subscribed());
    expect(book().trust).toBe('suspect');
    recv(venue.snapshot());
    expect(briefly(world.take().events)).toEqual(['status live', 'book.snapshot live']);
    expect(book().counters).toMatchObject({ checksumFailed: 1, checksumOk: 2, resyncs: 1, earlyUpdates: 1 });
  });

  it('notices a lost message by the checksum of the next one', () => {
    goLive();
    venue.update({ bids: [['100.0', '5']] });
    recv(venue.update({ asks: [['101.0', '5']] }));
    expect(briefly(world.take().events)).toEqual(['status suspect/checksum']);
  });

  it('trusts no snapshot with a wrong checksum either', () => {
    open();
    recv(venue.subscribed());
    world.take();
    recv(venue.snapshot(1));
    expect(briefly(world.events)).toEqual(['status suspect/checksum']);
    expect(world.take().asked).toEqual(['resubscribe kraken BTC/USD']);
    recv(venue.snapshot(2));
    expect(world.take().events).toEqual([]);
    recv(venue.snapshot());
    expect(briefly(world.take().events)).toEqual(['status live', 'book.snapshot live']);
  });

  it('must be sent again after a frame that nobody can read, since nothing is numbered', () => {
    goLive();
    recv(venue.update({ bids: [['100.0', '5']] }).replace('"qty":5', '"qty":"x"'));
    const { events, asked } = world.take();
    expect(briefly(events)).toEqual(['status suspect/malformed']);
    expect(asked).toEqual(['resubscribe kraken BTC/USD', 'malformed book: a level is not {price, qty}']);
    expect(book().counters).toMatchObject({ malformed: 1, resyncs: 1 });
  });

  it('is halted with its venue, and asks for its book once that is back', () => {
    goLive();
    const status = (system: string): void =>
      recv(`{"channel":"status","type":"update","data":[{"system":"${system}"}]}`);
    status('online');
    expect(world.take()).toEqual({ events: [], asked: [] });
    status('maintenance');
    expect(briefly(world.take().events)).toEqual(['status stale/maintenance']);
    recv(venue.update({ bids: [['100.0', '5']] }));
    expect(world.take()).toEqual({ events: [], asked: [] });
    status('online');
    expect(world.take()).toEqual({ events: [], asked: ['resubscribe kraken BTC/USD'] });
    recv(venue.snapshot());
    expect(briefly(world.take().events)).toEqual(['status live', 'book.snapshot live']);
  });

  it('is stale when the venue refuses it', () => {
    const refusal = '{"method":"subscribe","error":"no such pair","success":false,"symbol":"BTC/USD"}';
    open();
    recv(refusal);
    expect(briefly(world.events)).toEqual(['status stale/refused']);
    expect(world.take().asked).toEqual(['refused kraken BTC/USD no such pair']);
    goLive();
    world.take();
    // A live book has its channel: the refusal is about another one.
    recv(refusal);
    expect(world.take()).toEqual({ events: [], asked: ['refused kraken BTC/USD no such pair'] });
    expect(book().trust).toBe('live');
  });

  it('is taken over by the connection that sent its newest snapshot: the old one may go', () => {
    goLive();
    open('l');
    recv(venue.subscribed(), 'l');
    recv(venue.snapshot(), 'l');
    const late = venue.update({ bids: [['100.0', '7']] });
    recv(late, 'k');
    recv(late, 'l');
    world.happen('kraken', 'k', 'close', null);
    const { events } = world.take();
    expect(briefly(events)).toEqual(['book.snapshot live', 'book.delta live']);
    expect(book().trust).toBe('live');
    world.happen('kraken', 'l', 'close', null);
    expect(briefly(world.take().events)).toEqual(['status stale/disconnected']);
  });

  it('is stale when its connection goes before the first snapshot', () => {
    open();
    recv(venue.subscribed());
    world.happen('kraken', 'k', 'close', null);
    expect(briefly(world.take().events)).toEqual(['status syncing/awaiting-snapshot', 'status stale/disconnected']);
  });

  it('takes no notice of connections that carry other books', () => {
    goLive();
    world.happen('kraken', 'other', 'open', null, 'wss://ws.kraken.com/v2');
    world.happen('kraken', 'other', 'close', null);
    world.happen('binance', 'k', 'open', null, 'wss://stream.binance.com:9443/stream');
    world.happen('binance', 'k', 'close', null);
    expect(world.take().events).toEqual([]);
    recv(venue.update({ bids: [['100.0', '7']] }));
    expect(briefly(world.take().events)).toEqual(['book.delta live']);
  });

  it('calls a level that left the window no cancel, and one that came back no order', () => {
    const bids = Array.from({ length: 10 }, (_, i): Level => [`${100 - i}.0`, '1']);
    venue = new KrakenPair('BTC/USD', 10, bids, ASKS);
    goLive();
    recv(venue.update({ bids: [['100.5', '2']] }));
    recv(
      venue.update({
        bids: [
          ['100.5', '0'],
          ['91.0', '1'],
        ],
      }),
    );
    const { events } = world.take();
    expect(changes(events)).toEqual(['known 2', 'window-exit -1', 'known -2', 'first-sight 1']);
    expect(book().book.bidLevels).toBe(10);
  });
});

describe('a numbered book with its snapshot on the socket', () => {
  it('waits at a hole for no connection that is gone, also where another one had taken the book over before', () => {
    const world = new IngestWorld();
    const open = (conn: string): void => world.happen('gemini', conn, 'open', null, 'wss://ws.gemini.com/?snapshot=-1');
    const update = (conn: string, first: number, last: number, bid: Level): void => {
      const levels = `"b":[["${bid[0]}","${bid[1]}"]],"a":${first === last ? '[["101","1"]]' : '[]'}`;
      const frame = `{"e":"depthUpdate","E":1700000000000000000,"s":"btcusd","U":${first},"u":${last},${levels}}`;
      world.happen('gemini', conn, 'recv', frame);
    };
    open('a');
    update('a', 100, 100, ['99', '1']);
    update('a', 100, 105, ['98', '1']);
    open('b');
    update('b', 110, 110, ['99', '1']);
    world.happen('gemini', 'a', 'close', null);
    update('b', 110, 115, ['97', '1']);
    expect(world.book('gemini:BTC-USD').trust).toBe('live');
    update('b', 120, 125, ['96', '1']);
    expect(world.book('gemini:BTC-USD')).toMatchObject({ trust: 'suspect', reason: 'gap' });
  });
});

describe('trades', () => {
  it('without a number get their ordinal within their time, each a name of its own', () => {
    const world = new IngestWorld();
    const trade = (...times: readonly string[]): void => {
      const rows = times.map((time) => `["100.5","0.5","${time}","s","l",""]`);
      world.happen('kraken', 'k', 'recv', `[1,[${rows.join(',')}],"trade","XBT/USD"]`);
    };
    world.happen('kraken', 'k', 'open', null, 'wss://ws.kraken.com');
    trade('1.1', '1.1', '1.2');
    trade('1.2');
    trade('1.3', '1.3');
    const told = world.events.flatMap((view) =>
      view.kind === 'trade' ? [`${view.header.exchangeUs} ${view.tradeId} ${view.takerSide}`] : [],
    );
    expect(told).toEqual([
      '1100000 0 sell',
      '1100000 1 sell',
      '1200000 0 sell',
      '1200000 1 sell',
      '1300000 0 sell',
      '1300000 1 sell',
    ]);
  });

  it('keep their own digits, whatever the scale of the book', () => {
    const world = new IngestWorld();
    world.happen('binance', 'a', 'open', null, 'wss://stream.binance.com:9443/stream');
    world.happen(
      'binance',
      'a',
      'recv',
      binanceTrade(7, 1_700_000_000_000).replace('"0.5"', '"1000000000000.00000001"'),
    );
    expect(world.events).toMatchObject([
      {
        kind: 'trade',
        header: { symbol: 'BTC-USDT', priceScale: 1, sizeScale: 8, wide: true, exchangeUs: 1_700_000_000_000_000 },
        tradeId: '7',
        price: 1005,
        widePrice: 1005n,
        wideSize: 100_000_000_000_000_000_001n,
        takerSide: 'buy',
      },
    ]);
  });
});
