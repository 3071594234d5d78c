/** Where a QuestDB server can be had. */

import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { cachePath, checkSha256, fillCache, isReadable } from './cache.ts';
import { dockerRun, pullImage } from './docker.ts';
import { QUESTDB } from './pins.ts';
import { runProgram } from './run-program.ts';
import { SourceUnavailable, type Source } from './source.ts';

/** A QuestDB server that can be started. */
export interface QuestDbProgram {
  /** For people: where it came from. */
  readonly how: string;
  /** The command line of a server on that loopback HTTP port, after writing its configuration into its folder. */
  command(place: { port: number; folder: string }): Promise<{ command: string; args: string[] }>;
}

const ASK_MS = 10_000;
const MAVEN_MS = 300_000;

const JAR_NAME = `${QUESTDB.mavenArtifact}-${QUESTDB.version}.jar`;
const MAVEN_CACHE = join(homedir(), '.m2', 'repository', ...QUESTDB.mavenGroup.split('.'), QUESTDB.mavenArtifact);

/** All places, nearest first. A vendor archive is not among them: its digest is not published, the jar's is known. */
export const QUESTDB_SOURCES: readonly Source<QuestDbProgram>[] = [
  { name: 'earlier download', find: () => fromJar(cachePath(JAR_NAME), 'an earlier download') },
  { name: 'Maven cache', find: () => fromJar(join(MAVEN_CACHE, QUESTDB.version, JAR_NAME), 'the Maven cache') },
  { name: 'Docker', container: true, find: fromDocker },
  { name: 'Maven', find: fromMaven },
];

/**
 * Settings of every test server (https://questdb.com/docs/configuration/overview/): HTTP only, nothing that calls
 * home, small buffers since tests have many tables with few rows, an error for a misspelt setting.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  'config.validation.strict': 'true',
  'config.reload.enabled': 'false',
  'http.min.enabled': 'false',
  'pg.enabled': 'false',
  'line.tcp.enabled': 'false',
  'line.udp.enabled': 'false',
  'metrics.enabled': 'false',
  'telemetry.enabled': 'false',
  'telemetry.disable.completely': 'true',
  'posthog.enabled': 'false',
  // One worker of each kind that naps soon: on a machine that is shared, idle workers that spin take time from others.
  'shared.worker.count': '1',
  'shared.worker.yield.threshold': '1',
  'shared.worker.nap.threshold': '10',
  'wal.apply.worker.count': '1',
  'wal.apply.worker.yield.threshold': '1',
  'wal.apply.worker.nap.threshold': '10',
  // Commits overlap the newest rows of a partition: smaller splits rewrite less of it.
  'cairo.o3.partition.split.min.size': '8M',
  'cairo.o3.column.memory.size': '256k',
  'cairo.writer.data.append.page.size': '256k',
  'cairo.wal.writer.data.append.page.size': '256k',
};

const LOG_SETTINGS = `writers=stdout
w.stdout.class=io.questdb.log.LogConsoleWriter
w.stdout.level=ERROR,CRITICAL
`;

async function fromJar(jar: string, how: string): Promise<QuestDbProgram> {
  if (!(await isReadable(jar))) throw new SourceUnavailable(`there is no ${jar}`);
  await checkSha256(jar, QUESTDB.jarSha256);
  const java = await findJava();
  return {
    how: `${how}, ${QUESTDB.version}`,
    async command({ port, folder }) {
      await mkdir(join(folder, 'conf'), { recursive: true });
      const settings = Object.entries({ ...SETTINGS, 'http.bind.to': `127.0.0.1:${port}` });
      await writeFile(join(folder, 'conf', 'server.conf'), settings.map((pair) => `${pair.join('=')}\n`).join(''));
      await writeFile(join(folder, 'conf', 'log.conf'), LOG_SETTINGS);
      // QuestDB unpacks its native libraries into the JVM's temporary folder; a killed server would leave them there.
      const jvm = ['-Xmx512m', '-XX:+UseSerialGC', `-Djava.io.tmpdir=${folder}`];
      return { command: java, args: [...jvm, '-p', jar, '-m', 'io.questdb/io.questdb.ServerMain', '-d', folder] };
    },
  };
}

async function fromDocker(): Promise<QuestDbProgram> {
  await pullImage(QUESTDB.image);
  const env = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, value]) => [`QDB_${name.toUpperCase().replaceAll('.', '_')}`, value]),
  );
  return {
    how: `Docker image ${QUESTDB.image}`,
    command: async ({ port }) => dockerRun({ image: QUESTDB.image, port, innerPort: 9000, env }),
  };
}

async function fromMaven(): Promise<QuestDbProgram> {
  // Asked first: without Java the jar is of no use, and 50 MB need not be fetched to find out.
  await findJava();
  const jar = await fillCache(JAR_NAME, async (folder) => {
    const artifact = [QUESTDB.mavenGroup, QUESTDB.mavenArtifact, QUESTDB.version].join(':');
    await runProgram(
      'mvn',
      ['--batch-mode', '--quiet', QUESTDB.mavenCopyGoal, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`],
      { timeoutMs: MAVEN_MS, cwd: folder },
    );
    return join(folder, JAR_NAME);
  });
  return await fromJar(jar, 'Maven');
}

async function findJava(): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const java = home ? join(home, 'bin', 'java') : 'java';
  const words = await runProgram(java, ['-version'], { timeoutMs: ASK_MS });
  const version = /version "(\d+)/.exec(words)?.[1];
  if (version === undefined) throw new SourceUnavailable(`${java} told no version: ${words.trim()}`);
  if (Number(version) < QUESTDB.oldestJava) {
    throw new SourceUnavailable(`Java ${QUESTDB.oldestJava} or newer is needed, ${java} is ${version}`);
  }
  return java;
}
