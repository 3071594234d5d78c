/**
 * The bus over NATS JetStream, for servers from 2.9 on. One instance is one connection: each thread opens its own.
 *
 * - A batch is one message on its lane's subject; `publish` resolves with the server's acknowledgement. A lane sends
 *   its next batch when the last one is stored (see `NatsLane`), lanes among each other do not wait.
 * - A consumer is a durable that acknowledges all up to a sequence (see `NatsConsumer`).
 * - Streams keep what an expected consumer still needs, and refuse new batches at their limit (see `nats-streams.ts`).
 *
 * A connection that breaks is renewed for ever. Consumers then go on by themselves, publishers send again under the
 * same message id and give up, with `bus.unreachable`, after `attempts` sends, unless they are told to be patient.
 */

import type { NatsConnection } from '@nats-io/transport-node';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Bus, Consumer, ConsumerOptions, Publisher, Spectator, SpectatorOptions } from '../ports/bus.ts';
import type { DeadLetters } from '../ports/dead-letters.ts';
import type { StateKeeper } from '../ports/state-keeper.ts';
import type { Window } from './admission.ts';
import { newCounters, type BusCounters } from './bus-counters.ts';
import { busClosed } from './bus-error.ts';
import type { ExpectedConsumer } from './expected-consumer.ts';
import { asBusError, connectNats, type NatsAddress, type NatsLink } from './nats-connection.ts';
import type { Fence, FenceOf } from './fence.ts';
import { laneGate } from './nats-gate.ts';
import { NatsConsumer } from './nats-consumer.ts';
import { openDurable } from './nats-durable.ts';
import { NatsPublishing, type PublishingOptions } from './nats-publishing.ts';
import { NatsSpectator } from './nats-spectator.ts';
import { DEFAULT_LIMITS, deleteStreams, ensureStreams, type StreamLimits } from './nats-streams.ts';
import { StreamTrimmer } from './nats-trimmer.ts';
import { checkConsumerName, checkNamespace, filterSubject, stateBucket, streamName } from './subjects.ts';
import { TrackedPublisher } from './tracked-publisher.ts';

export interface NatsBusOptions extends NatsAddress {
  /** Empty for the live system, `replayNamespace(id)` for a replay. */
  readonly namespace: string;
  /** `fresh` empties the namespace first (never the live one), `keep` goes on with what is there. */
  readonly create: 'fresh' | 'keep';
  /**
   * Every consumer of the namespace on any host that must not miss a batch: a stream is purged of what all of these
   * have acknowledged. Where a stream has none, everything in it may go when it is full.
   */
  readonly expected: readonly ExpectedConsumer[];
  readonly limits?: Partial<StreamLimits>;
  /** Batches under way on this connection. Default: 256 batches, 64 MiB. */
  readonly window?: Window;
  /** How long a stored batch may go unacknowledged before it is sent again, default 5,000 ms. */
  readonly ackTimeoutMs?: number;
  /** Sends of a batch without any answer before `bus.unreachable`, default 60 (five minutes). */
  readonly attempts?: number;
  /** A server that is away is waited for without limit: only answers count as attempts. Default false. */
  readonly isPatient?: boolean;
  /** Of the work that is done over this connection, or of each lane that is written; nothing is fenced where absent. */
  readonly fence?: Fence | FenceOf;
  /** Shown by the server's monitoring. */
  readonly name?: string;
}

const DEFAULT_WINDOW: Window = { batches: 256, bytes: 64 * 1024 * 1024 };
const DEFAULT_ACK_TIMEOUT_MS = 5_000;
const DEFAULT_ATTEMPTS = 60;
/** Trimming this often keeps a stream, whose consumers keep up, well below its limit. */
const TRIMS_PER_STREAM = 16;

/**
 * Connects, makes the namespace's streams where needed, and returns this thread's end of the bus.
 * @throws BusError `bus.unreachable`, `bus.rejected`, `bus.no-jetstream`, `bus.stream-mismatch`, `bus.bad-name`
 */
export async function openNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const { create } = options;
  const namespace = checkNamespace(options.namespace);
  const link = await connectNats(options, options.name ?? 'whalewatch');
  try {
    if (create === 'fresh') await deleteStreams(link.jsm, namespace);
    await ensureStreams(link.jsm, namespace, { ...DEFAULT_LIMITS, ...options.limits });
    return new NatsBus(link, options);
  } catch (error) {
    await link.nc.close();
    throw error;
  }
}

/** One connection to JetStream; see `openNatsBus`. */
export class NatsBus implements Bus {
  readonly counters: BusCounters = newCounters();
  /** Batches that may be under way on this connection. */
  readonly windowBatches: number;
  private readonly nc: NatsConnection;
  private readonly jsm: JetStreamManager;
  private readonly namespace: string;
  private readonly limits: StreamLimits;
  /** Of what is read, and kept of it. */
  private readonly fence: Fence | null;
  private readonly publishing: NatsPublishing;
  private readonly consumers = new Set<NatsConsumer | NatsSpectator>();
  private readonly watching: Promise<void>;

  constructor(link: NatsLink, options: NatsBusOptions) {
    const { namespace, expected } = options;
    const trimmer = (kind: 'md' | 'result'): StreamTrimmer => {
      const ofKind = expected.filter((consumer) => consumer.kind === kind);
      return new StreamTrimmer(link.jsm, streamName(namespace, kind), namespace, ofKind);
    };
    this.nc = link.nc;
    this.jsm = link.jsm;
    this.namespace = namespace;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    const window = options.window ?? DEFAULT_WINDOW;
    this.windowBatches = window.batches;
    const { fence } = options;
    this.fence = typeof fence === 'object' ? fence : null;
    const fenceOf = typeof fence === 'function' ? fence : () => this.fence;
    const gateOf: PublishingOptions['gateOf'] = (lane, subject) =>
      fence === undefined ? null : laneGate(link.jsm, namespace, fenceOf, [lane, subject]);
    this.publishing = new NatsPublishing(link.nc, { md: trimmer('md'), result: trimmer('result') }, this.counters, {
      namespace,
      window,
      ackTimeoutMs: options.ackTimeoutMs ?? DEFAULT_ACK_TIMEOUT_MS,
      attempts: options.attempts ?? DEFAULT_ATTEMPTS,
      isPatient: options.isPatient ?? false,
      trimEveryBytes: (options.limits?.maxBytes ?? DEFAULT_LIMITS.maxBytes) / TRIMS_PER_STREAM,
      gateOf,
    });
    this.watching = this.watch();
  }

  /** The largest batch that the server takes: its `max_payload` less room for headers. */
  get maxBatchBytes(): number {
    return this.publishing.maxBatchBytes;
  }

  get backlog(): { readonly underWay: number; readonly waiting: number } {
    return this.publishing.backlog;
  }

  publisher(): Publisher {
    return new TrackedPublisher((lane, data, id) => this.publishing.publish(lane, data, id));
  }

  /** @throws BusError by rejection: `bus.bad-name`, `bus.rejected`, `bus.unreachable`, `bus.closed` */
  async consumer(options: ConsumerOptions): Promise<Consumer> {
    if (this.nc.isClosed()) throw busClosed();
    const spec = {
      stream: streamName(this.namespace, options.kind),
      name: checkConsumerName(options.name),
      filter: filterSubject(this.namespace, options.kind, options.partition),
      maxPending: options.maxPending,
      afresh: this.fence !== null,
    };
    try {
      const durable = await openDurable(this.jsm, spec, null);
      const { namespace, counters, fence } = this;
      const facts = { spec, namespace, counters, fence };
      const consumer = new NatsConsumer({ nc: this.nc, jsm: this.jsm }, facts, durable, () =>
        this.consumers.delete(consumer),
      );
      this.consumers.add(consumer);
      return consumer;
    } catch (error) {
      throw asBusError(error, `open the consumer ${spec.name}`, { consumer: spec.name, stream: spec.stream });
    }
  }

  /** @throws BusError by rejection: `bus.bad-name`, `bus.rejected`, `bus.unreachable`, `bus.closed` */
  async spectator(options: SpectatorOptions): Promise<Spectator> {
    if (this.nc.isClosed()) throw busClosed();
    const name = checkConsumerName(options.name);
    const { nc, jsm, namespace } = this;
    const spectator = new NatsSpectator({ nc, jsm }, namespace, options, () => this.consumers.delete(spectator));
    try {
      await spectator.open();
    } catch (error) {
      throw asBusError(error, `open the spectator ${name}`, { spectator: name });
    }
    this.consumers.add(spectator);
    return spectator;
  }

  /**
   * Where what reads this namespace keeps its state.
   * @throws BusError by rejection: `bus.rejected`, `bus.unreachable`
   */
  async keeper(): Promise<StateKeeper> {
    const { openNatsKeeper } = await import('./nats-keeper.ts');
    return openNatsKeeper(this.nc, stateBucket(this.namespace), this.limits, this.maxBatchBytes, this.fence);
  }

  /**
   * Where what reads this namespace puts what it cannot take in.
   * @throws BusError by rejection: `bus.rejected`, `bus.unreachable`
   */
  async deadLetters(): Promise<DeadLetters> {
    const { openNatsDeadLetters } = await import('./nats-dead-letters.ts');
    return openNatsDeadLetters(this.nc, this.namespace, this.limits);
  }

  /**
   * Deletes the streams of a replay's namespace with all they hold, consumers included.
   * @throws BusError `bus.rejected` for the live namespace
   */
  async deleteStreams(): Promise<void> {
    await deleteStreams(this.jsm, this.namespace);
  }

  /** Stops the consumers, rejects publishes under way with `bus.closed`, and closes the connection. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.consumers, (consumer) => consumer.stop()));
    this.publishing.close();
    await this.nc.close();
    await this.watching;
  }

  /** Tells publishers and consumers of a new connection, and of the end of the last one. */
  private async watch(): Promise<void> {
    for await (const status of this.nc.status()) {
      if (status.type !== 'reconnect') continue;
      this.publishing.onReconnect();
      for (const consumer of this.consumers) consumer.onReconnect();
    }
    this.publishing.close();
    await Promise.all(Array.from(this.consumers, (consumer) => consumer.onClosed()));
  }
}
