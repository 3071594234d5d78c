import { setTimeout as delay } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { assert } from '../lib/assert.ts';
import type { Delivery, Spectator, SpectatorOptions } from '../ports/bus.ts';
import { busClosed } from './bus-error.ts';
import { PullSession, type PulledMessage } from './nats-pull.ts';
import { isMissingStream } from './nats-streams.ts';
import { filterSubject, laneOfSubject, streamName } from './subjects.ts';
import { Wakeup } from './wakeup.ts';

/** The server forgets a spectator that has not asked for this long. */
const INACTIVE_NS = 60 * 1e9;
const RECOVERY_WAIT_MS = 250;

/**
 * Looks on at a stream through an ephemeral consumer that begins with new messages and acknowledges nothing: the stream
 * is trimmed without regard to it. A position is a stream sequence. A spectator reads every subject of its stream, so
 * that a missing sequence is a message that it was too slow for; so is one that had to make room here. After a
 * broken connection it begins anew, at what is new by then.
 */
export class NatsSpectator implements Spectator {
  private readonly nc: NatsConnection;
  private readonly jsm: JetStreamManager;
  private readonly namespace: string;
  private readonly options: SpectatorOptions;
  private readonly onStop: () => void;
  private readonly wakeup = new Wakeup();
  private readonly stopping = new AbortController();
  private arrived: PulledMessage[] = [];
  private session: PullSession | null = null;
  private newest = 0;
  private lost = false;
  private droppedCount = 0;

  constructor(
    link: { readonly nc: NatsConnection; readonly jsm: JetStreamManager },
    namespace: string,
    options: SpectatorOptions,
    onStop: () => void,
  ) {
    this.nc = link.nc;
    this.jsm = link.jsm;
    this.namespace = namespace;
    this.options = options;
    this.onStop = onStop;
  }

  get dropped(): number {
    return this.droppedCount;
  }

  /** Makes the consumer on the server. */
  async open(): Promise<void> {
    const { namespace, options } = this;
    const stream = streamName(namespace, options.kind);
    const { last_seq } = (await this.jsm.streams.info(stream)).state;
    const info = await this.jsm.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.New,
      filter_subject: filterSubject(namespace, options.kind),
      inactive_threshold: INACTIVE_NS,
      mem_storage: true,
    });
    if (this.stopping.signal.aborted) return;
    // What was published while it was away counts as dropped; a stream that was made anew counts from the beginning.
    if (this.newest > 0 && last_seq >= this.newest) this.droppedCount += last_seq - this.newest;
    this.newest = last_seq;
    const session = new PullSession(
      this.nc,
      {
        apiPrefix: this.jsm.getOptions().apiPrefix ?? '$JS.API',
        stream,
        durable: info.name,
        batch: options.maxWaiting,
      },
      (message) => this.receive(message),
      () => {
        if (this.session === session) this.session = null;
        this.wakeup.wake();
      },
    );
    this.session = session;
  }

  async run(onBatch: (delivery: Delivery) => void | Promise<void>): Promise<void> {
    try {
      while (!this.stopping.signal.aborted) {
        if (this.session === null) await this.recover();
        const next = this.arrived.shift();
        if (next === undefined) await this.wakeup.wait();
        else await onBatch(this.deliveryOf(next));
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (this.lost) throw busClosed();
  }

  stop(): Promise<void> {
    if (!this.stopping.signal.aborted) {
      this.stopping.abort();
      this.endSession();
      this.arrived = [];
      this.wakeup.wake();
      this.onStop();
    }
    return Promise.resolve();
  }

  /** The connection is back; the server has forgotten our pull. */
  onReconnect(): void {
    this.endSession();
    this.wakeup.wake();
  }

  /** The connection ended for good, and not by us: `run` rejects. */
  async onClosed(): Promise<void> {
    this.lost = true;
    await this.stop();
  }

  private receive(message: PulledMessage): void {
    const { streamSequence } = message;
    if (streamSequence <= this.newest) return;
    this.droppedCount += streamSequence - this.newest - 1;
    this.newest = streamSequence;
    this.arrived.push(message);
    if (this.arrived.length > this.options.maxWaiting) {
      this.arrived.shift();
      this.droppedCount++;
    }
    this.wakeup.wake();
  }

  private deliveryOf({ subject, data, streamSequence }: PulledMessage): Delivery {
    const lane = laneOfSubject(this.namespace, subject);
    assert(lane !== null, `the spectator ${this.options.name} was delivered the subject ${subject}`);
    return { lane, position: streamSequence, data, redelivered: false };
  }

  private endSession(): void {
    this.session?.stop();
    this.session = null;
  }

  /** Begins anew, trying until the server answers or the spectator stops. */
  private async recover(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !this.nc.isClosed()) {
      try {
        await this.open();
        return;
      } catch (error) {
        if (isMissingStream(error)) throw error;
        await delay(RECOVERY_WAIT_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
