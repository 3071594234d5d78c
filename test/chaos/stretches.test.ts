/** The check of the run under chaos must see what it is there for: planted faults of each kind, and no others. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { EventView } from '../../src/model/event.ts';
import { binance } from '../../src/simulator/binance-server.ts';
import { kraken } from '../../src/simulator/kraken-server.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { VenueDesk } from '../faults/venue-desk.ts';
import { copyOf } from '../fixtures/event-copies.ts';
import { Stretches } from './stretches.ts';
import { BINANCE_TELLING, krakenTelling, VenueRecord } from './venue-record.ts';

const SEED = 'stretches';
const PAIR = 'ETH-USD';
const KRAKEN_DEPTH = 10;
const LIFE_US = 4_000_000;
const STEP_US = 10_000;

const VENUES = {
  // The desk has no pauses between its requests.
  binance: {
    definition: binance({ messagesPerSecond: Infinity, weightPerMinute: Infinity }),
    telling: BINANCE_TELLING,
    depth: 5000,
  },
  kraken: { definition: kraken(), telling: krakenTelling(KRAKEN_DEPTH), depth: KRAKEN_DEPTH },
} as const;

describe.each(['binance', 'kraken'] as const)(`two lives of an ingest at %s (seed ${SEED})`, (venue) => {
  const { definition, telling, depth } = VENUES[venue];
  const record = new VenueRecord(telling);
  let events: EventView[] = [];

  beforeAll(async () => {
    events = [];
    const simulator = await startSimulator({
      ...{ seed: SEED, venues: [venue], pairs: [PAIR], driveManually: true },
      ...{ ratePerPair: 40, whalesPerMinute: 30, levelsPerSide: 40 },
      definitions: { [venue]: record.witness(definition) },
    });
    for (let life = 0; life < 2; life++) {
      const desk = await VenueDesk.open({
        ...{ simulator, venue, pairs: [PAIR], bookDepth: depth, seed: SEED },
        onEvent: (view) => events.push(copyOf(view)),
      });
      for (let us = 0; us < LIFE_US; us += STEP_US) await desk.pass(STEP_US);
      await desk.close();
      // Nobody hears what happens meanwhile.
      for (let us = 0; us < LIFE_US / 4; us += STEP_US) simulator.advance(STEP_US);
    }
    await simulator.stop();
  });

  function judged(told: readonly EventView[]): Stretches {
    const stretches = new Stretches(new Map([[venue, record]]));
    for (const view of told) stretches.add(view);
    stretches.finish();
    return stretches;
  }

  /** The last event of the first stretch that is of this kind, as far from the end as asked. */
  function placeOf(kind: EventView['kind'], fromEnd: number): number {
    const { epoch } = events.find(({ kind: one }) => one === 'book.snapshot')?.header ?? {};
    const places = events.flatMap((view, at) => (view.kind === kind && view.header.epoch === epoch ? [at] : []));
    return places.at(-1 - fromEnd) ?? -1;
  }

  /** Without an event, and with numbers that do not show it. */
  function without(at: number): EventView[] {
    const { epoch, span } = events[at]?.header ?? { epoch: 0, span: 0 };
    return events.toSpliced(at, 1).map((view, place) => {
      if (place < at || view.header.epoch !== epoch) return view;
      const copy = copyOf(view);
      copy.header.seq -= span;
      return copy;
    });
  }

  function changed(at: number, row: number): EventView[] {
    const copy = copyOf(events[at] as EventView);
    if (copy.kind === 'book.snapshot' || copy.kind === 'book.delta') {
      copy.changes.size[row] = (copy.changes.size[row] ?? 0) + 1;
      copy.changes.change[row] = (copy.changes.change[row] ?? 0) + 1;
    } else if (copy.kind === 'trade') {
      copy.size += 1;
    }
    return events.with(at, copy);
  }

  it('are found right, with all that they told', () => {
    const { faults, counts } = judged(events);
    expect(faults).toEqual([]);
    expect(counts.stretches).toBe(2);
    expect(counts.snapshots).toBe(2);
    expect(counts.trades).toBe(events.filter(({ kind }) => kind === 'trade').length);
    expect(counts.rows).toBeGreaterThan(100);
  });

  it('may lack what came last before the gap, which its length shows', () => {
    const last = placeOf('book.delta', 3);
    const end = events.findLastIndex(({ header }) => header.epoch === events[last]?.header.epoch);
    const { faults, counts } = judged(events.toSpliced(last, end - last + 1));
    expect(faults).toEqual([]);
    expect(counts.silenceUsMax).toBeGreaterThan(judged(events).counts.silenceUsMax);
  });

  it.each([
    ['a row with another size', () => changed(placeOf('book.delta', 5), 0), 'tells what the venue did not'],
    ['a snapshot with another size', () => changed(placeOf('book.snapshot', 0), 3), 'opens with another book'],
    ['a trade of another size', () => changed(placeOf('trade', 2), 0), 'is not the venue’s'],
    ['a lost update', () => without(placeOf('book.delta', 5)), 'tells what the venue did not'],
    ['a lost trade', () => without(placeOf('trade', 2)), 'lacks trades'],
    ['a lost last trade', () => without(placeOf('trade', 0)), 'lacks the trade'],
    ['an update told twice', () => events.toSpliced(placeOf('book.delta', 5), 0, ...twice()), 'is next'],
    ['a hole in the numbers', () => events.toSpliced(placeOf('book.delta', 5), 1), 'is next'],
  ])('show %s', (_, plant, words) => {
    expect(judged(plant()).faults[0]).toContain(words);
  });

  function twice(): EventView[] {
    return [events[placeOf('book.delta', 5)] as EventView];
  }
});
