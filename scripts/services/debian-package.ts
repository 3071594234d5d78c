/** Programs out of Debian's packages. */

import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { runProgram } from './run-program.ts';
import { SourceUnavailable } from './source.ts';

const PACKAGE_MS = 120_000;
const UNPACK_MS = 60_000;

/** The one update of this process. */
let updating: Promise<string> | null = null;

/**
 * Unpacks a package without installing it: it would add users and start system services, and only its programs are
 * wanted. Needs no root, save for a first `apt-get update`.
 * @param folder an empty one
 * @returns the root of the unpacked files
 * @throws SourceUnavailable
 */
export async function unpackDebian(packageName: string, folder: string): Promise<string> {
  // apt downloads as a user of its own, which must be able to write here.
  await chmod(folder, 0o777);
  const download = () => runProgram('apt-get', ['download', packageName], { timeoutMs: PACKAGE_MS, cwd: folder });
  await download().catch(async (error: unknown) => {
    if (process.getuid?.() !== 0) throw error;
    // Several packages may be wanted at once, and apt locks its lists.
    updating ??= runProgram('apt-get', ['update', '--quiet'], { timeoutMs: PACKAGE_MS });
    await updating;
    return await download();
  });
  const packageFile = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (packageFile === undefined) throw new SourceUnavailable('apt-get download left no package');
  const unpacked = join(folder, 'unpacked');
  await runProgram('dpkg-deb', ['--extract', join(folder, packageFile), unpacked], { timeoutMs: UNPACK_MS });
  return unpacked;
}
