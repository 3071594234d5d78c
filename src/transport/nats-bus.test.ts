import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { describeWithNats } from '../../test/services.ts';
import type { Consumer, ConsumerOptions, Delivery, Spectator } from '../ports/bus.ts';
import { CONFORMANCE_CONSUMERS, describeBusConformance, type BusWorld } from './bus.conformance.ts';
import { connectNats } from './nats-connection.ts';
import { openNatsBus, type NatsBus, type NatsBusOptions } from './nats-bus.ts';
import { deleteStreams } from './nats-streams.ts';
import { replayNamespace, streamName } from './subjects.ts';

const LIMIT_MESSAGES = 8;
const LANE = { kind: 'md', topic: 'kraken', partition: 1 } as const;
const ALL: ConsumerOptions = { name: 'all', kind: 'md', maxPending: 16 };

function optionsFor(url: string, more: Partial<NatsBusOptions> = {}): NatsBusOptions {
  return {
    servers: [url],
    namespace: replayNamespace(randomUUID()),
    create: 'fresh',
    expected: [{ name: 'all', kind: 'md' }],
    limits: { maxBytes: 64 * 1024 * 1024 },
    ...more,
  };
}

describeWithNats('the JetStream bus', (url) => {
  async function newWorld(): Promise<BusWorld> {
    const options = optionsFor(url, {
      expected: CONFORMANCE_CONSUMERS,
      limits: { maxBytes: 64 * 1024 * 1024, maxMessages: LIMIT_MESSAGES },
    });
    const writer = await openNatsBus(options);
    const buses = new Map<Consumer | Spectator, NatsBus>();
    // The stream is trimmed only when every expected consumer has a durable: here one that has read all there is.
    const idle = await openNatsBus({ ...options, create: 'keep' });
    const absent = await idle.consumer({ name: 'second', kind: 'md', partition: 2, maxPending: 4 });
    await absent.stop();
    return {
      writer,
      start: async (wanted) => {
        const bus = await openNatsBus({ ...options, create: 'keep' });
        const consumer = await bus.consumer(wanted);
        buses.set(consumer, bus);
        return consumer;
      },
      look: async (wanted) => {
        const bus = await openNatsBus({ ...options, create: 'keep' });
        const spectator = await bus.spectator(wanted);
        buses.set(spectator, bus);
        return spectator;
      },
      crash: async (consumer) => await buses.get(consumer)?.close(),
      heldWhenStill: () => LIMIT_MESSAGES,
      settle: async () => {
        // Round trips that the server answers after what was sent before.
        const link = await connectNats({ servers: [url] }, 'settle');
        for (let i = 0; i < 20; i++) await link.jsm.streams.info(streamName(options.namespace, 'md'));
        await link.nc.close();
      },
      close: async () => {
        for (const bus of buses.values()) await bus.close();
        await writer.close();
        await idle.deleteStreams();
        await idle.close();
      },
    };
  }

  describeBusConformance('JetStream', newWorld);

  const open: NatsBus[] = [];
  const namespaces = new Set<string>();
  afterEach(async () => {
    // Consumers first: one whose stream goes away under it fails.
    for (const bus of open.splice(0)) await bus.close();
    const link = await connectNats({ servers: [url] }, 'clean-up');
    for (const namespace of namespaces) await deleteStreams(link.jsm, namespace);
    namespaces.clear();
    await link.nc.close();
  });

  async function openBus(options: NatsBusOptions): Promise<NatsBus> {
    const bus = await openNatsBus(options);
    open.push(bus);
    namespaces.add(options.namespace);
    return bus;
  }

  async function collect(bus: NatsBus, options: ConsumerOptions = ALL): Promise<Delivery[]> {
    const consumer = await bus.consumer(options);
    const got: Delivery[] = [];
    const run = consumer.run((delivery) => {
      got.push(delivery);
      consumer.ackThrough(delivery.position);
    });
    run.catch((error: unknown) => expect(error).toBeNull());
    return got;
  }

  test('stores a repeated publish once', async () => {
    const bus = await openBus(optionsFor(url));
    const publisher = bus.publisher();
    for (const id of ['a', 'a', 'b']) await publisher.publish(LANE, Buffer.from(id), id);
    const got = await collect(bus);
    await vi.waitFor(() => expect(got).toHaveLength(2));
    expect(got.map((d) => Buffer.from(d.data).toString())).toEqual(['a', 'b']);
  });

  test('refuses what the server would, and says what would fit', async () => {
    const bus = await openBus(optionsFor(url));
    const publisher = bus.publisher();
    const publish = (bytes: number): Promise<void> => publisher.publish(LANE, new Uint8Array(bytes), `${bytes}`);
    await publish(bus.maxBatchBytes);
    await expect(publish(bus.maxBatchBytes + 1)).rejects.toMatchObject({ code: 'bus.too-large' });
    await expect(publisher.publish({ ...LANE, topic: 'a.b' }, new Uint8Array(1), 'x')).rejects.toMatchObject({
      code: 'bus.bad-name',
    });
    await expect(publisher.publish(LANE, new Uint8Array(1), 'two\r\nlines')).rejects.toMatchObject({
      code: 'bus.bad-name',
    });
  });

  test('keeps what a consumer needs and purges what all have, also when one of them is quiet', async () => {
    const expected = [
      { name: 'all', kind: 'md' },
      { name: 'quiet', kind: 'md', partition: 7 },
    ] as const;
    const bus = await openBus(optionsFor(url, { expected, limits: { maxBytes: 1024 * 1024, maxMessages: 10 } }));
    const publisher = bus.publisher();
    // No consumer has ever started: ten fit, and nothing is purged.
    let taken = 0;
    for (let i = 0; i < 50; i++) void publisher.publish(LANE, Uint8Array.of(i), `${i}`).then(() => taken++);
    await vi.waitFor(() => expect(bus.counters.waitsForRoom).toBeGreaterThan(1));
    expect(taken).toBe(10);
    const got = await collect(bus);
    await vi.waitFor(() => expect(got).toHaveLength(10));
    expect(bus.counters.trimmed).toBe(0);
    await collect(bus, { name: 'quiet', kind: 'md', partition: 7, maxPending: 1 });
    await vi.waitFor(() => expect(got).toHaveLength(50), { timeout: 20_000 });
    expect(got.map((d) => d.data[0])).toEqual(Array.from({ length: 50 }, (_, i) => i));
    await publisher.flush();
    expect(taken).toBe(50);
  });

  test('hands out in order what the server sends twice or not at all', async () => {
    const options = optionsFor(url);
    const bus = await openBus(options);
    const publisher = bus.publisher();
    const link = await connectNats({ servers: [url] }, 'thief');
    const stream = streamName(options.namespace, 'md');
    const consumer = await bus.consumer(ALL);
    // Another reader takes three messages off the durable, as a broken connection would.
    for (let i = 0; i < 3; i++) await publisher.publish(LANE, Uint8Array.of(i), `${i}`);
    for (let i = 0; i < 3; i++) {
      // The reply has the message's own subject, which the client's shared inbox would not recognise.
      await link.nc.request(`$JS.API.CONSUMER.MSG.NEXT.${stream}.all`, '{"batch":1}', { noMux: true, timeout: 5_000 });
    }
    const got: Delivery[] = [];
    const ran = consumer.run((delivery) => {
      got.push(delivery);
      consumer.ackThrough(delivery.position);
    });
    for (let i = 3; i < 6; i++) await publisher.publish(LANE, Uint8Array.of(i), `${i}`);
    await vi.waitFor(() => expect(got).toHaveLength(6));
    // And once more amid the run, with acknowledgements on their way.
    await link.jsm.consumers.delete(stream, 'all').catch((error: unknown) => {
      // A server that was just writing the durable's state leaves its folder, and has forgotten it all the same.
      expect(String(error)).toContain('directory not empty');
    });
    for (let i = 6; i < 9; i++) await publisher.publish(LANE, Uint8Array.of(i), `${i}`);
    await vi.waitFor(() => expect(got).toHaveLength(9), { timeout: 20_000 });
    expect(got.map((d) => d.data[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(bus.counters.recoveries).toBeGreaterThan(0);
    await consumer.stop();
    await ran;
    await link.nc.close();
  });

  test('acknowledges in one message what it was told in a turn', async () => {
    const options = optionsFor(url);
    const bus = await openBus(options);
    const publisher = bus.publisher();
    const link = await connectNats({ servers: [url] }, 'spy');
    const stream = streamName(options.namespace, 'md');
    let acks = 0;
    link.nc.subscribe(`$JS.ACK.${stream}.>`, { callback: () => void acks++ });
    await link.nc.flush();
    const consumer = await bus.consumer(ALL);
    const got: Delivery[] = [];
    const ran = consumer.run((delivery) => {
      got.push(delivery);
    });
    for (let i = 0; i < 5; i++) await publisher.publish(LANE, Uint8Array.of(i), `${i}`);
    await vi.waitFor(() => expect(got).toHaveLength(5));
    for (const { position } of got) consumer.ackThrough(position);
    await vi.waitFor(async () => {
      expect((await link.jsm.consumers.info(stream, ALL.name)).ack_floor.stream_seq).toBe(5);
    });
    await link.nc.flush();
    expect(acks).toBe(1);
    await consumer.stop();
    await ran;
    await link.nc.close();
  });

  test('reads on at once where a backlog is more bytes than one request asks for', async () => {
    const bus = await openBus(optionsFor(url));
    const publisher = bus.publisher();
    const count = 40;
    for (let i = 0; i < count; i++) {
      const data = new Uint8Array(1_000_000);
      data[0] = i;
      await publisher.publish(LANE, data, `${i}`);
    }
    const got = await collect(bus, { ...ALL, maxPending: 64 });
    await vi.waitFor(() => expect(got).toHaveLength(count), { timeout: 5_000 });
    expect(got.map((d) => d.data[0])).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(got.some(({ redelivered }) => redelivered)).toBe(false);
  });

  test('namespaces do not mix, and a fresh one is empty', async () => {
    const options = optionsFor(url);
    const first = await openBus(options);
    await first.publisher().publish(LANE, Uint8Array.of(1), '1');
    const other = await openBus(optionsFor(url));
    await other.publisher().publish(LANE, Uint8Array.of(2), '2');
    const got = await collect(other);
    await vi.waitFor(() => expect(got.map((d) => d.data[0])).toEqual([2]));
    const again = await openBus(options);
    await again.publisher().publish(LANE, Uint8Array.of(3), '3');
    const fresh = await collect(again);
    await vi.waitFor(() => expect(fresh.map((d) => d.data[0])).toEqual([3]));
  });

  test('never empties the live namespace', async () => {
    await expect(openNatsBus(optionsFor(url, { namespace: '' }))).rejects.toMatchObject({ code: 'bus.rejected' });
  });

  test('takes up new limits, and refuses another storage', async () => {
    const options = optionsFor(url);
    await openBus(options);
    const keep = { ...options, create: 'keep' } as const;
    await openBus({ ...keep, limits: { maxBytes: 32 * 1024 * 1024 } });
    const link = await connectNats({ servers: [url] }, 'look');
    const { config } = await link.jsm.streams.info(streamName(options.namespace, 'md'));
    await link.nc.close();
    expect(config.max_bytes).toBe(32 * 1024 * 1024);
    await expect(openNatsBus({ ...keep, limits: { storage: 'memory' } })).rejects.toMatchObject({
      code: 'bus.stream-mismatch',
    });
  });
});

test('a server that cannot be reached is named without its password', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  const refused = openNatsBus(optionsFor(`nats://user:s3cret@127.0.0.1:${port}`));
  await expect(refused).rejects.toMatchObject({
    code: 'bus.unreachable',
    message: `cannot reach NATS at nats://127.0.0.1:${port}`,
  });
  await refused.catch((error: unknown) => expect(JSON.stringify(error)).not.toContain('s3cret'));
});
