/**
 * How the program fares, from the figures that the main thread sends now and then: the sums of its threads' metrics, and
 * what it knows of the threads themselves. Rates are differences over the last seconds.
 */

import type { MetricSum } from '../../telemetry/metrics-hub.ts';
import type { QueueDepth, SystemState, ThreadHealth, VenueHealth } from '../api/system.ts';

/** The metrics that the page of the system is made of. */
export const SYSTEM_METRICS: ReadonlySet<string> = new Set(
  [
    'feed_frames_total',
    'feed_received_bytes_total',
    'feed_parse_errors_total',
    'feed_reconnects_total',
    'feed_connections',
    'book_events_total',
    'book_books',
    'book_gaps_total',
    'book_healed_total',
    'book_resyncs_total',
    'book_checksums_total',
    'book_crossed_total',
    'bus_publish_window_used_batches',
    'bus_publish_window_capacity_batches',
    'store_pending_rows',
    'thread_event_loop_delay_p99_seconds',
    'thread_event_loop_delay_max_seconds',
    'thread_heap_used_bytes',
    'thread_heap_limit_bytes',
    'thread_process_resident_bytes',
  ].map((name) => `whalewatch_${name}`),
);

/** What the main thread sends. */
export interface SystemFigures {
  /** Values of `SYSTEM_METRICS`. */
  readonly sums: readonly MetricSum[];
  readonly threads: readonly { readonly name: string; readonly running: boolean; readonly restarts: number }[];
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly ready: boolean;
  /** The first of what is missing. */
  readonly missing: readonly string[];
}

/** What does not change while the program runs. */
export interface SystemFacts {
  readonly version: string;
  readonly startedUs: number;
  readonly bus: string;
  readonly store: string;
}

/** What the monitor knows of itself. */
export type MonitorFacts = SystemState['monitor'];

/** Rates are over this many samples, about a second each. */
const RATE_SAMPLES = 5;

interface Sample {
  readonly atMs: number;
  readonly sums: Sums;
}

export class SystemBoard {
  private readonly facts: SystemFacts;
  private samples: readonly Sample[] = [];
  private figures: SystemFigures = { sums: [], threads: [], healthy: true, reasons: [], ready: false, missing: [] };
  /** Greatest lag by exchange since the last figures, ms; then that of the figures. */
  private lags = new Map<string, number>();
  private shownLags: ReadonlyMap<string, number> = new Map();

  constructor(facts: SystemFacts) {
    this.facts = facts;
  }

  /** Events of an exchange have come: so long after the receipt of the newest. */
  lag(exchange: string, lagMs: number): void {
    this.lags.set(exchange, Math.max(lagMs, this.lags.get(exchange) ?? 0));
  }

  take(figures: SystemFigures, nowMs: number): void {
    this.figures = figures;
    this.samples = [...this.samples, { atMs: nowMs, sums: new Sums(figures.sums) }].slice(-RATE_SAMPLES);
    this.shownLags = this.lags;
    this.lags = new Map();
  }

  state(nowMs: number, monitor: MonitorFacts): SystemState {
    const { version, startedUs, bus, store } = this.facts;
    const { healthy, reasons, ready, missing } = this.figures;
    const now = this.samples.at(-1)?.sums ?? new Sums([]);
    return {
      version,
      startedMs: startedUs / 1000,
      nowMs,
      bus,
      store,
      healthy,
      reasons: [...reasons],
      ready,
      missing: [...missing],
      memoryBytes: now.orNull('thread_process_resident_bytes', { thread: 'supervisor' }),
      venues: now.labelValues('book_books', 'exchange').map((exchange) => this.venue(exchange, now)),
      threads: this.threads(now),
      queues: queuesOf(now, monitor),
      monitor,
    };
  }

  private venue(exchange: string, now: Sums): VenueHealth {
    const of = { exchange };
    const inState = (state: string): number => now.sum('book_books', { exchange, state });
    return {
      exchange,
      connections: now.sum('feed_connections', { exchange, state: 'open' }),
      frames: now.sum('feed_frames_total', of),
      framesPerS: this.rate('feed_frames_total', of),
      bytesPerS: this.rate('feed_received_bytes_total', of),
      parseErrors: now.sum('feed_parse_errors_total', of),
      reconnects: now.sum('feed_reconnects_total', of),
      live: inState('live'),
      syncing: inState('syncing'),
      stale: inState('stale'),
      suspect: inState('suspect'),
      events: now.sum('book_events_total', of),
      eventsPerS: this.rate('book_events_total', of),
      gaps: now.sum('book_gaps_total', of),
      healed: now.sum('book_healed_total', of),
      resyncs: now.sum('book_resyncs_total', of),
      checksumOk: now.sum('book_checksums_total', { exchange, result: 'ok' }),
      checksumFailed: now.sum('book_checksums_total', { exchange, result: 'failed' }),
      crossed: now.sum('book_crossed_total', of),
      lagMs: this.shownLags.get(exchange) ?? null,
    };
  }

  private threads(now: Sums): ThreadHealth[] {
    const supervisor = { name: 'supervisor', running: true, restarts: 0 };
    return [supervisor, ...this.figures.threads].map(({ name: thread, running, restarts }) => ({
      name: thread,
      running,
      restarts,
      eventLoopDelayP99Ms: now.orNull('thread_event_loop_delay_p99_seconds', { thread }, 1000),
      eventLoopDelayMaxMs: now.orNull('thread_event_loop_delay_max_seconds', { thread }, 1000),
      heapUsedBytes: now.orNull('thread_heap_used_bytes', { thread }),
      heapLimitBytes: now.orNull('thread_heap_limit_bytes', { thread }),
    }));
  }

  /** Growth per second over the samples. */
  private rate(name: string, labels: Labels): number {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    const grown = last.sums.sum(name, labels) - first.sums.sum(name, labels);
    return Math.max(0, (grown / (last.atMs - first.atMs)) * 1000);
  }
}

function queuesOf(now: Sums, monitor: MonitorFacts): QueueDepth[] {
  const lanes = now.labelValues('bus_publish_window_capacity_batches', 'lane').map((lane): QueueDepth => {
    const depth = now.sum('bus_publish_window_used_batches', { lane });
    const capacity = now.sum('bus_publish_window_capacity_batches', { lane });
    return { name: `publishes of ${lane} under way`, depth, capacity, unit: 'batches', dropped: null };
  });
  const rows = now.orNull('store_pending_rows', {});
  return [
    ...lanes,
    ...(rows === null
      ? []
      : [{ name: 'rows to be written', depth: rows, capacity: null, unit: 'rows' as const, dropped: null }]),
    { name: 'batches for the monitor', depth: 0, capacity: null, unit: 'batches', dropped: monitor.batchesDropped },
  ];
}

type Labels = Readonly<Record<string, string>>;

/** Sums of metrics, found by name (without the program's own) and labels. */
class Sums {
  private readonly byName = new Map<string, MetricSum[]>();

  constructor(sums: readonly MetricSum[]) {
    for (const one of sums) {
      const name = one.name.replace(/^whalewatch_/, '');
      const known = this.byName.get(name);
      if (known === undefined) this.byName.set(name, [one]);
      else known.push(one);
    }
  }

  /** Of all values that have these labels, whatever others they have. */
  sum(name: string, labels: Labels): number {
    return this.found(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  /** As `sum`, times a factor; null where there is no value. */
  orNull(name: string, labels: Labels, factor = 1): number | null {
    return this.found(name, labels).length === 0 ? null : this.sum(name, labels) * factor;
  }

  labelValues(name: string, label: string): string[] {
    const values = (this.byName.get(name) ?? []).map(({ labels }) => String(labels[label] ?? ''));
    return [...new Set(values)].toSorted();
  }

  private found(name: string, labels: Labels): MetricSum[] {
    const wanted = Object.entries(labels);
    return (this.byName.get(name) ?? []).filter((one) => wanted.every(([label, value]) => one.labels[label] === value));
  }
}
