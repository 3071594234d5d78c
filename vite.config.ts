/** `npm run build:monitor`: the pages of the live monitor, from `web/` into `build/monitor`. */

import { defineConfig } from 'vite';

export default defineConfig({
  root: 'web',
  base: './',
  build: {
    outDir: '../build/monitor',
    emptyOutDir: true,
    target: 'es2022',
    // The pages allow no inline script, and no picture from a data address.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  clearScreen: false,
});
