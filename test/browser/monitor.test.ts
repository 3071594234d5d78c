/**
 * The pages of the live monitor in a real browser, against a demo of their own: what a person does with them, and that nothing
 * in them fails, in either theme.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WhalesAnswer } from '../../src/monitor/api/rest.ts';
import { describeWithBrowser, launchBrowser } from './browser.ts';
import type { Demo } from './demo.ts';
import { startDemo } from './demo.ts';
import { FeedGate } from './feed-gate.ts';
import { buildPages } from './pages.ts';

const SEED = 'browser';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DEADLINE_MS = 40_000;
const PATIENCE = { timeout: DEADLINE_MS, interval: 50 };
/** What axe calls it where people are kept out. */
const SERIOUS = ['serious', 'critical'];

/** What the page says to a screen reader of its connection, from now on. */
const SAY_STATES = `
  var saidStates = [];
  const spoken = document.querySelector('.top [role="status"]');
  new MutationObserver(() => saidStates.push(spoken.textContent)).observe(spoken, {
    childList: true, characterData: true, subtree: true,
  });
`;

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

describeWithBrowser(`the pages of the live monitor (seed ${SEED})`, (path) => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [demo, browser] = await Promise.all([
      buildPages().then(() =>
        startDemo({ seed: SEED, venues: ['binance', 'kraken'], pairs: 3, rate: 40, whalesPerMinute: 240 }),
      ),
      launchBrowser(path),
    ]);
    page = await newPage(demo.url);
  }, 120_000);

  /** Whatever it complains of, and whomever it asks but its own server, is kept. */
  const newPage = async (origin: string): Promise<Page> => {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
    opened.setDefaultTimeout(DEADLINE_MS);
    opened.on('pageerror', (error) => void complaints.push(error.message));
    opened.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    opened.on('request', (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('blob:')) complaints.push(request.url());
    });
    return opened;
  };

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  const chart = (): Locator => page.locator('.chart');
  const ordersInSight = async (): Promise<number> => Number(await chart().getAttribute('data-orders'));
  const untilOrders = async (least: number): Promise<void> => {
    await expect.poll(ordersInSight, PATIENCE).toBeGreaterThanOrEqual(least);
  };

  it('shows the orders of a pair that is searched for by the keyboard, as they come', async () => {
    await page.goto(`${demo.url}/`);
    const field = page.getByRole('combobox', { name: 'Exchange and pair' });
    await field.click();
    await page.getByRole('option').first().waitFor();
    await field.fill('kraken eth');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForURL(/pair=kraken:ETH-USDT/);
    await untilOrders(1);
    const before = await ordersInSight();
    await untilOrders(before + 5);
    expect(await page.locator('.strip .chip').first().textContent()).toBe('live');
  });

  it('stands still while it is paused, and goes on with what has come meanwhile', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: /Resume \([1-9]/ }).waitFor();
    const paused = await ordersInSight();
    await page.getByRole('button', { name: /Resume \([1-9]\d/ }).waitFor();
    expect(await ordersInSight()).toBe(paused);
    await page.getByRole('button', { name: /Resume/ }).click();
    await untilOrders(paused + 5);
  });

  it('explains a score by its parts', async () => {
    await page.locator('.score-panel[data-why="newest"], .score-panel[data-why="none"]').waitFor();
    await page.locator('.largest-row:visible').first().click();
    const panel = page.locator('.score-panel[data-why="chosen"]');
    await panel.waitFor();
    const told = await panel.locator('.score-number').getAttribute('data-score');
    if (told !== 'none') {
      const points = await panel.locator('.part-points').allTextContents();
      const sum = points.map((text) => Number.parseInt(text, 10)).reduce((one, other) => one + other, 0);
      expect(sum).toBe(Number(told));
    }
    await chart().focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Escape');
    await page.locator('.score-panel:not([data-why="chosen"])').waitFor();
  });

  it('fetches what was before, when it is scrolled to and when the range grows', async () => {
    const fetched = async (act: () => Promise<unknown>): Promise<WhalesAnswer> => {
      const answer = page.waitForResponse((response) => response.url().includes('/api/whales/kraken/ETH-USDT?'));
      await act();
      return (await (await answer).json()) as WhalesAnswer;
    };
    const untilMs = (): number => Number(new URL(page.url()).searchParams.get('until'));
    await fetched(() => page.goto(`${demo.url}/?pair=kraken:ETH-USDT&range=60`));
    await untilOrders(1);
    await chart().press('PageUp');
    const scrolled = await fetched(() => chart().press('PageUp'));
    const shown = scrolled.orders.filter(({ timeMs }) => timeMs <= untilMs() && timeMs >= untilMs() - 60_000);
    await expect.poll(ordersInSight, PATIENCE).toBe(shown.length);
    const { orders, fromMs } = await fetched(() => chart().press('-'));
    expect(fromMs).toBeLessThan(scrolled.fromMs);
    expect(orders.length).toBeGreaterThan(0);
    await page
      .locator('.notice')
      .getByText(/^\d\d:\d\d:\d\d.* to \d\d:\d\d:\d\d.* UTC/)
      .waitFor();
    await chart().press('Home');
    await untilOrders(orders.filter(({ timeMs }) => timeMs > Date.now() - 240_000).length);
  });

  it('says that it has lost its server, and comes back by itself', async () => {
    const gate = await FeedGate.start(demo.url.replace('http', 'ws'));
    const origin = gate.url.replace('ws', 'http');
    const behind = await newPage(origin);
    try {
      // Nothing else is under way when it is cut off.
      await behind.goto(`${origin}/?pair=kraken:ETH-USDT`, { waitUntil: 'networkidle' });
      const inSight = async (): Promise<number> => Number(await behind.locator('.chart').getAttribute('data-orders'));
      await expect.poll(inSight, PATIENCE).toBeGreaterThanOrEqual(1);
      await behind.evaluate(SAY_STATES);
      const before = await inSight();
      gate.shut();
      gate.open();
      const said = (): Promise<string[]> => behind.evaluate<string[]>('saidStates');
      await expect
        .poll(said, PATIENCE)
        .toEqual(['Connection: offline', 'Connection: reconnecting', 'Connection: live']);
      await expect.poll(inSight, PATIENCE).toBeGreaterThanOrEqual(before + 5);
      expect(await behind.locator('.pill').textContent()).toBe('live');
    } finally {
      await behind.close();
      await gate.stop();
    }
  });

  it('sorts and searches markets, shows one in full, and keeps all that in the address', async () => {
    await page.getByRole('link', { name: 'Markets' }).click();
    await page.locator('.vt-rows .vt-row:visible').nth(5).waitFor();
    const header = page.getByRole('columnheader', { name: 'Market' });
    await header.getByRole('button').click();
    await page.locator('[role="columnheader"][aria-sort="ascending"]').waitFor();
    const texts = async (): Promise<readonly string[]> => {
      const rows = await page.locator('.vt-rows .vt-row:visible').all();
      const told = await Promise.all(
        rows.map(
          async (row) =>
            [Number(await row.getAttribute('aria-rowindex')), await row.locator('.c-pair').innerText()] as const,
        ),
      );
      return told.toSorted(([one], [other]) => one - other).map(([, text]) => text);
    };
    const expected = (await texts()).toSorted();
    expect(await texts()).toEqual(expected);
    await page.getByRole('searchbox', { name: 'Search markets' }).fill('kraken btc');
    await expect.poll(() => page.locator('.vt-rows .vt-row:visible').count(), PATIENCE).toBe(1);
    await page.locator('.vt-rows .vt-row:visible').click();
    await page.getByRole('complementary', { name: 'Market details' }).waitFor();
    expect(new URL(page.url()).search).toBe(
      '?view=markets&pair=kraken:ETH-USDT&sort=pair&search=kraken%20btc&market=kraken:BTC-USDT',
    );
    await page.goBack();
    await page.getByRole('complementary', { name: 'Market details' }).waitFor({ state: 'hidden' });
  });

  it('writes out the names of venues, on a phone too', async () => {
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${demo.url}/?view=markets`);
    const names = page.locator('.vt-rows .vt-row:visible .market-exchange');
    await expect.poll(() => names.count(), PATIENCE).toBe(6);
    const isCut = (): Promise<readonly boolean[]> =>
      names.evaluateAll((all) => all.map((name) => name.scrollWidth > name.clientWidth));
    await expect.poll(isCut, PATIENCE).toEqual(Array.from({ length: 6 }, () => false));
    await page.setViewportSize({ width, height });
  });

  it('shows a book go stale when its feed is cut off, and live again when it is back', async () => {
    await page.goto(`${demo.url}/?view=system&books=kraken`);
    const states = (): Promise<readonly string[]> =>
      page.locator('.books-card .vt-row:visible .chip').allTextContents();
    await expect.poll(states, PATIENCE).toEqual(['live', 'live', 'live']);
    demo.order('shut');
    await expect.poll(states, PATIENCE).toEqual(['stale', 'stale', 'stale']);
    demo.order('open');
    await expect.poll(states, PATIENCE).toEqual(['live', 'live', 'live']);
  });

  it('keeps nobody out: on each page, in both themes', async () => {
    await page.goto(`${demo.url}/?pair=kraken:ETH-USDT&market=kraken:BTC-USDT&theme=auto`);
    await page.evaluate(AXE);
    for (const theme of ['dark', 'light'] as const) {
      await page.getByRole('button', { name: /^Theme/ }).click();
      await page.locator(`html[data-theme="${theme}"]`).waitFor();
      for (const name of ['Whales', 'Markets', 'System']) {
        await page.getByRole('link', { name, exact: true }).click();
        await page.locator('.vt-rows .vt-row:visible, .largest-row:visible').first().waitFor();
        const { violations } = await page.evaluate<AxeResult>(`axe.run({ resultTypes: ['violations'] })`);
        const serious = violations
          .filter(({ impact }) => SERIOUS.includes(impact ?? ''))
          .flatMap(({ id, nodes }) =>
            nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
          );
        expect(serious, `${name}, ${theme}`).toEqual([]);
      }
    }
  }, 120_000);

  it('has asked nobody else, and has complained of nothing', () => {
    expect(complaints).toEqual([]);
  });
});
