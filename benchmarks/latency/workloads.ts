/** Which frames, and how many of them in a second. */

import { dataFile } from '../../test/data.ts';
import type { Recording } from '../frame-to-book/recordings.ts';
import { RECORDINGS } from '../frame-to-book/recordings.ts';
import type { Facts } from '../harness/facts.ts';
import type { FeedSpec } from './feed.ts';

export interface LatencyWorkload {
  readonly name: string;
  readonly data: string;
  readonly feed: Omit<FeedSpec, 'port'>;
  readonly expected: Facts;
}

interface Run {
  /** Name of the recording. */
  readonly recording: string;
  readonly framesPerSecond: number;
  /** So many from its beginning; all of them where absent. */
  readonly frames?: number;
}

const FULL: readonly Run[] = [
  { recording: 'binance-650s', framesPerSecond: 20_000 },
  { recording: 'binance-650s', framesPerSecond: 2_000, frames: 10_000 },
];
const SMALL: readonly Run[] = [{ recording: 'binance-4pairs', framesPerSecond: 1_000 }];

const SOUND: Facts = { gaps: 0, crossed: 0, failures: 0, 'whalewatch: malformed': 0 };

/** Runs whose recording is absent are left out, which is said on stderr. @throws DataMissing as `dataFile` does */
export function latencyWorkloads(small: boolean): LatencyWorkload[] {
  return (small ? SMALL : FULL).flatMap((run) => {
    const recording = RECORDINGS.find(({ name }) => name === run.recording);
    const path = recording === undefined ? null : dataFile('captures', `${recording.file}.capture.ndjson.gz`);
    return recording === undefined || path === null ? [] : [workloadOf(run, recording, path)];
  });
}

function workloadOf({ framesPerSecond, frames }: Run, { data, expected }: Recording, path: string): LatencyWorkload {
  const { frames: texts, snapshots, ...whole } = expected;
  const all = Number(texts) - Number(snapshots);
  const sent = frames ?? all;
  const isWhole = sent === all;
  return {
    name: `${framesPerSecond}-per-second`,
    data: `${data}; ${sent.toLocaleString('en')} frames, ${framesPerSecond.toLocaleString('en')} a second`,
    feed: { path, frames: sent, framesPerSecond },
    expected: { ...SOUND, frames: sent, ...(isWhole ? whole : {}) },
  };
}
