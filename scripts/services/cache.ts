/**
 * The folder of downloaded servers, `.services/` in the project's root. Several test runs may fill it at once, so
 * everything is prepared in a folder of its own and moved in with one rename.
 */

import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { SourceUnavailable } from './source.ts';

const CACHE_DIRECTORY = join(import.meta.dirname, '..', '..', '.services');

/** Where a file of that name is or will be cached. */
export function cachePath(name: string): string {
  return join(CACHE_DIRECTORY, name);
}

/**
 * Gives `fill` an empty folder, then moves the one file or folder whose path it returns into the cache under `name`.
 * @returns its path in the cache
 * @throws whatever `fill` throws; nothing is cached then
 */
export async function fillCache(name: string, fill: (folder: string) => Promise<string>): Promise<string> {
  await mkdir(CACHE_DIRECTORY, { recursive: true });
  const folder = await mkdtemp(join(CACHE_DIRECTORY, 'fetch-'));
  try {
    const file = await fill(folder);
    // A folder takes no other's place: whoever was faster has put the same there.
    await rename(file, cachePath(name)).catch(async (error: unknown) => {
      if (!(await isReadable(cachePath(name)))) throw error;
    });
    return cachePath(name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** True where a file can be read. */
export async function isReadable(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** @throws SourceUnavailable when the file's SHA-256 is not the pinned one: it is then not what we mean to run */
export async function checkSha256(path: string, sha256: string): Promise<void> {
  const found = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  if (found !== sha256) throw new SourceUnavailable(`${path} has SHA-256 ${found}, pinned is ${sha256}`);
}
