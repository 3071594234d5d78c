/** The frame around the pages: name, tabs, clock, state of the connection, theme. */

import type { ConnectionStatus } from '../live/live-client.ts';
import { BUBBLES, PULSE, ROWS, THEME } from '../widgets/icons.ts';
import { h, icon, setText } from './dom.ts';
import { formatTime } from './format.ts';
import type { Page, PageContext } from './page.ts';
import type { PageName, Theme } from './view-state.ts';
import { PAGES, THEMES } from './view-state.ts';

const TABS: Readonly<Record<PageName, { readonly label: string; readonly path: string }>> = {
  whales: { label: 'Whales', path: BUBBLES },
  markets: { label: 'Markets', path: ROWS },
  system: { label: 'System', path: PULSE },
};
const THEME_LABELS: Readonly<Record<Theme, string>> = {
  auto: 'Theme: as the system',
  dark: 'Theme: dark',
  light: 'Theme: light',
};

export class Shell {
  /** Called when colours have changed. */
  themeChanged: () => void = () => {};
  private readonly context: PageContext;
  private readonly tabs = new Map<PageName, HTMLAnchorElement>();
  private readonly place = h('div', { class: 'place' });
  private readonly clock = h('time', { class: 'clock' });
  private readonly pill: HTMLButtonElement;
  private readonly pillText = h('span', {}, 'connecting');
  private readonly spoken = h('span', { class: 'visually-hidden', role: 'status' });
  private readonly themeButton: HTMLButtonElement;
  private theme: Theme = 'auto';

  constructor(context: PageContext) {
    this.context = context;
    const { view, client } = context;
    const links = PAGES.map((name) => {
      const { label, path } = TABS[name];
      const link = h('a', { href: `?view=${name}`, class: 'tab' }, icon(path), h('span', {}, label));
      link.addEventListener('click', (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        view.change({ page: name });
      });
      this.tabs.set(name, link);
      return link;
    });
    this.pill = h(
      'button',
      { type: 'button', class: 'pill', disabled: true },
      h('span', { class: 'dot' }),
      this.pillText,
    );
    this.pill.addEventListener('click', () => client.connectNow());
    this.themeButton = h('button', { type: 'button', class: 'button quiet', title: THEME_LABELS.auto }, icon(THEME));
    this.themeButton.addEventListener('click', () => {
      const next = THEMES[(THEMES.indexOf(view.state.theme) + 1) % THEMES.length] ?? 'auto';
      view.change({ theme: next }, true);
    });
    document.body.replaceChildren(
      h('a', { class: 'skip', href: '#content' }, 'To the content'),
      h(
        'header',
        { class: 'top' },
        h('a', { class: 'brand', href: '?' }, h('i', { class: 'brand-mark', 'aria-hidden': 'true' }), 'Whale Watch'),
        h('nav', { class: 'tabs', 'aria-label': 'Pages' }, ...links),
        h('span', { class: 'spacer' }),
        this.clock,
        this.pill,
        this.spoken,
        this.themeButton,
      ),
      this.place,
    );
    this.place.id = 'content';
    client.listen((status) => this.showStatus(status));
    view.listen(({ theme }) => this.takeTheme(theme));
    this.takeTheme(view.state.theme);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.themeChanged());
  }

  show(name: PageName, page: Page): void {
    for (const [tab, link] of this.tabs) {
      if (tab === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    document.title = `${page.title} · Whale Watch`;
    this.place.replaceChildren(page.element);
  }

  /** The clock, and how long until the next attempt to connect. */
  frame(frameMs: number): void {
    setText(this.clock, `${formatTime(this.context.client.nowMs)} UTC`);
    const { state, retryAtMs } = this.context.client.status;
    if (state === 'waiting' && retryAtMs !== null) {
      setText(this.pillText, `retry in ${Math.max(0, Math.ceil((retryAtMs - frameMs) / 1000))} s`);
    }
  }

  private showStatus({ state, attempts }: ConnectionStatus): void {
    const words = {
      connecting: attempts > 0 ? 'reconnecting' : 'connecting',
      live: 'live',
      quiet: 'no data',
      waiting: 'offline',
    };
    this.pill.className = `pill ${state}`;
    this.pill.disabled = state !== 'waiting';
    this.pill.title = state === 'waiting' ? 'Connect now' : `Connection: ${words[state]}`;
    setText(this.pillText, words[state]);
    setText(this.spoken, `Connection: ${words[state]}`);
    document.body.classList.toggle('offline', state === 'waiting' || state === 'quiet');
  }

  private takeTheme(theme: Theme): void {
    this.themeButton.title = THEME_LABELS[theme];
    this.themeButton.setAttribute('aria-label', THEME_LABELS[theme]);
    if (theme === this.theme) return;
    this.theme = theme;
    if (theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    this.themeChanged();
  }
}
