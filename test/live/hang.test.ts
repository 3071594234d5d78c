/** Threads that hang: what stands still with them, what goes on, who says so, and what is there in the end. */

import { afterEach, describe, expect, it } from 'vitest';
import { hang, MORTAL_THREADS } from '../fixtures/live-mortal.ts';
import { orderFaults, tradeFaults } from '../fixtures/live-rows.ts';
import { LiveWorld } from '../fixtures/live-world.ts';

const SEED = 'live-hang';
/** Looks of a second: three until a thread is called silent. */
const HUNG_AFTER_S = 6;
let world: LiveWorld;

afterEach(async () => {
  await world.end();
});

function threads(role: string, state: string): Promise<number> {
  return world.metrics().then(({ sum }) => sum('whalewatch_actor_threads', { role, state }));
}

async function untilRestarted(role: string): Promise<void> {
  await world.until(
    'a restart',
    async () => (await world.metrics()).sum('whalewatch_actor_restarts_total', { role }),
    (count) => count === 1,
  );
  expect((await world.metrics()).sum('whalewatch_actor_hung_total', { role })).toBe(1);
  expect(await threads(role, 'running')).toBe(1);
  const words = world.complaints.map((line) => JSON.parse(line) as { msg: string; shard?: string; reason?: string });
  expect(words).toContainEqual(expect.objectContaining({ msg: 'thread hung', shard: `${role}-0` }));
  expect(words).toContainEqual(
    expect.objectContaining({ msg: 'shard lost', reason: expect.stringContaining(`did not answer for`) as string }),
  );
}

async function expectStored(): Promise<void> {
  await world.untilEqual();
  await world.running.tree.caughtUp();
  const rows = (sql: string) => world.rows(sql);
  expect(await orderFaults(rows)).toEqual([]);
  expect(await tradeFaults(rows)).toEqual([]);
  const { ingest, scoring } = await world.running.tree.reports();
  const trades = ingest
    .flatMap(({ books }) => Object.values(books))
    .reduce((sum, { counters }) => sum + counters.trades, 0);
  const scores = scoring.flatMap((shard) => Object.values(shard.scores)).reduce((sum, count) => sum + count, 0);
  const count = async (table: string) => (await world.rows(`SELECT count(*) FROM ${table}`))[0]?.[0];
  expect([await count('trades'), await count('new_orders')]).toEqual([trades, scores]);
  expect(await world.running.tree.readiness()).toEqual({ ready: true, missing: [] });
}

describe(`a live run of which threads hang (seed ${SEED})`, () => {
  it(
    'goes on without them, says which, starts again what can be ended alone, and has every row in the end',
    { timeout: 120_000 },
    async () => {
      world = await LiveWorld.start({
        seed: SEED,
        pairs: ['BTC-USD'],
        threadFiles: MORTAL_THREADS,
        config: {
          scoring: { minOrders: 20 },
          supervision: { backoffMinMs: 10, backoffMaxMs: 100, hungAfterS: HUNG_AFTER_S },
        },
      });
      await world.untilLive();
      hang('scoring-0');
      await world.until(
        'the word that scoring is silent',
        async () => ({ ...(await world.running.tree.readiness()), silent: await threads('scoring', 'silent') }),
        ({ missing, silent }) =>
          silent === 1 && missing.some(({ name, reason }) => name === 'scoring-0' && reason === 'does not answer'),
      );
      const changes = async () => Number((await world.rows('SELECT count(*) FROM order_changes'))[0]?.[0]);
      const before = await changes();
      await world.until('rows of the market', changes, (count) => count > before);
      await untilRestarted('scoring');

      // That of a store over DuckDB cannot be ended without the program.
      const goOn = hang('store-0');
      try {
        const { body } = await world.until(
          '/healthz 503',
          () => world.get('/healthz'),
          ({ status }) => status === 503,
        );
        const reasons = ['store-0 does not answer and cannot be ended alone'];
        expect(JSON.parse(body)).toEqual({ healthy: false, reasons });
        const silent = { part: 'shard', name: 'store-0', reason: 'does not answer' };
        expect((await world.running.tree.readiness()).missing).toContainEqual(silent);
        expect((await world.metrics()).sum('whalewatch_actor_hung_total', { role: 'store' })).toBe(1);
      } finally {
        goOn();
      }
      await world.until(
        '/healthz 200',
        () => world.get('/healthz'),
        ({ status }) => status === 200,
      );
      await expectStored();
      expect((await world.metrics()).sum('whalewatch_actor_restarts_total', { role: 'store' })).toBe(0);
    },
  );
});
