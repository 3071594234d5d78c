/** When a shard's sockets are not read, why, and for how long: what the venues send meanwhile waits with them, or is cut off. */

import type { Events } from '../../telemetry/events.ts';
import type { FeedMetrics } from '../../telemetry/metrics.ts';

/** `bus`: it takes no more. `archive`: its disk is too slow. */
export const PAUSE_REASONS = ['bus', 'archive'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

export interface FeedPausesOptions {
  /** µs, never falling. */
  readonly nowUs: () => number;
  readonly metrics: FeedMetrics;
  readonly events: Events;
}

interface Pause {
  readonly sinceUs: number;
  /** The log has it. */
  isTold: boolean;
}

/** Shorter ones are how a bus under load breathes. */
const TOLD_AFTER_US = 1_000_000;

export class FeedPauses {
  private readonly options: FeedPausesOptions;
  private readonly pauses = new Map<PauseReason, Pause>();

  constructor(options: FeedPausesOptions) {
    this.options = options;
    for (const reason of PAUSE_REASONS) {
      options.metrics.pauses.inc({ reason }, 0);
      options.metrics.pausedFor.set({ reason }, 0);
    }
  }

  /** Whether anything keeps the sockets from being read. */
  get any(): boolean {
    return this.pauses.size > 0;
  }

  has(reason: PauseReason): boolean {
    return this.pauses.has(reason);
  }

  begin(reason: PauseReason): void {
    if (this.pauses.has(reason)) return;
    this.pauses.set(reason, { sinceUs: this.options.nowUs(), isTold: false });
    this.options.metrics.pauses.inc({ reason });
  }

  end(reason: PauseReason): void {
    const pause = this.pauses.get(reason);
    if (pause === undefined) return;
    this.pauses.delete(reason);
    if (pause.isTold) this.options.events.feedsResumed({ reason, pausedMs: this.msSince(pause) });
  }

  /** Brings the gauges up to date, and tells of pauses that last. */
  sample(): void {
    const { metrics, events } = this.options;
    for (const reason of PAUSE_REASONS) {
      const pause = this.pauses.get(reason);
      const ms = pause === undefined ? 0 : this.msSince(pause);
      metrics.pausedFor.set({ reason }, ms / 1000);
      if (pause === undefined || pause.isTold || ms * 1000 < TOLD_AFTER_US) continue;
      pause.isTold = true;
      events.feedsPaused({ reason, pausedMs: ms });
    }
  }

  private msSince({ sinceUs }: Pause): number {
    return (this.options.nowUs() - sinceUs) / 1000;
  }
}
