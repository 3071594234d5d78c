/** Books of single orders: how they begin, what they tell, and what they do about what is missing. */

import { beforeEach, describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { exactLevels } from '../../test/fixtures/book-views.ts';
import { unitsOf } from '../../test/fixtures/exact.ts';
import { briefly, IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { formatDecimal } from '../lib/decimal.ts';
import type { EventView } from '../model/event.ts';
import { BID, CHANGE_KINDS, isOrderView } from '../model/event.ts';
import type { BookKeeper } from './book-keeper.ts';

const T0 = 1_785_000_000_000_000;
const SNAPSHOT_URL = 'https://www.bitstamp.net/api/v2/order_book/btcusd/?group=2';

/** Orders and changes of levels in few words. */
function told(events: readonly EventView[]): string[] {
  return events.flatMap((event) => {
    const { header } = event;
    const { priceScale, sizeScale } = header;
    if (isOrderView(event)) {
      const [price, size] = [formatDecimal(event.price, priceScale), formatDecimal(event.size, sizeScale)];
      const change = formatDecimal(event.change, sizeScale);
      const place = event.keepsPlace ? 'keeps its place' : 'at the tail';
      return [
        `${event.kind} ${event.orderId} ${event.side === BID ? 'bid' : 'ask'} ${price} x ${size} (${change}), ${place}`,
      ];
    }
    if (event.kind !== 'book.delta') return [];
    const { changes } = event;
    return Array.from({ length: changes.count }, (_unused, row) => {
      const price = formatDecimal(changes.price[row] ?? 0, priceScale);
      const size = formatDecimal(changes.size[row] ?? 0, sizeScale);
      const change = formatDecimal(changes.change[row] ?? 0, sizeScale);
      const side = changes.side[row] === BID ? 'bid' : 'ask';
      return `${CHANGE_KINDS[changes.kind[row] ?? 0]} ${side} ${price} x ${size} (${change}) in ${changes.orders[row]}`;
    });
  });
}

describe('a book of chained orders with a snapshot by REST', () => {
  let world = new IngestWorld();
  let links = 0;
  const linkOf = (link: number): string => `000659d4-cba2-b200-0000-${String(link).padStart(12, '0')}`;
  const open = (conn = 'a'): void => {
    world.happen('bitstamp', conn, 'open', null, 'wss://ws.bitstamp.net');
    world.happen(
      'bitstamp',
      conn,
      'recv',
      '{"event":"bts:subscription_succeeded","channel":"live_orders_btcusd","data":{}}',
    );
  };
  interface Order {
    readonly id: number;
    readonly type?: 0 | 1;
    readonly price?: string;
    readonly amount: string;
    readonly traded?: string;
  }
  /** An event at T0 + `at`, linked to the one before unless it is told otherwise. */
  const frameOf = (event: string, at: number, order: Order, link = ++links, previous = link - 1): string =>
    JSON.stringify({
      event: `order_${event}`,
      channel: 'live_orders_btcusd',
      event_id: linkOf(link),
      pre_event_id: linkOf(previous),
      order_source: 'orderbook',
      data: {
        id: order.id,
        id_str: String(order.id),
        order_type: order.type ?? 0,
        microtimestamp: String(T0 + at),
        amount_str: order.amount,
        amount_traded: order.traded ?? '0',
        price_str: order.price ?? '100.00',
      },
    });
  const order = (event: string, at: number, what: Order, conn = 'a'): void =>
    world.happen('bitstamp', conn, 'recv', frameOf(event, at, what));
  const snapshot = (at: number): void => {
    const bids = [
      ['100.00', '1.0', '11'],
      ['100.00', '2.5', '12'],
      ['99.00', '4', '13'],
    ];
    const asks = [['101.00', '3', '21']];
    const body = JSON.stringify({ timestamp: '1785000000', microtimestamp: String(T0 + at), bids, asks });
    world.happen('bitstamp', 'rest', 'http', body, SNAPSHOT_URL);
  };
  const book = (): BookKeeper => world.book('bitstamp:BTC-USD');
  const goLive = (): void => {
    open();
    order('created', 10, { id: 13, price: '99.00', amount: '4' });
    snapshot(10);
    expect(book().trust).toBe('live');
    world.take();
  };

  beforeEach(() => {
    world = new IngestWorld();
    links = 100;
  });

  it('begins with a snapshot that holds an event which was heard, and goes on from there', () => {
    open();
    order('created', 10, { id: 13, price: '99.00', amount: '4' });
    expect(world.asked).toEqual(['request bitstamp btcusd']);
    order('created', 20, { id: 14, price: '99.50', amount: '1' });
    snapshot(10);
    expect(briefly(world.events)).toEqual([
      'status syncing/awaiting-snapshot',
      'status syncing/awaiting-bridge',
      'book.snapshot syncing/awaiting-bridge',
      'status live',
      'order.add live',
      'book.delta live',
    ]);
    expect(book().counters).toMatchObject({ snapshots: 1, updates: 1, staleUpdates: 1, gaps: 0 });
    expect(book().links).toEqual({ ok: 1, broken: 0 });
    expect(exactLevels(book().book, 'bid')).toEqual([
      [unitsOf('100'), unitsOf('3.5')],
      [unitsOf('99.5'), unitsOf('1')],
      [unitsOf('99'), unitsOf('4')],
    ]);
  });

  it('tells a sample before the first event of each second, as the levels stand then', () => {
    world = new IngestWorld({ sampleLevels: 2, startUs: T0 });
    goLive();
    order('created', 900_000, { id: 14, price: '99.50', amount: '1' });
    order('deleted', 1_100_000, { id: 12, price: '100.00', amount: '2.5' });
    order('deleted', 1_200_000, { id: 11, price: '100.00', amount: '1.0' });
    const { events } = world.take();
    expect(briefly(events)).toEqual([
      ...['book.sample live', 'order.add live', 'book.delta live'],
      ...['book.sample live', 'order.cancel live', 'book.delta live', 'order.cancel live', 'book.delta live'],
    ]);
    const sample = events[3];
    const numbers = sample?.kind === 'book.sample' ? [...sample.values.subarray(0, sample.count)] : [];
    // The mid is 100.5: 100 is within 50 basis points, 99.5 within 100, 99 is not.
    expect(numbers).toEqual([0, 0, 3.5, 3, 4.5, 3, 2, 1, 100, 3.5, 99.5, 1, 101, 3]);
    expect(sample?.header).toMatchObject({ span: 0, seq: events[4]?.header.seq });
  });

  it('refuses a snapshot that is older than all that was heard, and one that nothing was heard before', () => {
    open();
    order('created', 10, { id: 13, price: '99.00', amount: '4' });
    snapshot(9);
    expect(world.take().asked).toEqual(['request bitstamp btcusd', 'request bitstamp btcusd']);
    expect(book().trust).toBe('syncing');
    world = new IngestWorld();
    open();
    snapshot(10);
    order('created', 20, { id: 14, price: '99.50', amount: '1' });
    expect([book().trust, book().reason]).toEqual(['syncing', 'awaiting-snapshot']);
    snapshot(20);
    expect(book().trust).toBe('live');
  });

  it('tells each order, and what it means for its level', () => {
    goLive();
    order('created', 20, { id: 14, amount: '0.5' });
    order('changed', 30, { id: 12, amount: '2.0' });
    order('changed', 40, { id: 12, amount: '2.75' });
    order('changed', 50, { id: 12, amount: '2.75', price: '98.50' });
    order('deleted', 60, { id: 11, amount: '1.0' });
    expect(told(world.take().events)).toEqual([
      'order.add 14 bid 100 x 0.5 (0.5), at the tail',
      'known bid 100 x 4 (0.5) in 3',
      'order.change 12 bid 100 x 2 (-0.5), keeps its place',
      'known bid 100 x 3.5 (-0.5) in 3',
      'order.change 12 bid 100 x 2.75 (0.75), at the tail',
      'resized bid 100 x 4.25 (0.75) in 3',
      'order.change 12 bid 98.5 x 2.75 (0), at the tail',
      'known bid 100 x 1.5 (-2.75) in 2',
      'resized bid 98.5 x 2.75 (2.75) in 1',
      'order.cancel 11 bid 100 x 0 (-1), keeps its place',
      'known bid 100 x 0.5 (-1) in 1',
    ]);
  });

  it('tells a trade of several events as one, and no level of an order that never rested', () => {
    goLive();
    order('created', 20, { id: 15, price: '101.50', amount: '1.0' });
    order('deleted', 20, { id: 15, price: '101.00', amount: '0', traded: '1.0' });
    expect(world.take().events).toEqual([]);
    order('changed', 20, { id: 21, type: 1, price: '101.00', amount: '2.0', traded: '1.0' });
    expect(told(world.take().events)).toEqual([
      'order.add 15 bid 101.5 x 1 (1), at the tail',
      'order.fill 15 bid 101.5 x 0 (-1), keeps its place',
      'order.fill 21 ask 101 x 2 (-1), keeps its place',
      'known ask 101 x 2 (-1) in 1',
    ]);
    // What is left of an order that took all that it met rests.
    order('created', 30, { id: 16, price: '101.00', amount: '5' });
    order('deleted', 30, { id: 21, type: 1, price: '101.00', amount: '0', traded: '2.0' });
    order('changed', 30, { id: 16, price: '101.00', amount: '3', traded: '2.0' });
    expect(told(world.take().events)).toEqual([
      'order.add 16 bid 101 x 5 (5), at the tail',
      'order.fill 21 ask 101 x 0 (-2), keeps its place',
      'order.fill 16 bid 101 x 3 (-2), keeps its place',
      'known bid 101 x 3 (3) in 1',
      'known ask 101 x 0 (-2) in 0',
    ]);
    expect(book().trust).toBe('live');
  });

  it('takes a book for wrong that is still crossed at a later moment', () => {
    goLive();
    order('created', 20, { id: 15, price: '101.50', amount: '1.0' });
    expect(book().trust).toBe('live');
    order('created', 30, { id: 16, price: '98.00', amount: '1.0' });
    expect(book()).toMatchObject({ trust: 'suspect', reason: 'crossed' });
    expect(briefly(world.take().events)).toEqual(['status suspect/crossed']);
    // What comes from then on is kept for the next snapshot.
    snapshot(30);
    expect(book().trust).toBe('live');
  });

  it('is suspect where an event is missing, and right again after the next snapshot', () => {
    goLive();
    links++;
    order('created', 20, { id: 14, amount: '0.5' });
    expect(book()).toMatchObject({ trust: 'suspect', reason: 'gap', counters: { gaps: 1, resyncs: 1 } });
    expect(book().links).toEqual({ ok: 0, broken: 1 });
    expect(world.take().asked).toEqual(['request bitstamp btcusd']);
    order('created', 25, { id: 17, amount: '0.5' });
    snapshot(20);
    expect(book().trust).toBe('live');
    expect(book().links).toEqual({ ok: 1, broken: 1 });
    expect(told(world.take().events)).toEqual([
      'order.add 17 bid 100 x 0.5 (0.5), at the tail',
      'known bid 100 x 4 (0.5) in 3',
    ]);
  });

  it('begins anew with what it keeps where an event is missing in that', () => {
    open();
    order('created', 10, { id: 13, price: '99.00', amount: '4' });
    links++;
    order('created', 20, { id: 14, price: '99.00', amount: '4' });
    snapshot(10);
    expect(book().trust).toBe('syncing');
    expect(world.asked).toHaveLength(2);
    snapshot(20);
    expect(book().trust).toBe('live');
  });

  it('goes on without a gap on a second connection, and leaves copies out', () => {
    goLive();
    open('b');
    const first = frameOf('created', 20, { id: 14, amount: '0.5' });
    const second = frameOf('created', 30, { id: 15, amount: '0.5' });
    // The new connection is ahead: it counts as soon as it tells what is held, or what follows.
    world.happen('bitstamp', 'b', 'recv', second);
    world.happen('bitstamp', 'a', 'recv', first);
    world.happen('bitstamp', 'a', 'recv', second);
    const third = frameOf('created', 40, { id: 16, amount: '0.5' });
    world.happen('bitstamp', 'b', 'recv', third);
    world.happen('bitstamp', 'a', 'recv', third);
    world.happen('bitstamp', 'a', 'close', null);
    order('created', 50, { id: 17, amount: '0.5' }, 'b');
    expect(book()).toMatchObject({ trust: 'live', counters: { gaps: 0, resyncs: 0, staleUpdates: 2, updates: 4 } });
    world.happen('bitstamp', 'b', 'close', null);
    expect(book()).toMatchObject({ trust: 'stale', reason: 'disconnected' });
  });

  it('goes on from its state in another shard', () => {
    goLive();
    order('created', 20, { id: 15, price: '101.50', amount: '1.0' });
    const state = structuredClone(world.shard.state());
    const before = links;
    const end = (): string[] => {
      links = before;
      order('deleted', 20, { id: 15, price: '101.00', amount: '0', traded: '1.0' });
      order('changed', 20, { id: 21, type: 1, price: '101.00', amount: '2.0', traded: '1.0' });
      order('changed', 30, { id: 12, amount: '2.75', price: '98.50' });
      return told(world.take().events);
    };
    const here = end();
    world = new IngestWorld();
    world.shard.restore(state);
    expect(end()).toEqual(here);
    expect(here).toHaveLength(7);
  });

  it('is not mixed with the levels of the same pair', () => {
    goLive();
    const url = SNAPSHOT_URL.replace('group=2', 'group=1');
    const levels = `{"timestamp":"1785000000","microtimestamp":"${T0 + 50}","bids":[["1","1"]],"asks":[]}`;
    world.happen('bitstamp', 'rest', 'http', levels, url);
    const diff =
      `{"data":{"timestamp":"1785000000","microtimestamp":"${T0 + 60}","bids":[["100","7"]],"asks":[]},` +
      '"channel":"diff_order_book_btcusd","event":"data"}';
    world.happen('bitstamp', 'a', 'recv', diff);
    world.happen('bitstamp', 'c', 'open', null, 'wss://ws.bitstamp.net');
    world.happen('bitstamp', 'c', 'recv', diff);
    expect(book().trust).toBe('live');
    expect(world.take().events).toEqual([]);
  });
});

describeWithData('a recording of single orders on Bitstamp', captureParts('bitstamp-orders'), (path) => {
  const records = recordsAt(path);

  it('has all of its ten links', () => {
    const world = new IngestWorld();
    for (const record of records) world.process(record);
    const book = world.book('bitstamp:BTC-USD');
    expect(book.links).toEqual({ ok: 10, broken: 0 });
    expect(book).toMatchObject({ trust: 'syncing', reason: 'awaiting-snapshot' });
    expect(world.shard.counters).toMatchObject({ malformed: 0, ignored: 0 });
  });

  it('is told whole behind a snapshot of its first moment', () => {
    const world = new IngestWorld();
    const [opened, acknowledged, first, ...rest] = records;
    for (const record of [opened, acknowledged, first]) if (record !== undefined) world.process(record);
    const body = JSON.stringify({
      timestamp: '1787620344',
      microtimestamp: '1787620344640000',
      bids: [
        ['79640.78', '0.25000000', '2043024875446273'],
        ['78775.17', '0.00049029', '2043024875212801'],
        ['71676.81', '0.00143636', '2043024874967040'],
      ],
      asks: [['79640.91', '0.02278180', '2043024863952899']],
    });
    const tUs = first?.tUs ?? 0;
    world.process({ tUs, exchange: 'bitstamp', conn: 'rest', op: 'http', url: SNAPSHOT_URL, data: Buffer.from(body) });
    world.take();
    for (const record of rest) world.process(record);
    const book = world.book('bitstamp:BTC-USD');
    expect(book.trust).toBe('live');
    expect(book.counters).toMatchObject({ updates: 10, gaps: 0, crossed: 0, unknownRemovals: 0 });
    expect(told(world.take().events)).toEqual([
      'order.cancel 2043024875212801 bid 78775.17 x 0 (-0.00049029), keeps its place',
      'known bid 78775.17 x 0 (-0.00049029) in 0',
      'order.add 2043024875610114 bid 71676.81 x 0.00143636 (0.00143636), at the tail',
      'known bid 71676.81 x 0.00287272 (0.00143636) in 2',
      'order.cancel 2043024874967040 bid 71676.81 x 0 (-0.00143636), keeps its place',
      'known bid 71676.81 x 0.00143636 (-0.00143636) in 1',
      // A taker that crosses, is filled whole, and its maker.
      'order.add 2043024875712512 bid 79644.33 x 0.001 (0.001), at the tail',
      'order.fill 2043024875712512 bid 79644.33 x 0 (-0.001), keeps its place',
      'order.fill 2043024863952899 ask 79640.91 x 0.0217818 (-0.001), keeps its place',
      'known ask 79640.91 x 0.0217818 (-0.001) in 1',
      'order.add 2043024875765760 ask 79661.99 x 0.06549561 (0.06549561), at the tail',
      'known ask 79661.99 x 0.06549561 (0.06549561) in 1',
      'order.add 2043024875765766 ask 79658 x 0.02456085 (0.02456085), at the tail',
      'known ask 79658 x 0.02456085 (0.02456085) in 1',
      'order.add 2043024875773954 ask 79660 x 0.08186951 (0.08186951), at the tail',
      'known ask 79660 x 0.08186951 (0.08186951) in 1',
      'order.add 2043024875823106 ask 82030.13 x 0.00006157 (0.00006157), at the tail',
      'known ask 82030.13 x 0.00006157 (0.00006157) in 1',
    ]);
  });
});
