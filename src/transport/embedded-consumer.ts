import type { MessagePort } from 'node:worker_threads';
import type { Consumer, ConsumerOptions, Delivery } from '../ports/bus.ts';
import type { BatchMessage, ControlMessage } from './embedded-link.ts';
import { EndOfTurn } from './end-of-turn.ts';
import { Wakeup } from './wakeup.ts';

/** The consumer's side of one link. */
export interface Inlet {
  readonly port: MessagePort;
  /** Batches of other sessions are leftovers. */
  session: number;
}

interface Handed {
  readonly position: number;
  readonly inlet: Inlet;
  readonly ordinal: number;
}

/** Hands out the batches of all links of one consumer; positions count its deliveries. */
export class EmbeddedConsumer implements Consumer {
  readonly options: ConsumerOptions;
  private readonly arrived: { readonly inlet: Inlet; readonly message: BatchMessage }[] = [];
  private readonly unacknowledged: Handed[] = [];
  /** Newest ordinal to acknowledge by link. */
  private readonly dueAcks = new Map<Inlet, number>();
  private readonly acknowledging = new EndOfTurn(() => this.sendAcks());
  private readonly wakeup = new Wakeup();
  private readonly onStop: () => void;
  private inlets: readonly Inlet[] = [];
  private position = 0;
  private stopped = false;

  constructor(options: ConsumerOptions, onStop: () => void) {
    this.options = options;
    this.onStop = onStop;
  }

  /** Asks the writer at the other end for everything that is not acknowledged. */
  open(inlet: Inlet): void {
    inlet.session++;
    this.inlets = [...this.inlets, inlet];
    send(inlet, { type: 'open', session: inlet.session, credits: this.options.maxPending });
  }

  /** The link is gone; what has arrived through it is still handed out. */
  forget(inlet: Inlet): void {
    this.inlets = this.inlets.filter((other) => other !== inlet);
  }

  receive(inlet: Inlet, message: BatchMessage): void {
    if (this.stopped || message.session !== inlet.session) return;
    this.arrived.push({ inlet, message });
    this.wakeup.wake();
  }

  async run(onBatch: (delivery: Delivery) => void | Promise<void>): Promise<void> {
    while (!this.stopped) {
      const delivery = this.next();
      if (delivery === null) {
        await this.wakeup.wait();
        continue;
      }
      try {
        await onBatch(delivery);
      } catch (error) {
        await this.stop();
        throw error;
      }
    }
  }

  ackThrough(position: number): void {
    if (this.stopped) return;
    const { unacknowledged } = this;
    let count = 0;
    while ((unacknowledged[count]?.position ?? Number.POSITIVE_INFINITY) <= position) count++;
    if (count === 0) return;
    // The newest ordinal of each link says it all, and one message says it for all batches of a turn.
    for (const { inlet, ordinal } of unacknowledged.splice(0, count)) this.dueAcks.set(inlet, ordinal);
    this.acknowledging.request();
    this.wakeup.wake();
  }

  stop(): Promise<void> {
    if (!this.stopped) {
      this.stopped = true;
      this.arrived.length = 0;
      this.acknowledging.hurry();
      for (const inlet of this.inlets) send(inlet, { type: 'pause' });
      this.onStop();
      this.wakeup.wake();
    }
    return Promise.resolve();
  }

  private sendAcks(): void {
    for (const [inlet, through] of this.dueAcks) send(inlet, { type: 'ack', through });
    this.dueAcks.clear();
  }

  /** The next delivery, or null where none has arrived or too many wait for their acknowledgement. */
  private next(): Delivery | null {
    if (this.unacknowledged.length >= this.options.maxPending) return null;
    const arrived = this.arrived.shift();
    if (arrived === undefined) return null;
    const { inlet, message } = arrived;
    const { topic, partition, data, redelivered, ordinal } = message;
    const position = ++this.position;
    this.unacknowledged.push({ position, inlet, ordinal });
    return { lane: { kind: this.options.kind, topic, partition }, position, data, redelivered };
  }
}

/** Posting to a port whose other end is gone does nothing, which is right: its writer has lost its memory anyway. */
function send(inlet: Inlet, message: ControlMessage): void {
  inlet.port.postMessage(message, []);
}
