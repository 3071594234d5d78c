/** The raw archive of one shard: a capture writer per venue, in a folder of this incarnation's own. */

import { CaptureWriter } from '../../collect/capture-writer.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog } from '../../telemetry/events.ts';
import type { LiveInit } from './ingest.protocol.ts';

export class Archive {
  private readonly options: NonNullable<LiveInit['archive']> & { folder: string; clock: Clock; log: EventLog };
  private readonly writers = new Map<string, CaptureWriter>();
  private readonly onSlow: (drained: Promise<void>) => void;

  /** @param onSlow the disk cannot keep up: reading should stop until the promise resolves */
  constructor(options: Archive['options'], onSlow: (drained: Promise<void>) => void) {
    this.options = options;
    this.onSlow = onSlow;
  }

  append(record: FeedRecord): void {
    const { folder, clock, log, maxFileMb, maxFileMinutes } = this.options;
    let writer = this.writers.get(record.exchange);
    if (writer === undefined) {
      writer = new CaptureWriter({
        directory: folder,
        exchange: record.exchange,
        clock,
        fileBytesMax: maxFileMb * 1024 * 1024,
        fileAgeMaxMs: maxFileMinutes * 60_000,
        onError: (error) => log.error({ err: error }, 'archive failed'),
        onFile: (path) => log.info({ path }, 'archive file complete'),
      });
      this.writers.set(record.exchange, writer);
    }
    if (!writer.append(record)) this.onSlow(writer.drained());
  }

  async close(): Promise<void> {
    await Promise.all([...this.writers.values()].map((writer) => writer.close()));
  }
}
