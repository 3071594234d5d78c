/**
 * Thousands of simulated pairs over all venues, for minutes: does everything come live, does nothing grow, and is each book its
 * venue's own in the end, to its last level? Market and product share this machine; the product's memory is that of the whole process.
 *
 *     npx node test/load/many-pairs.ts [pairs per venue = 500] [minutes = 10] [actions per second and pair = 0.3]
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { BookCounters } from '../../src/actors/book.protocol.ts';
import { samplePairs } from '../../src/simulator/instrument.ts';
import { VENUE_NAMES } from '../../src/simulator/venues.ts';
import { LiveWorld } from '../fixtures/live-world.ts';

const MIB = 1024 * 1024;
const STEP_MS = 100;
const REPORT_S = 30;

const [pairsPerVenue = 500, minutes = 10, ratePerPair = 0.3] = process.argv.slice(2).map(Number);
const pairs = samplePairs(pairsPerVenue);
const world = await LiveWorld.start({
  seed: 'many-pairs',
  venues: VENUE_NAMES,
  pairs,
  ratePerPair,
  whalesPerMinute: 1,
  binanceDepth: 500,
});
const startMs = performance.now();
let rssMax = 0;
let behindMax = 0;
let liveSinceS: number | null = null;
try {
  let said = 0;
  for (let step = 1; performance.now() - startMs < minutes * 60_000; step++) {
    world.simulator.advance(STEP_MS * 1000);
    const aheadMs = startMs + step * STEP_MS - performance.now();
    behindMax = Math.max(behindMax, -aheadMs);
    await delay(Math.max(1, aheadMs));
    const seconds = (performance.now() - startMs) / 1000;
    if (seconds - said < REPORT_S) continue;
    said = seconds;
    const { rss } = process.memoryUsage();
    rssMax = Math.max(rssMax, rss);
    const { missing } = await world.running.tree.readiness();
    if (missing.length === 0) liveSinceS ??= Math.round(seconds);
    const { gaps, inFlight } = await pressureOf(world);
    const live = world.names.length - missing.length;
    console.log(
      `${Math.round(seconds)} s: ${live} of ${world.names.length} live, ${Math.round(rss / MIB)} MiB, ${inFlight} batches under way, ${gaps} gaps`,
    );
  }
  await world.untilLive();
  await world.untilEqual();
  await world.running.tree.caughtUp();
  const [[changes = 0] = []] = await world.rows('SELECT count(*) FROM order_changes');
  const books = Object.values(await world.books());
  const levels = books.reduce((sum, { levels: { bid, ask } }) => sum + bid + ask, 0);
  const counters = books.map((book) => book.counters);
  const total = (name: keyof BookCounters): number => counters.reduce((sum, one) => sum + one[name], 0);
  console.log(
    [
      `${world.names.length} books, all live after ${liveSinceS ?? 'the last look'} s, each its venue's own in the end, every level of it: ${levels} levels compared`,
      `${String(changes)} rows of order_changes; at most ${Math.round(rssMax / MIB)} MiB, market included; market at most ${Math.round(behindMax)} ms behind`,
      `gaps ${total('gaps')}, resyncs ${total('resyncs')}, crossed ${total('crossed')}, checksums failed ${total('checksumFailed')}, ` +
        `held against REST ${total('comparedSame')} same, ${total('comparedDiffering')} differing, ${total('comparedNone')} without an answer, ` +
        `audits failed ${total('auditFailed')}, malformed ${total('malformed')}`,
    ].join('\n'),
  );
} finally {
  await world.end();
}

async function pressureOf({ running }: LiveWorld): Promise<{ gaps: number; inFlight: number }> {
  const text = await running.tree.metrics();
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (all, [, value]) => all + Number(value),
      0,
    );
  return { gaps: sum('whalewatch_book_gaps_total'), inFlight: sum('whalewatch_bus_publish_window_used_batches') };
}
