/** Batches that a consumer of the bus was handed and has not acknowledged yet: how many there are, and how old. */

import type { Delivery } from '../../ports/bus.ts';
import type { EventHeader } from '../../model/event.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { beginConsumerAtZero } from '../../telemetry/zero-counts.ts';

/** A batch in hand. */
export interface OpenDelivery {
  readonly position: number;
  /** Of its lane: the exchange, or the kind of result. */
  readonly topic: string;
  /** Receipt of the frame that its first event came from. */
  readonly receiveUs: number;
  /** The exchange's time of that event; null where the venue gives none. */
  readonly exchangeUs: number | null;
}

export interface OpenDeliveriesOptions {
  readonly metrics: Metrics;
  /** Its name in the metrics. */
  readonly consumer: string;
  /** Batches that may be open at once. */
  readonly capacity: number;
  readonly nowUs: () => number;
}

/** Counts deliveries of one consumer, or of several that go by one name: each of them is a `source`. */
export class OpenDeliveries {
  private readonly options: OpenDeliveriesOptions;
  private readonly bySource = new Map<unknown, OpenDelivery[]>();
  /** Since when each source has been at its present batch, µs. */
  private readonly underWay = new Map<unknown, number>();

  constructor(options: OpenDeliveriesOptions) {
    this.options = options;
    beginConsumerAtZero(options.metrics, options.consumer);
  }

  /** Takes the time of a source's step over one batch. */
  async during(source: unknown, step: () => Promise<void>): Promise<void> {
    this.underWay.set(source, this.options.nowUs());
    await step();
    this.underWay.delete(source);
  }

  /** A batch was handed out. @param first header of its first event, or null where it has none */
  take(source: unknown, delivery: Delivery, first: Pick<OpenDelivery, 'receiveUs' | 'exchangeUs'> | null): void {
    const { metrics, consumer, nowUs } = this.options;
    const { position, lane, redelivered } = delivery;
    metrics.bus.delivered.inc({ consumer });
    if (redelivered) metrics.bus.redelivered.inc({ consumer });
    const { receiveUs, exchangeUs } = first ?? { receiveUs: nowUs(), exchangeUs: null };
    const open = this.bySource.get(source);
    const added = { position, topic: lane.topic, receiveUs, exchangeUs };
    if (open === undefined) this.bySource.set(source, [added]);
    else open.push(added);
  }

  /** Everything up to a position is acknowledged. @returns what that was, oldest first */
  finish(source: unknown, position: number): readonly OpenDelivery[] {
    const open = this.bySource.get(source) ?? [];
    let count = 0;
    while ((open[count]?.position ?? Number.POSITIVE_INFINITY) <= position) count++;
    this.options.metrics.bus.acknowledged.inc({ consumer: this.options.consumer }, count);
    return open.splice(0, count);
  }

  /** Brings the gauges up to date. */
  sample(): void {
    const { metrics, consumer, capacity, nowUs } = this.options;
    const sources = [...this.bySource.values()];
    const oldestUs = Math.min(...sources.map(([first]) => first?.receiveUs ?? Number.POSITIVE_INFINITY));
    metrics.bus.pending.set(
      { consumer },
      sources.reduce((sum, open) => sum + open.length, 0),
    );
    metrics.bus.pendingCapacity.set({ consumer }, capacity);
    const sinceUs = Math.min(...this.underWay.values());
    metrics.bus.step.set({ consumer }, Number.isFinite(sinceUs) ? Math.max(0, nowUs() - sinceUs) / 1e6 : 0);
    metrics.bus.lag.set({ consumer }, Number.isFinite(oldestUs) ? Math.max(0, nowUs() - oldestUs) / 1e6 : 0);
  }
}

/** The times of an event; its header is a view that the next one reuses. */
export function timesOf({
  receiveUs,
  exchangeUs,
  venueTime,
}: EventHeader): Pick<OpenDelivery, 'receiveUs' | 'exchangeUs'> {
  return { receiveUs, exchangeUs: venueTime ? exchangeUs : null };
}
