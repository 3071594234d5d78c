/** A live run that holds its books against the venue's own by REST, as often as it may. */

import { afterEach, expect, it } from 'vitest';
import { samplePairs } from '../../src/simulator/instrument.ts';
import { LiveWorld } from '../fixtures/live-world.ts';

let world: LiveWorld | undefined;

afterEach(async () => {
  await world?.end();
  world = undefined;
});

it('finds them the same while their updates are on the way, and counts it', { timeout: 60_000 }, async () => {
  // So many that the first turn comes soon.
  const pairs = samplePairs(60);
  const started = await LiveWorld.start({
    ...{ seed: 'comparison', venues: ['bitstamp'], pairs, ratePerPair: 2, compareEveryM: 1 },
  });
  world = started;
  await started.untilLive();
  const compared = async (result: string): Promise<number> =>
    (await started.metrics()).sum('whalewatch_book_comparisons_total', { exchange: 'bitstamp', result });
  await started.until(
    'two comparisons',
    () => compared('same'),
    (count) => count >= 2,
  );
  expect(await compared('differing')).toBe(0);
  expect((await started.running.tree.readiness()).missing).toEqual([]);
});
