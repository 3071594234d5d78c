/**
 * The pages of the live monitor in a real browser, against a demo of their own: what a person does with them, and that nothing
 * in them fails, in either theme.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithBrowser, launchBrowser } from './browser.ts';
import type { Demo } from './demo.ts';
import { startDemo } from './demo.ts';
import { buildPages } from './pages.ts';

const SEED = 'browser';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DEADLINE_MS = 40_000;
const PATIENCE = { timeout: DEADLINE_MS, interval: 50 };
/** What axe calls it where people are kept out. */
const SERIOUS = ['serious', 'critical'];

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
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
    page.setDefaultTimeout(DEADLINE_MS);
    page.on('pageerror', (error) => void complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(demo.url) && !request.url().startsWith('blob:')) complaints.push(request.url());
    });
  }, 120_000);

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
