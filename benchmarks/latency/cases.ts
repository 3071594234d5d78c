/** The cases: receivers that take the same frames from the same sender, one receiver at a time. */

import { z } from 'zod';

import { BenchmarkError } from '../harness/benchmark-error.ts';
import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import { feedSpecSchema, loadFeed } from './feed.ts';
import type { FrameTimes } from './figures.ts';
import { asMeasured, figuresOf } from './figures.ts';
import { machineMs } from './pace.ts';
import type { Receiver } from './receiver.ts';
import { receiverOf, RECEIVERS } from './receiver.ts';

const latencySpecSchema = z.object({ name: z.enum(RECEIVERS), feed: feedSpecSchema });
export type LatencySpec = Readonly<z.infer<typeof latencySpecSchema>>;

const sentSchema = z.object({
  startMs: z.number(),
  framesPerSecond: z.number(),
  lateP99Us: z.number(),
  lateMaxUs: z.number(),
});

/**
 * @param spec a `LatencySpec`; its sender must be listening when a round begins
 * @throws AppError as `loadFeed` does
 */
export async function prepareLatencyCase(spec: unknown): Promise<PreparedCase> {
  const { name, feed: feedSpec } = latencySpecSchema.parse(spec);
  const feed = await loadFeed(feedSpec);
  const receiver = await receiverOf(name, feed);
  const address = `127.0.0.1:${feedSpec.port}`;
  const bytes = feed.frames.map(({ byteLength }) => byteLength);
  const times: FrameTimes = { beganMs: new Float64Array(bytes.length), doneMs: new Float64Array(bytes.length) };
  let facts: Facts = {};
  return {
    reset() {
      times.doneMs.fill(NaN);
    },
    async run() {
      const books = await receiveAll(receiver, `ws://${address}`, times);
      const answer = await fetch(`http://${address}/run`);
      const sent = sentSchema.parse(await answer.json());
      facts = { frames: bytes.length, ...books, ...asMeasured(figuresOf(times, bytes, sent)) };
      return bytes.length;
    },
    facts: () => facts,
  };
}

/**
 * Takes as many frames as there are places for their times.
 * @returns what the receiver came to
 * @throws BenchmarkError `benchmark.unexpected` where the connection ended before: frames were lost
 */
async function receiveAll(receiver: Receiver, url: string, { beganMs, doneMs }: FrameTimes): Promise<Facts> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let done = 0;
  receiver.open(url, {
    onDone(began) {
      beganMs[done] = began;
      doneMs[done++] = machineMs();
      if (done === doneMs.length) resolve();
    },
    onEnd(reason) {
      const message = `the connection ended after ${done} of ${doneMs.length} frames: ${reason}`;
      const remedy = 'A run in which frames were lost says nothing: find out why the connection ended.';
      reject(new BenchmarkError('benchmark.unexpected', message, remedy));
    },
  });
  try {
    await promise;
    // Told before it is closed: a book without its connection is no longer to be relied on.
    return receiver.facts();
  } finally {
    await receiver.close();
  }
}
