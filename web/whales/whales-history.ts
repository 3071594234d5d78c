/** Fetches what the chart shows of the time before the live stream: the newest orders of the span, and its quotes. */

import type { PairName } from '../../src/monitor/api/keys.ts';
import { fetchOrders, fetchQuotes } from '../live/rest.ts';
import type { OrderChart } from './order-chart.ts';
import type { OrderLog } from './order-log.ts';

const ORDERS_MAX = 5000;
const QUOTES_MAX = 5000;
/** What is fetched beyond the span, as a share of it, so that scrolling on needs no new answer at once. */
const BEYOND = 0.5;
/** What may be missing at an edge, as a share of the span. */
const TOLERANCE = 0.02;
const RETRY_MS = 3000;

export type HistoryState = 'idle' | 'loading' | 'failed';

export class WhalesHistory {
  state: HistoryState = 'idle';
  /** The server's words where it failed. */
  problem = '';
  /** True where the span has more orders than are shown. */
  cut = false;
  private readonly chart: OrderChart;
  private covered: { readonly key: string; readonly fromMs: number; readonly toMs: number } | null = null;
  private abort: AbortController | null = null;
  private wanted = '';
  private failedMs = -Infinity;

  constructor(chart: OrderChart) {
    this.chart = chart;
  }

  forget(): void {
    this.abort?.abort();
    this.abort = null;
    this.covered = null;
    this.wanted = '';
    this.state = 'idle';
    this.cut = false;
    this.failedMs = -Infinity;
  }

  /** Looks whether something of the span is missing, and fetches it. Cheap; to be called often. */
  look(pair: PairName, scoreMin: number): void {
    const { fromMs, untilMs } = this.chart.span;
    const spanMs = untilMs - fromMs;
    const beforeMs = completeFrom(this.chart.live);
    const toMs = Math.min(untilMs, beforeMs);
    const slack = spanMs * TOLERANCE;
    if (!Number.isFinite(toMs) || toMs - fromMs < slack) return;
    const key = `${pair.exchange}:${pair.symbol}:${scoreMin}`;
    const { covered } = this;
    if (covered?.key === key && covered.fromMs <= fromMs && covered.toMs >= toMs - slack) return;
    if (performance.now() - this.failedMs < RETRY_MS) return;
    const range = {
      fromMs: fromMs - spanMs * BEYOND,
      toMs: Math.min(untilMs + spanMs * BEYOND, beforeMs),
    };
    const wanted = `${key}:${Math.round(range.fromMs / spanMs / BEYOND)}:${Math.round(range.toMs / spanMs / BEYOND)}`;
    if (this.state === 'loading' && wanted === this.wanted) return;
    this.wanted = wanted;
    void this.load(pair, { key, scoreMin, ...range });
  }

  private async load(
    pair: PairName,
    { key, scoreMin, fromMs, toMs }: { key: string; scoreMin: number; fromMs: number; toMs: number },
  ): Promise<void> {
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.state = 'loading';
    try {
      const [orders, quotes] = await Promise.all([
        fetchOrders(pair, { fromMs, toMs, limit: ORDERS_MAX, minScore: scoreMin }, abort.signal),
        fetchQuotes(pair, { fromMs, toMs, limit: QUOTES_MAX }, abort.signal),
      ]);
      if (abort.signal.aborted) return;
      const { past, pastQuotes, live, quotes: liveQuotes } = this.chart;
      past.clear();
      pastQuotes.clear();
      const known = new Set(idsBefore(live, toMs));
      for (const order of orders.orders) if (!known.has(order.id)) past.push(order);
      const quotesFromMs =
        liveQuotes.end === 0 ? Infinity : (liveQuotes.timeMs[liveQuotes.slot(liveQuotes.begin)] ?? Infinity);
      for (const { timeMs, bid, ask } of quotes.quotes) if (timeMs < quotesFromMs) pastQuotes.push(timeMs, bid, ask);
      this.covered = { key, fromMs, toMs };
      this.cut = orders.more;
      this.state = 'idle';
      this.chart.changed();
    } catch (error) {
      if (abort.signal.aborted) return;
      this.state = 'failed';
      this.problem = error instanceof Error ? error.message : String(error);
      this.failedMs = performance.now();
    }
  }
}

/** From this moment on the live log has every order. */
function completeFrom(live: OrderLog): number {
  return live.end > live.capacity ? Math.max(live.completeFromMs, live.fromMs) : live.completeFromMs;
}

/** Orders of a time before this that the live log has all the same. */
function idsBefore(live: OrderLog, toMs: number): string[] {
  const ids: string[] = [];
  for (let number = live.begin; number < live.end; number++) {
    if ((live.timeMs[live.slot(number)] ?? 0) <= toMs) ids.push(live.idAt(number));
  }
  return ids;
}
