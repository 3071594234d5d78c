/** Runs a replay with what a test does not care about filled in, and gathers what it hands over on the way. */

import { randomUUID } from 'node:crypto';
import type { ReplayOptions } from '../../src/app/replay/replay.ts';
import { replay } from '../../src/app/replay/replay.ts';
import type { ReplayReport } from '../../src/app/replay/report.ts';
import type { NatsInit } from '../../src/app/threads/bus-init.ts';
import { analyticsOptions } from '../../src/app/adapters.ts';
import { loadConfig } from '../../src/app/config.ts';
import { expectedConsumers } from '../../src/app/wiring.ts';
import { replayNamespace } from '../../src/transport/subjects.ts';

export interface ReplayOutcome {
  readonly report: ReplayReport;
  /** Emitted lines, in the order in which they were handed over. */
  readonly lines: readonly string[];
  /** Recorded lines that were no record: `<line number>: <reason>`. */
  readonly malformed: readonly string[];
  /** Threads that were started again: `<name>: <reason>`. */
  readonly restarted: readonly string[];
}

/** Everything that can be measured, with the defaults of the configuration. */
export const ALL_ANALYTICS = analyticsOptions(loadConfig({ env: {} }));

/** In process, without a store, silent, with the defaults of the configuration; `options` say what differs. */
export async function runReplay(
  captures: readonly string[],
  options: Partial<ReplayOptions> = {},
): Promise<ReplayOutcome> {
  const lines: string[] = [];
  const malformed: string[] = [];
  const restarted: string[] = [];
  const report = await replay({
    captures,
    shards: 1,
    batch: 4000,
    nats: null,
    store: null,
    batchRows: 10_000,
    flushMs: 1000,
    model: { name: 'lognormal', halfLifeS: 3600, minOrders: 100 },
    analytics: ALL_ANALYTICS,
    maxHeapMb: 1024,
    maxBatchBytes: 256 * 1024,
    restarts: { maxRestarts: 5, periodMs: 60_000 },
    log: { level: 'silent', pretty: undefined },
    emit: null,
    onLine: (line) => lines.push(line),
    onProgress: () => undefined,
    onMalformed: (_path, line, reason) => malformed.push(`${line}: ${reason}`),
    onRestart: (name, reason) => restarted.push(`${name}: ${reason}`),
    ...options,
  });
  return { report, lines, malformed, restarted };
}

/** JetStream for one replay of so many shards, under a name that nobody else has. */
export function natsFor(
  url: string,
  { shards, store, analytics = true }: { shards: number; store: boolean; analytics?: boolean },
): NatsInit {
  const analyticsShards = analytics ? 1 : 0;
  const topology = { partitions: shards, ingestShards: shards, scoringShards: 1, analyticsShards, store };
  return {
    servers: [url],
    credentials: {},
    namespace: replayNamespace(randomUUID()),
    create: 'keep',
    expected: expectedConsumers(topology),
    limits: { maxBytes: 256 * 1024 * 1024, storage: 'file' },
    window: { batches: 64, bytes: 64 * 1024 * 1024 },
  };
}

/** What a replay must come to whatever the shards, batches, bus and crashes: all but its duration and its restarts. */
export function outcomeOf({ elapsed_ms: _elapsed, restarts: _restarts, ...outcome }: ReplayReport): unknown {
  return outcome;
}
