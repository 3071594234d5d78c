import { BusError } from './bus-error.ts';
import type { PublishReply } from './pub-ack.ts';

/** What a lane needs of its publisher. */
export interface LaneHost {
  /** Where the replies to one batch go; `onReply` is never called within `send`. */
  openReply(onReply: (reply: PublishReply) => void): string;
  closeReply(reply: string): void;
  /** @param fence of a lane that is fenced: its writer's term, and the message behind which the batch is to stand */
  send(subject: string, data: Uint8Array, id: string, reply: string, fence?: { term: number; behind: number }): void;
  /** Resolves when it is worth trying again to store something on the full stream. */
  waitForRoom(): Promise<void>;
  /** Resolves after a moment, for a server that is not ready. */
  pause(): Promise<void>;
  readonly ackTimeoutMs: number;
  /** Sends of one batch without an answer before its lane gives up. */
  readonly attempts: number;
  /** A server that is silent is waited for however long it takes; one that answers without taking the batch is not. */
  readonly isPatient: boolean;
  onRetry(): void;
}

/** What a lane needs to know of its fence (see `fence.ts`). */
export interface LaneGate {
  readonly term: number;
  /** Whether anything may be written at the moment, later, or not at all any more. */
  state(): 'open' | 'lapsed' | 'revoked';
  /** The newest message on the lane; null where all have been trimmed. */
  newest(): Promise<NewestMessage | null>;
  /** Whether the lease is still the writer's, as the server knows. */
  isHeld(): Promise<boolean>;
  refusal(why: string): BusError;
}

export interface NewestMessage {
  readonly sequence: number;
  /** 0 where its writer had none. */
  readonly term: number;
  readonly id: string;
}

interface Batch {
  readonly data: Uint8Array;
  readonly id: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The batches of one lane on their way to the stream, one at a time: only when the server has stored a batch is the
 * next one sent. That is what keeps the order, since a batch that was refused (the stream is full, the leader changes)
 * or lost with the connection must not be overtaken. Different lanes are under way at the same time.
 *
 *     idle ── publish ──> awaiting the reply (timer runs) ── stored ──> idle, or the next batch
 *                          │ ^                       │ ^
 *                          timeout, reconnect: resend  full, unavailable: wait, then resend
 *
 * A fenced lane (see `fence.ts`) also says behind which message its batch is to stand. Where another one is there, it looks
 * at that, and goes on behind it or gives up for good.
 */
export class NatsLane {
  private readonly subject: string;
  private readonly host: LaneHost;
  private readonly queue: Batch[] = [];
  private reply = '';
  private attempt = 0;
  /** Runs while a reply is awaited. */
  private timer: NodeJS.Timeout | null = null;
  private failure: BusError | null = null;
  private readonly gate: LaneGate | null;
  /** Sequence of the newest message on a fenced lane, as far as known; null where it has to be asked for. */
  private behind: number | null = null;

  constructor(subject: string, host: LaneHost, gate: LaneGate | null = null) {
    this.subject = subject;
    this.host = host;
    this.gate = gate;
  }

  publish(data: Uint8Array, id: string): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.queue.push({ data, id, resolve, reject });
      if (this.queue.length === 1) this.begin();
    });
  }

  /** Sends the batch that awaits its reply again: the connection that carried it is gone. */
  resend(): void {
    if (this.timer !== null) this.retry();
  }

  /** Rejects everything under way, now and later. */
  close(reason: BusError): void {
    this.failure = reason;
    this.fail(reason);
  }

  private begin(): void {
    const batch = this.queue[0];
    if (batch === undefined) return;
    this.attempt = 0;
    // A late reply to an earlier send of the batch is as good as any, to an earlier batch it goes nowhere.
    this.reply = this.host.openReply((reply) => this.onReply(batch, reply));
    this.send(batch);
  }

  private send(batch: Batch): void {
    const { gate, behind } = this;
    if (gate !== null && !this.mayPass(batch, gate)) return;
    this.attempt++;
    // One timer, started again per send, costs less than one per batch.
    if (this.timer === null) this.timer = setTimeout(() => this.onTimeout(), this.host.ackTimeoutMs);
    else this.timer.refresh();
    const fence = gate === null || behind === null ? undefined : { term: gate.term, behind };
    this.host.send(this.subject, batch.data, batch.id, this.reply, fence);
  }

  /** Whether the batch may be sent now; where not, what is to happen instead is under way. */
  private mayPass(batch: Batch, gate: LaneGate): boolean {
    switch (gate.state()) {
      case 'revoked':
        this.fail(gate.refusal('it was taken over'));
        return false;
      case 'lapsed':
        this.stopTimer();
        void this.sendLater(batch);
        return false;
      case 'open':
        if (this.behind !== null) return true;
        this.stopTimer();
        void this.align(batch, gate);
        return false;
    }
  }

  /** Looks at the newest message of a fenced lane: who has written it decides whether this batch may follow. */
  private async align(batch: Batch, gate: LaneGate): Promise<void> {
    try {
      const newest = await gate.newest();
      const isHeld = newest !== null || (await gate.isHeld());
      // Meanwhile a late reply may have settled the batch, or the bus may have closed.
      if (this.queue[0] !== batch || this.timer !== null) return;
      if (!isHeld) return this.fail(gate.refusal('its lease was taken'));
      if (newest !== null && newest.term > gate.term) {
        return this.fail(gate.refusal('another owner writes there'));
      }
      if (newest?.term === gate.term && newest.id === batch.id) {
        // An acknowledgement was lost on its way.
        return this.onReply(batch, { kind: 'stored', duplicate: true, sequence: newest.sequence });
      }
      this.behind = newest?.sequence ?? 0;
    } catch {
      // No answer, or no leader yet: asked again.
      await this.sendLater(batch);
      return;
    }
    this.send(batch);
  }

  private async sendLater(batch: Batch): Promise<void> {
    await this.host.pause().catch(() => undefined);
    if (this.queue[0] === batch && this.timer === null) this.send(batch);
  }

  private retry(): void {
    const batch = this.queue[0];
    if (batch === undefined) return;
    this.host.onRetry();
    this.send(batch);
  }

  private onReply(batch: Batch, reply: PublishReply): void {
    if (reply.kind === 'stored') {
      if (this.gate !== null) this.behind = reply.sequence;
      this.host.closeReply(this.reply);
      this.queue.shift();
      if (this.queue.length === 0) this.stopTimer();
      this.begin();
      batch.resolve();
      return;
    }
    // Already waiting to send again: this answers an earlier send.
    if (this.timer === null) return;
    switch (reply.kind) {
      case 'full':
        this.attempt = 0;
        this.retryAfter(this.host.waitForRoom());
        break;
      case 'unavailable':
        if (this.mayRetry(reply.reason)) this.retryAfter(this.host.pause());
        break;
      case 'conflict':
      case 'rejected':
        if (reply.kind === 'conflict' && this.gate !== null) {
          this.behind = null;
          this.send(batch);
          break;
        }
        this.fail(
          new BusError('bus.rejected', `NATS refused a batch on ${this.subject}: ${reply.reason}`, {
            context: { subject: this.subject, reason: reply.reason },
          }),
        );
        break;
    }
  }

  private onTimeout(): void {
    if (this.host.isPatient) this.attempt = 0;
    if (this.mayRetry('no acknowledgement')) this.retry();
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

  private retryAfter(wait: Promise<void>): void {
    const batch = this.queue[0];
    this.stopTimer();
    const again = (): void => {
      // Meanwhile a late reply may have settled the batch, or the bus may have closed.
      if (this.queue[0] === batch && this.timer === null) this.retry();
    };
    // A wait is cut short only by closing, which has emptied the queue.
    wait.then(again, again);
  }

  /** Rejects the whole lane: nothing may follow a batch that was not stored. */
  private fail(reason: BusError): void {
    this.stopTimer();
    if (this.queue.length > 0) this.host.closeReply(this.reply);
    for (const { reject } of this.queue.splice(0)) reject(reason);
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
