/** The browser of this test run: Debian's Chromium or another that is installed, driven without a screen. */

import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { describe, it } from 'vitest';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where the browser is; null where there is none. `WHALEWATCH_TEST_CHROMIUM` names one of one's own. */
export function browserPath(): string | null {
  const named = process.env['WHALEWATCH_TEST_CHROMIUM'];
  return [...(named === undefined ? [] : [named]), ...PLACES].find((path) => existsSync(path)) ?? null;
}

/** Starts it. @param flags further ones */
export async function launchBrowser(executablePath: string, flags: readonly string[] = []): Promise<Browser> {
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...flags] });
}

/** A suite that runs where a browser is; else one test that says why not: skipped, or failed with `REQUIRE_SERVICES=1`. */
export function describeWithBrowser(name: string, body: (path: string) => void): void {
  const path = browserPath();
  if (path !== null) {
    describe(name, () => body(path));
    return;
  }
  const need = `needs a browser: install Chromium (apt-get install chromium), looked for at ${PLACES.join(', ')}`;
  if (process.env['REQUIRE_SERVICES'] === '1') {
    describe(name, () =>
      it('has a browser', () => {
        throw new Error(need);
      }),
    );
    return;
  }
  console.warn(`${'!'.repeat(100)}\n! ${name}: SKIPPED, it ${need}\n${'!'.repeat(100)}`);
  describe(name, () => it.skip(need));
}
