/** The page of the program itself: venues and their feeds, every book, threads and queues. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import type { SystemState } from '../../src/monitor/api/system.ts';
import { h, icon, setText } from '../base/dom.ts';
import { formatAmount, formatBytes, formatDateTime, formatDuration, formatNumber } from '../base/format.ts';
import type { Page, PageContext } from '../base/page.ts';
import type { ViewState } from '../base/view-state.ts';
import { MarketsFeed } from '../live/markets-feed.ts';
import { pairKey } from '../../src/monitor/api/keys.ts';
import { filterRows } from '../markets/markets-page.ts';
import { SEARCH } from '../widgets/icons.ts';
import { Fact } from '../widgets/score-pips.ts';
import { VirtualTable } from '../widgets/virtual-table.ts';
import { bookColumns } from './book-columns.ts';
import { booksOf, queueTable, threadTable, venueTable } from './system-tables.ts';

const ROW_HEIGHT = 32;
/** How often the ages of books are written anew, ms. */
const AGE_MS = 1000;

export class SystemPage implements Page {
  readonly title = 'System';
  readonly element: HTMLElement;
  private readonly context: PageContext;
  private readonly books: MarketsFeed;
  private readonly table: VirtualTable<MarketRow>;
  private readonly venues = venueTable();
  private readonly threads = threadTable();
  private readonly queues = queueTable();
  private readonly search: HTMLInputElement;
  private readonly count = h('span', { class: 'count', role: 'status' });
  private readonly trouble = h('div', { class: 'trouble', role: 'status', hidden: true });
  private readonly facts = {
    health: new Fact('Health', 'state'),
    books: new Fact('Books live'),
    frames: new Fact('Frames/s'),
    events: new Fact('Events/s'),
    checksums: new Fact('Checksums failed'),
    memory: new Fact('Memory'),
    uptime: new Fact('Up'),
    parts: new Fact('Bus · store'),
    version: new Fact('Version'),
    clients: new Fact('Watching'),
  };
  private state: SystemState | null = null;
  private leave: (() => void) | null = null;
  private dirty = true;
  private agedMs = -Infinity;

  constructor(context: PageContext) {
    this.context = context;
    const { view, client } = context;
    this.books = new MarketsFeed(client, () => {
      this.dirty = true;
    });
    this.table = new VirtualTable({
      label: 'Books',
      columns: bookColumns(() => client.nowMs),
      keyOf: pairKey,
      rowHeight: ROW_HEIGHT,
      sorted: (bookSort) => view.change({ bookSort }, true),
      opened: (row) => view.change({ page: 'whales', pair: pairKey(row), untilMs: null }),
      empty: 'No book fits.',
    });
    this.search = h('input', {
      type: 'search',
      placeholder: 'Search, e.g. stale …',
      'aria-label': 'Search books',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.search.addEventListener('input', () => view.change({ bookSearch: this.search.value }, true));
    this.element = this.build();
  }

  activate(): void {
    this.books.start();
    this.leave ??= this.context.client.subscribe({ kind: 'system' } as const, {
      snapshot: (data) => this.take(data),
      update: (data) => {
        if (this.state !== null) this.take({ ...this.state, ...(data as Partial<SystemState>) });
      },
      refused: () => {},
    });
    this.viewChanged(this.context.view.state);
  }

  deactivate(): void {
    this.books.stop();
    this.leave?.();
    this.leave = null;
  }

  viewChanged({ bookSearch }: ViewState): void {
    if (this.search.value !== bookSearch) this.search.value = bookSearch;
    this.dirty = true;
  }

  pairsChanged(): void {
    // The books come by themselves.
  }

  themeChanged(): void {
    // Nothing here is drawn by hand.
  }

  frame(frameMs: number): void {
    const aged = frameMs - this.agedMs >= AGE_MS;
    if (aged) {
      this.agedMs = frameMs;
      this.showFacts();
    }
    if (this.dirty || aged) {
      const { bookSort, bookSearch } = this.context.view.state;
      const all = [...this.books.rows.values()];
      const rows = filterRows(all, bookSearch);
      // Ages are of this moment: other objects, so that the rows are written anew.
      this.table.show(aged ? rows.map((row) => ({ ...row })) : rows, bookSort);
      setText(
        this.count,
        this.books.ready
          ? `${rows.length === all.length ? '' : `${rows.length} of `}${all.length} books`
          : 'Waiting for books …',
      );
      this.dirty = false;
    }
    this.table.frame(frameMs);
  }

  private build(): HTMLElement {
    const card = (title: string, content: Node, name: string): HTMLElement =>
      h('section', { class: `panel card ${name}`, 'aria-label': title }, h('h2', {}, title), content);
    return h(
      'main',
      { class: 'page system', id: 'system' },
      h('h1', { class: 'visually-hidden' }, 'System'),
      h('dl', { class: 'strip' }, ...Object.values(this.facts).map(({ element }) => element)),
      this.trouble,
      h(
        'div',
        { class: 'system-body' },
        card('Venues', this.venues.element, 'venues-card'),
        h(
          'section',
          { class: 'panel card books-card', 'aria-label': 'Books' },
          h('h2', {}, 'Books', this.count, h('div', { class: 'combo small' }, icon(SEARCH), this.search)),
          this.table.element,
        ),
        h(
          'div',
          { class: 'system-side' },
          card('Threads', this.threads.element, 'threads-card'),
          card('Queues', this.queues.element, 'queues-card'),
        ),
      ),
    );
  }

  private take(state: SystemState): void {
    this.state = state;
    this.venues.show(state.venues);
    this.threads.show(state.threads);
    this.queues.show(state.queues);
    this.showFacts();
  }

  private showFacts(): void {
    const { state, facts } = this;
    if (state === null) return;
    const sum = (of: (venue: SystemState['venues'][number]) => number): number =>
      state.venues.reduce((total, venue) => total + of(venue), 0);
    const live = sum((venue) => venue.live);
    const books = sum(booksOf);
    const health = !state.healthy ? 'unhealthy' : state.ready ? 'ready' : 'not ready';
    facts.health.set(health, `chip ${!state.healthy ? 'suspect' : state.ready ? 'live' : 'syncing'}`);
    facts.books.set(`${live} of ${books}`, live < books ? 'warn' : '');
    facts.frames.set(formatAmount(sum((venue) => venue.framesPerS)));
    facts.events.set(formatAmount(sum((venue) => venue.eventsPerS)));
    const failed = sum((venue) => venue.checksumFailed);
    facts.checksums.set(
      `${formatNumber(failed)} of ${formatAmount(failed + sum((venue) => venue.checksumOk))}`,
      failed > 0 ? 'bad' : '',
    );
    facts.memory.set(formatBytes(state.memoryBytes));
    facts.uptime.set(formatDuration(this.context.client.nowMs - state.startedMs));
    facts.uptime.element.title = `Since ${formatDateTime(state.startedMs)}`;
    facts.parts.set(`${state.bus} · ${state.store}`);
    facts.version.set(state.version);
    facts.clients.set(`${state.monitor.clients} of ${state.monitor.clientsMax}`);
    const missing = state.missing.length === 0 ? [] : [`Missing: ${state.missing.join(', ')}`];
    const troubles = [...state.reasons, ...missing];
    this.trouble.hidden = troubles.length === 0;
    setText(this.trouble, troubles.join(' · '));
  }
}
