/** The live monitor in the browser: its frame, its pages, and the one connection that feeds them. */

import { Shell } from './base/shell.ts';
import { View } from './base/view.ts';
import type { PageName } from './base/view-state.ts';
import type { Page, PageContext } from './base/page.ts';
import { LiveClient } from './live/live-client.ts';
import { Pairs } from './live/pairs.ts';
import { MarketsPage } from './markets/markets-page.ts';
import { SystemPage } from './system/system-page.ts';
import { WhalesPage } from './whales/whales-page.ts';

const view = new View();
const client = new LiveClient(new URL('api/live', location.href.replace(/^http/, 'ws')).href);
const pairs = new Pairs(() => {
  for (const page of pages.values()) page.pairsChanged();
});
const context: PageContext = { view, client, pairs };
const shell = new Shell(context);
const makers: Readonly<Record<PageName, () => Page>> = {
  whales: () => new WhalesPage(context),
  markets: () => new MarketsPage(context),
  system: () => new SystemPage(context),
};
const pages = new Map<PageName, Page>();
let shown: Page | null = null;

function show(name: PageName): void {
  let page = pages.get(name);
  if (page === undefined) {
    page = makers[name]();
    pages.set(name, page);
  }
  if (page === shown) return;
  shown?.deactivate();
  shown = page;
  shell.show(name, page);
  page.activate();
}

view.listen((now) => {
  show(now.page);
  shown?.viewChanged(now);
});
shell.themeChanged = () => {
  for (const page of pages.values()) page.themeChanged();
};
client.connect();
show(view.state.page);

function frame(frameMs: number): void {
  shell.frame(frameMs);
  shown?.frame(frameMs);
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
