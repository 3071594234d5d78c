/**
 * What the monitor knows of one pair: a bounded, rolling view of its events. A pure function of them: its clock is the
 * newest receive time, so that the same events make the same state.
 *
 * The detail (quotes, depth, largest orders) is kept for the pairs that somebody looks at, and of the others for as many as
 * `MarketState` says.
 */

import { SPARK_POINTS, SPARK_STEP_MS, SCORE_MAX, QUOTES_MAX } from '../api/keys.ts';
import type {
  BookView,
  EventHeader,
  EventView,
  MetricView,
  ScoreView,
  StatusView,
  TradeView,
} from '../../model/event.ts';
import { LIQUIDITY_COLUMNS, SPREAD_COLUMNS } from '../../model/metric.ts';
import { POWERS_OF_TEN } from '../../lib/decimal.ts';
import type { MarketRow } from '../api/market.ts';
import type { ScoredOrder } from '../api/order.ts';
import type { HeatMap, QuotePoint } from '../api/whales.ts';
import { HeatColumns } from './heat-columns.ts';
import { HourCounts } from './hour-counts.ts';
import { LargestOrders } from './largest-orders.ts';
import { OrderRing, orNull, RING_ORDERS } from './order-ring.ts';
import { suggestPrices } from './suggested-prices.ts';

const SPREAD_AT = placesOf(SPREAD_COLUMNS);
const LIQUIDITY_AT = placesOf(LIQUIDITY_COLUMNS);

/** Rings: one for orders without a score, then one per score. */
const RINGS = SCORE_MAX + 2;

interface Detail {
  readonly largest: LargestOrders;
  readonly heat: HeatColumns;
  quotes: QuotePoint[];
  /** Quotes that were ever put in. */
  quoteCount: number;
}

/** Where a reader stands in a pair's lists: what it has not seen is behind. */
export interface Bookmark {
  rings: number[];
  quotes: number;
  heat: number;
  bucket: number;
  largest: number;
}

export class PairState {
  readonly exchange: string;
  readonly symbol: string;
  /** Grows with every event that may change the row. */
  version = 0;
  /** Points that the sparkline was ever given. */
  sparkCount = 0;
  private readonly spark: number[] = [];
  private readonly whaleScoreMin: number;
  private readonly rings: (OrderRing | null)[] = Array.from({ length: RINGS }, () => null);
  private readonly hour = new HourCounts();
  private detail: Detail | null = null;
  private serial = 0;

  private state: MarketRow['state'] = 'syncing';
  private reason: MarketRow['reason'] = 'connecting';
  private stateSinceUs: number;
  private lastReceiveUs = Number.NaN;
  private gaps = 0;
  private resyncs = 0;
  private checksumOk = 0;
  private checksumFailed = 0;
  private priceScale = 0;
  private sizeScale = 0;
  private lastPrice = Number.NaN;
  private lastTradeUs = Number.NaN;
  private lastTaker: MarketRow['lastTaker'] = null;
  private bid = Number.NaN;
  private ask = Number.NaN;
  private spreadAverage = Number.NaN;
  private liquidityRatio = Number.NaN;
  /** Place of the newest score: a repeated delivery changes nothing. */
  private scoreEpoch = -1;
  private scoreSeq = -1;
  private readonly newestMetricUs = new Map<MetricView['kind'], number>();

  constructor(names: { exchange: string; symbol: string }, options: { whaleScoreMin: number; sinceUs: number }) {
    this.exchange = names.exchange;
    this.symbol = names.symbol;
    this.whaleScoreMin = options.whaleScoreMin;
    this.stateSinceUs = options.sinceUs;
  }

  /** Begins to keep quotes, depth and the largest orders. */
  keepDetail(): void {
    this.detail ??= { largest: new LargestOrders(), heat: new HeatColumns(), quotes: [], quoteCount: 0 };
  }

  forgetDetail(): void {
    this.detail = null;
  }

  /** What others know of the book before its first event. */
  begin(state: MarketRow['state'], reason: MarketRow['reason']): void {
    this.state = state;
    this.reason = reason;
  }

  step(view: EventView): void {
    switch (view.kind) {
      case 'book.snapshot':
      case 'book.delta':
        this.onBook(view);
        break;
      case 'trade':
        this.onTrade(view);
        break;
      case 'book.status':
        this.onStatus(view);
        break;
      case 'order.score':
        this.onScore(view);
        break;
      case 'spread':
      case 'liquidity':
      case 'book.top':
        this.onMetric(view);
        break;
      case 'book.sample':
      case 'order.add':
      case 'order.change':
      case 'order.cancel':
      case 'order.fill':
      case 'bar':
      case 'indicator':
        break;
    }
  }

  /** Lets the hour slide although nothing happens. */
  pass(nowUs: number): void {
    if (this.hour.moveTo(nowUs)) this.version++;
  }

  row(): MarketRow {
    const isLive = this.state === 'live';
    const bid = isLive ? this.bid : Number.NaN;
    const ask = isLive ? this.ask : Number.NaN;
    const spreadAverage = isLive ? this.spreadAverage : Number.NaN;
    const mid = (bid + ask) / 2;
    const suggested = suggestPrices({ bid, ask, spreadAverage }, this.priceScale);
    return {
      exchange: this.exchange,
      symbol: this.symbol,
      state: this.state,
      reason: this.reason,
      stateSinceMs: this.stateSinceUs / 1000,
      gaps: this.gaps,
      resyncs: this.resyncs,
      checksumOk: this.checksumOk,
      checksumFailed: this.checksumFailed,
      lastPrice: orNull(this.lastPrice),
      lastTradeMs: orNull(this.lastTradeUs / 1000),
      lastTaker: this.lastTaker,
      bid: orNull(bid),
      ask: orNull(ask),
      mid: orNull(mid),
      spread: orNull(this.rounded(ask - bid)),
      spreadBps: orNull(((ask - bid) / mid) * 10_000),
      spreadAvg15s: orNull(spreadAverage),
      liquidityRatio: orNull(this.liquidityRatio),
      suggestedBid: suggested?.bid ?? null,
      suggestedAsk: suggested?.ask ?? null,
      whales: this.hour.from(this.whaleScoreMin),
      scores: this.hour.byScore(),
      priceDigits: this.priceScale,
      sizeDigits: this.sizeScale,
      lastReceiveMs: orNull(this.lastReceiveUs / 1000),
      spark: [...this.spark],
    };
  }

  /** The newest points of the sparkline, from the `from`-th ever given on. */
  sparkSince(from: number): number[] {
    const missing = Math.min(this.spark.length, this.sparkCount - from);
    return missing <= 0 ? [] : this.spark.slice(-missing);
  }

  /** The place behind everything that there is. */
  bookmark(): Bookmark {
    const { detail } = this;
    return {
      rings: this.rings.map((ring) => ring?.count ?? 0),
      quotes: detail?.quoteCount ?? 0,
      heat: detail?.heat.count ?? 0,
      bucket: detail?.heat.bucket ?? 0,
      largest: detail?.largest.version ?? 0,
    };
  }

  /** @param from a bookmark, or null for all that is kept. @param minScore null: orders without a score too */
  ordersSince(from: Bookmark | null, minScore: number | null): { orders: ScoredOrder[]; leftOut: number } {
    const found: { serial: number; order: ScoredOrder }[] = [];
    let leftOut = 0;
    for (let ring = minScore === null ? 0 : minScore + 1; ring < RINGS; ring++) {
      const orders = this.rings[ring];
      if (orders === null || orders === undefined) continue;
      const seen = from?.rings[ring] ?? 0;
      if (from !== null) leftOut += Math.max(0, orders.count - seen - RING_ORDERS);
      orders.each(seen, (serial, order) => found.push({ serial, order }));
    }
    found.sort((a, b) => a.serial - b.serial);
    return { orders: found.map(({ order }) => order), leftOut };
  }

  quotesSince(from: Bookmark | null): QuotePoint[] {
    const { detail } = this;
    if (detail === null) return [];
    const missing = Math.min(detail.quotes.length, detail.quoteCount - (from?.quotes ?? 0));
    return missing <= 0 ? [] : detail.quotes.slice(-missing);
  }

  heatSince(from: Bookmark | null): HeatMap {
    const { detail } = this;
    if (detail === null) return { bucket: 0, columns: [] };
    const isSame = from !== null && from.bucket === detail.heat.bucket;
    return detail.heat.since(isSame ? from.heat : 0);
  }

  largest(): ScoredOrder[] {
    return this.detail?.largest.list() ?? [];
  }

  private onBook({ header, top }: BookView): void {
    this.take(header);
    // Those of trades and single orders are their own digits.
    this.priceScale = header.priceScale;
    this.sizeScale = header.sizeScale;
    const divisor = POWERS_OF_TEN[header.priceScale] ?? Number.NaN;
    this.bid = top.bid / divisor;
    this.ask = top.ask / divisor;
  }

  private onTrade({ header, price, takerSide }: TradeView): void {
    this.take(header);
    this.lastPrice = price / (POWERS_OF_TEN[header.priceScale] ?? Number.NaN);
    this.lastTradeUs = header.exchangeUs;
    this.lastTaker = takerSide;
  }

  private onStatus({ header, gaps, resyncs, checksumOk, checksumFailed }: StatusView): void {
    this.take(header);
    // A supervisor that speaks for a lost shard knows no totals.
    this.gaps = Math.max(this.gaps, gaps);
    this.resyncs = Math.max(this.resyncs, resyncs);
    this.checksumOk = Math.max(this.checksumOk, checksumOk);
    this.checksumFailed = Math.max(this.checksumFailed, checksumFailed);
  }

  private take(header: EventHeader): void {
    this.version++;
    this.lastReceiveUs = header.receiveUs;
    if (header.state === this.state && header.reason === this.reason) return;
    if (header.state !== 'live') this.spreadAverage = Number.NaN;
    this.state = header.state;
    this.reason = header.reason;
    this.stateSinceUs = header.receiveUs;
  }

  private onScore(view: ScoreView): void {
    const { header, score } = view;
    if (header.epoch < this.scoreEpoch || (header.epoch === this.scoreEpoch && header.seq <= this.scoreSeq)) return;
    this.scoreEpoch = header.epoch;
    this.scoreSeq = header.seq;
    this.serial++;
    const at = Number.isNaN(score) ? 0 : score + 1;
    const ring = (this.rings[at] ??= new OrderRing());
    ring.put(this.serial, view);
    this.detail?.largest.add(view.price * view.size, header.receiveUs, () => newestOf(ring));
    if (Number.isNaN(score)) return;
    this.hour.add(score, header.receiveUs);
    this.version++;
  }

  private onMetric({ kind, header, values, count }: MetricView): void {
    const timeUs = header.exchangeUs;
    if (timeUs <= (this.newestMetricUs.get(kind) ?? Number.NEGATIVE_INFINITY)) return;
    this.newestMetricUs.set(kind, timeUs);
    if (kind === 'book.top') {
      this.detail?.heat.put(timeUs / 1000, values, count);
      return;
    }
    this.version++;
    if (kind === 'liquidity') this.liquidityRatio = values[LIQUIDITY_AT.ratio] ?? Number.NaN;
    if (kind === 'spread') this.onSpread(timeUs / 1000, values);
  }

  private onSpread(timeMs: number, values: Float64Array): void {
    const bid = values[SPREAD_AT.bid] ?? Number.NaN;
    const ask = values[SPREAD_AT.ask] ?? Number.NaN;
    const mid = (bid + ask) / 2;
    this.spreadAverage = values[SPREAD_AT.spread_avg_15s] ?? Number.NaN;
    if (timeMs % SPARK_STEP_MS === 0 || this.sparkCount === 0) {
      this.spark.push(mid);
      this.sparkCount++;
      if (this.spark.length > SPARK_POINTS) this.spark.shift();
    }
    const { detail } = this;
    if (detail === null) return;
    const spread = this.rounded(ask - bid);
    detail.quotes.push({ timeMs, bid, ask, mid, spread, spreadAvg15s: orNull(this.spreadAverage) });
    detail.quoteCount++;
    if (detail.quotes.length > QUOTES_MAX) detail.quotes.shift();
  }

  /** A difference of prices has no more digits than they have. */
  private rounded(difference: number): number {
    const scale = POWERS_OF_TEN[this.priceScale];
    return scale === undefined ? difference : Math.round(difference * scale) / scale;
  }
}

function newestOf(ring: OrderRing): ScoredOrder {
  let newest: ScoredOrder | null = null;
  ring.each(ring.count - 1, (_serial, order) => {
    newest = order;
  });
  if (newest === null) throw new Error('a ring lost what was just put in');
  return newest;
}

function placesOf<Name extends string>(columns: Readonly<Record<Name, unknown>>): Record<Name, number> {
  return Object.fromEntries(Object.keys(columns).map((name, at) => [name, at])) as Record<Name, number>;
}
