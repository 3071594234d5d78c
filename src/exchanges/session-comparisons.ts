/**
 * Has books held against the venue's own, one pair at a time. What happens and when comes out as records, so that a replay
 * compares the same again: the beginning, the answer, and the end.
 *
 *     timer `compare BTC-USD` --lead--> request ... http --settle--> timer `compared BTC-USD`
 */

import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { ComparisonRule } from '../ports/exchange-wire.ts';
import type { TimerName } from '../model/feed-record.ts';
import type { SessionRequests } from './session-requests.ts';

export interface SessionComparisonsOptions {
  readonly rule: ComparisonRule;
  readonly clock: Clock;
  readonly requests: SessionRequests;
  /** A timeout that concerns a pair. */
  readonly onTimer: (name: TimerName, venueSymbol: string) => void;
}

export class SessionComparisons {
  private readonly options: SessionComparisonsOptions;
  /** What each pair under comparison waits for; null while it waits for the answer. */
  private readonly waiting = new Map<string, CancelTimer | null>();

  constructor(options: SessionComparisonsOptions) {
    this.options = options;
  }

  /** Begins with a pair, unless it is under comparison already. */
  begin(venueSymbol: string): void {
    const { rule, requests, onTimer } = this.options;
    if (this.waiting.has(venueSymbol)) return;
    this.wait(venueSymbol, rule.leadMs, () => {
      this.waiting.set(venueSymbol, null);
      requests.ask(venueSymbol, rule.request(venueSymbol));
    });
    onTimer('compare', venueSymbol);
  }

  /** The answer is on record. */
  onAnswer(venueSymbol: string): void {
    if (this.waiting.get(venueSymbol) !== null) return;
    this.wait(venueSymbol, this.options.rule.settleMs, () => {
      this.waiting.delete(venueSymbol);
      this.options.onTimer('compared', venueSymbol);
    });
  }

  /** Ends without a result: a connection was lost, or is not read for a while, so that nobody knows what was on its way. */
  cancelAll(): void {
    for (const cancel of this.waiting.values()) cancel?.();
    this.waiting.clear();
    this.options.requests.cancelAll();
  }

  private wait(venueSymbol: string, ms: number, then: () => void): void {
    this.waiting.set(venueSymbol, this.options.clock.setTimer(ms, then));
  }
}
