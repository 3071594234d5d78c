/** Commands of an analytics thread. */

import type { PositionMap } from '../../actors/positions.ts';
import type { AnalyticsOptions } from '../../indicators/analytics-plan.ts';
import type { AnalyticsCounters } from '../../indicators/pair-analytics.ts';
import type { MetricKind } from '../../model/metric.ts';
import type { BusInit } from './bus-init.ts';
import type { StateInit } from './shard-state.ts';
import type { TelemetryInit } from './thread-telemetry.ts';

export interface AnalyticsInit {
  readonly bus: BusInit;
  readonly telemetry: TelemetryInit;
  readonly partitions: readonly number[];
  readonly analytics: AnalyticsOptions;
  readonly maxBatchBytes: number;
  /** Batches taken from the bus and not yet acknowledged, at most. */
  readonly maxPending: number;
  /** What outlives the thread; nothing does where absent, and batches are acknowledged at once. */
  readonly state?: StateInit;
  /** False in a replay: then the rows of each book are chained into a hash. */
  readonly live: boolean;
}

export interface AnalyticsReport {
  /** Results by kind. */
  readonly counts: Readonly<Record<MetricKind, number>>;
  readonly leftOut: AnalyticsCounters;
  /** SHA-256 over the rows of each book, in hexadecimal; none while live. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Where the last result of each kind and book stands. */
  readonly results: PositionMap;
}
