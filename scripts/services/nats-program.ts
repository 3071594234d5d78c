/** Where a nats-server can be had. */

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { cachePath, checkSha256, fillCache } from './cache.ts';
import { unpackDebian } from './debian-package.ts';
import { dockerRun, pullImage } from './docker.ts';
import { NATS } from './pins.ts';
import { runProgram } from './run-program.ts';
import { SourceUnavailable, type Source } from './source.ts';

/** A nats-server that can be started. */
export interface NatsProgram {
  /** For people: where it came from. */
  readonly how: string;
  /** The command line of a server with JetStream on that loopback port, keeping its data in that folder. */
  command(place: { port: number; folder: string }): { command: string; args: string[] };
}

const ASK_MS = 10_000;
const DOWNLOAD_MS = 60_000;
/** Most build machines cannot reach the vendor; they must not wait for it. */
const CONNECT_MS = 5_000;
const COMPILE_MS = 600_000;

const PINNED_NAME = `nats-server-${NATS.version}`;
const DEBIAN_NAME = 'nats-server-debian';

/** All places, nearest first. */
export const NATS_SOURCES: readonly Source<NatsProgram>[] = [
  { name: 'PATH', find: () => usable('nats-server', 'nats-server on PATH') },
  { name: 'earlier download', find: () => usable(cachePath(PINNED_NAME), 'an earlier download') },
  { name: 'earlier Debian package', find: () => usable(cachePath(DEBIAN_NAME), 'an earlier Debian package') },
  { name: 'Docker', container: true, find: fromDocker },
  { name: 'vendor archive', find: fromArchive },
  { name: 'apt', find: fromDebian },
  { name: 'Go', find: fromGo },
];

async function usable(file: string, how: string): Promise<NatsProgram> {
  const words = await runProgram(file, ['--version'], { timeoutMs: ASK_MS });
  const version = /v(\d+)\.(\d+)\.\d+/.exec(words);
  if (version === null) throw new SourceUnavailable(`${file} told no version: ${words.trim()}`);
  const [oldestMajor, oldestMinor] = NATS.oldest;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new SourceUnavailable(`${file} is ${version[0]}, needed is ${oldestMajor}.${oldestMinor} or newer`);
  }
  return {
    how: `${how}, ${version[0]}`,
    command: ({ port, folder }) => ({
      command: file,
      args: ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', `${port}`],
    }),
  };
}

async function fromDocker(): Promise<NatsProgram> {
  await pullImage(NATS.image);
  return {
    how: `Docker image ${NATS.image}`,
    command: ({ port }) => dockerRun({ image: NATS.image, port, innerPort: 4222, args: ['-js', '-sd', '/data'] }),
  };
}

async function fromArchive(): Promise<NatsProgram> {
  const platform = `${process.platform}-${process.arch}`;
  const archive = NATS.archives.get(platform);
  if (archive === undefined) throw new SourceUnavailable(`no archive is pinned for ${platform}`);
  const name = `nats-server-v${NATS.version}-${archive.suffix}`;
  const file = await fillCache(PINNED_NAME, async (folder) => {
    const download = join(folder, 'archive.tar.gz');
    await fetchFile(`${NATS.releases}/v${NATS.version}/${name}.tar.gz`, download);
    await checkSha256(download, archive.sha256);
    await runProgram('tar', ['-xzf', download, '-C', folder], { timeoutMs: ASK_MS });
    return join(folder, name, 'nats-server');
  });
  return await usable(file, 'the vendor archive');
}

async function fromDebian(): Promise<NatsProgram> {
  const file = await fillCache(DEBIAN_NAME, async (folder) =>
    join(await unpackDebian(NATS.debianPackage, folder), 'usr', 'sbin', 'nats-server'),
  );
  return await usable(file, 'the Debian package');
}

async function fromGo(): Promise<NatsProgram> {
  const file = await fillCache(PINNED_NAME, async (folder) => {
    const target = `${NATS.goModule}@v${NATS.version}`;
    await runProgram('go', ['install', target], { timeoutMs: COMPILE_MS, env: { GOBIN: folder } });
    return join(folder, process.platform === 'win32' ? 'nats-server.exe' : 'nats-server');
  });
  return await usable(file, 'compiled by Go');
}

async function fetchFile(url: string, file: string): Promise<void> {
  const connecting = new AbortController();
  const connectTimer = setTimeout(() => connecting.abort(new Error('no answer')), CONNECT_MS);
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([connecting.signal, AbortSignal.timeout(DOWNLOAD_MS)]),
    });
    clearTimeout(connectTimer);
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
  } catch (cause) {
    throw new SourceUnavailable(`${url} cannot be fetched: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(connectTimer);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
