/**
 * The product's ingest at the simulated Bitfinex: the frames that the venue really sends go into a shard, and the
 * shard's wishes go back to the venue, as a session would carry them. A live book is the venue's own, whatever happened.
 */

import { afterEach, describe, expect, it } from 'vitest';
import { VenueDesk } from '../../test/faults/venue-desk.ts';
import { exactLevels } from '../../test/fixtures/book-views.ts';
import { unitsOf } from '../../test/fixtures/exact.ts';
import type { BookKeeper } from '../actors/book-keeper.ts';
import { createPrng, int, pick } from '../lib/prng.ts';
import type { FaultKind } from './fault-plan.ts';
import { startSimulator, type Simulator, type TrueBook } from './simulator.ts';

const PAIRS = ['ETH-USD', 'XRP-USDT'] as const;
const LENGTH = 25;
const BULK_UPDATES = 536_870_912;
const STEP_US = 50_000;

/** Prices and sizes in exact units, best first. */
type Levels = (readonly [price: bigint, size: bigint])[];

function levelsOf({ book }: BookKeeper): { bids: Levels; asks: Levels } {
  return { bids: exactLevels(book, 'bid'), asks: exactLevels(book, 'ask') };
}

function shownOf(rows: TrueBook['bids']): Levels {
  return rows.slice(0, LENGTH).map(([price, size]) => [unitsOf(price), unitsOf(size)]);
}

let simulator: Simulator | undefined;

afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});

/** @param flags are asked for beyond those of the product */
async function startDesk(seed: string, flags: number): Promise<{ venue: Simulator; desk: VenueDesk }> {
  const pairs = PAIRS;
  const venue = await startSimulator({
    ...{ seed, venues: ['bitfinex'], pairs, driveManually: true },
    ...{ ratePerPair: 40, levelsPerSide: 60, whalesPerMinute: 30 },
  });
  simulator = venue;
  const desk = await VenueDesk.open({
    ...{ simulator: venue, venue: 'bitfinex', pairs, bookDepth: LENGTH, seed },
    rewrite: (request) => request.replace(/"flags":(\d+)/, (_, own) => `"flags":${Number(own) | flags}`),
  });
  return { venue, desk };
}

/** @returns how many of the books are live, each of which is the venue's own */
function countLive(venue: Simulator, desk: VenueDesk): number {
  let live = 0;
  for (const pair of PAIRS) {
    const book = desk.find(pair);
    if (book?.trust !== 'live') continue;
    const { bids, asks } = venue.book('bitfinex', pair);
    expect(levelsOf(book), pair).toEqual({ bids: shownOf(bids), asks: shownOf(asks) });
    live++;
  }
  return live;
}

describe.each([
  ['a row a frame', 0],
  ['all rows in one frame', BULK_UPDATES],
])('ingest at the simulated Bitfinex, %s', (_, flags) => {
  it('holds the books of the venue', async () => {
    const { venue, desk } = await startDesk('calm', flags);
    await desk.pass(0);
    for (let step = 0; step < 300; step++) {
      await desk.pass(STEP_US);
      expect(countLive(venue, desk)).toBe(PAIRS.length);
    }
    for (const pair of PAIRS) {
      const { counters } = desk.book(pair);
      expect(counters).toMatchObject({
        ...{ snapshots: 1, resyncs: 0, gaps: 0, checksumFailed: 0, malformed: 0, unknownRemovals: 0, earlyUpdates: 0 },
      });
      expect(counters.checksumOk).toBeGreaterThan(200);
      expect(counters.trades).toBeGreaterThan(10);
    }
    expect(new Set(desk.told)).toEqual(new Set(flags === 0 ? [] : ['general']));
  });

  it.each(['fault-1', 'fault-2'])('never holds a wrong one for live (seed %s)', async (seed) => {
    const KINDS: readonly FaultKind[] = ['drop', 'corrupt', 'truncate', 'duplicate', 'reorder', 'disconnect'];
    const { venue, desk } = await startDesk(seed, flags);
    const prng = createPrng(seed);
    await desk.pass(0);
    let live = 0;
    for (let step = 0; step < 400; step++) {
      if (step % 8 === 0) venue.faultNext('bitfinex', pick(prng, PAIRS), pick(prng, KINDS));
      await desk.pass(int(prng, 1, 2 * STEP_US));
      live += countLive(venue, desk);
    }
    await desk.pass(STEP_US);
    for (let step = 0; step < 40; step++) await desk.pass(STEP_US);
    expect(countLive(venue, desk)).toBe(PAIRS.length);
    const counts = venue.faultCounts('bitfinex');
    for (const kind of KINDS) expect(counts[kind], kind).toBeGreaterThan(0);
    // It was told of the faults, and lived all the same.
    const told = new Set(desk.told.map((words) => words.split(' ')[0]));
    told.delete('general');
    expect(told).toEqual(new Set(['renew', 'resubscribe', 'malformed']));
    expect(live).toBeGreaterThan(400);
  });
});
