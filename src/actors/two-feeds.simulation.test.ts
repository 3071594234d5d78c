/**
 * One book on two connections that bring the same numbered frames, each with losses of its own: what one of them received is
 * told as if nothing had been lost, and what both lost is found out.
 */

import { expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { NumberedVenue } from '../../test/fixtures/numbered-venue.ts';
import { chance, createPrng, int } from '../lib/prng.ts';
import type { EventView } from '../model/event.ts';

const RUNS = 16;
const FRAMES = 800;
const LOSS = 0.01;
const BOOK = 'binance:BTC-USDT';
const LINES = ['a', 'b'] as const;

interface Outcome {
  /** Every live delta, in words. */
  readonly told: readonly string[];
  readonly healed: number;
  readonly gaps: number;
  readonly resyncs: number;
  /** Frames that both connections lost. */
  readonly lostTwice: number;
  readonly lostOnce: number;
}

/** @param loss of each frame on each connection, by itself */
function run(seed: string, loss: number): Outcome {
  const venue = new NumberedVenue(createPrng(`${seed}/venue`));
  const prng = createPrng(`${seed}/losses`);
  const told: string[] = [];
  const world = new IngestWorld({
    emit: (view: EventView) => {
      if (view.kind !== 'book.delta' || view.header.state !== 'live') return;
      const { count, side, price, size, change } = view.changes;
      const rows = Array.from({ length: count }, (_, row) => [side[row], price[row], size[row], change[row]].join(' '));
      told.push(`${view.venueSeq}: ${rows.join(', ')}`);
    },
  });
  for (const line of LINES) world.happen('binance', line, 'open', null, 'wss://stream.binance.com:9443/stream');
  const frames: string[] = [];
  const counts = { lostTwice: 0, lostOnce: 0 };
  /** The second connection is behind by so many frames, and not always by as many. */
  const lags = { a: 0, b: 0 };
  const next = { a: 0, b: 0 };
  const lost: boolean[][] = [];
  const answer = (): void => {
    for (const wish of world.take().asked) {
      if (!wish.startsWith('request')) continue;
      const { url, body } = venue.snapshot(venue.last, 50);
      world.happen('binance', 'rest', 'http', body, url);
    }
  };
  const deliver = (upTo: number): void => {
    for (const [at, line] of LINES.entries()) {
      while (next[line] <= upTo - lags[line]) {
        const frame = next[line]++;
        if (lost[frame]?.[at] === true) continue;
        world.happen('binance', line, 'recv', frames[frame] ?? '');
        answer();
      }
    }
  };
  for (let frame = 0; frame < FRAMES; frame++) {
    const first = venue.last + 1;
    for (let updates = int(prng, 1, 3); updates > 0; updates--) venue.update();
    frames.push(venue.delta(first, venue.last));
    // The first and the last frames come through, so that every hole has two ends.
    const isEdge = frame < 5 || frame >= FRAMES - 5;
    const losses = LINES.map(() => chance(prng, LOSS) && !isEdge && loss > 0);
    lost.push(losses);
    const count = losses.filter(Boolean).length;
    if (count === 1) counts.lostOnce++;
    if (count === 2) counts.lostTwice++;
    lags.b = int(prng, 0, 2);
    deliver(frame);
  }
  lags.b = 0;
  deliver(FRAMES - 1);
  const { trust, counters } = world.book(BOOK);
  expect(trust).toBe('live');
  const { healed, gaps, resyncs } = counters;
  return { told, healed, gaps, resyncs, ...counts };
}

it('heals what one connection lost without a resync, and resyncs where both lost the same', () => {
  const totals = { healed: 0, lostOnce: 0, lostTwice: 0, gaps: 0 };
  for (let index = 0; index < RUNS; index++) {
    const seed = `two-feeds-${index}`;
    const whole = run(seed, 0);
    const holed = run(seed, LOSS);
    expect([whole.gaps, whole.resyncs], seed).toEqual([0, 0]);
    if (holed.lostTwice === 0) {
      expect([holed.gaps, holed.resyncs], seed).toEqual([0, 0]);
      expect(holed.told, seed).toEqual(whole.told);
    } else {
      expect(holed.resyncs, seed).toBeGreaterThan(0);
      expect(holed.resyncs, seed).toBeLessThanOrEqual(holed.lostTwice);
    }
    totals.healed += holed.healed;
    totals.lostOnce += holed.lostOnce;
    totals.lostTwice += holed.lostTwice;
    totals.gaps += holed.gaps;
  }
  // What the slower connection lost was known already when it did: no hole is seen.
  expect(totals.lostOnce).toBeGreaterThan(200);
  expect(totals.healed).toBeGreaterThan(40);
  expect(totals.lostTwice).toBeGreaterThan(0);
  expect(totals.gaps).toBe(totals.lostTwice);
});
