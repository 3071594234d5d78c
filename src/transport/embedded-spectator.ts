import type { MessagePort } from 'node:worker_threads';
import type { Delivery, Spectator, SpectatorOptions } from '../ports/bus.ts';
import type { CreditMessage, SpectacleMessage } from './embedded-link.ts';
import { EndOfTurn } from './end-of-turn.ts';
import { Wakeup } from './wakeup.ts';

/** Looks on at the writers that it is linked with; positions count its deliveries. */
export class EmbeddedSpectator implements Spectator {
  private readonly options: SpectatorOptions;
  private readonly onStop: () => void;
  private readonly arrived: { readonly port: MessagePort; readonly message: SpectacleMessage }[] = [];
  /** Batches handed out since their writer was last given credit, by link. */
  private readonly due = new Map<MessagePort, number>();
  private readonly crediting = new EndOfTurn(() => this.sendCredits());
  private readonly wakeup = new Wakeup();
  /** By link, what its writer had dropped when it last spoke. */
  private readonly droppedBy = new Map<MessagePort, number>();
  private droppedBefore = 0;
  private position = 0;
  private stopped = false;

  constructor(options: SpectatorOptions, onStop: () => void) {
    this.options = options;
    this.onStop = onStop;
  }

  get dropped(): number {
    return [...this.droppedBy.values()].reduce((sum, dropped) => sum + dropped, this.droppedBefore);
  }

  /** Asks the writer at the other end for what it publishes from now on. */
  open(port: MessagePort): void {
    this.droppedBy.set(port, 0);
    this.credit(port, this.options.maxWaiting);
  }

  /** The link is gone; what has arrived through it is still handed out. */
  forget(port: MessagePort): void {
    this.droppedBefore += this.droppedBy.get(port) ?? 0;
    this.droppedBy.delete(port);
    this.due.delete(port);
  }

  receive(port: MessagePort, message: SpectacleMessage): void {
    if (this.stopped) return;
    if (this.droppedBy.has(port)) this.droppedBy.set(port, message.dropped);
    this.arrived.push({ port, message });
    this.wakeup.wake();
  }

  async run(onBatch: (delivery: Delivery) => void | Promise<void>): Promise<void> {
    while (!this.stopped) {
      const next = this.arrived.shift();
      if (next === undefined) {
        await this.wakeup.wait();
        continue;
      }
      const { port, message } = next;
      const { topic, partition, data } = message;
      try {
        const position = ++this.position;
        await onBatch({ lane: { kind: this.options.kind, topic, partition }, position, data, redelivered: false });
      } catch (error) {
        await this.stop();
        throw error;
      }
      if (this.droppedBy.has(port)) this.due.set(port, (this.due.get(port) ?? 0) + 1);
      this.crediting.request();
    }
  }

  stop(): Promise<void> {
    if (!this.stopped) {
      this.stopped = true;
      this.arrived.length = 0;
      this.crediting.cancel();
      this.onStop();
      this.wakeup.wake();
    }
    return Promise.resolve();
  }

  private sendCredits(): void {
    for (const [port, credit] of this.due) this.credit(port, credit);
    this.due.clear();
  }

  private credit(port: MessagePort, credit: number): void {
    const message: CreditMessage = { credit };
    port.postMessage(message, []);
  }
}
