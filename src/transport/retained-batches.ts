import { busClosed } from './bus-error.ts';
import type { Lane } from '../ports/bus.ts';
import type { EmbeddedOutlet } from './embedded-outlet.ts';
import { reads } from './expected-consumer.ts';

/** How much the writer keeps for its consumers before `publish` waits. */
export interface Window {
  /** Batches, at least 1. */
  readonly batches: number;
  /** Bytes of their data. A single larger batch passes when nothing else is kept. */
  readonly bytes: number;
}

/** A batch on its way: kept until every consumer of its lane has acknowledged it. */
export interface RetainedBatch {
  readonly ordinal: number;
  readonly lane: Lane;
  readonly data: Uint8Array;
  /** Called once per consumer: it was sent the batch for the first time. */
  held(): void;
  /** Called once per consumer. */
  acknowledged(): void;
}

interface Waiting {
  readonly lane: Lane;
  readonly data: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The writer's memory of what its consumers may still need, bounded by the window. A publish beyond it waits in
 * line, so that the order of the calls stays the order on the lane.
 */
export class RetainedBatches {
  private readonly outlets: readonly EmbeddedOutlet[];
  private readonly window: Window;
  private readonly waiting: Waiting[] = [];
  /** Rejections of the publishes that are kept but not yet held by every consumer. */
  private readonly notHeld = new Set<(reason: unknown) => void>();
  private ordinal = 0;
  private batches = 0;
  private bytes = 0;
  private closed = false;

  constructor(outlets: readonly EmbeddedOutlet[], window: Window) {
    this.outlets = outlets;
    this.window = window;
  }

  /** Batches kept. */
  get count(): number {
    return this.batches;
  }

  /** Publishes in line for the window. */
  get waits(): number {
    return this.waiting.length;
  }

  /** Resolves when every consumer of the lane holds the batch, that is, was sent it. */
  add(lane: Lane, data: Uint8Array): Promise<void> {
    if (this.closed) return Promise.reject(busClosed());
    return new Promise((resolve, reject) => {
      this.waiting.push({ lane, data, resolve, reject });
      this.admit();
    });
  }

  /** Rejects what is under way. */
  close(): void {
    this.closed = true;
    for (const { reject } of this.waiting.splice(0)) reject(busClosed());
    for (const reject of this.notHeld) reject(busClosed());
    this.notHeld.clear();
  }

  private admit(): void {
    for (let next = this.waiting[0]; next !== undefined && this.hasRoom(next.data.length); next = this.waiting[0]) {
      this.waiting.shift();
      this.keep(next);
    }
  }

  private hasRoom(bytes: number): boolean {
    const { batches, bytes: bytesMax } = this.window;
    return this.batches === 0 || (this.batches < batches && this.bytes + bytes <= bytesMax);
  }

  private keep({ lane, data, resolve, reject }: Waiting): void {
    const outlets = this.outlets.filter((outlet) => reads(outlet.consumer, lane));
    if (outlets.length === 0) {
      resolve();
      return;
    }
    this.batches++;
    this.bytes += data.length;
    this.notHeld.add(reject);
    let toHold = outlets.length;
    let toAcknowledge = outlets.length;
    const batch: RetainedBatch = {
      ordinal: ++this.ordinal,
      lane,
      data,
      held: () => {
        if (--toHold > 0) return;
        this.notHeld.delete(reject);
        resolve();
      },
      acknowledged: () => {
        if (--toAcknowledge > 0) return;
        this.batches--;
        this.bytes -= data.length;
        if (!this.closed) this.admit();
      },
    };
    for (const outlet of outlets) outlet.offer(batch);
  }
}
