/**
 * A thread's way onto the bus: events are gathered per lane and leave as batches, when a batch is full or when the
 * owner's input pauses (the end of a socket's read turn). A lane whose last batch the bus has not taken yet gathers on
 * instead, and sends everything as soon as it has: in the lane's line it would only wait as well, and the bus's cost is
 * per batch. No timers, so light load keeps its latency.
 */

import type { EventHeader, EventView } from '../../model/event.ts';
import type { Lane, LaneKind, Publisher } from '../../ports/bus.ts';
import { batchId } from '../../transport/batch-id.ts';
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

/** One lane's batch in the making. */
interface OutLane {
  readonly lane: Lane;
  readonly writer: BatchWriter;
  /** Identity of the first event in the writer. */
  readonly first: { exchange: string; symbol: string; epoch: number; seq: number };
  /** Publishes under way. */
  underWay: number;
  /** What has been gathered leaves when nothing is under way. */
  isDue: boolean;
}

export class Outbox {
  /** Publishes under way. */
  inFlight = 0;
  private readonly options: OutboxOptions;
  private readonly lanes: OutLane[] = [];
  /** The same by topic, then by partition. */
  private readonly byTopic = new Map<string, (OutLane | undefined)[]>();
  /** Lanes with events that no flush has seen yet. */
  private readonly touched: OutLane[] = [];
  /** The topic of the last event and its lanes: most events follow one of the same topic. */
  private topic = '';
  private ofTopic: (OutLane | undefined)[] = [];
  private failure: unknown = null;

  constructor(options: OutboxOptions) {
    this.options = options;
  }

  /** Appends an event to its lane. @throws CodecError `codec.range`; the lane is then as it was before */
  add(topic: string, partition: number, view: EventView): void {
    const out = this.laneOf(topic, partition);
    const { writer } = out;
    const isFirst = writer.events === 0;
    writer.append(view);
    if (isFirst) {
      rememberFirst(out.first, view.header);
      this.touched.push(out);
    }
    if (writer.bytes >= this.options.maxBatchBytes) this.publish(out);
  }

  /** Sends what has been gathered on its way, or has it sent as soon as its lane is free. */
  flush(): void {
    for (const out of this.touched) {
      if (out.underWay === 0) this.publish(out);
      else out.isDue = true;
    }
    this.touched.length = 0;
  }

  /** Sends everything and waits until the bus has taken it. @throws whatever made a publish fail */
  async settle(): Promise<void> {
    this.touched.length = 0;
    for (const out of this.lanes) this.publish(out);
    await this.options.publisher.flush();
    if (this.failure !== null) throw this.failure;
  }

  private laneOf(topic: string, partition: number): OutLane {
    if (topic !== this.topic) {
      let ofTopic = this.byTopic.get(topic);
      if (ofTopic === undefined) {
        ofTopic = [];
        this.byTopic.set(topic, ofTopic);
      }
      this.topic = topic;
      this.ofTopic = ofTopic;
    }
    return this.ofTopic[partition] ?? this.openLane(topic, partition);
  }

  private openLane(topic: string, partition: number): OutLane {
    const out: OutLane = {
      lane: { kind: this.options.kind, topic, partition },
      writer: new BatchWriter(),
      first: { exchange: '', symbol: '', epoch: 0, seq: 0 },
      underWay: 0,
      isDue: false,
    };
    this.lanes.push(out);
    this.ofTopic[partition] = out;
    return out;
  }

  private publish(out: OutLane): void {
    const { lane, writer, first } = out;
    out.isDue = false;
    if (writer.events === 0) return;
    const data = writer.take();
    const { length } = data;
    const startedMs = this.options.nowMs();
    this.inFlight++;
    out.underWay++;
    this.options.publisher.publish(lane, data, batchId(lane.topic, first, data)).then(
      () => {
        // Counted down first: the owner may wait for this number to fall.
        this.inFlight--;
        out.underWay--;
        this.options.onPublished(lane, length, this.options.nowMs() - startedMs);
        if (out.isDue && out.underWay === 0) this.publish(out);
      },
      (error: unknown) => {
        this.inFlight--;
        out.underWay--;
        this.failure ??= error;
        this.options.onFailure(error);
      },
    );
  }
}

function rememberFirst(first: OutLane['first'], { exchange, symbol, epoch, seq }: EventHeader): void {
  first.exchange = exchange;
  first.symbol = symbol;
  first.epoch = epoch;
  first.seq = seq;
}
