/** A live run on venues' channels of single orders: from their sockets to the rows. */

import { afterEach, expect, it } from 'vitest';
import { ORDER_VENUES } from '../faults/recorded-orders.ts';
import { LiveWorld } from '../fixtures/live-world.ts';

const PAIRS = ['BTC-USD', 'ETH-USD'] as const;

let world: LiveWorld | undefined;

afterEach(async () => {
  await world?.end();
  world = undefined;
});

it('keeps books of single orders, and stores what became of each order, of each level, and the scores of new ones', async () => {
  world = await LiveWorld.start({ seed: 'orders', venues: ORDER_VENUES, pairs: PAIRS, orders: true });
  await world.untilLive();
  await world.advance(5);
  // Bitfinex tells its best orders, whatever number of levels they make: the test of faults has them order by order.
  await world.untilEqual(world.names.filter((name) => !name.startsWith('bitfinex:')));
  for (const [name, { counters }] of Object.entries(await world.books())) {
    const { gaps, resyncs, crossed, checksumFailed, malformed } = counters;
    expect([gaps, resyncs, crossed, checksumFailed, malformed], name).toEqual([0, 0, 0, 0, 0]);
  }
  const { running } = world;
  await running.tree.caughtUp();
  const all = [...ORDER_VENUES].sort();
  const kinds = await world.rows(
    "SELECT exchange, count(DISTINCT symbol), count(*) FILTER (kind = 'add') > 50, count(*) FILTER (kind = 'cancel') > 20," +
      " bool_and(change > 0) FILTER (kind = 'add'), bool_and(change < 0) FILTER (kind IN ('cancel', 'fill'))" +
      " FROM order_events WHERE book_state = 'live' GROUP BY 1 ORDER BY 1",
  );
  expect(kinds).toEqual(all.map((venue) => [venue, PAIRS.length, true, true, true, true]));
  // A score per added order that rests: each is a row of a known level that grew.
  const scores = await world.rows(
    'SELECT o.exchange, count(*) > 50, count(*) = count(c.seq), bool_and(c.change = o.size)' +
      ' FROM new_orders o LEFT JOIN order_changes c USING (exchange, symbol, epoch, seq) GROUP BY 1 ORDER BY 1',
  );
  expect(scores).toEqual(all.map((venue) => [venue, true, true, true]));
  const levels = await world.rows(
    "SELECT count(*) FILTER (kind = 'resized') > 0, count(*) FILTER (orders IS NULL AND kind <> 'window-exit') FROM order_changes",
  );
  expect(levels).toEqual([[true, 0]]);
  expect(world.complaints.filter((line) => !/connection|book state|retrying/.test(line))).toEqual([]);
});
