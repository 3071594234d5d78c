/**
 * Decides when a new connection may take over from the one it replaces: when the book of every pair has been heard of
 * on it, or a little after the first one, since a quiet pair may say nothing for long although it is subscribed.
 */

import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { ExchangeWire, WireReader } from '../ports/exchange-wire.ts';

export interface HandoverOptions {
  readonly wire: Pick<ExchangeWire, 'reader'>;
  readonly venueSymbols: readonly string[];
  readonly clock: Clock;
  /** Exactly one of the two is called, once, unless it is cancelled before. */
  readonly onReady: () => void;
  /** Nothing of any book came: the new connection is no better than none. */
  readonly onFailed: () => void;
}

/** Snapshots of all pairs of a connection follow each other within about a second. */
const GRACE_MS = 5000;
/** On a new connection some pair of a venue speaks well within this time. */
const LIMIT_MS = 60_000;

export class Handover {
  private readonly options: HandoverOptions;
  private readonly unheard: Set<string>;
  private readonly reader: WireReader;
  /** Something of a book came. */
  private isHeard = false;
  private isInGrace = false;
  private cancelTimer: CancelTimer | null;

  constructor(options: HandoverOptions) {
    this.options = options;
    this.reader = options.wire.reader();
    this.unheard = new Set(options.venueSymbols);
    this.cancelTimer = options.clock.setTimer(LIMIT_MS, () => this.settle(options.onFailed));
  }

  /**
   * A frame of the new connection: each of them, since what a frame means may depend on those before it.
   * @param isSubscribed whether all subscribe frames went out; before that nothing is decided
   */
  onFrame(frame: Uint8Array, isSubscribed: boolean): void {
    const { clock, onReady } = this.options;
    if (this.cancelTimer === null) return;
    this.reader.parse(frame, ({ kind, venueSymbol }) => {
      if (kind !== 'snapshot' && kind !== 'delta') return;
      this.isHeard = true;
      this.unheard.delete(venueSymbol);
    });
    if (!this.isHeard || !isSubscribed) return;
    if (this.unheard.size === 0) {
      this.settle(onReady);
    } else if (!this.isInGrace) {
      this.isInGrace = true;
      this.cancelTimer();
      this.cancelTimer = clock.setTimer(GRACE_MS, () => this.settle(onReady));
    }
  }

  cancel(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private settle(then: () => void): void {
    this.cancel();
    then();
  }
}
