import type { MessagePort } from 'node:worker_threads';
import type { Lane, LaneKind } from '../ports/bus.ts';
import type { CreditMessage, SpectacleMessage } from './embedded-link.ts';
import { withoutNeighbours } from './embedded-outlet.ts';

/** What may wait for one spectator, bytes: the batches themselves may be kept for nobody else any more. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

interface Waiting {
  readonly lane: Lane;
  readonly data: Uint8Array;
}

/**
 * The writer's side of one spectator. It sends what the spectator has room for, lets as many again wait, and drops the
 * oldest of those beyond. Nobody waits for it.
 */
export class SpectatorOutlet {
  private readonly kind: LaneKind;
  private readonly port: MessagePort;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private waitingMax = 0;
  private credits = 0;
  private dropped = 0;

  /** @param onGone the spectator's thread has ended, or the link was closed */
  constructor(kind: LaneKind, port: MessagePort, onGone: () => void) {
    this.kind = kind;
    this.port = port;
    port.on('message', ({ credit }: CreditMessage) => {
      this.credits += credit;
      // The first credit is all that the spectator has room for.
      this.waitingMax = Math.max(this.waitingMax, credit);
      this.send();
    });
    port.on('close', onGone);
  }

  offer(lane: Lane, data: Uint8Array): void {
    // Before its first credit it does not look on yet.
    if (lane.kind !== this.kind || this.waitingMax === 0) return;
    this.waiting.push({ lane, data });
    this.waitingBytes += data.length;
    this.send();
    while (this.waiting.length > this.waitingMax || this.waitingBytes > WAITING_BYTES_MAX) {
      this.waitingBytes -= this.waiting.shift()?.data.length ?? 0;
      this.dropped++;
    }
  }

  close(): void {
    this.waiting = [];
    this.port.close();
  }

  private send(): void {
    for (; this.credits > 0; this.credits--) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.waitingBytes -= next.data.length;
      const { topic, partition } = next.lane;
      const data = withoutNeighbours(next.data);
      const message: SpectacleMessage = { topic, partition, data, dropped: this.dropped };
      this.port.postMessage(message, []);
    }
  }
}
