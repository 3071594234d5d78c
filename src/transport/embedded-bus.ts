/**
 * The in-process bus: batches go through message ports from the writers' threads to the consumers'. One instance per
 * thread; the main thread only makes the links (`createLink`) and hands their ends out.
 *
 * A writer keeps a batch until every expected consumer of its lane has acknowledged it, linked or not. `publish`
 * resolves when each of them was sent the batch, so a consumer that is missing or stands still makes the writer wait;
 * what is kept is bounded by the window. Memory is the only store: a consumer that died gets everything
 * unacknowledged again over its new link, but a writer that died takes along what no consumer was sent, and what a
 * consumer that died at the same moment had not acknowledged.
 *
 * Spectators are linked as they come, and are expected by nobody.
 *
 * No timers: a batch is on its way within the call that published it.
 */

import type { MessagePort } from 'node:worker_threads';
import type { Bus, Consumer, ConsumerOptions, Lane, Publisher, Spectator, SpectatorOptions } from '../ports/bus.ts';
import type { Window } from './admission.ts';
import { BusError, busClosed } from './bus-error.ts';
import { EmbeddedConsumer, type Inlet } from './embedded-consumer.ts';
import type { BatchMessage, LinkEnd, SpectacleMessage } from './embedded-link.ts';
import { EmbeddedOutlet } from './embedded-outlet.ts';
import { EmbeddedSpectator } from './embedded-spectator.ts';
import type { ExpectedConsumer } from './expected-consumer.ts';
import { TrackedPublisher } from './tracked-publisher.ts';
import { RetainedBatches } from './retained-batches.ts';
import { SpectatorOutlet } from './spectator-outlet.ts';
import { checkConsumerName } from './subjects.ts';

export interface EmbeddedBusOptions {
  /** Every consumer that must not miss a batch of this thread's writers. Lanes that none of them reads are dropped. */
  readonly expected?: readonly ExpectedConsumer[];
  /** Must exceed what a consumer needs to gather before it acknowledges. Default: 256 batches, 64 MiB. */
  readonly window?: Window;
}

const DEFAULT_WINDOW: Window = { batches: 256, bytes: 64 * 1024 * 1024 };

export class EmbeddedBus implements Bus {
  /** No limit of its own. */
  readonly maxBatchBytes = Number.POSITIVE_INFINITY;
  private readonly outlets: ReadonlyMap<string, EmbeddedOutlet>;
  private readonly retained: RetainedBatches;
  private readonly inlets = new Map<string, Inlet[]>();
  private readonly consumers = new Map<string, EmbeddedConsumer>();
  /** Of this thread's writers. */
  private readonly lookers = new Set<SpectatorOutlet>();
  private readonly spectators = new Map<string, EmbeddedSpectator>();
  /** Ports of spectators of this thread, by name. */
  private readonly stages = new Map<string, Set<MessagePort>>();
  private closed = false;

  constructor(options: EmbeddedBusOptions = {}) {
    const expected = options.expected ?? [];
    this.outlets = new Map(expected.map((consumer) => [consumer.name, new EmbeddedOutlet(consumer)]));
    this.retained = new RetainedBatches([...this.outlets.values()], options.window ?? DEFAULT_WINDOW);
  }

  /** Batches kept for consumers, and publishes that wait for the window. */
  get backlog(): { readonly kept: number; readonly waiting: number } {
    return { kept: this.retained.kept, waiting: this.retained.waiting };
  }

  /**
   * Starts to use this thread's end of a link. A writer's end takes the place of an earlier one for the same consumer;
   * a consumer may have as many ends as it has writers.
   * @throws BusError `bus.unexpected-consumer`, `bus.closed`
   */
  attach(end: LinkEnd): void {
    if (this.closed) throw busClosed();
    if (end.spectator === true) this.attachSpectator(end);
    else if (end.role === 'writer') this.outletFor(end).attach(end.port);
    else this.attachInlet(end);
  }

  /** Closes this thread's end of a link. What was not acknowledged waits for the consumer's next link. */
  detach(end: LinkEnd): void {
    if (end.role === 'writer') this.outletFor(end).detach(end.port);
    else this.dropInlet(end.consumer, end.port);
  }

  publisher(): Publisher {
    return new TrackedPublisher((lane, data) => this.take(lane, data));
  }

  /** The first consumer of a name, or a new one after the earlier was stopped. */
  consumer(options: ConsumerOptions): Promise<Consumer> {
    const name = checkConsumerName(options.name);
    if (this.closed) return Promise.reject(busClosed());
    if (this.consumers.has(name)) {
      return Promise.reject(
        new BusError('bus.rejected', `the consumer ${name} is still running`, { context: { name } }),
      );
    }
    const consumer = new EmbeddedConsumer(options, () => this.consumers.delete(name));
    this.consumers.set(name, consumer);
    for (const inlet of this.inlets.get(name) ?? []) consumer.open(inlet);
    return Promise.resolve(consumer);
  }

  spectator(options: SpectatorOptions): Promise<Spectator> {
    const name = checkConsumerName(options.name);
    if (this.closed) return Promise.reject(busClosed());
    if (this.spectators.has(name)) {
      return Promise.reject(
        new BusError('bus.rejected', `the spectator ${name} is still running`, { context: { name } }),
      );
    }
    const spectator = new EmbeddedSpectator(options, () => this.spectators.delete(name));
    this.spectators.set(name, spectator);
    for (const port of this.stages.get(name) ?? []) spectator.open(port);
    return Promise.resolve(spectator);
  }

  /** Closes every port and rejects publishes under way with `bus.closed`; what was sent still reaches its consumers. */
  async close(): Promise<void> {
    this.closed = true;
    const consumers = Array.from(this.consumers.values());
    for (const consumer of consumers) await consumer.stop();
    for (const spectator of [...this.spectators.values()]) await spectator.stop();
    for (const looker of this.lookers) looker.close();
    for (const ports of this.stages.values()) for (const port of ports) port.close();
    this.retained.close();
    for (const outlet of this.outlets.values()) outlet.close();
    for (const { port } of [...this.inlets.values()].flat()) port.close();
    this.inlets.clear();
  }

  private take(lane: Lane, data: Uint8Array): Promise<void> {
    if (!this.closed) for (const looker of this.lookers) looker.offer(lane, data);
    return this.retained.add(lane, data);
  }

  private attachSpectator({ role, kind, consumer, port }: LinkEnd): void {
    if (role === 'writer') {
      const looker = new SpectatorOutlet(kind, port, () => this.lookers.delete(looker));
      this.lookers.add(looker);
      return;
    }
    const ports = this.stages.get(consumer) ?? new Set<MessagePort>();
    this.stages.set(consumer, ports.add(port));
    port.on('message', (message: SpectacleMessage) => this.spectators.get(consumer)?.receive(port, message));
    port.on('close', () => {
      ports.delete(port);
      this.spectators.get(consumer)?.forget(port);
    });
    this.spectators.get(consumer)?.open(port);
  }

  private outletFor(end: LinkEnd): EmbeddedOutlet {
    const outlet = this.outlets.get(end.consumer);
    if (outlet === undefined || outlet.consumer.kind !== end.kind || outlet.consumer.partition !== end.partition) {
      const { consumer, kind, partition } = end;
      throw new BusError(
        'bus.unexpected-consumer',
        `the bus does not expect ${consumer} (${kind}.*.${partition ?? '*'})`,
        {
          remedy: 'name every consumer when the bus is made',
          context: { consumer, kind, partition },
        },
      );
    }
    return outlet;
  }

  private attachInlet(end: LinkEnd): void {
    const inlet: Inlet = { port: end.port, session: 0 };
    const known = this.inlets.get(end.consumer);
    if (known === undefined) this.inlets.set(end.consumer, [inlet]);
    else known.push(inlet);
    end.port.on('message', (message: BatchMessage) => this.consumers.get(end.consumer)?.receive(inlet, message));
    end.port.on('close', () => this.dropInlet(end.consumer, end.port));
    this.consumers.get(end.consumer)?.open(inlet);
  }

  /** What has arrived through the port is still handed out. */
  private dropInlet(consumer: string, port: MessagePort): void {
    const inlets = this.inlets.get(consumer);
    const at = inlets?.findIndex((inlet) => inlet.port === port) ?? -1;
    if (at < 0) return;
    const [inlet] = inlets?.splice(at, 1) ?? [];
    if (inlet !== undefined) this.consumers.get(consumer)?.forget(inlet);
    port.close();
  }
}
