/** What a thread's end of the bus does, as metrics. */

import type { Lane } from '../../ports/bus.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { BusCounters } from '../../transport/bus-counters.ts';
import type { Spool } from '../../transport/spool.ts';

export class BusTelemetry {
  private readonly metrics: Metrics;
  private readonly counters: Readonly<BusCounters> | null;
  private told = { retries: 0, waitsForRoom: 0, recoveries: 0 };
  private toldSpooled = { batches: 0, bytes: 0 };

  /** @param counters what the bus counts itself, or null where it does not */
  constructor(metrics: Metrics, counters: Readonly<BusCounters> | null) {
    this.metrics = metrics;
    this.counters = counters;
  }

  /** The bus has taken a batch. */
  published(lane: Lane, bytes: number, durationMs: number): void {
    const { bus } = this.metrics;
    bus.publishedBatches.inc({ lane: lane.kind });
    bus.publishedBytes.inc({ lane: lane.kind }, bytes);
    bus.publishDuration.observe({ lane: lane.kind }, durationMs / 1000);
  }

  /** Adds what the bus has counted since the last time. */
  sample(): void {
    if (this.counters === null) return;
    const { bus } = this.metrics;
    const { retries, waitsForRoom, recoveries } = this.counters;
    bus.retries.inc(retries - this.told.retries);
    bus.waitsForRoom.inc(waitsForRoom - this.told.waitsForRoom);
    bus.recoveries.inc(recoveries - this.told.recoveries);
    this.told = { retries, waitsForRoom, recoveries };
  }

  /** What lies on the disk, and what has lain there so far. */
  sampleSpool({ onDisk, totals }: Pick<Spool, 'onDisk' | 'totals'>): void {
    const { bus } = this.metrics;
    bus.spoolBatches.set(onDisk.batches);
    bus.spoolBytes.set(onDisk.bytes);
    bus.spooled.inc(totals.batches - this.toldSpooled.batches);
    bus.spooledBytes.inc(totals.bytes - this.toldSpooled.bytes);
    this.toldSpooled = { ...totals };
  }

  /** Publishes under way on the lane, and at how many of them its writer waits. */
  sampleWindow(lane: Lane['kind'], used: number, capacity: number): void {
    this.metrics.bus.windowUsed.set({ lane }, used);
    this.metrics.bus.windowCapacity.set({ lane }, capacity);
  }
}
