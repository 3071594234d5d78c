/**
 * Merges the metrics of many threads into one page. Each thread posts snapshots of its registry; counters and histograms
 * are added up, gauges too (they carry a label where that would be wrong). What a thread counted outlives it: when it
 * ends, or comes back with a higher incarnation, its last totals move to a base, so that no total falls or vanishes. Its
 * gauges do vanish, since nothing is in the state that they told of.
 */

import { AggregatorRegistry } from 'prom-client';
import type { Registry } from 'prom-client';

/** One value of a metric; a histogram has one per bucket, and its sum and count. */
interface MetricValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** The name on the page where it differs from the metric's, e.g. `…_bucket`. */
  readonly metricName?: string;
}

/** One metric of a snapshot. */
interface MetricState {
  readonly name: string;
  readonly help: string;
  /** `counter`, `gauge` or `histogram`. */
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly MetricValue[];
}

/** A registry at one moment, as plain data that may cross threads. */
export type MetricsSnapshot = readonly MetricState[];

/** Takes the snapshot that a thread posts. */
export async function snapshotOf(registry: Registry): Promise<MetricsSnapshot> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map((metric) => ({
    name: metric.name,
    help: metric.help,
    // The declared type is a numeric enum, the value is the lower-case word.
    type: String(metric.type),
    aggregator: metric.aggregator,
    values: metric.values.map(plainValue),
  }));
}

function plainValue(value: { value: number; labels: Partial<Record<string, string | number>> }): MetricValue {
  const labels: Record<string, string | number> = {};
  for (const [name, label] of Object.entries(value.labels)) if (label !== undefined) labels[name] = label;
  const named = 'metricName' in value && typeof value.metricName === 'string' ? { metricName: value.metricName } : {};
  return { value: value.value, labels, ...named };
}

/** A value of a metric, of all threads together. */
export interface MetricSum {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

interface ThreadEntry {
  incarnation: number;
  /** `null` between the end of one incarnation and the first snapshot of the next. */
  snapshot: MetricsSnapshot | null;
}

export class MetricsHub {
  readonly #threads = new Map<string, ThreadEntry>();
  readonly #base = new Totals();

  /**
   * Takes the newest snapshot of a thread.
   * @param threadId one id per place in the supervision tree, the same after a restart
   * @param incarnation grows with each restart of the thread; a snapshot of an earlier one comes too late and is dropped
   */
  update(threadId: string, snapshot: MetricsSnapshot, incarnation = 0): void {
    const known = this.#threads.get(threadId);
    if (known === undefined) {
      this.#threads.set(threadId, { incarnation, snapshot });
      return;
    }
    if (incarnation < known.incarnation) return;
    if (incarnation > known.incarnation) {
      this.#retire(known);
      known.incarnation = incarnation;
    }
    known.snapshot = snapshot;
  }

  /** The thread is gone: keeps its totals, forgets its gauges. Snapshots of that incarnation are not taken any more. */
  ended(threadId: string): void {
    const known = this.#threads.get(threadId);
    if (known === undefined) return;
    this.#retire(known);
    known.incarnation += 1;
  }

  /** The page in Prometheus's text format. */
  render(): Promise<string> {
    const live = [...this.#threads.values()].flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot]));
    return AggregatorRegistry.aggregate([this.#base.snapshot(), ...live].map((snapshot) => [...snapshot])).metrics();
  }

  /** The values of some metrics that are no histograms, of all threads together, e.g. for a page of figures. */
  values(names: ReadonlySet<string>): MetricSum[] {
    const sums = new Map<string, { name: string; labels: MetricValue['labels']; value: number }>();
    const live = [...this.#threads.values()].flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot]));
    for (const { name, aggregator, values } of [this.#base.snapshot(), ...live].flat()) {
      if (!names.has(name)) continue;
      for (const { labels, value } of values) {
        const key = `${name} ${JSON.stringify(labels)}`;
        const sum = sums.get(key);
        if (sum === undefined) sums.set(key, { name, labels, value });
        else sum.value = aggregator === 'max' ? Math.max(sum.value, value) : sum.value + value;
      }
    }
    return [...sums.values()];
  }

  #retire(entry: ThreadEntry): void {
    if (entry.snapshot !== null) this.#base.add(entry.snapshot);
    entry.snapshot = null;
  }
}

/** Sums of what ended threads counted. Bounded by the catalogue and its labels, however often threads end. */
class Totals {
  readonly #metrics = new Map<
    string,
    { metric: MetricState; values: Map<string, { value: number; of: MetricValue }> }
  >();

  add(snapshot: MetricsSnapshot): void {
    for (const metric of snapshot) {
      if (metric.type === 'gauge') continue;
      let total = this.#metrics.get(metric.name);
      if (total === undefined) {
        total = { metric, values: new Map() };
        this.#metrics.set(metric.name, total);
      }
      for (const of of metric.values) {
        const key = JSON.stringify([of.metricName, Object.entries(of.labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
        const sum = total.values.get(key);
        if (sum === undefined) total.values.set(key, { value: of.value, of });
        else sum.value += of.value;
      }
    }
  }

  snapshot(): MetricsSnapshot {
    return [...this.#metrics.values()].map(({ metric, values }) => ({
      ...metric,
      values: [...values.values()].map(({ value, of }) => ({ ...of, value })),
    }));
  }
}
