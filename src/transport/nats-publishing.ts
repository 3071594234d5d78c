import { createInbox, headers, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lane, LaneKind } from '../ports/bus.ts';
import { Admission, type Window } from './admission.ts';
import { BusError, busClosed } from './bus-error.ts';
import type { BusCounters } from './bus-counters.ts';
import { TERM_HEADER } from './fence.ts';
import { NatsLane, type LaneGate, type LaneHost } from './nats-lane.ts';
import type { StreamTrimmer } from './nats-trimmer.ts';
import { readPubAck, type PublishReply } from './pub-ack.ts';
import { laneSubject } from './subjects.ts';

export interface PublishingOptions {
  readonly namespace: string;
  readonly window: Window;
  readonly ackTimeoutMs: number;
  /** Sends of one batch without an answer before `bus.unreachable`. */
  readonly attempts: number;
  /** Whether silence of the server is waited out, however long it lasts. */
  readonly isPatient: boolean;
  /** Published bytes per stream after which it is trimmed. */
  readonly trimEveryBytes: number;
  /** Of a lane that is fenced; null where it is not. */
  readonly gateOf: (lane: Lane, subject: string) => LaneGate | null;
}

/** Left free in a message for its headers. */
const HEADER_BYTES = 1024;
const ID_LENGTH_MAX = 512;
const PAUSE_MS = 250;
const FULL_WAIT_MS_MIN = 20;
const FULL_WAIT_MS_MAX = 1_000;

/**
 * Everything that one connection publishes: the lanes share one inbox for the acknowledgements and one window. The
 * client's own JetStream publish would make a request with a timer and a promise chain for each message.
 */
export class NatsPublishing {
  private readonly nc: NatsConnection;
  private readonly options: PublishingOptions;
  private readonly trimmers: Readonly<Record<LaneKind, StreamTrimmer>>;
  private readonly counters: BusCounters;
  private readonly admission: Admission;
  private readonly inbox = createInbox();
  private readonly replies: Subscription;
  private readonly awaited = new Map<string, (reply: PublishReply) => void>();
  private readonly lanes = new Map<string, NatsLane>();
  private readonly hosts: Readonly<Record<LaneKind, LaneHost>>;
  private readonly untrimmedBytes: Record<LaneKind, number> = { md: 0, result: 0 };
  private readonly fullWaitMs: Record<LaneKind, number> = { md: FULL_WAIT_MS_MIN, result: FULL_WAIT_MS_MIN };
  private readonly room: Record<LaneKind, Promise<void> | null> = { md: null, result: null };
  private readonly closing = new AbortController();
  private batches = 0;

  constructor(
    nc: NatsConnection,
    trimmers: Readonly<Record<LaneKind, StreamTrimmer>>,
    counters: BusCounters,
    options: PublishingOptions,
  ) {
    this.nc = nc;
    this.trimmers = trimmers;
    this.counters = counters;
    this.options = options;
    this.admission = new Admission(options.window);
    this.hosts = { md: this.hostOf('md'), result: this.hostOf('result') };
    this.replies = nc.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.awaited.get(message.subject)?.(readPubAck(message));
      },
    });
  }

  /** The largest batch that the server takes. */
  get maxBatchBytes(): number {
    return (this.nc.info?.max_payload ?? 0) - HEADER_BYTES;
  }

  /** Batches under way, and publishes that wait for the window. */
  get backlog(): { readonly underWay: number; readonly waiting: number } {
    return { underWay: this.admission.inside, waiting: this.admission.waiting };
  }

  /** @throws BusError by rejection: `bus.too-large`, `bus.bad-name`, `bus.rejected`, `bus.unreachable`, `bus.closed` */
  publish(lane: Lane, data: Uint8Array, id: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const subject = laneSubject(this.options.namespace, lane);
      this.check(subject, data, id);
      if (this.closing.signal.aborted) throw busClosed();
      const bytes = data.length;
      const go = (): void => {
        this.laneOf(lane, subject)
          .publish(data, id)
          .then(() => this.onStored(lane.kind, bytes))
          .finally(() => this.admission.leave(bytes))
          .then(resolve, reject);
      };
      this.admission.enter(bytes, go, reject);
    });
  }

  /** The connection is back: what was sent over the old one may be lost. */
  onReconnect(): void {
    for (const lane of this.lanes.values()) lane.resend();
  }

  /** Rejects what is under way. */
  close(): void {
    const reason = busClosed();
    this.closing.abort();
    this.admission.close(reason);
    for (const lane of this.lanes.values()) lane.close(reason);
    this.replies.unsubscribe();
    this.awaited.clear();
  }

  private check(subject: string, data: Uint8Array, id: string): void {
    if (id.length === 0 || id.length > ID_LENGTH_MAX || /[^\x21-\x7e]/.test(id)) {
      throw new BusError('bus.bad-name', 'a batch id needs 1 to 512 visible ASCII characters', {
        context: { subject },
      });
    }
    const { maxBatchBytes } = this;
    // While the connection is away its limits are unknown; the server's refusal then says the same.
    if (maxBatchBytes > 0 && data.length > maxBatchBytes) {
      throw new BusError('bus.too-large', `a batch of ${data.length} bytes exceeds the server's ${maxBatchBytes}`, {
        remedy: "make smaller batches, or raise max_payload in the server's configuration",
        context: { subject, bytes: data.length, maxBatchBytes },
      });
    }
  }

  private laneOf(lane: Lane, subject: string): NatsLane {
    let found = this.lanes.get(subject);
    if (found === undefined) {
      found = new NatsLane(subject, this.hosts[lane.kind], this.options.gateOf(lane, subject));
      this.lanes.set(subject, found);
    }
    return found;
  }

  private hostOf(kind: LaneKind): LaneHost {
    const { ackTimeoutMs, attempts, isPatient } = this.options;
    return {
      ackTimeoutMs,
      attempts,
      isPatient,
      openReply: (onReply) => this.openReply(onReply),
      closeReply: (reply) => this.awaited.delete(reply),
      send: (subject, data, id, reply, fence) => this.send(subject, data, id, reply, fence),
      waitForRoom: () => {
        // The lanes of a full stream wait together.
        this.room[kind] ??= this.waitForRoom(kind).finally(() => {
          this.room[kind] = null;
        });
        return this.room[kind];
      },
      pause: () => delay(PAUSE_MS, undefined, { signal: this.closing.signal }),
      onRetry: () => this.counters.retries++,
    };
  }

  private openReply(onReply: (reply: PublishReply) => void): string {
    const reply = `${this.inbox}.${(++this.batches).toString(36)}`;
    this.awaited.set(reply, onReply);
    return reply;
  }

  private send(...[subject, data, id, reply, fence]: Parameters<LaneHost['send']>): void {
    const head = headers();
    head.set('Nats-Msg-Id', id);
    if (fence !== undefined) {
      head.set('Nats-Expected-Last-Subject-Sequence', String(fence.behind));
      head.set(TERM_HEADER, String(fence.term));
    }
    try {
      this.nc.publish(subject, data, { reply, headers: head });
    } catch (error) {
      // Closed, or reconnected to a server with a smaller limit.
      const reason = error instanceof Error ? error.message : String(error);
      queueMicrotask(() => this.awaited.get(reply)?.({ kind: 'rejected', reason }));
    }
  }

  private onStored(kind: LaneKind, bytes: number): void {
    this.counters.published++;
    this.counters.publishedBytes += bytes;
    this.fullWaitMs[kind] = FULL_WAIT_MS_MIN;
    this.untrimmedBytes[kind] += bytes;
    if (this.untrimmedBytes[kind] < this.options.trimEveryBytes) return;
    this.untrimmedBytes[kind] = 0;
    // In the background: whether it succeeds shows in the counters, and a full stream tries again.
    void this.trim(kind);
  }

  /** Trims the full stream and, while that frees nothing, waits longer and longer. */
  private async waitForRoom(kind: LaneKind): Promise<void> {
    this.counters.waitsForRoom++;
    if ((await this.trim(kind)) > 0) {
      this.fullWaitMs[kind] = FULL_WAIT_MS_MIN;
      return;
    }
    const wait = this.fullWaitMs[kind];
    this.fullWaitMs[kind] = Math.min(wait * 2, FULL_WAIT_MS_MAX);
    await delay(wait, undefined, { signal: this.closing.signal });
  }

  /** Messages purged; 0 also where the attempt failed, which is counted. */
  private async trim(kind: LaneKind): Promise<number> {
    try {
      const purged = await this.trimmers[kind].trim();
      this.counters.trimmed += purged;
      return purged;
    } catch {
      this.counters.trimFailures++;
      return 0;
    }
  }
}
