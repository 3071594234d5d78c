/** All pairs, found by the names in an event's header. */

import type { PairName } from '../api/keys.ts';
import type { EventView } from '../../model/event.ts';
import type { MarketRow } from '../api/market.ts';
import { PairState } from './pair-state.ts';

/** Pairs whose detail is kept though nobody looks at them: the first ones, which are all of most configurations. */
const DETAILED_PAIRS = 256;

export interface KnownBook extends PairName {
  readonly state: MarketRow['state'];
  readonly reason: MarketRow['reason'];
}

export class MarketState {
  readonly whaleScoreMin: number;
  /** Receive time of the last event. */
  lastReceiveUs = 0;
  private readonly byExchange = new Map<string, Map<string, PairState>>();
  private readonly all: PairState[] = [];
  /** Those beyond the first ones, and how many views look at them. */
  private readonly watched = new Map<PairState, number>();
  private readonly sinceUs: number;
  /** The pair of the last event: the next is most often of the same one. */
  private last: PairState | null = null;

  /** @param options.sinceUs when the monitor began; what is known of a book before its first event dates from then */
  constructor(options: { whaleScoreMin: number; sinceUs: number; known: readonly KnownBook[] }) {
    this.whaleScoreMin = options.whaleScoreMin;
    this.sinceUs = options.sinceUs;
    for (const { exchange, symbol, state, reason } of options.known) this.open(exchange, symbol).begin(state, reason);
  }

  /** In the order in which they were first heard of. */
  get pairs(): readonly PairState[] {
    return this.all;
  }

  step(view: EventView): void {
    const { exchange, symbol, receiveUs } = view.header;
    let pair = this.last;
    if (pair === null || pair.symbol !== symbol || pair.exchange !== exchange) {
      pair = this.find({ exchange, symbol }) ?? this.open(exchange, symbol);
      this.last = pair;
    }
    this.lastReceiveUs = receiveUs;
    pair.step(view);
  }

  find({ exchange, symbol }: PairName): PairState | null {
    return this.byExchange.get(exchange)?.get(symbol) ?? null;
  }

  /** A view looks at the pair: its detail is kept until `unwatch`. */
  watch(pair: PairState): void {
    if (this.all.indexOf(pair) < DETAILED_PAIRS) return;
    this.watched.set(pair, (this.watched.get(pair) ?? 0) + 1);
    pair.keepDetail();
  }

  unwatch(pair: PairState): void {
    const views = this.watched.get(pair);
    if (views === undefined) return;
    if (views > 1) {
      this.watched.set(pair, views - 1);
    } else {
      this.watched.delete(pair);
      pair.forgetDetail();
    }
  }

  private open(exchange: string, symbol: string): PairState {
    const pair = new PairState({ exchange, symbol }, { whaleScoreMin: this.whaleScoreMin, sinceUs: this.sinceUs });
    if (this.all.length < DETAILED_PAIRS) pair.keepDetail();
    this.all.push(pair);
    const places = this.byExchange.get(exchange) ?? new Map<string, PairState>();
    this.byExchange.set(exchange, places.set(symbol, pair));
    return pair;
  }
}
