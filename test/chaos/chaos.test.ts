import { expect, it } from 'vitest';
import { findKillablePrograms } from '../../scripts/services/start-services.ts';
import { services } from '../services.ts';
import { INGEST_TARGETS, runChaos } from './chaos.ts';

const SEED = 'chaos-small';
const KILLS = 4;
const { natsUrl, questdbUrl } = services();

/** Four processes take minutes to start on a busy machine: asked for by name. */
const isWanted = process.env['WHALEWATCH_TEST_CHAOS'] === '1';

it.skipIf(!isWanted || natsUrl === null || questdbUrl === null)(
  `a run of four processes whose parts are killed has the rows of an undisturbed one (seed ${SEED})`,
  async ({ skip }) => {
    const { nats } = await findKillablePrograms();
    const { kills, rows, faults } = await runChaos({
      seed: SEED,
      minutes: 0,
      killsMin: KILLS,
      targets: ['scoring process', 'scoring thread', 'analytics thread', 'store thread', 'NATS'],
      nats: nats ?? skip('no nats-server that can be killed'),
      questdb: questdbUrl ?? '',
      pauseMsMax: 300,
      onProgress: () => undefined,
    });
    expect(faults).toEqual([]);
    expect(kills.length).toBeGreaterThanOrEqual(KILLS);
    for (const table of ['order_changes', 'trades', 'new_orders', 'spreads']) {
      expect(rows[table], table).toBeGreaterThan(0);
    }
  },
  300_000,
);

it.skipIf(!isWanted || natsUrl === null || questdbUrl === null)(
  `around the deaths of ingest the rows are those of the markets (seed ${SEED})`,
  async ({ skip }) => {
    const { nats } = await findKillablePrograms();
    const { kills, rows, ingest, faults } = await runChaos({
      seed: SEED,
      minutes: 0,
      killsMin: KILLS,
      targets: INGEST_TARGETS,
      nats: nats ?? skip('no nats-server that can be killed'),
      questdb: questdbUrl ?? '',
      pauseMsMax: 3000,
      onProgress: () => undefined,
    });
    expect(faults).toEqual([]);
    expect(kills.length).toBeGreaterThanOrEqual(KILLS);
    expect(ingest?.stretches.rows).toBe(rows['order_changes']);
    expect(ingest?.stretches.trades).toBe(rows['trades']);
    expect(ingest?.lives.killed).toBeGreaterThan(0);
    expect(ingest?.lives.events).toBeGreaterThan(0);
  },
  300_000,
);
