/** Metrics and vitals of one thread, for the page that the main thread shows. */

import { Registry } from 'prom-client';
import type { Metrics } from '../../telemetry/metrics.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import type { MetricsSnapshot } from '../../telemetry/metrics-hub.ts';
import { snapshotOf } from '../../telemetry/metrics-hub.ts';
import { ThreadVitals } from '../../telemetry/thread-vitals.ts';

export interface ThreadMetering {
  readonly metrics: Metrics;
  /** Samples the thread's vitals and returns all metrics. */
  snapshot(): Promise<MetricsSnapshot>;
  stop(): void;
}

/** Starts to measure the thread that it is called in. */
export function measure(thread: string): ThreadMetering {
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const vitals = new ThreadVitals(metrics.thread, thread);
  return {
    metrics,
    snapshot() {
      vitals.sample();
      return snapshotOf(registry);
    },
    stop: () => vitals.stop(),
  };
}
