import type { Lane } from '../ports/bus.ts';
import { Admission, type Window } from './admission.ts';
import { busClosed } from './bus-error.ts';
import type { EmbeddedOutlet } from './embedded-outlet.ts';
import { reads } from './expected-consumer.ts';

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

/**
 * The writer's memory of what its consumers may still need, bounded by a window. A publish beyond it waits in line.
 */
export class RetainedBatches {
  private readonly outlets: readonly EmbeddedOutlet[];
  private readonly admission: Admission;
  /** Rejections of the publishes that are kept but not yet held by every consumer. */
  private readonly notHeld = new Set<(reason: unknown) => void>();
  private ordinal = 0;
  private closed = false;

  constructor(outlets: readonly EmbeddedOutlet[], window: Window) {
    this.outlets = outlets;
    this.admission = new Admission(window);
  }

  /** Batches kept. */
  get kept(): number {
    return this.admission.inside;
  }

  /** Publishes in line for the window. */
  get waiting(): number {
    return this.admission.waiting;
  }

  /** Resolves when every consumer of the lane holds the batch, that is, was sent it. */
  add(lane: Lane, data: Uint8Array): Promise<void> {
    if (this.closed) return Promise.reject(busClosed());
    const outlets = this.outlets.filter((outlet) => reads(outlet.consumer, lane));
    if (outlets.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.admission.enter(data.length, () => this.keep(outlets, lane, data, resolve, reject), reject);
    });
  }

  /** Rejects what is under way. */
  close(): void {
    this.closed = true;
    this.admission.close(busClosed());
    for (const reject of this.notHeld) reject(busClosed());
    this.notHeld.clear();
  }

  private keep(
    outlets: readonly EmbeddedOutlet[],
    lane: Lane,
    data: Uint8Array,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ): void {
    let toHold = outlets.length;
    let toAcknowledge = outlets.length;
    this.notHeld.add(reject);
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
        if (--toAcknowledge === 0) this.admission.leave(data.length);
      },
    };
    for (const outlet of outlets) outlet.offer(batch);
  }
}
