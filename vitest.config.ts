import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

// As the launcher has it: the threads and commands that tests start are the same files again and again. A test process
// inherits it.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache');

/** Tests of pure code, and others that leave nothing behind: many share a process and its modules. */
const LIGHT = [
  ...['lib', 'model', 'book', 'indicators', 'scoring', 'master', 'exchanges', 'simulator'].map(
    (name) => `src/${name}/**/*.test.ts`,
  ),
  'src/actors/*.test.ts',
  'src/monitor/state/*.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'light', include: LIGHT, isolate: false } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'benchmarks/**/*.test.ts', 'web/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...LIGHT],
        },
      },
    ],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
