/**
 * Analytics of one shard: spreads, liquidity, bars, indicators and best levels per pair, fed by the bus only. A pure
 * function of the events: time comes from them, and what was taken in before is dropped, so that a repeated delivery changes
 * nothing. What is measured, and when it abstains, stands in `indicators/pair-analytics.ts`.
 */

import type { AnalyticsOptions, AnalyticsPlan } from '../indicators/analytics-plan.ts';
import { planAnalytics } from '../indicators/analytics-plan.ts';
import type { AnalyticsCounters, PairAnalyticsState } from '../indicators/pair-analytics.ts';
import { PairAnalytics } from '../indicators/pair-analytics.ts';
import type { EventHeader, EventView, MetricView } from '../model/event.ts';
import type { MetricKind } from '../model/metric.ts';
import { METRIC_KINDS } from '../model/metric.ts';
import type { BookPosition, PositionMap } from './positions.ts';
import { metricKey, Positions, StreamHole } from './positions.ts';

export interface AnalyticsEffects {
  /** A result for the bus. The view is valid during the call only. */
  emit(view: MetricView): void;
}

interface BookNames {
  readonly exchange: string;
  readonly symbol: string;
}

/** The whole state of an analytics shard as a plain value. */
export interface AnalyticsState {
  readonly positions: PositionMap;
  /** Where the last result of each kind and book stands: its time. */
  readonly results: PositionMap;
  readonly pairs: readonly ({ readonly state: PairAnalyticsState } & BookNames)[];
  /** Results by kind, per exchange. */
  readonly counts: Readonly<Record<string, Readonly<Record<MetricKind, number>>>>;
}

interface MeasuredBook extends BookNames {
  /** `exchange:symbol`. */
  readonly key: string;
  readonly position: BookPosition;
  readonly results: Readonly<Record<MetricKind, BookPosition>>;
  readonly counts: Record<MetricKind, number>;
  readonly pair: PairAnalytics;
}

export class AnalyticsShard {
  readonly positions = new Positions();
  readonly results = new Positions();
  /** Results by kind, per exchange. */
  readonly counts = new Map<string, Record<MetricKind, number>>();
  private readonly plan: AnalyticsPlan;
  private readonly effects: AnalyticsEffects;
  private readonly books: MeasuredBook[] = [];
  /** By exchange and symbol, so that an event makes no text to find its book by. */
  private readonly places = new Map<string, Map<string, MeasuredBook>>();
  /** The book of the last event: the next is most often of the same one. */
  private last: MeasuredBook | null = null;

  constructor(options: AnalyticsOptions, effects: AnalyticsEffects) {
    this.plan = planAnalytics(options);
    this.effects = effects;
  }

  /**
   * Takes one event.
   * @throws StreamHole where events before it are missing
   */
  step(view: EventView): void {
    const { header } = view;
    const book = this.bookOf(header);
    const verdict = book.position.accept(header);
    if (verdict === 'old') return;
    if (verdict === 'hole') throw new StreamHole(book.key, header);
    book.pair.step(view);
  }

  /** Per exchange what was left out, of all its books together. */
  leftOut(): Map<string, AnalyticsCounters> {
    const total = new Map<string, AnalyticsCounters>();
    for (const { exchange, pair } of this.books) {
      const one = pair.counters;
      const sum = total.get(exchange) ?? { late: 0, early: 0, abstained: 0, silent: 0 };
      total.set(exchange, {
        late: sum.late + one.late,
        early: sum.early + one.early,
        abstained: sum.abstained + one.abstained,
        silent: sum.silent + one.silent,
      });
    }
    return total;
  }

  /** The state as a plain value; later steps do not change it. */
  state(): AnalyticsState {
    return structuredClone({
      positions: this.positions.state(),
      results: this.results.state(),
      pairs: this.books.map(({ exchange, symbol, pair }) => ({ exchange, symbol, state: pair.state() })),
      counts: Object.fromEntries(this.counts),
    });
  }

  restore(state: AnalyticsState): void {
    const { positions, results, pairs, counts } = structuredClone(state);
    this.books.length = 0;
    this.places.clear();
    this.last = null;
    this.positions.restore(positions);
    this.results.restore(results);
    this.counts.clear();
    for (const [exchange, known] of Object.entries(counts)) this.counts.set(exchange, { ...known });
    for (const { state: pair, ...names } of pairs) this.open(names).pair.restore(pair);
  }

  private readonly onResult = (view: MetricView): void => {
    const { last } = this;
    if (last === null) return;
    // A pair's times only rise.
    last.results[view.kind].acceptTimed(view.header);
    last.counts[view.kind]++;
    this.effects.emit(view);
  };

  private bookOf({ exchange, symbol }: EventHeader): MeasuredBook {
    const { last } = this;
    if (last !== null && last.symbol === symbol && last.exchange === exchange) return last;
    const book = this.places.get(exchange)?.get(symbol) ?? this.open({ exchange, symbol });
    this.last = book;
    return book;
  }

  private open({ exchange, symbol }: BookNames): MeasuredBook {
    const key = `${exchange}:${symbol}`;
    const results = byKind((kind) => this.results.of(metricKey(kind, key)));
    const pair = new PairAnalytics(this.plan, this.onResult);
    const counts = this.countsOf(exchange);
    const book = { exchange, symbol, key, position: this.positions.of(key), results, counts, pair };
    this.books.push(book);
    const places = this.places.get(exchange) ?? new Map<string, MeasuredBook>();
    this.places.set(exchange, places.set(symbol, book));
    return book;
  }

  private countsOf(exchange: string): Record<MetricKind, number> {
    let counts = this.counts.get(exchange);
    if (counts === undefined) {
      counts = byKind(() => 0);
      this.counts.set(exchange, counts);
    }
    return counts;
  }
}

function byKind<Value>(valueOf: (kind: MetricKind) => Value): Record<MetricKind, Value> {
  return Object.fromEntries(METRIC_KINDS.map((kind) => [kind, valueOf(kind)])) as Record<MetricKind, Value>;
}
