import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { BatchMessage, ControlMessage } from './embedded-link.ts';
import type { ExpectedConsumer } from './expected-consumer.ts';
import type { RetainedBatch } from './retained-batches.ts';

/**
 * The writer's side of one expected consumer: the batches that it has not acknowledged, oldest first, and how many of
 * them the consumer's present session was sent. Exists whether the consumer is linked or not.
 */
export class EmbeddedOutlet {
  readonly consumer: ExpectedConsumer;
  private readonly unacknowledged: RetainedBatch[] = [];
  private port: MessagePort | null = null;
  private session = 0;
  private credits = 0;
  /** How many of `unacknowledged`, from the front, were sent in this session. */
  private sent = 0;
  /** Ordinal of the newest batch that was ever sent. */
  private newestSent = 0;

  constructor(consumer: ExpectedConsumer) {
    this.consumer = consumer;
  }

  /** Batches that the consumer has not acknowledged. */
  get pending(): number {
    return this.unacknowledged.length;
  }

  offer(batch: RetainedBatch): void {
    this.unacknowledged.push(batch);
    this.send();
  }

  /** Takes the place of an earlier link: the consumer at its far end is gone. */
  attach(port: MessagePort): void {
    this.detach(this.port);
    this.port = port;
    port.on('message', (message: ControlMessage) => {
      if (this.port === port) this.obey(message);
    });
    port.on('close', () => this.forget(port));
  }

  /** Closes the port where it is the present one; what is not acknowledged waits for the next link. */
  detach(port: MessagePort | null): void {
    if (port === null || port !== this.port) return;
    this.takeLastWords(port);
    this.forget(port);
    port.close();
  }

  close(): void {
    this.detach(this.port);
  }

  private forget(port: MessagePort): void {
    if (port !== this.port) return;
    this.port = null;
    this.credits = 0;
    this.sent = 0;
  }

  private obey(message: ControlMessage): void {
    switch (message.type) {
      case 'open':
        this.session = message.session;
        this.credits = message.credits;
        this.sent = 0;
        break;
      case 'pause':
        this.credits = 0;
        break;
      case 'ack':
        this.acknowledge(message.through);
        break;
    }
    this.send();
  }

  /**
   * A consumer that stopped acknowledged before it went: its successor should not get that again. Never on a port that
   * has emitted `close`, by then everything was received: Node 26.10 crashes.
   */
  private takeLastWords(port: MessagePort): void {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      const message: ControlMessage = next.message;
      if (message.type === 'ack') this.acknowledge(message.through);
    }
  }

  private acknowledge(through: number): void {
    const { unacknowledged } = this;
    let count = 0;
    while ((unacknowledged[count]?.ordinal ?? Number.POSITIVE_INFINITY) <= through) count++;
    this.sent = Math.max(0, this.sent - count);
    for (const batch of unacknowledged.splice(0, count)) batch.acknowledged();
  }

  private send(): void {
    const { port } = this;
    if (port === null) return;
    while (this.sent < this.credits) {
      const batch = this.unacknowledged[this.sent];
      if (batch === undefined) return;
      this.sent++;
      const redelivered = batch.ordinal <= this.newestSent;
      post(port, batch, this.session, redelivered);
      if (!redelivered) {
        this.newestSent = batch.ordinal;
        batch.held();
      }
    }
  }
}

/** Sends a copy: the original stays until it is acknowledged. Copying into a buffer to transfer would cost more. */
function post(port: MessagePort, batch: RetainedBatch, session: number, redelivered: boolean): void {
  const { ordinal, lane } = batch;
  const data = withoutNeighbours(batch.data);
  const message: BatchMessage = { session, ordinal, topic: lane.topic, partition: lane.partition, data, redelivered };
  port.postMessage(message, []);
}

/** A part of a larger buffer would take all of that along. */
export function withoutNeighbours(data: Uint8Array): Uint8Array {
  return data.length === data.buffer.byteLength ? data : Uint8Array.from(data);
}
