import type { NatsConnection } from '@nats-io/transport-node';
import type { JetStreamManager } from '@nats-io/jetstream';
import { setTimeout as delay } from 'node:timers/promises';
import { assert } from '../lib/assert.ts';
import type { Consumer, Delivery, Lane } from '../ports/bus.ts';
import type { BusCounters } from './bus-counters.ts';
import { busClosed } from './bus-error.ts';
import { EndOfTurn } from './end-of-turn.ts';
import { fenced, stateOfFence, type Fence } from './fence.ts';
import { asBusError } from './nats-connection.ts';
import { openDurable, type DurableSpec, type DurableState } from './nats-durable.ts';
import { PullSession, type PulledMessage } from './nats-pull.ts';
import { isMissingStream } from './nats-streams.ts';
import { laneOfSubject } from './subjects.ts';
import { Wakeup } from './wakeup.ts';

interface Handed {
  readonly position: number;
  /** Where its acknowledgement goes; null while it awaits its repetition from a durable that was made anew. */
  ack: string | null;
}

const RECOVERY_WAIT_MS = 250;
const CONFIRM_TIMEOUT_MS = 2_000;

/**
 * Reads a durable in order. A position is a stream sequence. The data of a delivery may share its buffer with others:
 * keep it or copy it, but do not transfer that buffer.
 *
 * Deliveries are numbered by the durable. A missing number, a broken connection or silence makes the consumer stop
 * pulling and compare the durable with what it saw; where they differ, the durable is made anew at its floor, what
 * comes again is passed over up to the last batch that was handed out, and only its acknowledgement subject is kept.
 */
export class NatsConsumer implements Consumer {
  private readonly nc: NatsConnection;
  private readonly jsm: JetStreamManager;
  private readonly spec: DurableSpec;
  private readonly namespace: string;
  private readonly counters: BusCounters;
  private readonly fence: Fence | null;
  private readonly onStop: () => void;
  private readonly wakeup = new Wakeup();
  private readonly stopping = new AbortController();
  private readonly lanes = new Map<string, Lane>();
  private arrived: PulledMessage[] = [];
  private handed: Handed[] = [];
  private session: PullSession | null = null;
  /** What an earlier run was handed. */
  private readonly deliveredThrough: number;
  private lastDelivery: number;
  /** Position of the last batch handed out. */
  private position: number;
  /** The newest acknowledgement, which the server has not confirmed, and may not even have been sent. */
  private unconfirmedAck: string | null = null;
  private readonly acknowledging = new EndOfTurn(() => this.sendAck());
  private lost = false;

  /** @param durable as `openDurable` left it */
  constructor(
    link: { readonly nc: NatsConnection; readonly jsm: JetStreamManager },
    options: {
      readonly spec: DurableSpec;
      readonly namespace: string;
      readonly counters: BusCounters;
      /** Of the reader's work; null where nobody else may have it. */
      readonly fence: Fence | null;
    },
    durable: DurableState,
    onStop: () => void,
  ) {
    this.nc = link.nc;
    this.jsm = link.jsm;
    this.spec = options.spec;
    this.namespace = options.namespace;
    this.counters = options.counters;
    this.fence = options.fence;
    this.deliveredThrough = durable.deliveredThrough;
    this.lastDelivery = durable.lastDelivery;
    this.position = durable.floor;
    this.onStop = onStop;
  }

  async run(onBatch: (delivery: Delivery) => void | Promise<void>): Promise<void> {
    try {
      this.startSession();
      while (!this.stopping.signal.aborted) {
        await this.untilOurs();
        if (this.session === null) await this.recover();
        const next = this.arrived.shift();
        if (next === undefined) await this.wakeup.wait();
        else await this.handOut(next, onBatch);
      }
    } catch (error) {
      // Nothing more is acknowledged, not even what is on its way: the failed batch might be among it.
      this.unconfirmedAck = null;
      await this.stop();
      throw error;
    }
    if (this.lost) throw busClosed();
  }

  ackThrough(position: number): void {
    if (this.stopping.signal.aborted) return;
    let count = 0;
    while ((this.handed[count]?.position ?? Number.POSITIVE_INFINITY) <= position) count++;
    // The newest one says it all. Those without a subject are acknowledged when they come again.
    const newest = this.handed.splice(0, count).findLast((handed) => handed.ack !== null);
    if (newest?.ack) this.acknowledge(newest.ack);
  }

  async stop(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.endSession();
    this.wakeup.wake();
    this.onStop();
    await this.confirm();
  }

  /** The connection is back; the server has forgotten our pull, and may have sent to the old connection. */
  onReconnect(): void {
    this.endSession();
    this.wakeup.wake();
  }

  /** The connection ended for good, and not by us: `run` rejects. */
  async onClosed(): Promise<void> {
    this.lost = true;
    await this.stop();
  }

  private async handOut(message: PulledMessage, onBatch: (delivery: Delivery) => void | Promise<void>): Promise<void> {
    const position = message.streamSequence;
    const redelivered = message.redelivered || position <= this.deliveredThrough;
    this.position = position;
    this.handed.push({ position, ack: message.ack });
    this.counters.delivered++;
    if (redelivered) this.counters.redelivered++;
    await onBatch({ lane: this.laneOf(message.subject), position, data: message.data, redelivered });
  }

  /** The durable may be another reader's by now: it is left alone until that is known. */
  private async untilOurs(): Promise<void> {
    const { fence, stopping } = this;
    if (fence === null) return;
    for (;;) {
      const state = stateOfFence(fence);
      if (state === 'revoked') throw fenced(fence, 'it was taken over');
      if (state === 'open' || stopping.signal.aborted) return;
      await delay(RECOVERY_WAIT_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  private laneOf(subject: string): Lane {
    let lane = this.lanes.get(subject);
    if (lane === undefined) {
      const parsed = laneOfSubject(this.namespace, subject);
      assert(parsed !== null, `the stream ${this.spec.stream} delivered the subject ${subject}`);
      lane = parsed;
      this.lanes.set(subject, lane);
    }
    return lane;
  }

  private receive(message: PulledMessage): void {
    if (message.deliverySequence !== this.lastDelivery + 1) {
      this.endSession();
      this.wakeup.wake();
      return;
    }
    this.lastDelivery = message.deliverySequence;
    const newest = this.arrived.at(-1)?.streamSequence ?? this.position;
    if (message.streamSequence > newest) {
      this.arrived.push(message);
      this.wakeup.wake();
    } else {
      this.passOver(message);
    }
  }

  /** A repetition of what was handed out, or waits to be: only its newer acknowledgement subject counts. */
  private passOver(message: PulledMessage): void {
    const position = message.streamSequence;
    const handed = this.handed.find((other) => other.position === position);
    if (handed !== undefined) handed.ack = message.ack;
    else if (position <= this.position) this.acknowledge(message.ack);
    else this.arrived = this.arrived.map((other) => (other.streamSequence === position ? message : other));
  }

  /** The server takes an acknowledgement for all before it: one message does for what a turn has acknowledged. */
  private acknowledge(ack: string): void {
    this.unconfirmedAck = ack;
    this.acknowledging.request();
  }

  private sendAck(): void {
    if (this.unconfirmedAck !== null && !this.nc.isClosed()) this.nc.publish(this.unconfirmedAck, '+ACK');
  }

  /** Asks the server to answer the last acknowledgement, so that a successor surely goes on behind it. */
  private async confirm(): Promise<void> {
    const ack = this.unconfirmedAck;
    this.acknowledging.cancel();
    if (ack === null || this.nc.isClosed()) return;
    this.unconfirmedAck = null;
    try {
      await this.nc.request(ack, '+ACK', { timeout: CONFIRM_TIMEOUT_MS });
    } catch {
      // The server is away: what it did not get comes again, which the receiver of this contract expects.
    }
  }

  private startSession(): void {
    const options = {
      apiPrefix: this.jsm.getOptions().apiPrefix ?? '$JS.API',
      stream: this.spec.stream,
      durable: this.spec.name,
      batch: this.spec.maxPending,
    };
    const session = new PullSession(
      this.nc,
      options,
      (message) => this.receive(message),
      () => {
        if (this.session === session) this.session = null;
        this.wakeup.wake();
      },
    );
    this.session = session;
  }

  private endSession(): void {
    this.session?.stop();
    this.session = null;
  }

  /** Brings durable and consumer together again, trying until the server answers or the consumer stops. */
  private async recover(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !this.nc.isClosed()) {
      try {
        const durable = await openDurable(this.jsm, this.spec, this.lastDelivery);
        if (durable.renewed) this.startAgain(durable);
        if (!signal.aborted) this.startSession();
        return;
      } catch (error) {
        if (isMissingStream(error)) throw asBusError(error, `read ${this.spec.stream}`, { stream: this.spec.stream });
        // No answer, or no leader yet. Waking up early (a stop) is fine.
        await delay(RECOVERY_WAIT_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** What was handed out stays so; its acknowledgement subjects were those of the old durable. */
  private startAgain(durable: DurableState): void {
    this.counters.recoveries++;
    this.lastDelivery = durable.lastDelivery;
    this.arrived = [];
    for (const handed of this.handed) handed.ack = null;
    this.unconfirmedAck = null;
  }
}
