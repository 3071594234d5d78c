/**
 * Whose turn it is to be held against the venue's own book: every pair of a venue once in so long, spread evenly over that
 * time, and more seldom where the requests would take more than a part of what the venue allows.
 */

import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { WireLimits } from '../../ports/exchange-wire.ts';

/** The part of the request budget that comparisons may take: snapshots and lists of pairs come first. */
const BUDGET_SHARE = 0.25;

export interface ComparisonRotaOptions {
  readonly clock: Clock;
  /** How often each pair is compared, ms. */
  readonly everyMs: number;
  /** The venue's budget, and the part of it that is this shard's. */
  readonly restWeight: WireLimits['restWeight'];
  readonly restShare: number;
  /** Weight of one comparison. */
  readonly weight: number;
  readonly compare: (venueSymbol: string) => void;
}

export class ComparisonRota {
  private readonly options: ComparisonRotaOptions;
  private readonly symbols: string[] = [];
  private turn = 0;
  private cancelTimer: CancelTimer | null = null;

  constructor(options: ComparisonRotaOptions) {
    this.options = options;
  }

  /** Time between two turns, ms. */
  get stepMs(): number {
    const { everyMs, restWeight, restShare, weight } = this.options;
    const budgetMs = (weight * restWeight.intervalMs) / (restWeight.budget * restShare * BUDGET_SHARE);
    return Math.max(1, Math.ceil(Math.max(everyMs / Math.max(1, this.symbols.length), budgetMs)));
  }

  /** Takes further pairs in, each once. */
  add(venueSymbols: readonly string[]): void {
    this.symbols.push(...venueSymbols);
  }

  start(): void {
    this.cancelTimer ??= this.options.clock.setTimer(this.stepMs, () => this.next());
  }

  stop(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private next(): void {
    const symbol = this.symbols[this.turn % Math.max(1, this.symbols.length)];
    this.turn = (this.turn + 1) % Math.max(1, this.symbols.length);
    this.cancelTimer = this.options.clock.setTimer(this.stepMs, () => this.next());
    if (symbol !== undefined) this.options.compare(symbol);
  }
}
