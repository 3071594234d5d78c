import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { BusError } from './bus-error.ts';
import type { PublishReply } from './pub-ack.ts';

/** What a lane needs of its publisher. */
export interface LaneHost {
  /** Sends the message; `onReply` is called at most once per call, never within it. */
  send(subject: string, data: Uint8Array, head: MsgHdrs, onReply: (reply: PublishReply) => void): void;
  /** Resolves when it is worth trying again to store something on the full stream. */
  waitForRoom(): Promise<void>;
  /** Resolves after a moment, for a server that is not ready. */
  pause(): Promise<void>;
  readonly ackTimeoutMs: number;
  /** Sends of one batch without an answer before its lane gives up. */
  readonly attempts: number;
  onRetry(): void;
}

interface Waiting {
  readonly data: Uint8Array;
  readonly head: MsgHdrs;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The batches of one lane on their way to the stream, one at a time: only when the server has stored a batch is the
 * next one sent. That is what keeps the order, since a batch that was refused (the stream is full, the leader changes)
 * or lost with the connection must not be overtaken. Different lanes are under way at the same time.
 */
export class NatsLane {
  private readonly subject: string;
  private readonly host: LaneHost;
  private readonly queue: Waiting[] = [];
  /** Tells replies to an earlier send of the same batch, or to an earlier batch, from the awaited one. */
  private turn = 0;
  private attempt = 0;
  private timer: NodeJS.Timeout | null = null;
  private failure: BusError | null = null;

  constructor(subject: string, host: LaneHost) {
    this.subject = subject;
    this.host = host;
  }

  publish(data: Uint8Array, id: string): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    const head = headers();
    head.set('Nats-Msg-Id', id);
    return new Promise((resolve, reject) => {
      this.queue.push({ data, head, resolve, reject });
      if (this.queue.length === 1) this.sendFirst();
    });
  }

  /** Sends the batch that waits for its acknowledgement again: the connection that carried it is gone. */
  resend(): void {
    if (this.queue.length === 0 || this.timer === null) return;
    this.host.onRetry();
    this.send();
  }

  /** Rejects everything under way, now and later. */
  close(reason: BusError): void {
    this.failure = reason;
    this.fail(reason);
  }

  private sendFirst(): void {
    this.attempt = 0;
    if (this.queue.length > 0) this.send();
  }

  private send(): void {
    const batch = this.queue[0];
    if (batch === undefined) return;
    this.attempt++;
    const turn = ++this.turn;
    // One timer, started again per send, costs less than one per batch.
    if (this.timer === null) this.timer = setTimeout(() => this.onTimeout(), this.host.ackTimeoutMs);
    else this.timer.refresh();
    this.host.send(this.subject, batch.data, batch.head, (reply) => {
      // A late answer to an earlier send of this batch is as good: the id is the same.
      if (this.queue[0] === batch && (turn === this.turn || reply.kind === 'stored')) this.onReply(batch, reply);
    });
  }

  private onReply(batch: Waiting, reply: PublishReply): void {
    switch (reply.kind) {
      case 'stored':
        this.queue.shift();
        if (this.queue.length === 0) this.stopTimer();
        this.sendFirst();
        batch.resolve();
        break;
      case 'full':
        this.attempt = 0;
        this.sendAfter(this.host.waitForRoom(), batch);
        break;
      case 'unavailable':
        if (this.mayRetry(reply.reason)) this.sendAfter(this.host.pause(), batch);
        break;
      case 'rejected':
        this.fail(
          new BusError('bus.rejected', `NATS refused a batch on ${this.subject}: ${reply.reason}`, {
            context: { subject: this.subject, reason: reply.reason },
          }),
        );
        break;
    }
  }

  private onTimeout(): void {
    if (this.mayRetry('no acknowledgement')) {
      this.host.onRetry();
      this.send();
    }
  }

  private mayRetry(reason: string): boolean {
    if (this.attempt < this.host.attempts) return true;
    this.fail(
      new BusError('bus.unreachable', `no batch could be stored on ${this.subject}: ${reason}`, {
        remedy: 'check that NATS is up and that the stream has a leader',
        context: { subject: this.subject, reason, attempts: this.attempt },
      }),
    );
    return false;
  }

  private sendAfter(wait: Promise<void>, batch: Waiting): void {
    this.stopTimer();
    const turn = ++this.turn;
    const again = (): void => {
      if (this.queue[0] !== batch || turn !== this.turn) return;
      this.host.onRetry();
      this.send();
    };
    // A failed attempt to make room is no reason to lose the batch: its own send tells how things are.
    wait.then(again, again);
  }

  /** Rejects the whole lane: nothing may follow a batch that was not stored. */
  private fail(reason: BusError): void {
    this.stopTimer();
    for (const { reject } of this.queue.splice(0)) reject(reason);
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
