/** The page of all markets: a table to search and sort, and one market in full beside it. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import { h, icon, setText } from '../base/dom.ts';
import type { Page, PageContext } from '../base/page.ts';
import { readPalette } from '../base/palette.ts';
import type { ViewState } from '../base/view-state.ts';
import { MarketsFeed } from '../live/markets-feed.ts';
import { pairKey } from '../../src/monitor/api/keys.ts';
import { SEARCH } from '../widgets/icons.ts';
import { VirtualTable } from '../widgets/virtual-table.ts';
import type { SparkColours } from './market-columns.ts';
import { marketColumns } from './market-columns.ts';
import { MarketDetails } from './market-details.ts';

const ROW_HEIGHT = 36;

export class MarketsPage implements Page {
  readonly title = 'Markets';
  readonly element: HTMLElement;
  private readonly context: PageContext;
  private readonly feed: MarketsFeed;
  private readonly table: VirtualTable<MarketRow>;
  private readonly details: MarketDetails;
  private readonly search: HTMLInputElement;
  private readonly count = h('span', { class: 'count', role: 'status' });
  private colours: SparkColours = coloursNow();
  private dirty = true;

  constructor(context: PageContext) {
    this.context = context;
    const { view, client } = context;
    this.feed = new MarketsFeed(client, () => {
      this.dirty = true;
    });
    this.table = new VirtualTable({
      label: 'Markets',
      columns: marketColumns(() => this.colours),
      keyOf: pairKey,
      rowHeight: ROW_HEIGHT,
      sorted: (sort) => view.change({ sort }, true),
      opened: (row) => view.change({ market: pairKey(row) === view.state.market ? '' : pairKey(row) }),
      empty: 'No market fits.',
    });
    this.details = new MarketDetails({
      nowMs: () => client.nowMs,
      closed: () => {
        view.change({ market: '' });
        this.table.focus();
      },
      watched: (pair) => view.change({ page: 'whales', pair, untilMs: null }),
    });
    this.search = h('input', {
      type: 'search',
      placeholder: 'Search markets …',
      'aria-label': 'Search markets',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.search.addEventListener('input', () => view.change({ search: this.search.value }, true));
    this.element = h(
      'main',
      { class: 'page markets', id: 'markets' },
      h('h1', { class: 'visually-hidden' }, 'Markets'),
      h('div', { class: 'toolbar' }, h('div', { class: 'combo' }, icon(SEARCH), this.search), this.count),
      h(
        'div',
        { class: 'markets-body' },
        h('section', { class: 'panel table-panel', 'aria-label': 'All markets' }, this.table.element),
        this.details.element,
      ),
    );
  }

  activate(): void {
    this.feed.start();
    this.viewChanged(this.context.view.state);
  }

  deactivate(): void {
    this.feed.stop();
  }

  viewChanged({ search }: ViewState): void {
    if (this.search.value !== search) this.search.value = search;
    this.dirty = true;
  }

  pairsChanged(): void {
    // The rows of the table come by themselves.
  }

  themeChanged(): void {
    this.colours = coloursNow();
    this.table.redraw();
    this.details.themeChanged();
  }

  frame(frameMs: number): void {
    if (this.dirty) {
      this.dirty = false;
      this.refresh();
    }
    this.table.frame(frameMs);
  }

  private refresh(): void {
    const { sort, search, market } = this.context.view.state;
    const rows = filterRows([...this.feed.rows.values()], search);
    this.table.show(rows, sort);
    this.table.choose(market);
    this.details.show(this.feed.rows.get(market) ?? null);
    setText(this.count, this.feed.ready ? countOf(rows.length, this.feed.rows) : 'Waiting for markets …');
  }
}

/** Rows with all of these words in exchange, pair or state. */
export function filterRows(rows: readonly MarketRow[], search: string): readonly MarketRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter(({ exchange, symbol, state }) => {
    const text = `${exchange} ${symbol} ${symbol.replace('-', '')} ${symbol.replace('-', '/')} ${state}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function countOf(shown: number, all: ReadonlyMap<string, MarketRow>): string {
  let live = 0;
  for (const { state } of all.values()) if (state === 'live') live++;
  const total = `${all.size} markets, ${live} live`;
  return shown === all.size ? total : `${shown} of ${total}`;
}

function coloursNow(): SparkColours {
  const { bid, ask, muted } = readPalette();
  return { up: bid, down: ask, flat: muted };
}
