import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open-store.ts';
import type { LiveWorld as World } from '../fixtures/live-world.ts';
import { expectWhalesFound, orderFaults, tradeFaults } from '../fixtures/live-rows.ts';
import { LiveWorld } from '../fixtures/live-world.ts';

const SEED = 'live-run';
const FREEZE_US = 600_000_000;
let world: World;

afterEach(async () => {
  await world.end();
});

describe(`a live run (seed ${SEED})`, () => {
  it('keeps the books of the venues, finds their whales, and has a row for all that was said', async () => {
    world = await LiveWorld.start({ seed: SEED, config: { ingest: { shards: 2 } } });
    await world.untilLive();
    const liveSinceUs = world.simulator.nowUs;
    expect(world.complaints).toEqual([]);
    await world.advance(20);
    await world.untilEqual();

    const { ingest, scoring } = await world.running.tree.reports();
    const books = ingest.flatMap((shard) => Object.values(shard.books));
    const total = (name: 'trades' | 'gaps' | 'checksumOk' | 'checksumFailed' | 'auditOk' | 'auditFailed'): number =>
      books.reduce((sum, { counters }) => sum + counters[name], 0);
    expect(books).toHaveLength(world.names.length);
    expect([total('gaps'), total('checksumFailed'), total('auditFailed')]).toEqual([0, 0, 0]);
    expect(Math.min(total('checksumOk'), total('auditOk'))).toBeGreaterThan(500);
    expect(ingest.map(({ malformed }) => malformed)).toEqual([0, 0]);

    const scores = scoring.flatMap((shard) => Object.values(shard.scores)).reduce((sum, count) => sum + count, 0);
    const emitted = { trades: total('trades'), new_orders: scores };
    expect(Math.min(...Object.values(emitted))).toBeGreaterThan(300);
    await world.running.tree.caughtUp();
    const [[changes] = []] = await world.rows('SELECT count(*) FROM order_changes');
    expect(Number(changes)).toBeGreaterThan(1000);
    const metrics = await world.until(
      'a row in the metrics for each event',
      () => world.metrics(),
      ({ sum }) =>
        sum('whalewatch_book_events_total', { kind: 'trade' }) === emitted.trades &&
        sum('whalewatch_scoring_scores_total') === emitted.new_orders &&
        sum('whalewatch_store_rows_total', { table: 'order_changes' }) === Number(changes) &&
        Object.entries(emitted).every(([table, rows]) => sum('whalewatch_store_rows_total', { table }) === rows),
      false,
    );
    const statuses = metrics.sum('whalewatch_book_events_total', { kind: 'book.status' });

    await world.stopRun();
    const store = await openStore({ kind: 'duckdb', path: join(world.folder, 'rows.duckdb') });
    try {
      const rows = async (sql: string): Promise<readonly (readonly unknown[])[]> => (await store.query(sql)).rows;
      const count = async (table: string): Promise<unknown> => (await rows(`SELECT count(*) FROM ${table}`))[0]?.[0];
      expect(await count('trades')).toBe(emitted.trades);
      expect(await count('new_orders')).toBe(emitted.new_orders);
      expect(Number(await count('order_changes'))).toBe(Number(changes));
      // Each book says at the end that it is cut off.
      expect(await count('feed_status')).toBe(statuses + world.names.length);
      expect(await orderFaults(rows)).toEqual([]);
      expect(await tradeFaults(rows)).toEqual([]);
      await expectWhalesFound({
        rows,
        whales: world.simulator.truth(),
        fromUs: liveSinceUs,
        untilUs: world.simulator.nowUs,
      });
    } finally {
      await store.close();
    }
  });

  it('is ready while its books are live, and names those that are not', async () => {
    world = await LiveWorld.start({ seed: SEED, silenceMs: 2000 });
    await world.untilLive();
    const ready = (status: number, names: readonly string[], moving = true) =>
      world.until(
        `/readyz ${status}`,
        () => world.get('/readyz'),
        ({ status: seen, body }) => seen === status && names.every((name) => body.includes(`"${name}"`)),
        moving,
      );
    const booksOf = (venue: string): readonly string[] => world.names.filter((name) => name.startsWith(venue));
    expect(JSON.parse((await ready(200, [])).body)).toEqual({ ready: true, missing: [] });

    // While the market rests, no update comes that could bring the books back before anybody has looked.
    world.simulator.disconnect('binance');
    expect((await ready(503, booksOf('binance'), false)).body).toContain('stale: disconnected');
    await ready(200, []);

    // Kraken sends its books as soon as it is asked again, so the short while without them is read from the rows.
    world.simulator.freeze('kraken', FREEZE_US);
    const silenced = "SELECT DISTINCT symbol FROM feed_status WHERE exchange = 'kraken' AND reason = 'silence'";
    await world.until(
      'the silence of every book',
      () => world.rows(silenced),
      (rows) => rows.length === booksOf('kraken').length,
    );
    await ready(200, []);

    await world.untilEqual();
    expect(JSON.parse((await world.get('/healthz')).body)).toEqual({ healthy: true, reasons: [] });
    const status = JSON.parse((await world.get('/')).body) as { books: unknown[]; bus: string; store: string };
    expect(status).toMatchObject({ bus: 'embedded', store: 'duckdb', ready: true });
    expect(status.books).toHaveLength(world.names.length);
    const { sum } = await world.metrics();
    expect(sum('whalewatch_book_books', { state: 'live' })).toBe(world.names.length);
    expect(sum('whalewatch_book_resyncs_total')).toBe(world.names.length);
    expect(sum('whalewatch_feed_reconnects_total', { exchange: 'binance' })).toBe(1);
  });
});
