/** One market in full: where to place an order, how its spread has been, and how its orders were scored. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import { h, icon, setText } from '../base/dom.ts';
import { formatBps, formatNumber, formatPrice, formatSignedPercent } from '../base/format.ts';
import { spreadDeviation } from '../live/market-row.ts';
import { fetchQuotes } from '../live/rest.ts';
import { pairKey } from '../../src/monitor/api/keys.ts';
import { CLOSE } from '../widgets/icons.ts';
import { Fact } from '../widgets/score-pips.ts';
import { SpreadChart } from './spread-chart.ts';

const HISTORY_MS = 10 * 60_000;

export interface DetailsEvents {
  nowMs(): number;
  closed(): void;
  /** The user wants to see the orders of the pair. */
  watched(pair: string): void;
}

export class MarketDetails {
  readonly element: HTMLElement;
  private readonly events: DetailsEvents;
  private readonly title = h('h2', {}, '');
  private readonly exchange = h('p', { class: 'at' }, '');
  private readonly buy = h('output', { class: 'bid' }, '–');
  private readonly sell = h('output', { class: 'ask' }, '–');
  private readonly advice = h('p', { class: 'hint' }, '');
  private readonly chart = new SpreadChart();
  private readonly facts = {
    bid: new Fact('Bid'),
    ask: new Fact('Ask'),
    spread: new Fact('Spread'),
    average: new Fact('15 s average'),
    liquidity: new Fact('Liquidity ratio'),
    state: new Fact('Book', 'state'),
  };
  private readonly bars = Array.from({ length: 7 }, () => h('i', {}));
  private readonly counts = Array.from({ length: 7 }, () => h('span', { class: 'count' }, '0'));
  private abort: AbortController | null = null;
  private key = '';

  constructor(events: DetailsEvents) {
    this.events = events;
    const close = h('button', { type: 'button', class: 'button quiet', 'aria-label': 'Close details' }, icon(CLOSE));
    close.addEventListener('click', () => events.closed());
    const watch = h('button', { type: 'button', class: 'button accent wide' }, 'Watch its orders');
    watch.addEventListener('click', () => events.watched(this.key));
    this.element = h(
      'aside',
      { class: 'panel details', 'aria-label': 'Market details', hidden: true },
      h('header', { class: 'details-head' }, h('div', {}, this.title, this.exchange), close),
      h(
        'div',
        { class: 'limits' },
        h('div', { class: 'limit' }, h('span', { class: 'limit-label' }, 'Buy at'), this.buy),
        h('div', { class: 'limit' }, h('span', { class: 'limit-label' }, 'Sell at'), this.sell),
      ),
      this.advice,
      h(
        'h3',
        {},
        'Spread',
        h(
          'span',
          { class: 'aside' },
          h('i', { class: 'key now' }),
          'now',
          h('i', { class: 'key average' }),
          '15 s average',
        ),
      ),
      this.chart.element,
      h('dl', { class: 'facts' }, ...Object.values(this.facts).map(({ element }) => element)),
      h('h3', {}, 'Scores of the last hour'),
      h(
        'ol',
        { class: 'histogram', start: 0 },
        ...this.bars.map((bar, score) =>
          h('li', {}, this.counts[score] ?? null, h('span', { class: 'column' }, bar), h('b', {}, String(score))),
        ),
      ),
      watch,
    );
  }

  /** @param row null closes it */
  show(row: MarketRow | null): void {
    this.element.hidden = row === null;
    if (row === null) {
      this.key = '';
      return;
    }
    if (pairKey(row) !== this.key) {
      this.key = pairKey(row);
      this.chart.clear(row.priceDigits);
      void this.loadHistory(row);
    }
    this.fill(row);
  }

  themeChanged(): void {
    this.chart.recolour();
  }

  private fill(row: MarketRow): void {
    const { facts } = this;
    const digits = row.priceDigits;
    const [base, quote] = row.symbol.split('-');
    setText(this.title, row.symbol);
    setText(this.exchange, `${row.exchange} · ${base ?? ''} in ${quote ?? ''}`);
    setText(this.buy, formatPrice(row.suggestedBid, digits));
    setText(this.sell, formatPrice(row.suggestedAsk, digits));
    setText(this.advice, adviceOf(row));
    facts.bid.set(formatPrice(row.bid, digits), 'bid');
    facts.ask.set(formatPrice(row.ask, digits), 'ask');
    facts.spread.set(`${formatPrice(row.spread, digits)} · ${formatBps(row.spreadBps)} bps`);
    facts.average.set(formatPrice(row.spreadAvg15s, digits + 1));
    facts.liquidity.set(formatNumber(row.liquidityRatio, 2));
    facts.state.set(row.state, `chip ${row.state}`);
    const most = Math.max(1, ...row.scores);
    for (const [score, count] of row.scores.entries()) {
      const bar = this.bars[score];
      // Roots, so that the few with many points can be seen beside the many with none.
      if (bar !== undefined) bar.style.height = `${Math.sqrt(count / most) * 100}%`;
      const text = this.counts[score];
      if (text !== undefined) setText(text, formatNumber(count));
    }
    if (row.state === 'live') this.chart.push(this.events.nowMs(), row.spread, row.spreadAvg15s);
    this.chart.draw();
  }

  private async loadHistory(row: MarketRow): Promise<void> {
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    const toMs = this.events.nowMs();
    try {
      const { quotes } = await fetchQuotes(row, { fromMs: toMs - HISTORY_MS, toMs, limit: 900 }, abort.signal);
      if (abort.signal.aborted) return;
      this.chart.clear(row.priceDigits);
      for (const { timeMs, spread, spreadAvg15s } of quotes) this.chart.push(timeMs, spread, spreadAvg15s);
      this.chart.draw();
    } catch {
      // Without the past the line begins now.
    }
  }
}

/** One sentence on the spread as it is. */
function adviceOf(row: MarketRow): string {
  if (row.state !== 'live') return `The book is ${row.state} (${row.reason}): no price is suggested.`;
  const away = spreadDeviation(row);
  if (away === null) return 'The average of the spread is known after 15 seconds.';
  const percent = formatSignedPercent(Math.abs(away)).replace('+', '');
  if (away > 0.1) return `The spread is ${percent} wider than usual: a limit order inside it may earn the difference.`;
  if (away < -0.1) return `The spread is ${percent} narrower than usual: crossing it is cheap now.`;
  return `The spread is as usual, within ${percent} of its average.`;
}
