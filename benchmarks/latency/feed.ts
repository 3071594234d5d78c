/** The frames of a run, as sender and receivers alike load them. */

import { z } from 'zod';

import type { FeedRecord } from '../../src/model/feed-record.ts';
import { BenchmarkError } from '../harness/benchmark-error.ts';
import { loadFrames, type Frames } from '../frame-to-book/frames.ts';

export const feedSpecSchema = z.object({
  /** A recording of Binance. */
  path: z.string(),
  /** So many of its frames, from the first on; a recording that has fewer gives what it has. */
  frames: z.int().min(1),
  framesPerSecond: z.number().positive(),
  /** Where the sender listens on loopback. */
  port: z.int().min(1).max(65_535),
});
export type FeedSpec = Readonly<z.infer<typeof feedSpecSchema>>;

export interface Feed {
  /** The recording as a whole. */
  readonly recording: Frames;
  /** Its REST snapshots: handed over before the first frame, which a venue numbers so that nothing is applied twice. */
  readonly snapshots: readonly FeedRecord[];
  /** The records of the frames that are sent. */
  readonly received: readonly FeedRecord[];
  /** Their bytes. */
  readonly frames: readonly Uint8Array[];
}

/** Sent by a receiver once it is ready; the sender takes any frame for it. */
export const SUBSCRIBE = '{"method":"SUBSCRIBE","params":[],"id":1}';

/** @throws CaptureError where the recording cannot be read; BenchmarkError where it is of another kind */
export async function loadFeed({ path, frames: count }: FeedSpec): Promise<Feed> {
  const recording = await loadFrames({ kind: 'capture', path, only: 'all', timed: 'all' });
  const { exchange, records } = recording;
  const snapshots = records.filter(({ op }) => op === 'http');
  if (exchange !== 'binance' || snapshots.length === 0) {
    const message = `${path} is no recording of Binance with snapshots`;
    throw new BenchmarkError('benchmark.unexpected', message, 'Choose another recording.', { path });
  }
  const received = records.filter(({ op }) => op === 'recv').slice(0, count);
  return { recording, snapshots, received, frames: received.flatMap(({ data }) => (data === null ? [] : [data])) };
}
