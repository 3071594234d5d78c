/** An event over which a step never comes back: it ends the thread three times, and no fourth. */

import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { LiveWorld } from '../fixtures/live-world.ts';

const SEED = 'live-poison';
const MODEL = fileURLToPath(new URL('../fixtures/size-models/hanging.ts', import.meta.url));
/** Once to tell the batch, twice to tell the event. */
const DEATHS = 3;
let world: LiveWorld;

afterEach(async () => {
  await world.end();
});

it(`is set aside, and the thread goes on behind it (seed ${SEED})`, { timeout: 120_000 }, async () => {
  world = await LiveWorld.start({
    seed: SEED,
    venues: ['kraken'],
    pairs: ['BTC-USD'],
    ratePerPair: 100,
    config: {
      scoring: { model: 'hanging', modelFiles: [MODEL] },
      supervision: { backoffMinMs: 10, backoffMaxMs: 100, hungAfterS: 3 },
    },
  });
  await world.untilLive();
  const setAside = async () => {
    const metrics = await world.metrics();
    return metrics.sum('whalewatch_bus_dead_letters_total', { reason: 'poison' });
  };
  await world.until('a dead letter', setAside, (count) => count === 1);
  const hung = (await world.metrics()).sum('whalewatch_actor_hung_total', { role: 'scoring' });
  expect(hung).toBe(DEATHS);
  await world.running.tree.caughtUp();
  expect(await world.running.tree.readiness()).toEqual({ ready: true, missing: [] });
  expect((await world.metrics()).sum('whalewatch_actor_hung_total', { role: 'scoring' })).toBe(DEATHS);
});
