/** A test server as a process of its own, ended with us at the latest (see `server-keeper.ts`). */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { AppError } from '../../src/lib/app-error.ts';

/** A server did not come up; the message has its last words. */
export class ServerFailed extends AppError {
  constructor(reason: string, options: { log?: string; cause?: unknown } = {}) {
    super('services.server_failed', options.log ? `${reason}\n${options.log}` : reason, { cause: options.cause });
    this.name = 'ServerFailed';
  }
}

/** What the keeper tells its parent. */
export type KeeperMessage =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** What to run. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Removed with everything in it when the server has ended. */
  readonly folderToRemove?: string;
}

/** A running server. */
export interface ServerProcess {
  /** Of the server itself: a test may kill it. */
  readonly pid: number;
  /** True once the server has ended, however it came to it. */
  hasEnded(): boolean;
  /** The end of what the server wrote. */
  log(): string;
  /** Ends the server and resolves when it is gone and its folder removed. May be called again. */
  stop(): Promise<void>;
}

const LOG_CHARS = 4_000;
const PROBE_INTERVAL_MS = 50;
const START_ATTEMPTS = 3;

/** Starts a server; it need not be ready yet. @throws ServerFailed when there is no such program */
export async function startServer({ command, args, folderToRemove = '' }: ServerCommand): Promise<ServerProcess> {
  const keeper = fork(join(import.meta.dirname, 'server-keeper.ts'), [folderToRemove, command, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  const ended = once(keeper, 'exit');
  let log = '';
  for (const stream of [keeper.stdout, keeper.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_CHARS);
    });
  }
  const first = await Promise.race([
    once(keeper, 'message').then(([message]: KeeperMessage[]) => message),
    ended.then(() => undefined),
  ]);
  if (first?.kind !== 'started') {
    throw new ServerFailed(`${command} cannot be started: ${first?.reason ?? 'its keeper ended'}`, { log });
  }
  return {
    pid: first.pid,
    hasEnded: () => keeper.exitCode !== null || keeper.signalCode !== null,
    log: () => log,
    async stop() {
      if (keeper.connected) keeper.disconnect();
      await ended;
    },
  };
}

/**
 * Asks `probe` until it resolves. The server is stopped when it does not within the time.
 * @throws ServerFailed when the server ends first or the time is over
 */
export async function untilReady<T>(server: ServerProcess, probe: () => Promise<T>, timeoutMs: number): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await probe();
    } catch (cause) {
      if (server.hasEnded()) throw new ServerFailed('the server ended while starting', { log: server.log(), cause });
      if (performance.now() > deadline) {
        await server.stop();
        throw new ServerFailed(`the server was not ready after ${timeoutMs / 1000} s`, { log: server.log(), cause });
      }
    }
    await pause(PROBE_INTERVAL_MS);
  }
}

/**
 * Starts something on a free loopback port. Another process may take the port between its choice and its use, so a
 * failed start is tried again on another one.
 * @throws ServerFailed of the last attempt
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (!(error instanceof ServerFailed) || attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new ServerFailed('the system gave no port');
  return address.port;
}
