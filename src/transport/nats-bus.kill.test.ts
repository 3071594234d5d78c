/** What happens to the bus when its server dies: tests with a server of their own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { NatsProgram } from '../../scripts/services/nats-program.ts';
import { startNatsAt, type NatsServer } from '../../scripts/services/nats-server.ts';
import { onFreePort, startServer } from '../../scripts/services/server-process.ts';
import { findKillablePrograms } from '../../scripts/services/start-services.ts';
import { services } from '../../test/services.ts';
import type { Delivery, Publisher } from '../ports/bus.ts';
import { DiskQueue } from './disk-queue.ts';
import { openNatsBus, type NatsBusOptions } from './nats-bus.ts';
import { Spool } from './spool.ts';
import { replayNamespace } from './subjects.ts';
import { TrackedPublisher } from './tracked-publisher.ts';

const BATCHES = 900;
const LANES = [0, 1, 2].map((partition) => ({ kind: 'md', topic: 'kraken', partition }) as const);

// Where the run has no server, there is no program for one either.
/** Every batch of every lane, once. */
function expectAllInOrder(got: readonly Delivery[]): void {
  for (const lane of LANES) {
    const numbers = got.filter((d) => d.lane.partition === lane.partition).map((d) => numberOf(d.data));
    expect(numbers).toEqual(Array.from({ length: BATCHES / LANES.length }, (_, i) => i));
  }
}

describe.skipIf(services().natsUrl === null)('a NATS server of our own', () => {
  let program: NatsProgram | null = null;
  let folder = '';
  beforeAll(async () => {
    ({ nats: program } = await findKillablePrograms());
    folder = await mkdtemp(join(tmpdir(), 'whalewatch-bus-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function kill(server: NatsServer): Promise<void> {
    process.kill(server.process.pid, 'SIGKILL');
    await vi.waitFor(() => expect(server.process.hasEnded()).toBe(true), { timeout: 10_000 });
  }

  test('killed and started again loses nothing, repeats nothing and changes no order', async ({ skip }) => {
    const running = program ?? skip('no nats-server that can be killed');
    let server = await onFreePort((port) => startNatsAt(running, { port, folder }));
    const options: NatsBusOptions = {
      servers: [server.url],
      namespace: replayNamespace('kill'),
      create: 'fresh',
      expected: [{ name: 'all', kind: 'md' }],
      limits: { maxBytes: 64 * 1024 * 1024, maxMessages: 200 },
      ackTimeoutMs: 500,
    };
    const writer = await openNatsBus(options);
    const reader = await openNatsBus({ ...options, create: 'keep' });
    const consumer = await reader.consumer({ name: 'all', kind: 'md', maxPending: 16 });
    const got: Delivery[] = [];
    const ran = consumer.run((delivery) => {
      got.push(delivery);
      if (got.length % 5 === 0) consumer.ackThrough(delivery.position);
    });
    const publishing = publishAll(writer.publisher());
    for (let kills = 0; kills < 3; kills++) {
      // The last kill may come when everything has been delivered: how far the reader runs meanwhile is not ours to say.
      const enough = Math.min(got.length + BATCHES / 10, BATCHES - 1);
      await vi.waitFor(() => expect(got.length).toBeGreaterThan(enough), { timeout: 30_000, interval: 1 });
      await kill(server);
      server = await startNatsAt(running, { port: server.port, folder });
    }
    await publishing;
    await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(BATCHES), { timeout: 30_000 });
    expectAllInOrder(got);
    await consumer.stop();
    await ran;
    await writer.deleteStreams();
    await reader.close();
    await writer.close();
    await server.process.stop();
  });

  test('away for longer than memory lasts is waited for, with what comes meanwhile on the disk', async ({ skip }) => {
    const running = program ?? skip('no nats-server that can be killed');
    let server = await onFreePort((port) => startNatsAt(running, { port, folder }));
    const options: NatsBusOptions = {
      servers: [server.url],
      namespace: replayNamespace('spool'),
      create: 'fresh',
      expected: [{ name: 'all', kind: 'md' }],
      limits: { maxBytes: 64 * 1024 * 1024 },
      ...{ ackTimeoutMs: 50, attempts: 3, isPatient: true },
    };
    const writer = await openNatsBus(options);
    const inMemory = 30;
    const told: string[] = [];
    const spool = new Spool({
      publisher: writer.publisher(),
      queue: new DiskQueue({ folder: join(folder, 'spool'), maxBytes: 1024 * 1024, fileBytes: 1024 }),
      ...{ memoryBatches: inMemory, catchUpBatches: 9, nowMs: () => performance.now() },
      events: {
        onBegin: () => told.push('begins'),
        onFull: () => told.push('full'),
        onCaughtUp: ({ batches }) => told.push(`caught up with ${batches}`),
      },
    });
    const publisher = new TrackedPublisher((lane, data, id) => spool.take(lane, data, id));
    await publishAll(publisher, 0, inMemory);
    expect(told).toEqual([]);
    await kill(server);
    const publishing = publishAll(publisher, inMemory, 600);
    expect(spool.onDisk.batches).toBe(600 - 2 * inMemory);
    // Longer than a publisher that is not patient would wait.
    await vi.waitFor(() => expect(writer.counters.retries).toBeGreaterThan(3 * 3 * LANES.length), { timeout: 10_000 });
    server = await startNatsAt(running, { port: server.port, folder });
    await Promise.all([publishing, publishAll(publisher, 600, BATCHES)]);
    expect(spool.onDisk).toEqual({ batches: 0, bytes: 0 });
    expect(told).toEqual(['begins', expect.stringMatching(/^caught up with \d+$/)]);
    const reader = await openNatsBus({ ...options, create: 'keep' });
    const consumer = await reader.consumer({ name: 'all', kind: 'md', maxPending: 16 });
    const got: Delivery[] = [];
    const ran = consumer.run((delivery) => {
      got.push(delivery);
      consumer.ackThrough(delivery.position);
    });
    await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(BATCHES), { timeout: 30_000 });
    expectAllInOrder(got);
    await consumer.stop();
    await ran;
    await writer.deleteStreams();
    await reader.close();
    await writer.close();
    spool.close();
    await server.process.stop();
  });

  test('gone for good ends in bus.unreachable, for everything on the lane', async ({ skip }) => {
    const running = program ?? skip('no nats-server that can be killed');
    const server = await onFreePort((port) => startNatsAt(running, { port, folder }));
    const bus = await openNatsBus({
      servers: [server.url],
      namespace: replayNamespace('gone'),
      create: 'fresh',
      expected: [],
      limits: { maxBytes: 1024 * 1024 },
      ackTimeoutMs: 50,
      attempts: 3,
    });
    await kill(server);
    const publisher = bus.publisher();
    const lane = { kind: 'result', topic: 'score', partition: 0 } as const;
    const outcomes = ['a', 'b'].map((id) => publisher.publish(lane, Buffer.from(id), id));
    for (const outcome of outcomes) await expect(outcome).rejects.toMatchObject({ code: 'bus.unreachable' });
    await bus.close();
  });

  test('asks for the credentials of its address', async ({ skip }) => {
    const running = program ?? skip('no nats-server that can be killed');
    const server = await onFreePort(async (port) => {
      const { command, args } = running.command({ port, folder });
      const process = await startServer({ command, args: [...args, '--user', 'whale', '--pass', 'w@tch/1'] });
      return { port, process };
    });
    const open = (credentials: string): ReturnType<typeof openNatsBus> =>
      openNatsBus({
        servers: [`nats://${credentials}127.0.0.1:${server.port}`],
        namespace: replayNamespace('auth'),
        create: 'fresh',
        expected: [],
        limits: { maxBytes: 1024 * 1024 },
      });
    const bus = await vi.waitFor(() => open('whale:w%40tch%2F1@'), { timeout: 10_000 });
    await bus.deleteStreams();
    await bus.close();
    await expect(open('whale:wrong@')).rejects.toMatchObject({ code: 'bus.rejected' });
    await expect(open('')).rejects.toMatchObject({ code: 'bus.rejected' });
    await server.process.stop();
  });

  test('without JetStream is refused in plain words', async ({ skip }) => {
    const running = program ?? skip('no nats-server that can be killed');
    const server = await onFreePort(async (port) => {
      const { command } = running.command({ port, folder });
      return { port, process: await startServer({ command, args: ['-a', '127.0.0.1', '-p', `${port}`] }) };
    });
    const open = (): Promise<unknown> =>
      openNatsBus({
        servers: [`nats://127.0.0.1:${server.port}`],
        namespace: '',
        create: 'keep',
        expected: [],
      });
    await vi.waitFor(() => expect(open()).rejects.toMatchObject({ code: 'bus.no-jetstream' }), { timeout: 10_000 });
    await server.process.stop();
  });
});

/** Batches in turn on all lanes; each holds its number within its lane. @param from of those on all lanes together */
async function publishAll(publisher: Publisher, from = 0, to = BATCHES): Promise<void> {
  const underWay: Promise<void>[] = [];
  for (let number = from / LANES.length; number < to / LANES.length; number++) {
    for (const lane of LANES) {
      underWay.push(publisher.publish(lane, Uint8Array.of(number & 0xff, number >> 8), `${lane.partition}-${number}`));
    }
  }
  await Promise.all(underWay);
}

function numberOf(data: Uint8Array): number {
  return (data[0] ?? 0) + (data[1] ?? 0) * 256;
}
