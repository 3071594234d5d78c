/** Spreads what was read over the lanes of the shards. */

import type { BatchMemory, RecordBatch } from '../../collect/record-batch.ts';
import { RecordReader, RecordWriter } from '../../collect/record-batch.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import type { IngestLane } from './ingest-lane.ts';
import type { Router } from './router.ts';
import { ALL_SHARDS } from './router.ts';

export interface SpreaderOptions {
  /** One per shard. */
  readonly lanes: readonly Pick<IngestLane, 'send'>[];
  readonly router: Router;
  readonly memory: BatchMemory;
  /** Records per batch, at most. */
  readonly batchRecords: number;
}

export class Spreader {
  private readonly options: SpreaderOptions;
  private readonly reader = new RecordReader();
  private readonly writers: readonly RecordWriter[];

  constructor(options: SpreaderOptions) {
    this.options = options;
    // A single shard gets the very batches that were read.
    this.writers = options.lanes.length === 1 ? [] : options.lanes.map(() => new RecordWriter(options.memory));
  }

  /** Takes a batch over. */
  take(batch: RecordBatch): void {
    const { lanes, memory } = this.options;
    if (lanes.length === 1) {
      lanes[0]?.send(batch);
      return;
    }
    this.reader.read(batch.bytes, this.onRecord);
    memory.give(batch);
  }

  /** Sends what waits for its batch to become full. */
  flush(): void {
    for (const shard of this.writers.keys()) this.send(shard);
  }

  private readonly onRecord = (record: FeedRecord, frame: number): void => {
    const target = this.options.router.shardOf(record);
    if (target !== ALL_SHARDS) this.append(target, record, frame, true);
    else for (const shard of this.writers.keys()) this.append(shard, record, frame, shard === 0);
  };

  private append(shard: number, record: FeedRecord, frame: number, isCounted: boolean): void {
    const writer = this.writers[shard];
    if (writer === undefined) return;
    if (!writer.append(record, frame, isCounted)) {
      this.send(shard);
      writer.append(record, frame, isCounted);
    }
    if (writer.records >= this.options.batchRecords) this.send(shard);
  }

  private send(shard: number): void {
    const writer = this.writers[shard];
    if (writer !== undefined && writer.records > 0) this.options.lanes[shard]?.send(writer.take());
  }
}
