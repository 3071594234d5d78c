/** Runs a NATS server with JetStream for tests. */

import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { NatsProgram } from './nats-program.ts';
import { ServerFailed, onFreePort, startServer, untilReady, type ServerProcess } from './server-process.ts';

const READY_MS = 30_000;
const PROBE_MS = 2_000;

/** A running NATS server. */
export interface NatsServer {
  /** `nats://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly process: ServerProcess;
}

/** Starts a server on a free port with a temporary folder that goes with it. @throws ServerFailed */
export async function startNats(program: NatsProgram): Promise<NatsServer> {
  return await onFreePort(async (port) => {
    const folder = await mkdtemp(join(tmpdir(), 'whalewatch-nats-'));
    return await launch(program, { port, folder }, folder);
  });
}

/**
 * Starts a server at a place of the caller's own, for tests that kill it and start it again on the same data.
 * The folder stays when the server ends. Takes a program that runs no container (`findKillablePrograms`).
 * @throws ServerFailed
 */
export async function startNatsAt(program: NatsProgram, place: { port: number; folder: string }): Promise<NatsServer> {
  return await launch(program, place, undefined);
}

async function launch(
  program: NatsProgram,
  place: { port: number; folder: string },
  folderToRemove: string | undefined,
): Promise<NatsServer> {
  const { command, args } = program.command(place);
  const server = await startServer({ command, args, ...(folderToRemove === undefined ? {} : { folderToRemove }) });
  const url = `nats://127.0.0.1:${place.port}`;
  await untilReady(server, () => probeNats(url), READY_MS);
  return { url, port: place.port, process: server };
}

/**
 * Reads the line with which a NATS server greets
 * (https://docs.nats.io/reference/reference-protocols/nats-protocol#info).
 * @throws ServerFailed when nothing answers, or when what answers is not NATS or has no JetStream
 */
export async function probeNats(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port || 4222) });
  try {
    const [chunk]: unknown[] = await once(socket, 'data', { signal: AbortSignal.timeout(PROBE_MS) });
    const greeting = String(chunk);
    if (!greeting.startsWith('INFO {')) throw new ServerFailed(`${url} is not a NATS server`);
    if (!/"jetstream": ?true/.test(greeting)) throw new ServerFailed(`${url} has no JetStream`);
  } finally {
    socket.destroy();
  }
}
