/**
 * Everything that is measured of one pair, from its events in their order. The rule for time stands in `event-clock.ts`.
 *
 * It abstains while the book is not live: a second without a live book has no row, and a minute that was not watched from
 * its beginning to its end with a live book has none either, which is counted. What was not watched from its beginning is
 * so after a start in mid-stream too.
 */

import { POWERS_OF_TEN } from '../lib/decimal.ts';
import { ASKS_AT, BIDS_AT, LEVELS_AT } from '../model/book-sample.ts';
import { emptyHeader } from '../model/event-header.ts';
import type { BookView, EventHeader, EventView, MetricView, SampleView, TradeView } from '../model/event.ts';
import type { MetricKind } from '../model/metric.ts';
import { BAR_COLUMNS, INDICATOR_COLUMNS, LIQUIDITY_COLUMNS, SPREAD_COLUMNS } from '../model/metric.ts';
import type { AnalyticsPlan } from './analytics-plan.ts';
import type { EventClock } from './event-clock.ts';
import { advanceClock, initialClock } from './event-clock.ts';
import type { Liquidity } from './liquidity.ts';
import { addLiquidity, initialLiquidity, LIQUIDITY_WINDOW_US, tellLiquidity } from './liquidity.ts';
import type { Bar } from './minute-bar.ts';
import { addTrade, BAR_WINDOW_US, initialBar, tellBar } from './minute-bar.ts';
import type { Quote } from './quote-metric.ts';
import type { SpreadAverage } from './spread-average.ts';
import { averageSpread, initialSpreadAverage } from './spread-average.ts';
import type { TumblingState } from './tumbling-windows.ts';
import { TumblingWindows } from './tumbling-windows.ts';

const SECOND_US = 1_000_000;
const MINUTE_US = 60_000_000;
/** Seconds without an event that get rows all the same; of a longer silence the last ones do. */
const SILENT_SECONDS_MAX = 60;

const SPREAD_NUMBERS = Object.keys(SPREAD_COLUMNS).length;
const LIQUIDITY_NUMBERS = Object.keys(LIQUIDITY_COLUMNS).length;
const BAR_NUMBERS = Object.keys(BAR_COLUMNS).length;
const INDICATOR_NUMBERS = Object.keys(INDICATOR_COLUMNS).length;

/** What was not told, and why. */
export interface AnalyticsCounters {
  /** Trades and book events whose minute was closed. */
  late: number;
  /** Events whose time was not believed. */
  early: number;
  /** Minutes that were not watched from beginning to end with a live book. */
  abstained: number;
  /** Seconds of long silence without a row. */
  silent: number;
}

/** The whole state of a pair as a plain value. */
export interface PairAnalyticsState {
  readonly clock: EventClock;
  /** Since when the book has been live and watched, µs of the clock; NaN while it is not. */
  readonly liveSinceUs: number;
  readonly nextSecondUs: number;
  readonly closeAtUs: number;
  readonly abstained: number;
  readonly silent: number;
  readonly quote: Quote;
  readonly spread: SpreadAverage;
  /** States of the metrics and the indicators, by name. */
  readonly quoteMetrics: Readonly<Record<string, unknown>>;
  readonly indicators: Readonly<Record<string, unknown>>;
  readonly liquidity: TumblingState<Liquidity>;
  readonly bars: TumblingState<Bar>;
  /** The numbers of the book's last sample; null before the first. */
  readonly book: Float64Array | null;
}

export class PairAnalytics {
  private readonly plan: AnalyticsPlan;
  private readonly emit: (view: MetricView) => void;
  private clock = initialClock();
  private liveSinceUs = Number.NaN;
  private nextSecondUs = Number.POSITIVE_INFINITY;
  private closeAtUs = Number.POSITIVE_INFINITY;
  /** Before this time of the clock there is nothing to do but to take events in. */
  private dueUs = Number.NEGATIVE_INFINITY;
  private abstained = 0;
  private silent = 0;
  private quote: Quote = { bid: Number.NaN, bidSize: Number.NaN, ask: Number.NaN, askSize: Number.NaN };
  /** What the quote was worked out from: most messages leave it as it is. */
  private readonly lastTop = { bid: Number.NaN, bidSize: 0, ask: 0, askSize: 0, priceScale: 0, sizeScale: 0 };
  private spread = initialSpreadAverage();
  /** In the order of the plan. */
  private quoteStates: unknown[];
  private indicatorStates: unknown[];
  private readonly liquidity: TumblingWindows<Liquidity>;
  private readonly bars: TumblingWindows<Bar>;
  /** Room for the numbers of the book's last sample, and how many they are; 0 before the first. */
  private bookNumbers: Float64Array;
  private bookCount = 0;
  /** The last event's. */
  private header: EventHeader = emptyHeader();

  /** @param emit gets each result; the view is valid during the call only */
  constructor(plan: AnalyticsPlan, emit: (view: MetricView) => void) {
    this.plan = plan;
    this.emit = emit;
    const { latenessUs } = plan;
    this.liquidity = new TumblingWindows({ lengthUs: LIQUIDITY_WINDOW_US, latenessUs, initial: initialLiquidity });
    this.bars = new TumblingWindows({ lengthUs: BAR_WINDOW_US, latenessUs, initial: initialBar });
    this.quoteStates = plan.quoteMetrics.map(({ metric }) => metric.initial());
    this.indicatorStates = plan.indicators.map(({ indicator }) => indicator.initial());
    this.bookNumbers = new Float64Array(plan.sampleNumbers);
  }

  get counters(): AnalyticsCounters {
    const { abstained, silent, clock, liquidity, bars } = this;
    return { late: liquidity.late + bars.late, early: clock.early, abstained, silent };
  }

  /** Takes the pair's next event. */
  step(view: EventView): void {
    if (view.kind === 'book.delta') this.onDelta(view);
    else if (view.kind === 'trade') this.onTrade(view);
    else if (view.kind === 'book.sample') this.onSample(view);
    else if (view.kind === 'book.snapshot') this.onSnapshot(view);
    else if (view.kind === 'book.status' && view.header.state !== 'live') this.interrupt();
  }

  /** Events are missing: how the book stands is not known until its next sample, and windows under way are not told. */
  lose(): void {
    this.interrupt();
    this.bookCount = 0;
  }

  /** The state as a plain value, which shares what it holds with the pair: whoever keeps it copies it. */
  state(): PairAnalyticsState {
    const { plan, quoteStates, indicatorStates } = this;
    const { clock, liveSinceUs, nextSecondUs, closeAtUs, abstained, silent, quote, spread } = this;
    return {
      ...{ clock, liveSinceUs, nextSecondUs, closeAtUs, abstained, silent, quote, spread },
      quoteMetrics: Object.fromEntries(plan.quoteMetrics.map(({ metric }, i) => [metric.name, quoteStates[i]])),
      indicators: Object.fromEntries(plan.indicators.map(({ indicator }, i) => [indicator.name, indicatorStates[i]])),
      liquidity: this.liquidity.state(),
      bars: this.bars.state(),
      book: this.book,
    };
  }

  /** Takes the value as its own. What the plan has and the state has not begins anew. */
  restore(state: PairAnalyticsState): void {
    const { plan } = this;
    this.clock = state.clock;
    this.liveSinceUs = state.liveSinceUs;
    this.nextSecondUs = state.nextSecondUs;
    this.closeAtUs = state.closeAtUs;
    this.dueUs = this.nextDueUs();
    this.abstained = state.abstained;
    this.silent = state.silent;
    this.quote = state.quote;
    this.lastTop.bid = Number.NaN;
    this.spread = state.spread;
    this.quoteStates = plan.quoteMetrics.map(({ metric }) => state.quoteMetrics[metric.name] ?? metric.initial());
    this.indicatorStates = plan.indicators.map(
      ({ indicator }) => state.indicators[indicator.name] ?? indicator.initial(),
    );
    this.liquidity.restore(state.liquidity);
    this.bars.restore(state.bars);
    if (state.book !== null) this.takeBook(state.book, state.book.length);
  }

  private onDelta(view: BookView): void {
    const { header } = view;
    const isLive = header.state === 'live';
    const isTimed = isLive && this.pass(header);
    if (!isLive) {
      this.interrupt();
      return;
    }
    this.takeQuote(view);
    if (!isTimed || !this.plan.liquidity) return;
    const window = this.liquidity.at(header.exchangeUs);
    if (window !== null) addLiquidity(window, view);
  }

  private onSnapshot(view: BookView): void {
    if (view.header.state === 'live') this.takeQuote(view);
    else this.interrupt();
  }

  private onSample({ values, count }: SampleView): void {
    this.takeBook(values, count);
  }

  private takeBook(numbers: Float64Array, count: number): void {
    if (this.bookNumbers.length < count) this.bookNumbers = new Float64Array(count);
    const { bookNumbers } = this;
    for (let i = 0; i < count; i++) bookNumbers[i] = numbers[i] as number;
    this.bookCount = count;
  }

  /** The numbers of the book's last sample; null before the first. */
  private get book(): Float64Array | null {
    return this.bookCount === 0 ? null : this.bookNumbers.subarray(0, this.bookCount);
  }

  private onTrade({ header, price, size }: TradeView): void {
    if (header.state !== 'live' || !this.pass(header) || !this.plan.needsBars) return;
    const bar = this.bars.at(header.exchangeUs);
    if (bar === null) return;
    const priceUnit = POWERS_OF_TEN[header.priceScale] as number;
    const sizeUnit = POWERS_OF_TEN[header.sizeScale] as number;
    addTrade(bar, header.exchangeUs, price / priceUnit, size / sizeUnit);
  }

  private takeQuote({ header, top }: BookView): void {
    const { quote, quoteStates, lastTop } = this;
    if (
      top.bid === lastTop.bid &&
      top.ask === lastTop.ask &&
      top.bidSize === lastTop.bidSize &&
      top.askSize === lastTop.askSize &&
      header.priceScale === lastTop.priceScale &&
      header.sizeScale === lastTop.sizeScale
    ) {
      return;
    }
    lastTop.bid = top.bid;
    lastTop.ask = top.ask;
    lastTop.bidSize = top.bidSize;
    lastTop.askSize = top.askSize;
    lastTop.priceScale = header.priceScale;
    lastTop.sizeScale = header.sizeScale;
    const priceUnit = POWERS_OF_TEN[header.priceScale] as number;
    const sizeUnit = POWERS_OF_TEN[header.sizeScale] as number;
    quote.bid = top.bid / priceUnit;
    quote.bidSize = top.bidSize / sizeUnit;
    quote.ask = top.ask / priceUnit;
    quote.askSize = top.askSize / sizeUnit;
    for (const { at, observe } of this.plan.observers) observe(quoteStates[at], quote);
  }

  /** Lets time pass up to an event of a live book, before that changes anything. @returns false for an unbelievable time */
  private pass(header: EventHeader): boolean {
    const { clock } = this;
    if (!advanceClock(clock, header.exchangeUs, header.receiveUs)) return false;
    if (clock.nowUs >= this.dueUs) this.onDue(header, clock.nowUs);
    return true;
  }

  /** The clock has passed a full second or the end of windows, or a live book begins to be watched. */
  private onDue(header: EventHeader, nowUs: number): void {
    if (Number.isNaN(this.liveSinceUs)) {
      this.liveSinceUs = nowUs;
      this.nextSecondUs = (Math.floor(nowUs / SECOND_US) + 1) * SECOND_US;
      this.closeAtUs = this.nextCloseUs(nowUs);
    }
    if (nowUs >= this.nextSecondUs) this.passSeconds(header, nowUs);
    if (nowUs >= this.closeAtUs) this.closeWindows(header, nowUs);
    this.dueUs = this.nextDueUs();
  }

  private nextDueUs(): number {
    const { liveSinceUs, nextSecondUs, closeAtUs } = this;
    return Number.isNaN(liveSinceUs) ? Number.NEGATIVE_INFINITY : Math.min(nextSecondUs, closeAtUs);
  }

  private passSeconds(header: EventHeader, nowUs: number): void {
    const seconds = Math.floor((nowUs - this.nextSecondUs) / SECOND_US) + 1;
    if (seconds > SILENT_SECONDS_MAX) {
      this.silent += seconds - SILENT_SECONDS_MAX;
      this.nextSecondUs += (seconds - SILENT_SECONDS_MAX) * SECOND_US;
    }
    for (; this.nextSecondUs <= nowUs; this.nextSecondUs += SECOND_US) {
      if (this.plan.spread) this.tellSpread(header);
      if (this.plan.bookTopLevels > 0) this.tellBookTop(header);
    }
  }

  private tellSpread(header: EventHeader): void {
    const { plan, quote, quoteStates, nextSecondUs } = this;
    const book = this.bookCount === 0 ? null : this.bookNumbers;
    const { values } = plan.view;
    const spread = quote.ask - quote.bid;
    const isQuoted = !Number.isNaN(spread);
    for (let i = 3; i < SPREAD_NUMBERS; i++) values[i] = Number.NaN;
    values[0] = quote.bid;
    values[1] = quote.ask;
    values[2] = spread;
    if (isQuoted) values[3] = averageSpread(this.spread, nextSecondUs / SECOND_US, spread);
    const { quoteMetrics } = plan;
    for (let i = 0; i < quoteMetrics.length; i++) {
      const { metric, columns } = quoteMetrics[i] as AnalyticsPlan['quoteMetrics'][number];
      metric.sample(quoteStates[i], quote, book, values, columns.from);
    }
    if (isQuoted) this.tell('spread', header, nextSecondUs, SPREAD_NUMBERS);
  }

  private tellBookTop(header: EventHeader): void {
    const { plan, bookNumbers: book } = this;
    if (this.bookCount === 0) return;
    const { values } = plan.view;
    const bids = Math.min(plan.bookTopLevels, book[BIDS_AT] as number);
    const asks = Math.min(plan.bookTopLevels, book[ASKS_AT] as number);
    const asksAt = LEVELS_AT + 2 * (book[BIDS_AT] as number);
    values[0] = bids;
    for (let i = 0; i < 2 * bids; i++) values[1 + i] = book[LEVELS_AT + i] as number;
    for (let i = 0; i < 2 * asks; i++) values[1 + 2 * bids + i] = book[asksAt + i] as number;
    if (bids + asks > 0) this.tell('book.top', header, this.nextSecondUs, 1 + 2 * (bids + asks));
  }

  private closeWindows(header: EventHeader, nowUs: number): void {
    this.closeAtUs = this.nextCloseUs(nowUs);
    this.header = header;
    this.liquidity.close(nowUs, this.onLiquidity);
    this.bars.close(nowUs, this.onBar);
  }

  /** Both kinds of windows are minutes: when the next one closes. */
  private nextCloseUs(nowUs: number): number {
    const { latenessUs } = this.plan;
    return (Math.floor((nowUs - latenessUs) / MINUTE_US) + 1) * MINUTE_US + latenessUs;
  }

  private readonly onLiquidity = (startUs: number, liquidity: Liquidity): void => {
    if (!this.wasWatched(startUs)) return;
    tellLiquidity(liquidity, this.plan.view.values);
    this.tell('liquidity', this.header, startUs, LIQUIDITY_NUMBERS);
  };

  private readonly onBar = (startUs: number, bar: Bar): void => {
    const { plan, header, indicatorStates } = this;
    if (!this.wasWatched(startUs)) return;
    const { values } = plan.view;
    if (plan.bars) {
      tellBar(bar, values);
      this.tell('bar', header, startUs, BAR_NUMBERS);
    }
    if (plan.indicators.length === 0) return;
    let isAny = false;
    values.fill(Number.NaN, 0, INDICATOR_NUMBERS);
    for (const [i, { indicator, columns }] of plan.indicators.entries()) {
      indicator.update(indicatorStates[i], bar, values, columns.from);
      for (let at = columns.from; at < columns.to; at++) isAny ||= !Number.isNaN(values[at]);
    }
    if (isAny) this.tell('indicator', header, startUs, INDICATOR_NUMBERS);
  };

  /** Whether a window was watched from its beginning; the interruption discards those that were not to their end. */
  private wasWatched(startUs: number): boolean {
    if (startUs >= this.liveSinceUs) return true;
    this.abstained++;
    return false;
  }

  private interrupt(): void {
    if (Number.isNaN(this.liveSinceUs)) return;
    this.liveSinceUs = Number.NaN;
    this.nextSecondUs = Number.POSITIVE_INFINITY;
    this.closeAtUs = Number.POSITIVE_INFINITY;
    this.dueUs = Number.NEGATIVE_INFINITY;
    this.lastTop.bid = Number.NaN;
    this.abstained += this.liquidity.discard() + this.bars.discard();
    for (const [i, { metric }] of this.plan.quoteMetrics.entries()) metric.interrupt?.(this.quoteStates[i]);
  }

  private tell(kind: MetricKind, from: EventHeader, timeUs: number, count: number): void {
    const { view } = this.plan;
    const { header } = view;
    header.exchange = from.exchange;
    header.symbol = from.symbol;
    header.venueSymbol = from.venueSymbol;
    header.exchangeUs = timeUs;
    header.receiveUs = from.receiveUs;
    header.epoch = from.epoch;
    header.seq = from.seq;
    header.frame = from.frame;
    header.priceScale = from.priceScale;
    header.sizeScale = from.sizeScale;
    view.kind = kind;
    view.count = count;
    this.emit(view);
  }
}
