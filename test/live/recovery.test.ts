/** Whatever ends the threads behind the bus: the tables are those of a run that nothing has disturbed. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createPrng, int, pick } from '../../src/lib/prng.ts';
import type { Death } from '../fixtures/live-mortal.ts';
import { kill, MORTAL_THREADS } from '../fixtures/live-mortal.ts';
import { LiveWorld } from '../fixtures/live-world.ts';
import { compareDuckDb } from '../fixtures/table-differences.ts';
import { runReplay } from '../replay/run-replay.ts';

const SEED = 'live-recovery-1';
const KILLS = 6;
const MIN_ORDERS = 20;
let world: LiveWorld;

afterEach(async () => {
  await world.end();
});

/** The archive's files, oldest first within each shard and venue. */
function captures(): string[] {
  return readdirSync(join(world.folder, 'archive'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.capture.ndjson.gz'))
    .map((file) => join(world.folder, 'archive', file))
    .sort();
}

describe(`a live run whose threads behind the bus die again and again (seed ${SEED})`, () => {
  it('has the rows of an undisturbed run, every column of each, and scores go on from what was learned', async () => {
    const prng = createPrng(SEED);
    world = await LiveWorld.start({
      seed: SEED,
      pairs: ['BTC-USD', 'ETH-USD'],
      ratePerPair: 15,
      // Its minutes pass faster than ours, and must not lie in the future.
      beginsAgoS: 600,
      threadFiles: MORTAL_THREADS,
      config: {
        ingest: { shards: 2, partitions: 4 },
        scoring: { minOrders: MIN_ORDERS, shards: 2 },
        supervision: { backoffMinMs: 10, backoffMaxMs: 50, maxRestarts: 100 },
      },
      inFolder: (folder) => ({
        archive: { dir: join(folder, 'archive') },
        store: { duckdbPath: join(folder, 'rows.duckdb'), flushMs: 50 },
      }),
    });
    await world.untilLive();
    await world.advance(15);
    for (let deaths = 1; deaths <= KILLS; deaths++) {
      const thread = pick(prng, ['scoring-0', 'scoring-1', 'analytics-0', 'store-0']);
      kill(thread, pick<Death>(prng, ['throw', 'exit']));
      await world.until(
        `restart ${deaths}, of ${thread}`,
        async () => (await world.metrics()).sum('whalewatch_actor_restarts_total'),
        (count) => count === deaths,
      );
      await world.advance(int(prng, 1, 8));
    }
    // Whatever the second at which it began, a whole minute is among these.
    await world.hurry(125);
    await world.untilEqual();
    await world.running.tree.caughtUp();
    const resumed = (await world.metrics()).sum('whalewatch_state_loads_total', { result: 'resumed' });
    expect(resumed).toBeGreaterThan(KILLS / 2);
    await world.stopRun();

    const undisturbed = join(world.folder, 'undisturbed.duckdb');
    await runReplay(captures(), {
      store: { kind: 'duckdb', path: undisturbed, tablePrefix: '', orderChanges: true },
      model: { name: 'lognormal', halfLifeS: 3600, minOrders: MIN_ORDERS },
    });
    const { rows, differences } = await compareDuckDb(join(world.folder, 'rows.duckdb'), undisturbed);
    expect(differences).toEqual([]);
    for (const table of ['order_changes', 'trades', 'spreads', 'liquidity_60s', 'bars_1m']) {
      expect(rows[table], table).toBeGreaterThan(0);
    }
    expect(rows['new_orders']).toBeGreaterThan(1000);
  }, 300_000);
});
