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

/** What a book touches is noted all the while: an answer that takes so long is not waited for. */
const ANSWER_MS_MAX = 60_000;

export class SessionComparisons {
  private readonly options: SessionComparisonsOptions;
  /** By pair under comparison: the end of what it waits for. */
  private readonly waiting = new Map<string, CancelTimer>();
  /** Pairs that wait for the answer. */
  private readonly asked = new Set<string>();

  constructor(options: SessionComparisonsOptions) {
    this.options = options;
  }

  /** Begins with a pair, unless it is under comparison already. */
  begin(venueSymbol: string): void {
    const { rule, requests, onTimer } = this.options;
    if (this.waiting.has(venueSymbol)) return;
    this.wait(venueSymbol, rule.leadMs, () => {
      this.asked.add(venueSymbol);
      this.wait(venueSymbol, ANSWER_MS_MAX, () => {
        requests.cancel(venueSymbol);
        this.finish(venueSymbol);
      });
      requests.ask(venueSymbol, rule.request(venueSymbol));
    });
    onTimer('compare', venueSymbol);
  }

  /** The answer is on record. */
  onAnswer(venueSymbol: string): void {
    if (!this.asked.delete(venueSymbol)) return;
    this.waiting.get(venueSymbol)?.();
    this.wait(venueSymbol, this.options.rule.settleMs, () => this.finish(venueSymbol));
  }

  /** Ends without a result: a connection was lost, or is not read for a while, so that nobody knows what was on its way. */
  cancelAll(): void {
    for (const cancel of this.waiting.values()) cancel();
    this.waiting.clear();
    this.asked.clear();
    this.options.requests.cancelAll();
  }

  private finish(venueSymbol: string): void {
    this.waiting.delete(venueSymbol);
    this.asked.delete(venueSymbol);
    this.options.onTimer('compared', venueSymbol);
  }

  private wait(venueSymbol: string, ms: number, then: () => void): void {
    this.waiting.set(venueSymbol, this.options.clock.setTimer(ms, then));
  }
}
