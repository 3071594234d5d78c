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

/** Waits at rest until all that the books said is in the tables, each once. */
async function untilStored(names = world.names): Promise<void> {
  const rows = (sql: string) => world.rows(sql);
  const faults = async () => [...(await orderFaults(rows)), ...(await tradeFaults(rows, ofBooks(names)))];
  await world.until('a row for everything', faults, (found) => found.length === 0, false);
  const count = async () => (await rows('SELECT count(*) FROM order_changes'))[0]?.[0];
  let before: unknown = null;
  await world.until('the last row', count, (now) => now === before || ((before = now), false), false);
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
      console.log(how, performance.now());
      await world.untilEqual();
      await untilStored(others);
      const newestEpoch = String((await world.rows('SELECT max(epoch) FROM order_changes'))[0]?.[0]);
      const before = await fingerprint(`epoch <= ${newestEpoch} AND ${ofBooks(lost)}`);

      kill('ingest-0', how);
      const stale = () =>
        world.running.tree.status().books.filter(({ reason }) => reason === 'shard-lost').map(({ exchange, symbol }) => `${exchange}:${symbol}`);
      const seen = await world.until('stale books', stale, (names) => names.length > 0, false);
      expect(seen.toSorted()).toEqual(lost.toSorted());
      await world.untilLive();
      await world.advance(3);
      await world.untilEqual();
      await untilStored(others);

      expect(await restarts('ingest')).toBe(deaths + 1);
      const columns = "exchange || ':' || symbol, state";
      const marks = await world.rows(`SELECT ${columns} FROM feed_status WHERE reason = 'shard-lost' ORDER BY 1`);
      expect(marks).toEqual(lost.toSorted().flatMap((name) => Array.from({ length: deaths + 1 }, () => [name, 'stale'])));
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
});
