/** Brings the live view of one pair into the chart, holds orders back while the stream is paused, and merges what comes again. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import type { ScoredOrder } from '../../src/monitor/api/order.ts';
import type { PairName } from '../../src/monitor/api/keys.ts';
import type { QuotePoint, WhalesSnapshot, WhalesUpdate } from '../../src/monitor/api/whales.ts';
import type { LiveClient } from '../live/live-client.ts';
import { changedRow } from '../live/market-row.ts';
import type { OrderChart } from './order-chart.ts';

/** Orders that are held back, at most: the oldest are left out then. */
const WAITING_MAX = 10_000;

export class WhalesFeed {
  /** The pair's row; null until its first snapshot. */
  market: MarketRow | null = null;
  /** Why there is nothing to see of the pair. */
  refusal: string | null = null;
  /** True from the first snapshot on. */
  ready = false;
  private readonly client: LiveClient;
  private readonly chart: OrderChart;
  private waiting: ScoredOrder[] | null = null;
  private leave: (() => void) | null = null;

  constructor(client: LiveClient, chart: OrderChart) {
    this.client = client;
    this.chart = chart;
  }

  /** Orders that have come since the pause. */
  get waitingCount(): number {
    return this.waiting?.length ?? 0;
  }

  get paused(): boolean {
    return this.waiting !== null;
  }

  /** Watches a pair from now on. @param same true where only the least score has changed */
  watch(pair: PairName, scoreMin: number, same: boolean): void {
    this.stop();
    this.refusal = null;
    let fresh = true;
    if (!same) {
      this.market = null;
      this.ready = false;
      this.waiting = null;
      this.chart.freeze(null);
      this.chart.clear();
    }
    const view = { kind: 'whales', ...pair, minScore: scoreMin === 0 ? null : scoreMin } as const;
    this.leave = this.client.subscribe(view, {
      snapshot: (data) => {
        this.takeSnapshot(data, fresh);
        fresh = false;
      },
      update: (data) => this.takeUpdate(data),
      refused: (message) => {
        this.refusal = message;
      },
    });
  }

  stop(): void {
    this.leave?.();
    this.leave = null;
  }

  pause(): void {
    this.waiting ??= [];
    this.chart.freeze(this.client.nowMs);
  }

  resume(): void {
    const orders = this.waiting ?? [];
    this.waiting = null;
    this.chart.freeze(null);
    this.takeOrders(orders);
  }

  /** @param fresh true where what was shown is of another subscription; else what comes again continues it */
  private takeSnapshot({ market, orders, quotes, heat }: WhalesSnapshot, fresh: boolean): void {
    const { chart } = this;
    this.ready = true;
    const overlaps = (orders[0]?.timeMs ?? Infinity) <= chart.live.untilMs;
    if (fresh || !overlaps) {
      chart.live.clear();
      chart.past.clear();
      if (this.waiting !== null) this.waiting = [];
      for (const order of orders) chart.live.push(order);
    } else {
      const newestMs = this.waiting?.at(-1)?.timeMs ?? chart.live.untilMs;
      this.takeOrders(orders.filter(({ timeMs }) => timeMs > newestMs));
    }
    // A snapshot has so many orders of each score: of the small ones only the newest.
    chart.live.completeFromMs = this.client.nowMs;
    this.takeMarket(market);
    for (const quote of quotes) pushQuote(chart, quote);
    chart.depth.push(heat);
    chart.changed();
  }

  private takeUpdate({ market, orders, quotes, heat }: WhalesUpdate): void {
    const { chart } = this;
    if (market !== undefined && this.market !== null) this.takeMarket(changedRow(this.market, market));
    if (orders !== undefined) this.takeOrders(orders);
    for (const quote of quotes ?? []) pushQuote(chart, quote);
    if (heat !== undefined) chart.depth.push(heat);
    chart.changed();
  }

  private takeMarket(row: MarketRow): void {
    this.market = row;
    this.chart.bid = row.state === 'live' ? row.bid : null;
    this.chart.ask = row.state === 'live' ? row.ask : null;
    this.chart.priceDigits = row.priceDigits;
  }

  private takeOrders(orders: readonly ScoredOrder[]): void {
    if (this.waiting === null) {
      for (const order of orders) this.chart.live.push(order);
      this.chart.changed();
      return;
    }
    this.waiting.push(...orders);
    if (this.waiting.length > WAITING_MAX) this.waiting.splice(0, this.waiting.length - WAITING_MAX);
  }
}

function pushQuote({ quotes }: OrderChart, { timeMs, bid, ask }: QuotePoint): void {
  quotes.push(timeMs, bid, ask);
}
