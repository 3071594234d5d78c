/** The ways to hand events to another thread. */

import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

import type { BookView, TradeView } from '../../src/model/event.ts';
import { BatchWriter } from '../../src/transport/codec.ts';
import { Wakeup } from '../../src/transport/wakeup.ts';
import type { BusRoute } from '../bus/routes.ts';
import { AHEAD_MAX, plainEvent, type ReceiverMessage } from './protocol.ts';

/** Events of a batch, and of a turn. */
export const BATCH_EVENTS = 64;

export interface Sender {
  add(view: BookView | TradeView): void;
  /** After every `BATCH_EVENTS` events and at the end. Resolves when more may come. */
  endTurn(): Promise<void>;
  /** A pass begins. */
  reset(): void;
}

/** Keeps a sender from running away from its receiver. */
class Credit {
  private readonly moved = new Wakeup();
  private sent = 0;
  private through = 0;

  constructor(thread: Worker) {
    thread.on('message', (message: ReceiverMessage) => {
      if (message.kind !== 'through') return;
      this.through = message.events;
      this.moved.wake();
    });
  }

  reset(): void {
    this.sent = 0;
    this.through = 0;
  }

  async spend(events: number): Promise<void> {
    this.sent += events;
    await turnOfLoop();
    while (this.sent - this.through > AHEAD_MAX) await this.moved.wait();
  }
}

/** A plain object per event and message. */
export class ObjectSender implements Sender {
  private readonly thread: Worker;
  private readonly credit: Credit;
  private count = 0;

  constructor(thread: Worker) {
    this.thread = thread;
    this.credit = new Credit(thread);
  }

  add(view: BookView | TradeView): void {
    this.thread.postMessage(plainEvent(view), []);
    this.count++;
  }

  async endTurn(): Promise<void> {
    const { count } = this;
    this.count = 0;
    await this.credit.spend(count);
  }

  reset(): void {
    this.credit.reset();
  }
}

/** A batch per message, whose buffer moves. */
export class BufferSender implements Sender {
  private readonly thread: Worker;
  private readonly credit: Credit;
  private readonly writer = new BatchWriter();

  constructor(thread: Worker) {
    this.thread = thread;
    this.credit = new Credit(thread);
  }

  add(view: BookView | TradeView): void {
    this.writer.append(view);
  }

  async endTurn(): Promise<void> {
    const { events } = this.writer;
    if (events === 0) return;
    const batch = this.writer.take();
    this.thread.postMessage(batch, [batch.buffer]);
    await this.credit.spend(events);
  }

  reset(): void {
    this.credit.reset();
  }
}

/** The product's own way: an outbox on the bus in process, which keeps each batch until it is acknowledged. */
export class BusSender implements Sender {
  private readonly route: BusRoute;

  constructor(route: BusRoute) {
    this.route = route;
  }

  add(view: BookView | TradeView): void {
    this.route.add(0, view);
  }

  async endTurn(): Promise<void> {
    await this.route.endTurn();
  }

  reset(): void {}
}
