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
import type { BookPosition, Position } from './positions.ts';
import { metricKey, Positions, StreamHole } from './positions.ts';

export interface AnalyticsEffects {
  /** A result for the bus. The view is valid during the call only. */
  emit(view: MetricView): void;
  /** Events of a book are missing on the bus: it is given up until its next epoch. Where absent, `step` throws instead. */
  lost?(hole: StreamHole): void;
}

interface BookNames {
  readonly exchange: string;
  readonly symbol: string;
}

/** Names what `MeasuredBookState` means; the number rises with every change of that. */
export const ANALYTICS_LAYOUT = 'analytics/3';

/** All that is known of one book, as a plain value: books do not depend on each other, so each can be kept by itself. */
export interface MeasuredBookState extends BookNames {
  readonly position: Position | null;
  /** Results by kind. */
  readonly counts: Readonly<Record<MetricKind, number>>;
  readonly pair: PairAnalyticsState;
}

/** The whole state of an analytics shard. */
export type AnalyticsState = readonly MeasuredBookState[];

interface MeasuredBook extends BookNames {
  /** `exchange:symbol`. */
  readonly key: string;
  readonly position: BookPosition;
  /** Of the kinds that had a result. */
  readonly results: Partial<Record<MetricKind, BookPosition>>;
  readonly counts: Record<MetricKind, number>;
  readonly pair: PairAnalytics;
}

export class AnalyticsShard {
  readonly positions = new Positions();
  /** Where the last result of each kind and book stands, of those since the start: no part of the state. */
  readonly results = new Positions();
  private readonly plan: AnalyticsPlan;
  private readonly effects: AnalyticsEffects;
  private readonly inOrder: MeasuredBook[] = [];
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
   * @throws StreamHole where events before it are missing, and nobody wants to hear of it
   */
  step(view: EventView): void {
    const { header } = view;
    const book = this.bookOf(header);
    const verdict = book.position.accept(header);
    if (verdict === 'old') return;
    if (verdict === 'hole') {
      this.onHole(book, header);
      return;
    }
    book.pair.step(view);
  }

  /** Results by kind, per exchange. */
  get counts(): Map<string, Record<MetricKind, number>> {
    const total = new Map<string, Record<MetricKind, number>>();
    for (const { exchange, counts } of this.inOrder) {
      const sum = total.get(exchange) ?? noCounts();
      for (const kind of METRIC_KINDS) sum[kind] += counts[kind];
      total.set(exchange, sum);
    }
    return total;
  }

  /** How many books there are; they are counted in the order in which they came. */
  get books(): number {
    return this.inOrder.length;
  }

  /** Per exchange what was left out, of all its books together. */
  leftOut(): Map<string, AnalyticsCounters> {
    const total = new Map<string, AnalyticsCounters>();
    for (const { exchange, pair } of this.inOrder) {
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

  /** The state of one book. It shares what it holds with the shard: whoever keeps it copies it. */
  bookState(index: number): MeasuredBookState {
    const { exchange, symbol, position, counts, pair } = this.inOrder[index] as MeasuredBook;
    return {
      exchange,
      symbol,
      position: position.value,
      counts,
      pair: pair.state(),
    };
  }

  /** Goes on with a book as it was; the value is the shard's from now on. The book must be new to it. */
  resume({ exchange, symbol, position, counts, pair }: MeasuredBookState): void {
    const book = this.open({ exchange, symbol });
    book.position.restore(position);
    for (const kind of METRIC_KINDS) book.counts[kind] = counts[kind];
    book.pair.restore(pair);
  }

  /** The state as a plain value; later steps do not change it. */
  state(): AnalyticsState {
    return structuredClone(this.inOrder.map((_, index) => this.bookState(index)));
  }

  restore(state: AnalyticsState): void {
    this.inOrder.length = 0;
    this.places.clear();
    this.last = null;
    this.positions.restore({});
    this.results.restore({});
    for (const book of structuredClone(state)) this.resume(book);
  }

  /** Gives a book up until its next epoch: an event cannot be taken in. */
  giveUp(header: EventHeader): void {
    const { position, pair } = this.bookOf(header);
    if (position.isOld(header)) return;
    position.skipEpoch(header);
    pair.lose();
  }

  private onHole(book: MeasuredBook, header: EventHeader): void {
    const hole = new StreamHole(book.key, header);
    if (this.effects.lost === undefined) throw hole;
    this.giveUp(header);
    this.effects.lost(hole);
  }

  private readonly onResult = (view: MetricView): void => {
    const { last } = this;
    if (last === null) return;
    const { kind } = view;
    const result = (last.results[kind] ??= this.results.of(metricKey(kind, last.key)));
    // A pair's times only rise.
    result.acceptTimed(view.header);
    last.counts[kind]++;
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
    const pair = new PairAnalytics(this.plan, this.onResult);
    const book = { exchange, symbol, key, position: this.positions.of(key), results: {}, counts: noCounts(), pair };
    this.inOrder.push(book);
    const places = this.places.get(exchange) ?? new Map<string, MeasuredBook>();
    this.places.set(exchange, places.set(symbol, book));
    return book;
  }
}

function noCounts(): Record<MetricKind, number> {
  return { spread: 0, liquidity: 0, bar: 0, indicator: 0, 'book.top': 0 };
}
