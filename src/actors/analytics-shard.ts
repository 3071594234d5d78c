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
import { METRIC_KINDS, metricNumber } from '../model/metric.ts';
import type { BookNames } from './by-book.ts';
import { ByBook } from './by-book.ts';
import type { BookPosition, Position, PositionMap } from './positions.ts';
import { metricKey, Positions, StreamHole, timedPosition } from './positions.ts';

export interface AnalyticsEffects {
  /** A result for the bus. The view is valid during the call only. */
  emit(view: MetricView): void;
  /** Events of a book are missing on the bus: it is given up until its next epoch. Where absent, `step` throws instead. */
  lost?(hole: StreamHole): void;
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
  /** Results by kind, in the order of `METRIC_KINDS`, and the time of the last one since the start; NaN before it. */
  readonly counts: number[];
  readonly toldUs: number[];
  readonly pair: PairAnalytics;
}

export class AnalyticsShard {
  readonly positions = new Positions();
  private readonly plan: AnalyticsPlan;
  private readonly effects: AnalyticsEffects;
  private readonly inOrder: MeasuredBook[] = [];
  private readonly byName = new ByBook<MeasuredBook>();
  /** The book whose event is being taken in. */
  private current: MeasuredBook | null = null;

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
      for (const [at, kind] of METRIC_KINDS.entries()) sum[kind] += counts[at] as number;
      total.set(exchange, sum);
    }
    return total;
  }

  /** Where the last result of each kind and book stands, of those since the start: no part of the state. */
  get results(): PositionMap {
    const places = this.inOrder.flatMap(({ key, toldUs }) =>
      METRIC_KINDS.flatMap((kind, at): [string, Position][] => {
        const timeUs = toldUs[at] as number;
        return Number.isNaN(timeUs) ? [] : [[metricKey(kind, key), timedPosition(timeUs)]];
      }),
    );
    return Object.fromEntries(places);
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
      counts: countsByKind(counts),
      pair: pair.state(),
    };
  }

  /** Goes on with a book as it was; the value is the shard's from now on. The book must be new to it. */
  resume({ exchange, symbol, position, counts, pair }: MeasuredBookState): void {
    const book = this.open({ exchange, symbol });
    book.position.restore(position);
    for (const [at, kind] of METRIC_KINDS.entries()) book.counts[at] = counts[kind];
    book.pair.restore(pair);
  }

  /** The state as a plain value; later steps do not change it. */
  state(): AnalyticsState {
    return structuredClone(this.inOrder.map((_, index) => this.bookState(index)));
  }

  restore(state: AnalyticsState): void {
    this.inOrder.length = 0;
    this.byName.clear();
    this.current = null;
    this.positions.restore({});
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
    const { current: book } = this;
    if (book === null) return;
    const kind = metricNumber(view.kind);
    // A pair's times only rise.
    book.toldUs[kind] = view.header.exchangeUs;
    (book.counts[kind] as number)++;
    this.effects.emit(view);
  };

  private bookOf(header: EventHeader): MeasuredBook {
    const book = this.byName.get(header) ?? this.open(header);
    this.current = book;
    return book;
  }

  private open({ exchange, symbol }: BookNames): MeasuredBook {
    const key = `${exchange}:${symbol}`;
    const pair = new PairAnalytics(this.plan, this.onResult);
    const counts = METRIC_KINDS.map(() => 0);
    const toldUs = METRIC_KINDS.map(() => Number.NaN);
    const book = { exchange, symbol, key, position: this.positions.of(key), counts, toldUs, pair };
    this.inOrder.push(book);
    this.byName.set(book, book);
    return book;
  }
}

function countsByKind(counts: readonly number[]): Record<MetricKind, number> {
  const byKind = noCounts();
  for (const [at, kind] of METRIC_KINDS.entries()) byKind[kind] = counts[at] as number;
  return byKind;
}

function noCounts(): Record<MetricKind, number> {
  return { spread: 0, liquidity: 0, bar: 0, indicator: 0, 'book.top': 0 };
}
