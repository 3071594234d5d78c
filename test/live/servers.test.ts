import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open-store.ts';
import { TABLE_NAMES } from '../../src/storage/tables.ts';
import { deadStream, laneSubject, LEASE_BUCKET, stateBucket, streamName } from '../../src/transport/subjects.ts';
import { hang, MORTAL_THREADS } from '../fixtures/live-mortal.ts';
import { expectWhalesFound } from '../fixtures/live-rows.ts';
import { LiveWorld } from '../fixtures/live-world.ts';
import { services } from '../services.ts';

const SEED = 'live-servers';
const PREFIX = `live${process.pid}_`;
const { natsUrl, questdbUrl } = services();
let world: LiveWorld | null = null;

/** The servers are shared: nothing of this run stays on them. */
afterEach(async () => {
  await world?.end();
  world = null;
  const store = await openStore({ kind: 'questdb', url: questdbUrl ?? '', tablePrefix: PREFIX });
  for (const table of TABLE_NAMES) await store.query(`DROP TABLE ${PREFIX}${table}`);
  const nats = await connect({ servers: natsUrl ?? '' });
  const manager = await jetstreamManager(nats);
  for (const kind of ['md', 'result'] as const) await manager.streams.delete(streamName('', kind));
  await manager.streams.delete(`KV_${stateBucket('')}`);
  await manager.streams.delete(`KV_${LEASE_BUCKET}`);
  await manager.streams.delete(deadStream(''));
  await nats.close();
});

describe.skipIf(natsUrl === null || questdbUrl === null)(`a live run over NATS into QuestDB (seed ${SEED})`, () => {
  it(
    'keeps the books of the venues, finds their whales, and has a row for all that was said',
    { timeout: 120_000 },
    async () => {
      world = await LiveWorld.start({
        seed: SEED,
        threadFiles: MORTAL_THREADS,
        config: {
          supervision: { backoffMinMs: 10, backoffMaxMs: 100, hungAfterS: 4 },
          ingest: { shards: 2 },
          bus: { kind: 'nats', servers: [natsUrl], stream: { storage: 'memory', maxGb: 0.05 } },
          store: { kind: 'questdb', questdbUrl, tablePrefix: PREFIX, flushMs: 50 },
        },
      });
      const started = world;
      await world.untilLive();
      const liveSinceUs = world.simulator.nowUs;
      await world.advance(4);
      // What is no batch is set aside by each of its readers, and passed.
      const nats = await connect({ servers: natsUrl ?? '' });
      nats.publish(laneSubject('', { kind: 'md', topic: 'kraken', partition: 0 }), 'no batch');
      await nats.flush();
      await world.advance(4);
      // Now, since a thread's last second of counts goes with it.
      const undecodable = async (): Promise<number> =>
        (await started.metrics()).sum('whalewatch_bus_dead_letters_total', { reason: 'undecodable' });
      await world.until('three dead letters', undecodable, (count) => count === 3);
      // The server holds what the store does not take, until that is ended and started again.
      hang('store-0');
      const restarts = async (): Promise<number> =>
        (await started.metrics()).sum('whalewatch_actor_restarts_total', { role: 'store' });
      await world.until('a restart of the store', restarts, (count) => count === 1);
      await world.untilEqual();
      await world.running.tree.caughtUp();

      const { ingest, scoring } = await world.running.tree.reports();
      const books = ingest.flatMap((shard) => Object.values(shard.books));
      const trades = books.reduce((sum, { counters }) => sum + counters.trades, 0);
      const scores = scoring.flatMap((shard) => Object.values(shard.scores)).reduce((sum, count) => sum + count, 0);
      const { tree } = world.running;
      const rows = async (sql: string): Promise<readonly (readonly unknown[])[]> => (await tree.query(sql)).rows;
      const count = async (table: string): Promise<unknown> =>
        (await rows(`SELECT count(*) FROM ${PREFIX}${table}`))[0]?.[0];
      expect(Math.min(trades, scores)).toBeGreaterThan(100);
      expect([await count('trades'), await count('new_orders')]).toEqual([trades, scores]);
      await expectWhalesFound({
        rows,
        table: `${PREFIX}new_orders`,
        whales: world.simulator.truth(),
        fromUs: liveSinceUs,
        untilUs: world.simulator.nowUs,
      });
      const dead = await (await jetstreamManager(nats)).streams.info(deadStream(''), { subjects_filter: '>' });
      expect(dead.state.subjects).toEqual({ 'dead.analytics-0': 1, 'dead.scoring-0': 1, 'dead.store-md': 1 });
      await nats.close();
      const complaints = world.complaints.map((line) => (JSON.parse(line) as { msg: unknown }).msg);
      expect(complaints).toEqual(['thread hung', 'shard lost', 'shard restarted']);
    },
  );
});
