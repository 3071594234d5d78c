/** Where a Prometheus server can be had, and `promtool` with it. */

import { join } from 'node:path';

import { cachePath, fillCache } from './cache.ts';
import { unpackDebian } from './debian-package.ts';
import { PROMETHEUS } from './pins.ts';
import { runProgram } from './run-program.ts';
import { SourceUnavailable, type Source } from './source.ts';

/** The two programs. */
export interface PrometheusProgram {
  /** For people: where they came from. */
  readonly how: string;
  readonly prometheus: string;
  readonly promtool: string;
}

const ASK_MS = 10_000;
const DEBIAN_NAME = 'prometheus-debian';

/** All places, nearest first. No container: rules are checked by a program that reads files of this machine. */
export const PROMETHEUS_SOURCES: readonly Source<PrometheusProgram>[] = [
  { name: 'PATH', find: () => usable('', 'PATH') },
  { name: 'earlier Debian package', find: () => usable(cachePath(DEBIAN_NAME), 'an earlier Debian package') },
  { name: 'apt', find: fromDebian },
];

async function usable(folder: string, how: string): Promise<PrometheusProgram> {
  const prometheus = folder === '' ? 'prometheus' : join(folder, 'prometheus');
  const promtool = folder === '' ? 'promtool' : join(folder, 'promtool');
  const versions = await Promise.all([prometheus, promtool].map((file) => versionOf(file)));
  return { how: `${how}, v${versions[0] ?? ''}`, prometheus, promtool };
}

async function versionOf(file: string): Promise<string> {
  const words = await runProgram(file, ['--version'], { timeoutMs: ASK_MS });
  const version = /version (\d+)\.(\d+)\.\d+/.exec(words);
  if (version === null) throw new SourceUnavailable(`${file} told no version: ${words.trim()}`);
  const [oldestMajor, oldestMinor] = PROMETHEUS.oldest;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new SourceUnavailable(`${file} is ${version[0]}, needed is ${oldestMajor}.${oldestMinor} or newer`);
  }
  return version[0].replace('version ', '');
}

async function fromDebian(): Promise<PrometheusProgram> {
  const folder = await fillCache(DEBIAN_NAME, async (empty) =>
    join(await unpackDebian(PROMETHEUS.debianPackage, empty), 'usr', 'bin'),
  );
  return await usable(folder, 'the Debian package');
}
