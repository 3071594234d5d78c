/** A live ingest whose NATS server goes away for longer than memory lasts: what the books told meanwhile is on the disk. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startNatsAt, type NatsServer } from '../../scripts/services/nats-server.ts';
import { onFreePort } from '../../scripts/services/server-process.ts';
import { findKillablePrograms } from '../../scripts/services/start-services.ts';
import { binance } from '../../src/simulator/binance-server.ts';
import { readBatch } from '../../src/transport/codec.ts';
import { Stretches } from '../chaos/stretches.ts';
import { BINANCE_TELLING, VenueRecord } from '../chaos/venue-record.ts';
import { kill, MORTAL_THREADS } from '../fixtures/live-mortal.ts';
import { LiveWorld } from '../fixtures/live-world.ts';
import { readStream } from '../fixtures/stream-writers.ts';
import { services } from '../services.ts';

const SEED = 'live-spool';
const PAIRS = ['BTC-USD', 'ETH-USD'];
const SPOOLED_MIN = 5;
/** About as long as memory lasts, of the market's time. */
const FILLS_MEMORY_S = 12;

let folder: string;
let world: LiveWorld | null = null;
let server: NatsServer | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whalewatch-spool-'));
});
afterEach(async () => {
  await world?.end();
  await server?.process.stop();
  await rm(folder, { recursive: true, force: true });
});

async function endNats(running: NatsServer): Promise<void> {
  process.kill(running.process.pid, 'SIGKILL');
  await vi.waitUntil(() => running.process.hasEnded(), { timeout: 10_000 });
}

describe.skipIf(services().natsUrl === null)(`a live ingest without its NATS server (seed ${SEED})`, () => {
  it('loses nothing, and with its thread no more than that thread had', { timeout: 120_000 }, async ({ skip }) => {
    const { nats } = await findKillablePrograms();
    const program = nats ?? skip('no nats-server that can be killed');
    let running = await onFreePort((port) => startNatsAt(program, { port, folder }));
    server = running;
    const record = new VenueRecord(BINANCE_TELLING);
    const started = await LiveWorld.start({
      // Much in few frames: it has to come to more than memory holds.
      ...{ seed: SEED, venues: ['binance'], pairs: PAIRS, ratePerPair: 1500, threadFiles: MORTAL_THREADS },
      definitions: { binance: record.witness(binance()) },
      config: {
        roles: ['ingest'],
        ingest: { shards: 1 },
        store: { kind: 'none' },
        supervision: { backoffMinMs: 10, backoffMaxMs: 100, maxRestarts: 1000 },
        // Small batches: memory holds 127 of them, whatever their size.
        bus: {
          ...{ kind: 'nats', servers: [`nats://127.0.0.1:${running.port}`], maxBatchKb: 4, leaseS: 1 },
          spool: { dir: join(folder, 'spool') },
        },
      },
    });
    world = started;
    const metric = async (name: string): Promise<number> => (await started.metrics()).sum(`whalewatch_bus_${name}`);
    const untilSpooled = async (): Promise<number> => {
      await started.advance(FILLS_MEMORY_S);
      return started.until(
        'batches on the disk',
        () => metric('spool_batches'),
        (count) => count >= SPOOLED_MIN,
      );
    };
    const startAgain = async (): Promise<void> => {
      running = await startNatsAt(program, { port: running.port, folder });
      server = running;
    };
    await started.untilLive();
    await started.advance(1);

    await endNats(running);
    await untilSpooled();
    await startAgain();
    await started.until(
      'an empty disk',
      () => metric('spool_batches'),
      (count) => count === 0,
    );
    expect(await metric('spooled_batches_total')).toBeGreaterThanOrEqual(SPOOLED_MIN);
    expect(await metric('spool_bytes')).toBe(0);
    expect(started.complaints.filter((line) => line.includes('shard lost'))).toEqual([]);

    await endNats(running);
    await untilSpooled();
    kill('ingest-0', 'throw');
    await started.until(
      'the end of the thread',
      () => started.complaints.filter((line) => line.includes('shard lost')).length,
      (count) => count === 1,
    );
    await startAgain();
    await started.untilLive();
    await started.advance(1);
    await started.stopRun();

    const stretches = new Stretches(new Map([['binance', record]]));
    await readStream(`nats://127.0.0.1:${running.port}`, (_subject, _term, data) =>
      readBatch(data, (view) => stretches.add(view)),
    );
    stretches.finish();
    expect(stretches.faults).toEqual([]);
    expect(stretches.counts.stretches).toBe(2 * PAIRS.length);
    expect(stretches.counts.rows).toBeGreaterThan(5_000);
  });
});
