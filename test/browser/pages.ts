/** The pages as the monitor serves them: built anew where their sources have changed since. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = join(ROOT, 'build/monitor/index.html');
/** Whatever the pages are made of. */
const SOURCES = ['web', 'src/monitor/api', 'src/lib'];

export async function buildPages(): Promise<void> {
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > newestMs()) return;
  await build({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn' });
}

function newestMs(): number {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => !file.endsWith('.test.ts'))
      .map((file) => join(ROOT, folder, file)),
  );
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}
