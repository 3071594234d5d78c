/**
 * A thread's way onto the bus: events are gathered per lane and leave as batches, when a batch is full or when the
 * owner's input pauses (the end of a socket's read turn). No timers, so light load keeps its latency.
 */

import { hash } from 'node:crypto';
import type { EventView } from '../../model/event.ts';
import type { Lane, LaneKind, Publisher } from '../../ports/bus.ts';
import { BatchWriter } from '../../transport/codec.ts';

export interface OutboxOptions {
  readonly publisher: Publisher;
  readonly kind: LaneKind;
  /** A batch at this size leaves at once. */
  readonly maxBatchBytes: number;
  /** A batch could not be published, for good: the thread cannot go on. */
  readonly onFailure: (error: unknown) => void;
  readonly onPublished: (lane: Lane, bytes: number, durationMs: number) => void;
  readonly nowMs: () => number;
}

export class Outbox {
  /** Publishes under way. */
  inFlight = 0;
  private readonly options: OutboxOptions;
  private readonly writers = new Map<string, { readonly lane: Lane; readonly writer: BatchWriter }>();
  private failure: unknown = null;

  constructor(options: OutboxOptions) {
    this.options = options;
  }

  /** Appends an event to its lane. */
  add(topic: string, partition: number, view: EventView): void {
    const key = `${topic}.${partition}`;
    let entry = this.writers.get(key);
    if (entry === undefined) {
      entry = { lane: { kind: this.options.kind, topic, partition }, writer: new BatchWriter() };
      this.writers.set(key, entry);
    }
    entry.writer.append(view);
    if (entry.writer.bytes >= this.options.maxBatchBytes) this.publish(entry.lane, entry.writer);
  }

  /** Sends what has been gathered on its way. */
  flush(): void {
    for (const { lane, writer } of this.writers.values()) if (writer.events > 0) this.publish(lane, writer);
  }

  /** Sends everything and waits until the bus has taken it. @throws whatever made a publish fail */
  async settle(): Promise<void> {
    this.flush();
    await this.options.publisher.flush();
    if (this.failure !== null) throw this.failure;
  }

  private publish(lane: Lane, writer: BatchWriter): void {
    const data = writer.take();
    // Equal content has an equal id, whichever incarnation sends it.
    const id = hash('sha1', data, 'base64url');
    const { length } = data;
    const startedMs = this.options.nowMs();
    this.inFlight++;
    this.options.publisher.publish(lane, data, id).then(
      () => {
        // Counted down first: the owner may wait for this number to fall.
        this.inFlight--;
        this.options.onPublished(lane, length, this.options.nowMs() - startedMs);
      },
      (error: unknown) => {
        this.inFlight--;
        this.failure ??= error;
        this.options.onFailure(error);
      },
    );
  }
}
