/** What the configuration means for the adapters: options of bus and store as their threads take them. */

import type { AnalyticsOptions } from '../indicators/analytics-plan.ts';
import { sampleLevelsFor } from '../indicators/analytics-plan.ts';
import type { StoreOptions } from '../storage/open-store.ts';
import type { Config } from './config.ts';
import type { SizeModelChoice } from './size-model-choice.ts';
import type { NatsInit } from './threads/bus-init.ts';
import { suspectName } from './threads/quarantine.ts';
import type { StateInit } from './threads/shard-state.ts';
import { consumerName } from './threads/topology.ts';
import type { MemoryPlaces } from '../storage/memory-keeper.ts';
import { memoryPlace } from '../storage/memory-keeper.ts';
import type { Topology } from './wiring.ts';
import { expectedConsumers } from './wiring.ts';

const GIB = 1024 ** 3;

/** Bytes that a publisher may have under way, whatever the number of batches. */
const WINDOW_BYTES = 64 * 1024 * 1024;

/**
 * What the in-process bus keeps until every consumer has acknowledged it. The store acknowledges once a batch of rows
 * is durable, so this must hold what arrives in that time; light load makes many small batches, hence the count.
 */
export const EMBEDDED_WINDOW = { batches: 16_384, bytes: WINDOW_BYTES } as const;

/** Batches that a consumer may have taken and not acknowledged: as many as the store gathers between two writes. */
export const CONSUMER_PENDING_MAX = 16_384;

/** How to reach NATS, or null where the bus is in process. */
export function natsInit(config: Config, topology: Topology, namespace: string): NatsInit | null {
  const { bus } = config;
  if (bus.kind !== 'nats') return null;
  const { user, password, token, credsFile } = bus;
  return {
    servers: bus.servers,
    credentials: {
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
      ...(token === undefined ? {} : { token }),
      ...(credsFile === undefined ? {} : { credsFile }),
    },
    namespace,
    create: 'keep',
    expected: expectedConsumers(topology),
    limits: { maxBytes: Math.floor(bus.stream.maxGb * GIB), storage: bus.stream.storage, replicas: bus.replicas },
    window: { batches: bus.windowBatches, bytes: WINDOW_BYTES },
  };
}

/** Where the state of scoring and analytics is kept. One value for the whole run: it may hold the memory itself. */
export function stateInit(config: Config): StateInit {
  const { partitions } = config.ingest;
  const { dir, everyS } = config.state;
  const times = { partitions, everyMs: everyS * 1000 };
  if (config.bus.kind === 'nats') return { place: { kind: 'bus' }, ...times };
  if (dir !== null) return { place: { kind: 'folder', path: dir }, ...times };
  const places: Record<string, MemoryPlaces[string]> = {};
  const consumers = [consumerName('store-md'), consumerName('store-result')];
  for (const role of ['scoring', 'analytics'] as const) {
    for (let partition = 0; partition < partitions; partition++) consumers.push(consumerName(role, partition));
  }
  for (const consumer of consumers) for (const name of [consumer, suspectName(consumer)]) places[name] = memoryPlace();
  return { place: { kind: 'memory', places }, ...times };
}

/** The size models of a configuration. */
export function modelChoice({ scoring }: Config): SizeModelChoice {
  const { model: name, modelFor: overrides, modelFiles: files, halfLifeS, minOrders } = scoring;
  return { name, overrides, files, halfLifeS, minOrders };
}

/** What to measure, or null where nothing is. */
export function analyticsOptions({ analytics }: Config): AnalyticsOptions | null {
  const { enabled, metrics, periods, latenessMs, bookTopLevels } = analytics;
  return enabled ? { metrics, periods, latenessUs: latenessMs * 1000, bookTopLevels } : null;
}

/** Levels per side in the samples that books tell each second; null where nobody needs them. */
export function sampleLevels(analytics: AnalyticsOptions | null): number | null {
  return analytics === null ? null : sampleLevelsFor(analytics);
}

/**
 * What to open as the store, or null where rows are not kept.
 * @param options.ttl false for rows of another time, and for whoever only reads: tables are left as they are
 */
export function storeOptions(config: Config, { ttl }: { ttl: boolean }): StoreOptions | null {
  const { store } = config;
  const { orderChanges, tablePrefix } = store;
  switch (store.kind) {
    case 'none':
      return null;
    case 'duckdb':
      return { kind: 'duckdb', path: store.duckdbPath, tablePrefix, orderChanges };
    case 'questdb':
      return {
        kind: 'questdb',
        url: store.questdbUrl,
        tablePrefix,
        ttlDays: ttl ? store.ttlDays : null,
        orderChanges,
        ...(store.questdbUser === undefined ? {} : { username: store.questdbUser }),
        ...(store.questdbPassword === undefined ? {} : { password: store.questdbPassword }),
        ...(store.questdbToken === undefined ? {} : { token: store.questdbToken }),
      };
  }
}
