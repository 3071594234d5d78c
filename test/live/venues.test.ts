/** A live run on all venues at once: every book is its venue's own, also after every venue has hung up. */

import { afterEach, expect, it } from 'vitest';
import { VENUE_NAMES } from '../../src/simulator/venues.ts';
import { LiveWorld } from '../fixtures/live-world.ts';

const PAIRS = ['BTC-USD', 'ETH-USD', 'DOGE-BTC'] as const;

let world: LiveWorld | undefined;

afterEach(async () => {
  await world?.end();
  world = undefined;
});

it('keeps the books of six venues, and builds them anew when these have hung up', async () => {
  world = await LiveWorld.start({ seed: 'venues', venues: VENUE_NAMES, pairs: PAIRS });
  await world.untilLive();
  await world.advance(5);
  await world.untilEqual();
  for (const [name, { counters }] of Object.entries(await world.books())) {
    const { gaps, resyncs, crossed, checksumFailed, auditFailed, malformed } = counters;
    expect([gaps, resyncs, crossed, checksumFailed, auditFailed, malformed], name).toEqual([0, 0, 0, 0, 0, 0]);
  }
  for (const venue of VENUE_NAMES) world.simulator.disconnect(venue);
  const { running } = world;
  const lost = async (): Promise<number> => (await running.tree.readiness()).missing.length;
  await world.until('loss of all books', lost, (missing) => missing > 0);
  await world.untilLive();
  await world.advance(3);
  await world.untilEqual();
  await running.tree.caughtUp();
  const rows = await world.rows(
    "SELECT exchange, count(DISTINCT symbol), count(*) > 100 FROM order_changes WHERE book_state = 'live' GROUP BY 1 ORDER BY 1",
  );
  expect(rows).toEqual([...VENUE_NAMES].sort().map((venue) => [venue, PAIRS.length, true]));
  const listed = await world.rows(
    "SELECT exchange, count(*) FROM instruments WHERE is_current AND status = 'trading' GROUP BY 1 ORDER BY 1",
  );
  expect(listed).toEqual([...VENUE_NAMES].sort().map((venue) => [venue, PAIRS.length]));
  expect(world.complaints.filter((line) => !/connection|book state|retrying/.test(line))).toEqual([]);
});
