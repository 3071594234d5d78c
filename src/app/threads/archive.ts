/** The raw archive of one shard: a capture writer per venue, in a folder of this incarnation's own. */

import { CaptureWriter } from '../../collect/capture-writer.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog, Events } from '../../telemetry/events.ts';
import type { FeedMetrics } from '../../telemetry/metrics.ts';
import { beginArchiveAtZero } from '../../telemetry/zero-counts.ts';
import type { LiveInit } from './ingest.protocol.ts';

export type ArchiveOptions = NonNullable<LiveInit['archive']> & {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly events: Events;
  readonly metrics: FeedMetrics;
};

export class Archive {
  private readonly options: ArchiveOptions;
  private readonly writers = new Map<string, CaptureWriter>();
  /** Records that the metrics have of each writer's losses. */
  private readonly toldLost = new Map<string, number>();
  private readonly onSlow: (drained: Promise<void>) => void;

  /** @param onSlow the disk cannot keep up: reading should stop until the promise resolves */
  constructor(options: ArchiveOptions, onSlow: (drained: Promise<void>) => void) {
    this.options = options;
    this.onSlow = onSlow;
  }

  append(record: FeedRecord): void {
    const { folder, clock, log, events, maxFileMb, maxFileMinutes } = this.options;
    const { exchange } = record;
    let writer = this.writers.get(exchange);
    if (writer === undefined) {
      writer = new CaptureWriter({
        directory: folder,
        exchange,
        clock,
        fileBytesMax: maxFileMb * 1024 * 1024,
        fileAgeMaxMs: maxFileMinutes * 60_000,
        onError: (error) => events.archiveFailed({ exchange, error }),
        onRecover: (facts) => events.archiveResumed({ exchange, ...facts }),
        onFile: (path) => log.info({ path }, 'archive file complete'),
      });
      this.writers.set(exchange, writer);
      beginArchiveAtZero(this.options.metrics, exchange);
    }
    if (!writer.append(record)) this.onSlow(writer.drained());
  }

  /** Adds to the metrics what was lost since the last time. */
  sample(): void {
    for (const [exchange, { totals }] of this.writers) {
      this.options.metrics.archiveLost.inc({ exchange }, totals.dropped - (this.toldLost.get(exchange) ?? 0));
      this.toldLost.set(exchange, totals.dropped);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.writers.values()].map((writer) => writer.close()));
  }
}
