/**
 * `npm run screenshots`: a picture of every page of the live monitor, in both themes, on a desk and on a phone, of a demo with a
 * fixed seed, into `build/screenshots`.
 *
 *     npx node scripts/screenshots.ts [PART]...      only pictures whose name contains one of the parts
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { browserPath, launchBrowser } from '../test/browser/browser.ts';
import { startDemo } from '../test/browser/demo.ts';
import { buildPages } from '../test/browser/pages.ts';

const OUT = fileURLToPath(new URL('../build/screenshots', import.meta.url));
const DEMO = {
  ...{ seed: 'screenshots', venues: ['binance', 'kraken', 'coinbase', 'gemini', 'bitfinex', 'bitstamp'] as const },
  ...{ pairs: 3, rate: 40, whalesPerMinute: 12 },
};
const SCREENS = {
  desk: { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
};
/** So much of the market there should be to see. */
const ORDERS_MIN = 600;
const DEADLINE_MS = 300_000;
const LOOK_MS = 200;
const NOTICE_MS = 20_000;

interface Shot {
  readonly name: string;
  readonly query: string;
  /** What must be there. */
  readonly ready: string;
  /** What is done then, and waited for. */
  readonly act?: (page: Page) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  { name: 'whales', query: '?pair=binance:BTC-USDT', ready: '.score-panel[data-why="newest"]' },
  {
    name: 'whales-score',
    query: '?pair=kraken:ETH-USDT&range=60&score=2',
    ready: '.largest-row:visible',
    act: async (page) => {
      await page.locator('.largest-row').first().click();
      await page.locator('.score-panel[data-why="chosen"]').waitFor();
    },
  },
  { name: 'markets', query: '?view=markets', ready: '.vt-rows .vt-row' },
  { name: 'markets-details', query: '?view=markets&market=kraken:BTC-USDT&sort=-away', ready: '.spread-chart canvas' },
  { name: 'system', query: '?view=system', ready: '.venues-card tbody tr' },
];

const parts = process.argv.slice(2);
const path = browserPath();
if (path === null) throw new Error('no browser is installed: apt-get install chromium');
mkdirSync(OUT, { recursive: true });
await buildPages();
const demo = await startDemo(DEMO);
const browser = await launchBrowser(path);
try {
  await untilBusy(browser, demo.url);
  for (const [screen, options] of Object.entries(SCREENS)) {
    for (const theme of ['dark', 'light'] as const) {
      const context = await browser.newContext({ ...options, colorScheme: theme });
      for (const shot of SHOTS) {
        const name = `${shot.name}-${theme}-${screen}`;
        if (parts.length > 0 && !parts.some((part) => name.includes(part))) continue;
        const page = await context.newPage();
        page.setDefaultTimeout(DEADLINE_MS);
        await page.goto(`${demo.url}/${shot.query}`);
        await page.locator(shot.ready).first().waitFor();
        // A picture that still loads the past is a picture too.
        await page
          .locator('.notice')
          .waitFor({ state: 'hidden', timeout: NOTICE_MS })
          .catch(() => {});
        await shot.act?.(page);
        await page.screenshot({ path: join(OUT, `${name}.png`), timeout: DEADLINE_MS });
        console.log(`build/screenshots/${name}.png`);
        await page.close();
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}

/** Waits until the market has been going on for a while. */
async function untilBusy(on: Browser, url: string): Promise<void> {
  const page = await on.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  await page.goto(`${url}/?pair=binance:BTC-USDT&range=900`);
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (Number(await page.locator('.chart').getAttribute('data-orders')) < ORDERS_MIN) {
    if (performance.now() > deadlineMs) throw new Error('the demo has too few orders');
    await delay(LOOK_MS);
  }
  await page.close();
}
