/**
 * Books of simulated venues that are held against the venues' own by REST: a right one is never doubted while updates are on
 * their way, a wrong one is found though no frame shows it, and what was recorded leads another shard to the same events.
 */

import { afterEach, describe, expect, it } from 'vitest';
import { createPrng, chance, pick } from '../../src/lib/prng.ts';
import { textOfUtf8 } from '../../src/lib/utf8.ts';
import type { EventView } from '../../src/model/event.ts';
import type { FeedRecord } from '../../src/model/feed-record.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { copyOf } from '../fixtures/event-copies.ts';
import { IngestWorld } from '../fixtures/ingest-world.ts';
import { measureCell } from './fault-matrix.ts';
import { VenueDesk } from './venue-desk.ts';

const SEED = 'comparison';
const PAIRS = ['ETH-USD', 'XRP-USDT'] as const;
const VENUES = ['coinbase', 'gemini', 'bitstamp'] as const;
const EVERY_US = 8_000_000;
const SLICE_US = 10_000;

let simulator: Simulator | undefined;

afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});

describe.each(VENUES)('at the simulated %s', (venue) => {
  it(`no right book is doubted, however late its updates come, and a replay compares the same (seed ${SEED})`, async () => {
    const market = { ratePerPair: 40, levelsPerSide: 40, whalesPerMinute: 30, driveManually: true };
    simulator = await startSimulator({
      ...{ seed: SEED, venues: [venue], pairs: PAIRS, ...market },
      faults: { rates: {}, delayUsMax: 1_000_000 },
    });
    const events: EventView[] = [];
    const records: FeedRecord[] = [];
    const desk = await VenueDesk.open({
      ...{ simulator, venue, pairs: PAIRS, bookDepth: 100, seed: SEED, compareEveryUs: EVERY_US },
      onEvent: (view) => events.push(copyOf(view)),
      onRecord: (record) => records.push({ ...record, data: record.data === null ? null : record.data.slice() }),
    });
    const prng = createPrng(SEED);
    for (let slice = 0; slice < 2_500; slice++) {
      if (chance(prng, 0.01)) simulator.faultNext(venue, pick(prng, PAIRS), 'delay');
      await desk.pass(SLICE_US);
    }
    const counters = PAIRS.map((pair) => desk.book(pair).counters);
    for (const { comparedSame, comparedDiffering, resyncs } of counters) {
      expect(comparedSame).toBeGreaterThanOrEqual(2);
      expect([comparedDiffering, resyncs]).toEqual([0, 0]);
    }
    await desk.close();

    // In two parts, so that a checkpoint falls into a comparison.
    const first = new IngestWorld();
    const begins = records.flatMap(({ op, data }, at) =>
      op === 'timer' && textOfUtf8(data ?? new Uint8Array()).startsWith('compare ') ? [at + 1] : [],
    );
    const cut = begins[2] ?? 0;
    for (const record of records.slice(0, cut)) first.process(record);
    const second = new IngestWorld({ firstFrame: cut });
    second.shard.restore(structuredClone(first.shard.state()));
    for (const record of records.slice(cut)) second.process(record);
    expect([...second.shard.books()].map(([, book]) => book.counters)).toEqual(
      [...desk.shard.books()].map(([, book]) => book.counters),
    );
    expect(first.events.length + second.events.length).toBe(events.length);
    expect(second.events.at(-1)).toEqual(events.at(-1));
  });
});

it.each([
  ['coinbase', 'drop'],
  ['bitstamp', 'drop'],
  ['gemini', 'corrupt'],
] as const)('finds what nothing else shows: on %s, %s', async (venue, fault) => {
  const cell = await measureCell({ venue, fault, injections: 4, seed: SEED, compareEveryUs: EVERY_US });
  expect(cell.failures).toEqual([]);
  expect(cell).toMatchObject({ injections: 4, rightByResync: 0 });
  expect(cell.comparedDiffering).toBeGreaterThan(0);
});
