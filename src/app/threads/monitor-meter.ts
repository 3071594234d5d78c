/** Brings the metrics of the live monitor up to what it has counted. */

import type { LiveHub } from '../../monitor/live/live-hub.ts';
import type { LaneKind, Spectator } from '../../ports/bus.ts';
import type { MonitorMetrics } from '../../telemetry/metrics.ts';

const GROWING = ['messages', 'bytes', 'encoded', 'passedOver'] as const;

export class MonitorMeter {
  private readonly metrics: MonitorMetrics;
  private readonly hub: LiveHub;
  private readonly spectators = new Map<LaneKind, Spectator>();
  /** What the metrics were told so far, by a name of our own. */
  private readonly told = new Map<string, number>();

  constructor(metrics: MonitorMetrics, hub: LiveHub) {
    this.metrics = metrics;
    this.hub = hub;
  }

  watch(lane: LaneKind, spectator: Spectator): void {
    this.spectators.set(lane, spectator);
  }

  sample(): void {
    const { metrics, hub } = this;
    const { counters } = hub;
    metrics.clients.set(hub.clients);
    for (const name of GROWING) metrics[name].inc(this.grown(name, counters[name]));
    for (const [reason, count] of Object.entries(counters.dropped)) {
      metrics.dropped.inc({ reason }, this.grown(`dropped ${reason}`, count));
    }
    for (const [lane, { dropped }] of this.spectators) {
      metrics.missedBatches.inc({ lane }, this.grown(`missed ${lane}`, dropped));
    }
  }

  private grown(name: string, now: number): number {
    const before = this.told.get(name) ?? 0;
    this.told.set(name, now);
    return now - before;
  }
}
