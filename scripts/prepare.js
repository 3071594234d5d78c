/**
 * `npm ci` ends with this: builds the pages of the live monitor into `build/monitor`. Plain JavaScript, since any Node that npm
 * has may run it. Where the tools for it are not installed (`npm ci --omit=dev`) it says so and does nothing.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const OUT = new URL('../build/monitor/index.html', import.meta.url);

try {
  createRequire(import.meta.url).resolve('vite/package.json');
} catch {
  const pages = existsSync(OUT) ? 'those that are there stay' : 'the monitor answers without them';
  console.log(`prepare: without the development tools the pages of the monitor are not built; ${pages}`);
  process.exit(0);
}
const { build } = await import('vite');
await build({ configFile: new URL('../vite.config.ts', import.meta.url).pathname, logLevel: 'warn' });
console.log('prepare: the pages of the monitor are in build/monitor');
