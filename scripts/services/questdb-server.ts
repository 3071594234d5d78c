/** Runs a QuestDB server for tests. */

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { QuestDbProgram } from './questdb-program.ts';
import { ServerFailed, onFreePort, startServer, untilReady, type ServerProcess } from './server-process.ts';

/** A cold JVM on a busy machine of two cores. */
const READY_MS = 90_000;
const PROBE_MS = 5_000;

/** A running QuestDB server. */
export interface QuestDbServer {
  /** `http://127.0.0.1:<port>`: REST and line protocol over HTTP. */
  readonly url: string;
  readonly port: number;
  readonly process: ServerProcess;
}

/** Starts a server on a free port with a temporary folder that goes with it. @throws ServerFailed */
export async function startQuestDb(program: QuestDbProgram): Promise<QuestDbServer> {
  return await onFreePort(async (port) => {
    const folder = await mkdtemp(join(tmpdir(), 'whalewatch-questdb-'));
    return await launch(program, { port, folder }, folder);
  });
}

/**
 * Starts a server at a place of the caller's own, for tests that kill it and start it again on the same data.
 * The folder stays when the server ends. Takes a program that runs no container (`findKillablePrograms`).
 * @throws ServerFailed
 */
export async function startQuestDbAt(
  program: QuestDbProgram,
  place: { port: number; folder: string },
): Promise<QuestDbServer> {
  return await launch(program, place, undefined);
}

async function launch(
  program: QuestDbProgram,
  place: { port: number; folder: string },
  folderToRemove: string | undefined,
): Promise<QuestDbServer> {
  const { command, args } = await program.command(place);
  const server = await startServer({ command, args, ...(folderToRemove === undefined ? {} : { folderToRemove }) });
  const url = `http://127.0.0.1:${place.port}`;
  await untilReady(server, () => probeQuestDb(url), READY_MS);
  return { url, port: place.port, process: server };
}

/** @throws ServerFailed (or fetch's own error) when the server does not answer a query */
export async function probeQuestDb(url: string): Promise<void> {
  const response = await fetch(new URL('/exec?query=select%201', url), { signal: AbortSignal.timeout(PROBE_MS) });
  const body = await response.text();
  if (!response.ok) throw new ServerFailed(`${url} answered HTTP ${response.status}: ${body.slice(0, 200)}`);
}
