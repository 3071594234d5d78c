/** The ways from a writer to a reader's thread. */

import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { setImmediate as turnOfLoop } from 'node:timers/promises';

import { Outbox } from '../../src/app/threads/outbox.ts';
import type { EventView } from '../../src/model/event.ts';
import type { Bus } from '../../src/ports/bus.ts';
import { batchId } from '../../src/transport/batch-id.ts';
import { BatchWriter } from '../../src/transport/codec.ts';
import { laneSubject } from '../../src/transport/subjects.ts';
import { Wakeup } from '../../src/transport/wakeup.ts';
import { TOPIC, WRITER_WINDOW, type NatsPlace } from './topology.ts';

/** A writer: events go in turn by turn, as they come from a socket. */
export interface Route {
  add(partition: number, view: EventView): void;
  /** The turn is over: what was added is sent. Resolves when the writer may go on. */
  endTurn(): Promise<void>;
  /** Resolves when everything has been taken. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const MAX_BATCH_BYTES = 256 * 1024;

/** The product's own way, over either bus. */
export class BusRoute implements Route {
  private readonly bus: Bus;
  private readonly outbox: Outbox;
  private readonly moved = new Wakeup();
  private failure: unknown = null;

  constructor(bus: Bus) {
    this.bus = bus;
    this.outbox = new Outbox({
      publisher: bus.publisher(),
      kind: 'md',
      maxBatchBytes: MAX_BATCH_BYTES,
      onFailure: (error) => {
        this.failure = error;
        this.moved.wake();
      },
      onPublished: () => this.moved.wake(),
      nowMs: () => performance.now(),
    });
  }

  add(partition: number, view: EventView): void {
    this.outbox.add(TOPIC, partition, view);
  }

  async endTurn(): Promise<void> {
    this.outbox.flush();
    await turnOfLoop();
    while (this.outbox.inFlight >= WRITER_WINDOW && this.failure === null) await this.moved.wait();
    if (this.failure !== null) throw this.failure;
  }

  async settle(): Promise<void> {
    await this.outbox.settle();
  }

  async close(): Promise<void> {
    await this.bus.close();
  }
}

interface ClientLane {
  readonly subject: string;
  readonly partition: number;
  readonly writer: BatchWriter;
  first: { exchange: string; symbol: string; epoch: number; seq: number };
  /** The lane's last publish. */
  last: Promise<void>;
}

/** The client's own `publish`, a batch per lane and turn, in the product's encoding. */
export class ClientRoute implements Route {
  private readonly nc: NatsConnection;
  private readonly js: JetStreamClient;
  private readonly namespace: string;
  private readonly inOrder: boolean;
  private readonly lanes: ClientLane[] = [];
  private readonly moved = new Wakeup();
  private underWay = 0;
  private failure: unknown = null;

  private constructor(nc: NatsConnection, namespace: string, inOrder: boolean) {
    this.nc = nc;
    this.js = jetstream(nc);
    this.namespace = namespace;
    this.inOrder = inOrder;
  }

  /** @param inOrder a lane's batch is sent when the one before is stored, so that a refused one is not overtaken */
  static async open({ url, namespace }: NatsPlace, inOrder: boolean): Promise<ClientRoute> {
    return new ClientRoute(await connect({ servers: url }), namespace, inOrder);
  }

  add(partition: number, view: EventView): void {
    const lane = this.lanes[partition] ?? this.openLane(partition);
    if (lane.writer.events === 0) {
      const { exchange, symbol, epoch, seq } = view.header;
      lane.first = { exchange, symbol, epoch, seq };
    }
    lane.writer.append(view);
  }

  async endTurn(): Promise<void> {
    for (const lane of this.lanes) if (lane.writer.events > 0) this.publish(lane);
    await turnOfLoop();
    while (this.underWay >= WRITER_WINDOW && this.failure === null) await this.moved.wait();
    if (this.failure !== null) throw this.failure;
  }

  async settle(): Promise<void> {
    await Promise.all(this.lanes.map(({ last }) => last));
    while (this.underWay > 0 && this.failure === null) await this.moved.wait();
    if (this.failure !== null) throw this.failure;
  }

  async close(): Promise<void> {
    await this.nc.close();
  }

  private openLane(partition: number): ClientLane {
    const lane: ClientLane = {
      subject: laneSubject(this.namespace, { kind: 'md', topic: TOPIC, partition }),
      partition,
      writer: new BatchWriter(),
      first: { exchange: '', symbol: '', epoch: 0, seq: 0 },
      last: Promise.resolve(),
    };
    this.lanes[partition] = lane;
    return lane;
  }

  private publish(lane: ClientLane): void {
    const data = lane.writer.take();
    const msgID = batchId(TOPIC, lane.first, data);
    const send = async (): Promise<void> => {
      await this.js.publish(lane.subject, data, { msgID });
    };
    this.underWay++;
    lane.last = (this.inOrder ? lane.last.then(send) : send()).then(
      () => this.onSettled(),
      (error: unknown) => {
        this.failure ??= error;
        this.onSettled();
      },
    );
  }

  private onSettled(): void {
    this.underWay--;
    this.moved.wake();
  }
}
