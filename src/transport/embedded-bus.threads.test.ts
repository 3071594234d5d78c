/** The in-process bus between real threads. */

import { once } from 'node:events';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import { EmbeddedBus } from './embedded-bus.ts';
import { createLink, type LinkEnd } from './embedded-link.ts';
import type { ThreadJob } from './fixtures/bus-thread.ts';

const EXPECTED = [{ name: 'store', kind: 'md' }] as const;
const threads: Worker[] = [];

afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.terminate();
});

/** A thread at work on one end of a link. */
function startThread(end: LinkEnd, job: Omit<ThreadJob, 'end' | 'report'>): { thread: Worker; report: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  const thread = new Worker(new URL('./fixtures/bus-thread.ts', import.meta.url), {
    workerData: { ...job, end, report: port1 } satisfies ThreadJob,
    transferList: [end.port, port1],
  });
  threads.push(thread);
  return { thread, report: port2 };
}

test('a consumer thread that is ended and replaced gets everything unacknowledged again', async () => {
  const writer = new EmbeddedBus({ expected: EXPECTED, window: { batches: 10, bytes: 1e6 } });
  const publisher = writer.publisher();
  const publish = (number: number): Promise<void> =>
    publisher.publish({ kind: 'md', topic: 'kraken', partition: 0 }, Uint8Array.of(number), `${number}`);
  for (let number = 0; number < 10; number++) void publish(number);

  const first = createLink({ consumer: 'store', kind: 'md' });
  writer.attach(first.writer);
  const doomed = startThread(first.consumer, { role: 'consumer', acknowledgeThrough: 4 });
  const seen: number[] = [];
  doomed.report.on('message', (number: number) => seen.push(number));
  await vi.waitFor(() => expect(seen).toHaveLength(10));
  await vi.waitFor(() => expect(writer.backlog.kept).toBe(5));
  await doomed.thread.terminate();
  doomed.report.close();

  const second = createLink({ consumer: 'store', kind: 'md' });
  writer.attach(second.writer);
  const successor = startThread(second.consumer, { role: 'consumer', acknowledgeThrough: 99 });
  const again: number[] = [];
  successor.report.on('message', (number: number) => again.push(number));
  await publish(10);
  await vi.waitFor(() => expect(again).toEqual([5, 6, 7, 8, 9, 10]));
  await vi.waitFor(() => expect(writer.backlog.kept).toBe(0));
  successor.report.close();
  await writer.close();
});

test('what a writer thread had sent when it ended arrives, and its successor goes on', async () => {
  const reader = new EmbeddedBus();
  const consumer = await reader.consumer({ name: 'store', kind: 'md', maxPending: 100 });
  const got: number[] = [];
  const ran = consumer.run((delivery) => {
    got.push(delivery.data[0] ?? -1);
    consumer.ackThrough(delivery.position);
  });
  for (const [from, to] of [
    [0, 50],
    [50, 90],
  ] as const) {
    const link = createLink({ consumer: 'store', kind: 'md' });
    reader.attach(link.consumer);
    const { thread, report } = startThread(link.writer, { role: 'writer', from, to });
    await once(report, 'message');
    await thread.terminate();
    report.close();
  }
  await vi.waitFor(() => expect(got).toEqual(Array.from({ length: 90 }, (_, i) => i)));
  await reader.close();
  await ran;
});

test('a thread ends by itself once its bus is closed', async () => {
  const writer = new EmbeddedBus({ expected: EXPECTED });
  const link = createLink({ consumer: 'store', kind: 'md' });
  writer.attach(link.writer);
  const { thread, report } = startThread(link.consumer, { role: 'consumer', acknowledgeThrough: 99, closeAfter: 2 });
  const ended = once(thread, 'exit');
  const publisher = writer.publisher();
  for (let number = 0; number < 3; number++) {
    await publisher.publish({ kind: 'md', topic: 'kraken', partition: 0 }, Uint8Array.of(number), `${number}`);
  }
  expect(await ended).toEqual([0]);
  report.close();
  await writer.close();
});
