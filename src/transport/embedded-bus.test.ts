import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Consumer, ConsumerOptions, Delivery, Spectator, SpectatorOptions } from '../ports/bus.ts';
import { CONFORMANCE_CONSUMERS, describeBusConformance, type BusWorld } from './bus.conformance.ts';
import { EmbeddedBus } from './embedded-bus.ts';
import { createLink, type BatchMessage, type ControlMessage } from './embedded-link.ts';

const WINDOW_BATCHES = 8;

/** Many turns of the event loop: every message that was posted, and every answer to it, has been received. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

/** Writer and consumers in one thread, each with a bus of its own as in threads of their own. */
function newWorld(): Promise<BusWorld> {
  const writer = new EmbeddedBus({
    expected: CONFORMANCE_CONSUMERS,
    window: { batches: WINDOW_BATCHES, bytes: 64 * 1024 * 1024 },
  });
  const buses = new Map<Consumer | Spectator, EmbeddedBus>();
  const start = async (options: ConsumerOptions): Promise<Consumer> => {
    const bus = new EmbeddedBus();
    const expected = CONFORMANCE_CONSUMERS.find(({ name }) => name === options.name);
    const link = createLink({ ...expected, consumer: options.name, kind: options.kind });
    writer.attach(link.writer);
    bus.attach(link.consumer);
    const consumer = await bus.consumer(options);
    buses.set(consumer, bus);
    return consumer;
  };
  const look = async (options: SpectatorOptions): Promise<Spectator> => {
    const bus = new EmbeddedBus();
    const link = createLink({ consumer: options.name, kind: options.kind, spectator: true });
    writer.attach(link.writer);
    bus.attach(link.consumer);
    const spectator = await bus.spectator(options);
    buses.set(spectator, bus);
    return spectator;
  };
  return Promise.resolve({
    writer,
    start,
    look,
    crash: async (consumer) => await buses.get(consumer)?.close(),
    heldWhenStill: (maxPending) => Math.min(WINDOW_BATCHES, maxPending),
    settle,
    close: async () => {
      for (const bus of buses.values()) await bus.close();
      await writer.close();
    },
  });
}

describeBusConformance('the embedded bus', newWorld);

describe('the embedded bus', () => {
  const LANE = { kind: 'md', topic: 'kraken', partition: 0 } as const;
  const buses: EmbeddedBus[] = [];
  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.close();
  });

  function newBus(...args: ConstructorParameters<typeof EmbeddedBus>): EmbeddedBus {
    const bus = new EmbeddedBus(...args);
    buses.push(bus);
    return bus;
  }

  async function collect(bus: EmbeddedBus, name: string, maxPending = 100): Promise<Delivery[]> {
    const consumer = await bus.consumer({ name, kind: 'md', maxPending });
    const got: Delivery[] = [];
    const run = consumer.run((delivery) => {
      got.push(delivery);
      consumer.ackThrough(delivery.position);
    });
    run.catch((error: unknown) => expect(error).toBeNull());
    return got;
  }

  test('drops what nobody expects, and keeps nothing', async () => {
    const bus = newBus({ expected: [{ name: 'scores', kind: 'result' }] });
    for (let i = 0; i < 1000; i++) await bus.publisher().publish(LANE, Uint8Array.of(i), `${i}`);
    expect(bus.backlog).toEqual({ kept: 0, waiting: 0 });
  });

  test('keeps no more than its window while an expected consumer is missing', async () => {
    const bus = newBus({ expected: [{ name: 'a', kind: 'md' }], window: { batches: 3, bytes: 1e6 } });
    const publisher = bus.publisher();
    let taken = 0;
    for (let i = 0; i < 5; i++) void publisher.publish(LANE, Uint8Array.of(i), `${i}`).then(() => taken++);
    await settle();
    expect(taken).toBe(0);
    expect(bus.backlog).toEqual({ kept: 3, waiting: 2 });
    const link = createLink({ consumer: 'a', kind: 'md' });
    bus.attach(link.writer);
    bus.attach(link.consumer);
    const got = await collect(bus, 'a');
    await publisher.flush();
    await vi.waitFor(() => expect(got.map((d) => d.data[0])).toEqual([0, 1, 2, 3, 4]));
    await vi.waitFor(() => expect(bus.backlog).toEqual({ kept: 0, waiting: 0 }));
  });

  test('bounds the bytes, and lets a larger batch pass alone', async () => {
    const bus = newBus({ expected: [{ name: 'a', kind: 'md' }], window: { batches: 100, bytes: 1000 } });
    const publisher = bus.publisher();
    for (const size of [400, 400, 400, 5000]) {
      publisher.publish(LANE, new Uint8Array(size), `${size}`).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'bus.closed' });
      });
    }
    expect(bus.backlog).toEqual({ kept: 2, waiting: 2 });
    const link = createLink({ consumer: 'a', kind: 'md' });
    bus.attach(link.writer);
    bus.attach(link.consumer);
    const got = await collect(bus, 'a');
    await vi.waitFor(() => expect(got.map((d) => d.data.length)).toEqual([400, 400, 400, 5000]));
  });

  test('the slowest consumer holds the writer back, and no other', async () => {
    const expected = [
      { name: 'fast', kind: 'md' },
      { name: 'slow', kind: 'md' },
    ] as const;
    const bus = newBus({ expected, window: { batches: 4, bytes: 1e6 } });
    for (const { name } of expected) {
      const link = createLink({ consumer: name, kind: 'md' });
      bus.attach(link.writer);
      bus.attach(link.consumer);
    }
    const fast = await collect(bus, 'fast');
    const publisher = bus.publisher();
    for (let i = 0; i < 10; i++) void publisher.publish(LANE, Uint8Array.of(i), `${i}`);
    await settle();
    expect(fast).toHaveLength(4);
    await collect(bus, 'slow');
    await vi.waitFor(() => expect(fast).toHaveLength(10));
  });

  test('one consumer reads several writers, and outlives each of them', async () => {
    const reader = newBus();
    const got = await collect(reader, 'a');
    for (const life of [0, 1, 2]) {
      const writer = newBus({ expected: [{ name: 'a', kind: 'md' }] });
      const link = createLink({ consumer: 'a', kind: 'md' });
      writer.attach(link.writer);
      reader.attach(link.consumer);
      await writer.publisher().publish(LANE, Uint8Array.of(life), `${life}`);
      // The writer's thread ends at once; what it had sent arrives.
      await writer.close();
    }
    await vi.waitFor(() => expect(got.map((d) => d.data[0])).toEqual([0, 1, 2]));
    expect(got.map((d) => d.position)).toEqual([1, 2, 3]);
  });

  test('acknowledges in one message what it was told in a turn, and at once when it stops', async () => {
    const reader = newBus();
    const link = createLink({ consumer: 'a', kind: 'md' });
    reader.attach(link.consumer);
    const consumer = await reader.consumer({ name: 'a', kind: 'md', maxPending: 100 });
    const told: ControlMessage[] = [];
    link.writer.port.on('message', (message: ControlMessage) => told.push(message));
    const got: Delivery[] = [];
    const ran = consumer.run((delivery) => {
      got.push(delivery);
    });
    for (let ordinal = 1; ordinal <= 5; ordinal++) {
      const data = Uint8Array.of(ordinal);
      const batch: BatchMessage = { session: 1, ordinal, topic: 'kraken', partition: 0, data, redelivered: false };
      link.writer.port.postMessage(batch, []);
    }
    await vi.waitFor(() => expect(got).toHaveLength(5));
    for (const { position } of got.slice(0, 4)) consumer.ackThrough(position);
    await settle();
    expect(told).toEqual([
      { type: 'open', session: 1, credits: 100 },
      { type: 'ack', through: 4 },
    ]);
    consumer.ackThrough(got[4]?.position ?? 0);
    await consumer.stop();
    await ran;
    await settle();
    expect(told.slice(2)).toEqual([{ type: 'ack', through: 5 }, { type: 'pause' }]);
    link.writer.port.close();
  });

  test('a part of a larger buffer arrives without the rest', async () => {
    const bus = newBus({ expected: [{ name: 'a', kind: 'md' }] });
    const link = createLink({ consumer: 'a', kind: 'md' });
    bus.attach(link.writer);
    bus.attach(link.consumer);
    const got = await collect(bus, 'a');
    await bus.publisher().publish(LANE, new Uint8Array(1_000).fill(7).subarray(10, 12), 'part');
    await vi.waitFor(() => expect(got).toHaveLength(1));
    expect(got[0]?.data).toEqual(Uint8Array.of(7, 7));
    expect(got[0]?.data.buffer.byteLength).toBe(2);
  });

  test('a detached consumer is missed, not forgotten', async () => {
    const writer = newBus({ expected: [{ name: 'a', kind: 'md' }] });
    const reader = newBus();
    const first = createLink({ consumer: 'a', kind: 'md' });
    writer.attach(first.writer);
    writer.detach(first.writer);
    const published = writer.publisher().publish(LANE, Uint8Array.of(1), '1');
    const second = createLink({ consumer: 'a', kind: 'md' });
    writer.attach(second.writer);
    reader.attach(second.consumer);
    const got = await collect(reader, 'a');
    await published;
    await vi.waitFor(() => expect(got).toHaveLength(1));
    expect(got[0]?.redelivered).toBe(false);
  });

  test('refuses links of consumers that it does not expect, and two consumers of one name', async () => {
    const bus = newBus({ expected: [{ name: 'a', kind: 'md', partition: 1 }] });
    for (const spec of [
      { consumer: 'b', kind: 'md' },
      { consumer: 'a', kind: 'md' },
      { consumer: 'a', kind: 'result', partition: 1 },
    ] as const) {
      const link = createLink(spec);
      expect(() => bus.attach(link.writer)).toThrow(expect.objectContaining({ code: 'bus.unexpected-consumer' }));
      link.writer.port.close();
    }
    await bus.consumer({ name: 'a', kind: 'md', maxPending: 1 });
    await expect(bus.consumer({ name: 'a', kind: 'md', maxPending: 1 })).rejects.toMatchObject({
      code: 'bus.rejected',
    });
  });
});
