/** A NATS server and a QuestDB server for one measurement, whose processes are known. */

import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startNatsAt } from '../../scripts/services/nats-server.ts';
import type { QuestDbProgram } from '../../scripts/services/questdb-program.ts';
import { startQuestDbAt } from '../../scripts/services/questdb-server.ts';
import { onFreePort } from '../../scripts/services/server-process.ts';
import { findKillablePrograms, type KillablePrograms } from '../../scripts/services/start-services.ts';
import { BenchmarkError } from '../harness/benchmark-error.ts';

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** For people: which program. */
  readonly how: string;
}

export interface Servers {
  readonly nats: RunningServer;
  readonly questdb: RunningServer;
  stop(): Promise<void>;
}

/** QuestDB's own defaults, where the servers of tests save memory: they have many tables with few rows. */
const SETTINGS = ['cairo.writer.data.append.page.size=16M', 'cairo.wal.writer.data.append.page.size=1M'];

/**
 * @param settings further ones of QuestDB's, `name=value`
 * @throws BenchmarkError where a server cannot be had as a process of this machine; ServerFailed
 */
export async function startServers(folder: string, settings: readonly string[]): Promise<Servers> {
  const { nats, questdb } = required(await findKillablePrograms());
  const folders = { nats: join(folder, 'nats'), questdb: join(folder, 'questdb') };
  await Promise.all(Object.values(folders).map((path) => mkdir(path, { recursive: true })));
  const natsServer = await onFreePort((port) => startNatsAt(nats, { port, folder: folders.nats }));
  try {
    const tuned = withSettings(questdb, [...SETTINGS, ...settings]);
    const questdbServer = await onFreePort((port) => startQuestDbAt(tuned, { port, folder: folders.questdb }));
    return {
      nats: { url: natsServer.url, pid: natsServer.process.pid, how: nats.how },
      questdb: { url: questdbServer.url, pid: questdbServer.process.pid, how: questdb.how },
      async stop() {
        await Promise.all([natsServer.process.stop(), questdbServer.process.stop()]);
      },
    };
  } catch (error) {
    await natsServer.process.stop();
    throw error;
  }
}

/** Whether both servers can be had, for whoever would rather skip. */
export async function canStartServers(): Promise<boolean> {
  const { nats, questdb } = await findKillablePrograms();
  return nats !== null && questdb !== null;
}

function required({ nats, questdb }: KillablePrograms) {
  if (nats !== null && questdb !== null) return { nats, questdb };
  const remedy = 'Run `node scripts/services.ts install`; it says what is missing.';
  throw new BenchmarkError('benchmark.unexpected', 'NATS or QuestDB cannot be had as a process of its own', remedy);
}

function withSettings(program: QuestDbProgram, settings: readonly string[]): QuestDbProgram {
  return {
    ...program,
    async command(place) {
      const command = await program.command(place);
      // Of two values of one setting the later one counts.
      await appendFile(join(place.folder, 'conf', 'server.conf'), settings.map((line) => `${line}\n`).join(''));
      return command;
    },
  };
}
