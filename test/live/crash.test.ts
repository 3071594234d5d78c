import { afterEach, describe, expect, it } from 'vitest';
import { doom, kill, MORTAL_THREADS } from '../fixtures/live-mortal.ts';
import { orderFaults, tradeFaults } from '../fixtures/live-rows.ts';
import { LiveWorld } from '../fixtures/live-world.ts';

const SEED = 'live-crash';
let world: LiveWorld;

afterEach(async () => {
  doom(null);
  await world.end();
});

async function start(supervision: Record<string, number> = {}): Promise<void> {
  world = await LiveWorld.start({
    seed: SEED,
    threadFiles: MORTAL_THREADS,
    config: {
      ingest: { shards: 2, maxHeapMb: 96 },
      scoring: { minOrders: 20 },
      supervision: { backoffMinMs: 10, backoffMaxMs: 100, ...supervision },
    },
  });
  await world.untilLive();
  await world.advance(4);
}

/** The books of each ingest shard. */
async function namesByShard(): Promise<readonly (readonly string[])[]> {
  const { ingest } = await world.running.tree.reports();
  return ingest.map(({ books }) => Object.keys(books));
}

/** A condition on rows of these books. */
function ofBooks(names: readonly string[]): string {
  return `exchange || ':' || symbol IN (${names.map((name) => `'${name}'`).join(', ')})`;
}

/** All that the books said is in the tables, each once. */
async function expectStored(names = world.names): Promise<void> {
  await world.running.tree.caughtUp();
  const rows = (sql: string) => world.rows(sql);
  expect(await orderFaults(rows, ofBooks(names))).toEqual([]);
  expect(await tradeFaults(rows, ofBooks(names))).toEqual([]);
}

/** How many rows, and what is in them. */
async function fingerprint(where: string): Promise<unknown> {
  return world.rows(`SELECT count(*), bit_xor(hash(order_changes)), sum(change) FROM order_changes WHERE ${where}`);
}

function restarts(role: string): Promise<number> {
  return world.metrics().then(({ sum }) => sum('whalewatch_actor_restarts_total', { role }));
}

describe(`a live run whose threads die (seed ${SEED})`, () => {
  it('loses an ingest shard, and nothing but what that one would have heard', async () => {
    await start();
    const [lost = [], others = []] = await namesByShard();
    expect(Math.min(lost.length, others.length)).toBeGreaterThan(2);
    for (const [deaths, how] of (['throw', 'exit', 'heap'] as const).entries()) {
      await world.untilEqual();
      await expectStored(others);
      const newestEpoch = String((await world.rows('SELECT max(epoch) FROM order_changes'))[0]?.[0]);
      const before = await fingerprint(`epoch <= ${newestEpoch} AND ${ofBooks(lost)}`);

      kill('ingest-0', how);
      const stale = () =>
        world.running.tree
          .status()
          .books.filter(({ reason }) => reason === 'shard-lost')
          .map(({ exchange, symbol }) => `${exchange}:${symbol}`);
      const seen = await world.until('stale books', stale, (names) => names.length > 0, false);
      expect(seen.toSorted()).toEqual(lost.toSorted());
      await world.untilLive();
      await world.advance(3);
      await world.untilEqual();
      await expectStored(others);

      expect(await restarts('ingest')).toBe(deaths + 1);
      const columns = "exchange || ':' || symbol, state";
      const marks = await world.rows(`SELECT ${columns} FROM feed_status WHERE reason = 'shard-lost' ORDER BY 1`);
      expect(marks).toEqual(
        lost.toSorted().flatMap((name) => Array.from({ length: deaths + 1 }, () => [name, 'stale'])),
      );
      expect(await fingerprint(`epoch <= ${newestEpoch} AND ${ofBooks(lost)}`)).toEqual(before);
      const anew = await world.rows(
        `SELECT DISTINCT exchange || ':' || symbol FROM order_changes WHERE epoch > ${newestEpoch} ORDER BY 1`,
      );
      expect(anew.flat()).toEqual(lost.toSorted());
    }
    const states = await world.rows(`SELECT DISTINCT state FROM feed_status WHERE ${ofBooks(others)} ORDER BY 1`);
    expect(states.flat()).toEqual(['live', 'syncing']);
    expect(JSON.parse((await world.get('/healthz')).body)).toEqual({ healthy: true, reasons: [] });
  });

  it('gives up an ingest shard that always dies, and goes on with the others', async () => {
    await start({ maxRestarts: 2 });
    const [lost = [], others = []] = await namesByShard();
    doom('ingest-0');
    kill('ingest-0', 'throw');
    const { body } = await world.until(
      '/healthz 503',
      () => world.get('/healthz'),
      ({ status }) => status === 503,
    );
    expect(JSON.parse(body)).toEqual({ healthy: false, reasons: ['ingest-0 failed too often and was given up'] });
    await world.advance(2);
    await world.untilLive(others);
    const { missing } = await world.running.tree.readiness();
    expect(missing).toEqual(
      expect.arrayContaining([
        { part: 'shard', name: 'ingest-0', reason: 'not running' },
        ...lost.map((name) => ({ part: 'book', name, reason: 'stale: shard-lost' })),
      ]),
    );
    expect(missing, JSON.stringify(missing)).toHaveLength(lost.length + 1);
    await expectStored(others);
    expect((await world.metrics()).sum('whalewatch_actor_escalations_total', { role: 'ingest' })).toBe(1);
    const startedMs = performance.now();
    await world.stopRun();
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('loses scoring, and has a score for every order all the same', async () => {
    await start();
    for (const [deaths, how] of (['throw', 'exit'] as const).entries()) {
      kill('scoring-0', how);
      await world.until(
        'a restart',
        () => restarts('scoring'),
        (count) => count === deaths + 1,
      );
      await world.advance(5);
    }
    await world.untilEqual();
    await expectStored();
    // The size models outlive the thread: they abstain for as long as they first learned, and no longer.
    const abstained = await world.rows(
      'SELECT exchange, symbol, side, count(*) FILTER (whale_score IS NULL) AS n, count(whale_score) AS scored' +
        ' FROM new_orders GROUP BY ALL HAVING n <> 20 OR scored = 0',
    );
    expect(abstained).toEqual([]);
    expect(await world.running.tree.readiness()).toEqual({ ready: true, missing: [] });
  });

  it('loses the store, and neither misses nor doubles a row', async () => {
    await start();
    for (const deaths of [0, 1]) {
      kill('store-0', 'throw');
      await world.until(
        'a restart',
        () => restarts('store'),
        (count) => count === deaths + 1,
      );
      await world.advance(3);
    }
    await world.untilEqual();
    await expectStored();
    const { ingest, scoring } = await world.running.tree.reports();
    const trades = ingest
      .flatMap(({ books }) => Object.values(books))
      .reduce((sum, { counters }) => sum + counters.trades, 0);
    const scores = scoring.flatMap((shard) => Object.values(shard.scores)).reduce((sum, count) => sum + count, 0);
    const count = async (table: string) => (await world.rows(`SELECT count(*) FROM ${table}`))[0]?.[0];
    expect([await count('trades'), await count('new_orders')]).toEqual([trades, scores]);
    expect(await world.running.tree.readiness()).toEqual({ ready: true, missing: [] });
  });
});
