import type { JetStreamManager } from '@nats-io/jetstream';
import type { ExpectedConsumer } from './expected-consumer.ts';
import { durableInfo, stateOf } from './nats-durable.ts';
import { filterSubject } from './subjects.ts';

/**
 * Purges from a stream what every expected consumer has acknowledged. Any process may trim at any time: floors only
 * grow, so a purge decided on older floors is merely smaller. An expected consumer without a durable (it has not
 * started yet, or is being made anew) stops all trimming.
 */
export class StreamTrimmer {
  private readonly jsm: JetStreamManager;
  private readonly stream: string;
  private readonly namespace: string;
  private readonly expected: readonly ExpectedConsumer[];
  private running: Promise<number> | null = null;

  /** @param expected the consumers of this stream; where there are none, nothing in it is needed */
  constructor(jsm: JetStreamManager, stream: string, namespace: string, expected: readonly ExpectedConsumer[]) {
    this.jsm = jsm;
    this.stream = stream;
    this.namespace = namespace;
    this.expected = expected;
  }

  /** Resolves with the number of messages purged. Calls while one is under way share it. */
  trim(): Promise<number> {
    this.running ??= this.trimOnce().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async trimOnce(): Promise<number> {
    // Read before the floors: what comes later lies beyond.
    const { first_seq, last_seq, messages } = (await this.jsm.streams.info(this.stream)).state;
    let floor = last_seq;
    for (const consumer of this.expected) {
      floor = Math.min(floor, await this.floorOf(consumer, last_seq));
      if (floor < first_seq) return 0;
    }
    if (messages === 0 || floor < first_seq) return 0;
    return (await this.jsm.streams.purge(this.stream, { seq: floor + 1 })).purged;
  }

  /** Up to where the consumer needs nothing; at most `last`. */
  private async floorOf(consumer: ExpectedConsumer, last: number): Promise<number> {
    const info = await durableInfo(this.jsm, this.stream, consumer.name);
    if (info === null) return 0;
    const { floor } = stateOf(info);
    if (floor >= last) return last;
    // A quiet partition must not pin the others: with its newest message acknowledged it needs nothing up to `last`.
    const newest = await this.jsm.streams.getMessage(this.stream, {
      last_by_subj: filterSubject(this.namespace, consumer.kind, consumer.partition),
    });
    return newest === null || newest.seq <= floor ? last : floor;
  }
}
