/**
 * Makes and removes the streams of a namespace.
 *
 * Retention is by limits, and a full stream refuses new messages (`discard: new`) instead of dropping old ones: slow
 * storage makes the writers wait, and no row is lost. What every expected consumer has acknowledged is purged by
 * `StreamTrimmer`. Interest retention would purge by itself, but a durable that is deleted to be made anew at its
 * floor loses its unacknowledged messages with it (seen on nats-server 2.9.10), and messages published before a
 * durable exists are dropped at once.
 */

import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { LaneKind } from '../ports/bus.ts';
import { BusError } from './bus-error.ts';
import { asBusError } from './nats-connection.ts';
import { LANE_KINDS, streamName, streamSubjects } from './subjects.ts';

/** What each stream may hold before its writers wait. */
export interface StreamLimits {
  readonly maxBytes: number;
  /** -1: as many as fit. */
  readonly maxMessages: number;
  /** How long the server remembers message ids. */
  readonly duplicateWindowMs: number;
  readonly storage: 'file' | 'memory';
  readonly replicas: number;
}

export const DEFAULT_LIMITS: StreamLimits = {
  maxBytes: 4 * 1024 ** 3,
  maxMessages: -1,
  duplicateWindowMs: 120_000,
  storage: 'file',
  replicas: 1,
};

const STREAM_NOT_FOUND = 10059;

/**
 * Makes the namespace's streams where they are missing and brings their limits up to date.
 * @throws BusError `bus.stream-mismatch`, `bus.rejected`, `bus.unreachable`
 */
export async function ensureStreams(jsm: JetStreamManager, namespace: string, limits: StreamLimits): Promise<void> {
  for (const kind of LANE_KINDS) {
    const config = streamConfig(namespace, kind, limits);
    try {
      const existing = await infoOrNull(jsm, config.name);
      if (existing === null) await jsm.streams.add(config);
      else await adjust(jsm, existing, config, limits);
    } catch (error) {
      throw asBusError(error, `set up the stream ${config.name}`, { stream: config.name, maxBytes: limits.maxBytes });
    }
  }
}

/**
 * Removes the namespace's streams and all they hold.
 * @throws BusError `bus.rejected` for the live namespace, or when the server refuses; `bus.unreachable`
 */
export async function deleteStreams(jsm: JetStreamManager, namespace: string): Promise<void> {
  if (namespace === '') {
    throw new BusError('bus.rejected', 'the live streams are not deleted: they may hold what is not stored yet', {
      remedy: 'delete them by hand with the nats tool when nothing needs them',
    });
  }
  for (const kind of LANE_KINDS) {
    const stream = streamName(namespace, kind);
    try {
      await jsm.streams.delete(stream);
    } catch (error) {
      if (!isMissingStream(error)) throw asBusError(error, `delete the stream ${stream}`, { stream });
    }
  }
}

/** Brings the number of servers that keep a stream up to date, where it was made with another one. */
export async function matchReplicas(jsm: JetStreamManager, stream: string, replicas: number): Promise<void> {
  const { config } = await jsm.streams.info(stream);
  if (config.num_replicas !== replicas) await jsm.streams.update(stream, { num_replicas: replicas });
}

export function isMissingStream(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;
}

type NamedConfig = Partial<StreamConfig> & { readonly name: string };

function streamConfig(namespace: string, kind: LaneKind, limits: StreamLimits): NamedConfig {
  return {
    name: streamName(namespace, kind),
    subjects: streamSubjects(namespace, kind),
    retention: RetentionPolicy.Limits,
    storage: limits.storage === 'file' ? StorageType.File : StorageType.Memory,
    ...changeable(limits),
  };
}

/** What a stream may be given later. */
function changeable(limits: StreamLimits) {
  return {
    discard: DiscardPolicy.New,
    num_replicas: limits.replicas,
    max_bytes: limits.maxBytes,
    max_msgs: limits.maxMessages,
    // The servers count it in nanoseconds.
    duplicate_window: limits.duplicateWindowMs * 1_000_000,
  };
}

async function infoOrNull(jsm: JetStreamManager, stream: string): Promise<StreamConfig | null> {
  try {
    return (await jsm.streams.info(stream)).config;
  } catch (error) {
    if (isMissingStream(error)) return null;
    throw error;
  }
}

async function adjust(
  jsm: JetStreamManager,
  existing: StreamConfig,
  wanted: NamedConfig,
  limits: StreamLimits,
): Promise<void> {
  const { retention, storage, subjects } = existing;
  if (
    retention !== wanted.retention ||
    storage !== wanted.storage ||
    subjects.join(' ') !== wanted.subjects?.join(' ')
  ) {
    throw new BusError('bus.stream-mismatch', `the stream ${wanted.name} exists with other settings`, {
      remedy: 'configure the bus as the stream is, or delete the stream once nothing in it is needed',
      context: {
        stream: wanted.name,
        found: { retention, storage, subjects },
        wanted: { retention: wanted.retention, storage: wanted.storage, subjects: wanted.subjects },
      },
    });
  }
  const changes = changeable(limits);
  const current: Record<string, unknown> = { ...existing };
  if (Object.entries(changes).some(([field, value]) => current[field] !== value)) {
    await jsm.streams.update(wanted.name, changes);
  }
}
