/** The page of one pair: its orders as bubbles, what each score is made of, and the largest of them. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import type { ScoredOrder } from '../../src/monitor/api/order.ts';
import { h, icon, setText } from '../base/dom.ts';
import {
  formatAmount,
  formatBps,
  formatDuration,
  formatPrice,
  formatSignedPercent,
  formatTime,
} from '../base/format.ts';
import type { Page, PageContext } from '../base/page.ts';
import type { ViewState } from '../base/view-state.ts';
import { RANGES_S, SCORES_MIN } from '../base/view-state.ts';
import { spreadDeviation } from '../live/market-row.ts';
import { pairKey } from '../../src/monitor/api/keys.ts';
import { pairOfKey } from '../live/pair-of-key.ts';
import { Combobox } from '../widgets/combobox.ts';
import { FOLLOW, PAUSE, PLAY } from '../widgets/icons.ts';
import { Fact } from '../widgets/score-pips.ts';
import { Segmented } from '../widgets/segmented.ts';
import { LargestList, largestOf } from './largest-list.ts';
import { OrderChart } from './order-chart.ts';
import { ScorePanel } from './score-panel.ts';
import { WhalesFeed } from './whales-feed.ts';
import { WhalesHistory } from './whales-history.ts';

const WHALE_SCORE = 4;
/** How often the texts and the list beside the chart are brought up to date, ms. */
const TICK_MS = 250;
const RANGE_LABELS: Readonly<Record<number, string>> = { 60: '1m', 300: '5m', 900: '15m', 3600: '1h' };
const KEYS =
  'Left and right arrow step from order to order, with shift they scroll through time. Plus and minus change the range, ' +
  'up and down arrow the prices. Home follows the stream again, Escape releases the order.';

export class WhalesPage implements Page {
  readonly title = 'Whales';
  readonly element: HTMLElement;
  private readonly context: PageContext;
  private readonly chart: OrderChart;
  private readonly feed: WhalesFeed;
  private readonly history: WhalesHistory;
  private readonly panel = new ScorePanel();
  private readonly largest: LargestList;
  private readonly combobox: Combobox;
  private readonly ranges: Segmented<number>;
  private readonly scores: Segmented<number>;
  private readonly pauseIcon = h('span', { class: 'icon-slot' }, icon(PAUSE));
  private readonly pauseText = h('span', {}, 'Pause');
  private readonly pauseButton: HTMLButtonElement;
  private readonly followButton: HTMLButtonElement;
  private readonly notice = h('div', { class: 'notice', role: 'status', hidden: true });
  private readonly spoken = h('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  private readonly facts = {
    state: new Fact('Book', 'state'),
    last: new Fact('Last'),
    bid: new Fact('Bid'),
    ask: new Fact('Ask'),
    spread: new Fact('Spread'),
    average: new Fact('15 s average'),
    orders: new Fact('Orders in sight'),
    whales: new Fact(`Whales in sight`),
  };
  private active = false;
  private watched = '';
  private tickedMs = -Infinity;
  private hovered: ScoredOrder | null = null;
  private chosen: ScoredOrder | null = null;

  constructor(context: PageContext) {
    this.context = context;
    const { view, client, pairs } = context;
    this.chart = new OrderChart({
      nowMs: () => client.nowMs,
      hovered: (order) => {
        this.hovered = order;
        this.showOrder();
      },
      chosen: (order) => this.choose(order),
      scrolled: (untilMs) => view.change({ untilMs }, true),
      ranged: (direction) => {
        const next = RANGES_S[RANGES_S.findIndex((range) => range === view.state.rangeS) + direction];
        if (next !== undefined) view.change({ rangeS: next }, true);
      },
    });
    this.feed = new WhalesFeed(client, this.chart);
    this.history = new WhalesHistory(this.chart);
    this.largest = new LargestList((order) => this.chart.choose(order));
    this.combobox = new Combobox({
      label: 'Exchange and pair',
      placeholder: 'Search a pair …',
      options: () => pairs.rows.map(optionOf),
      chosen: (pair) => view.change({ pair, untilMs: null }),
      opened: () => pairs.refresh(),
    });
    this.ranges = new Segmented({
      label: 'Time range',
      options: RANGES_S.map((value) => ({ value, label: RANGE_LABELS[value] ?? String(value) })),
      chosen: (rangeS) => view.change({ rangeS }, true),
    });
    this.scores = new Segmented({
      label: 'Least whale score',
      options: SCORES_MIN.map((value) => ({ value, label: value === 0 ? 'All' : `${value}+` })),
      chosen: (scoreMin) => view.change({ scoreMin }, true),
    });
    this.pauseButton = h(
      'button',
      { type: 'button', class: 'button', 'aria-pressed': 'false' },
      this.pauseIcon,
      this.pauseText,
    );
    this.pauseButton.addEventListener('click', () => this.togglePause());
    this.followButton = h('button', { type: 'button', class: 'button accent' }, icon(FOLLOW), 'Live');
    this.followButton.addEventListener('click', () => {
      view.change({ untilMs: null }, true);
      if (this.feed.paused) this.togglePause();
    });
    this.element = this.build();
  }

  activate(): void {
    this.active = true;
    this.context.pairs.refresh();
    this.take(this.context.view.state);
    this.tickedMs = -Infinity;
  }

  deactivate(): void {
    this.active = false;
    this.feed.stop();
    this.watched = '';
  }

  viewChanged(view: ViewState): void {
    if (this.active) this.take(view);
  }

  pairsChanged(): void {
    this.combobox.refresh();
    const { view, pairs } = this.context;
    if (view.state.pair !== '' || !this.active) return;
    const first = pairs.rows.find(({ state }) => state === 'live') ?? pairs.rows[0];
    if (first !== undefined) view.change({ pair: pairKey(first) }, true);
  }

  themeChanged(): void {
    this.chart.recolour();
  }

  frame(frameMs: number): void {
    if (frameMs - this.tickedMs >= TICK_MS) {
      this.tickedMs = frameMs;
      this.tick();
    }
    this.chart.frame(frameMs);
  }

  private build(): HTMLElement {
    const { facts } = this;
    return h(
      'main',
      { class: 'page whales', id: 'whales' },
      h('h1', { class: 'visually-hidden' }, 'Whales'),
      h(
        'div',
        { class: 'toolbar' },
        this.combobox.element,
        h(
          'span',
          { class: 'tool' },
          h('span', { class: 'tool-label', 'aria-hidden': 'true' }, 'Range'),
          this.ranges.element,
        ),
        h(
          'span',
          { class: 'tool' },
          h('span', { class: 'tool-label', 'aria-hidden': 'true' }, 'Score'),
          this.scores.element,
        ),
        h('span', { class: 'spacer' }),
        this.followButton,
        this.pauseButton,
      ),
      h('dl', { class: 'strip' }, ...Object.values(facts).map(({ element }) => element)),
      h(
        'div',
        { class: 'whales-body' },
        h(
          'section',
          { class: 'panel chart-panel', 'aria-label': 'Chart' },
          this.chart.element,
          this.notice,
          h('p', { class: 'visually-hidden', id: 'chart-keys' }, KEYS),
          legend(),
        ),
        h('div', { class: 'side' }, this.panel.element, this.largest.element),
      ),
      this.spoken,
    );
  }

  private take(view: ViewState): void {
    const { pair, rangeS, scoreMin, untilMs } = view;
    this.combobox.set(pair);
    this.ranges.set(rangeS);
    this.scores.set(scoreMin);
    this.chart.show({ rangeMs: rangeS * 1000, untilMs, scoreMin });
    const name = pairOfKey(pair);
    const watched = `${pair} ${scoreMin}`;
    if (name !== null && watched !== this.watched) {
      const same = this.watched.startsWith(`${pair} `);
      this.watched = watched;
      this.history.forget();
      this.feed.watch(name, scoreMin, same);
      if (!same) this.showPaused();
    }
    if (name === null) this.pairsChanged();
  }

  private tick(): void {
    const name = pairOfKey(this.context.view.state.pair);
    const { scoreMin, untilMs } = this.context.view.state;
    if (name !== null && this.feed.ready) this.history.look(name, scoreMin);
    let orders = 0;
    let whales = 0;
    this.chart.forEachShown((log, number) => {
      orders++;
      if ((log.score[log.slot(number)] ?? 0) >= WHALE_SCORE) whales++;
    });
    this.chart.element.dataset['orders'] = String(orders);
    this.facts.orders.set(orders.toLocaleString('en').replaceAll(',', '\u202f'));
    this.facts.whales.set(String(whales), whales > 0 ? 'strong' : '');
    const best = largestOf((look) => this.chart.forEachShown(look));
    this.largest.show(best, this.chosen?.id ?? null, this.feed.market?.priceDigits ?? null);
    this.showMarket(this.feed.market);
    this.showOrder();
    this.followButton.hidden = untilMs === null && !this.feed.paused;
    this.showNotice();
    if (this.feed.paused) setText(this.pauseText, `Resume (${this.feed.waitingCount})`);
  }

  private showMarket(market: MarketRow | null): void {
    const { facts } = this;
    if (market === null) {
      for (const fact of [facts.state, facts.last, facts.bid, facts.ask, facts.spread, facts.average]) fact.set('–');
      return;
    }
    const digits = market.priceDigits;
    facts.state.set(market.state, `chip ${market.state}`);
    facts.last.set(formatPrice(market.lastPrice, digits), market.lastTaker === 'sell' ? 'ask' : 'bid');
    facts.bid.set(formatPrice(market.bid, digits), 'bid');
    facts.ask.set(formatPrice(market.ask, digits), 'ask');
    facts.spread.set(`${formatPrice(market.spread, digits)} · ${formatBps(market.spreadBps)} bps`);
    const away = spreadDeviation(market);
    facts.average.set(
      `${formatPrice(market.spreadAvg15s, digits + 1)}${away === null ? '' : ` (${formatSignedPercent(away)})`}`,
    );
  }

  /** One sentence over the chart, the most pressing one. */
  private showNotice(): void {
    const text = this.noticeText();
    this.notice.hidden = text === null;
    if (text !== null) setText(this.notice, text);
  }

  private noticeText(): string | null {
    const { feed, history, chart } = this;
    const { pair, untilMs } = this.context.view.state;
    if (pair === '') return 'Waiting for the list of pairs …';
    if (feed.refusal !== null) return `${pair}: ${feed.refusal}`;
    if (!feed.ready) return `Waiting for ${pair} …`;
    const { market } = feed;
    if (market !== null && market.state !== 'live') {
      const since = formatDuration(this.context.client.nowMs - market.stateSinceMs);
      return `The book is ${market.state} (${market.reason}) for ${since}: nothing is scored meanwhile.`;
    }
    if (feed.paused) return `Paused: ${feed.waitingCount} orders are waiting.`;
    if (history.state === 'loading') return 'Loading what was before …';
    if (history.state === 'failed') return `The past cannot be had: ${history.problem}`;
    if (untilMs !== null) {
      const { fromMs } = chart.span;
      return `${formatTime(fromMs)} to ${formatTime(untilMs)} UTC${history.cut ? ': the newest 5000 orders of it' : ''}`;
    }
    if (chart.live.end === 0) return 'No order yet.';
    return null;
  }

  private togglePause(): void {
    if (this.feed.paused) this.feed.resume();
    else this.feed.pause();
    this.showPaused();
    this.tick();
  }

  private showPaused(): void {
    const { paused } = this.feed;
    this.pauseButton.setAttribute('aria-pressed', String(paused));
    this.pauseButton.classList.toggle('accent', paused);
    this.pauseIcon.replaceChildren(icon(paused ? PLAY : PAUSE));
    setText(this.pauseText, paused ? 'Resume (0)' : 'Pause');
  }

  private choose(order: ScoredOrder | null): void {
    this.chosen = order;
    this.showOrder();
    if (order === null) return;
    const score = order.score === null ? 'no score' : `score ${order.score} of 6`;
    const price = formatPrice(order.price, this.feed.market?.priceDigits ?? null);
    setText(
      this.spoken,
      `${order.side} ${formatAmount(order.size)} at ${price}, ${score}, ${formatTime(order.timeMs)}`,
    );
  }

  private showOrder(): void {
    const wanted = this.hovered ?? this.chosen;
    const order = wanted ?? this.chart.live.newestFrom(WHALE_SCORE);
    const why = wanted === null ? 'newest' : wanted.id === this.chosen?.id ? 'chosen' : 'pointed';
    const [base = '', quote = ''] = (this.feed.market?.symbol ?? '').split('-');
    const priceDigits = this.feed.market?.priceDigits ?? null;
    this.panel.show(order, { base, quote, priceDigits }, why);
  }
}

function optionOf(row: MarketRow): { value: string; label: string; words: string; note: string; state: string } {
  const { exchange, symbol, state } = row;
  const words = `${exchange} ${symbol} ${symbol.replace('-', '')} ${symbol.replace('-', '/')}`.toLowerCase();
  return { value: pairKey(row), label: symbol, words, note: exchange, state };
}

function legend(): HTMLElement {
  const scores = (side: string): HTMLElement[] =>
    [0, 1, 2, 3, 4, 5, 6].map((score) => h('i', { class: `legend-dot ${side} s${score}` }));
  return h(
    'div',
    { class: 'legend', 'aria-hidden': 'true' },
    h('span', {}, 'Bid'),
    h('span', { class: 'legend-dots' }, ...scores('bid')),
    h('span', {}, 'Ask'),
    h('span', { class: 'legend-dots' }, ...scores('ask')),
    h('span', { class: 'legend-note' }, 'score 0 to 6 · area is quantity · ring from 4'),
  );
}
