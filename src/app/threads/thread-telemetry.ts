/** Logger, metrics and vitals of one thread. */

import { Registry } from 'prom-client';
import type { LogLevel, Logger } from '../../telemetry/logger.ts';
import { childLogger, createLogger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import type { MetricsSnapshot } from '../../telemetry/metrics-hub.ts';
import { snapshotOf } from '../../telemetry/metrics-hub.ts';
import { Events } from '../../telemetry/events.ts';
import { ThreadVitals } from '../../telemetry/thread-vitals.ts';

export interface TelemetryInit {
  /** Bounded name of the thread, e.g. `ingest-0`. */
  readonly thread: string;
  readonly role: string;
  readonly level: LogLevel;
  readonly pretty: boolean | undefined;
}

export interface ThreadTelemetry {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly events: Events;
  /** Samples the thread's vitals and returns all metrics. */
  snapshot(): Promise<MetricsSnapshot>;
  stop(): void;
}

export function startTelemetry(init: TelemetryInit): ThreadTelemetry {
  const log = childLogger(createLogger({ level: init.level, pretty: init.pretty }), init.role, { thread: init.thread });
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const vitals = new ThreadVitals(metrics.thread, init.thread);
  return {
    log,
    metrics,
    events: new Events(log, metrics),
    snapshot() {
      vitals.sample();
      return snapshotOf(registry);
    },
    stop: () => vitals.stop(),
  };
}
