/** Recorded exchange data. They are no part of this repository and lie beside it, in `../shared/data`. */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, it } from 'vitest';

import { AppError } from '../src/lib/app-error.ts';

/** The folder with the recorded data, whether it exists or not; `WHALEWATCH_DATA_DIR` names another one. */
export const DATA_FOLDER = resolve(
  process.env['WHALEWATCH_DATA_DIR'] || join(import.meta.dirname, '..', '..', 'shared', 'data'),
);

/** Missing data where `REQUIRE_DATA=1` promised them. */
export class DataMissing extends AppError {
  constructor(path: string) {
    super('test.data_missing', `${path} is missing, and REQUIRE_DATA=1 is set`, {
      remedy: 'Put the recorded data there, name their folder in WHALEWATCH_DATA_DIR, or unset REQUIRE_DATA.',
      context: { path },
    });
    this.name = 'DataMissing';
  }
}

const told = new Set<string>();

/**
 * The absolute path of a recorded file (or folder) by its path below the data folder; null where it is absent, which
 * is printed once per test file. The file is read-only for tests.
 * @throws DataMissing where it is absent and `REQUIRE_DATA=1`
 */
export function dataFile(...parts: readonly string[]): string | null {
  const path = join(DATA_FOLDER, ...parts);
  if (existsSync(path)) return path;
  if (process.env['REQUIRE_DATA'] === '1') throw new DataMissing(path);
  if (!told.has(path)) console.warn(`SKIPPED for want of recorded data: ${path}`);
  told.add(path);
  return null;
}

/** A suite that runs where the recorded file is, else one skipped test that names it. @throws DataMissing */
export function describeWithData(name: string, parts: readonly string[], body: (path: string) => void): void {
  const path = dataFile(...parts);
  if (path === null) describe(name, () => it.skip(`needs the recorded ${parts.join('/')}`));
  else describe(name, () => body(path));
}
