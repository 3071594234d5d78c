/** Event-loop delay, pauses of the collector and heap of the thread that it runs in. */

import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import type { ThreadMetrics } from './metrics.ts';

const RESOLUTION_MS = 10;
const NS_PER_S = 1e9;

const GC_KINDS = new Map<number, string>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** Watches the current thread; each `sample` writes what happened since the last one into the gauges. */
export class ThreadVitals {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #metrics: ThreadMetrics;
  readonly #thread: string;
  readonly #pauses: PerformanceObserver;

  /** @param thread bounded name of the thread, e.g. `ingest-0` */
  constructor(metrics: ThreadMetrics, thread: string) {
    this.#metrics = metrics;
    this.#thread = thread;
    this.#delay.enable();
    this.#pauses = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        this.#metrics.gcPause.observe({ thread, kind: kindOf(entry) }, entry.duration / 1000);
      }
    });
    this.#pauses.observe({ entryTypes: ['gc'] });
  }

  sample(): void {
    const labels = { thread: this.#thread };
    // The monitor measures the distance between two of its own timers, of which the resolution is no delay.
    const resolutionNs = RESOLUTION_MS * 1e6;
    const delayS = (ns: number): number => Math.max(0, ns - resolutionNs) / NS_PER_S;
    this.#metrics.eventLoopDelayP99.set(labels, delayS(this.#delay.percentile(99)));
    this.#metrics.eventLoopDelayMax.set(labels, delayS(this.#delay.max));
    this.#delay.reset();
    const heap = getHeapStatistics();
    this.#metrics.heapUsed.set(labels, heap.used_heap_size);
    this.#metrics.heapLimit.set(labels, heap.heap_size_limit);
    if (!isMainThread) return;
    this.#metrics.processMemory.set(labels, process.memoryUsage.rss());
    this.#metrics.processStart.set(labels, performance.timeOrigin / 1000);
  }

  stop(): void {
    this.#delay.disable();
    this.#pauses.disconnect();
  }
}

/** The entries of the collector have a detail that the types do not know. */
function kindOf(entry: PerformanceEntry & { readonly detail?: { readonly kind?: number } }): string {
  return GC_KINDS.get(entry.detail?.kind ?? NaN) ?? 'other';
}
