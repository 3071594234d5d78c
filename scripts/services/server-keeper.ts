/**
 * A small program that owns one test server and outlives nobody: when the channel to its parent closes, for whatever
 * reason (asked to stop, crash, SIGKILL), it ends the server and removes the server's folder. It runs in a process
 * group of its own, so that ctrl-C in a terminal reaches the tests first and the servers stay until they are done.
 *
 *     node server-keeper.ts FOLDER_TO_REMOVE COMMAND [ARG…]      an empty FOLDER_TO_REMOVE removes nothing
 */

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

import type { KeeperMessage } from './server-process.ts';

/** Time for an orderly end. The data are thrown away, so there is little to wait for. */
const STOP_GRACE_MS = 10_000;

const [folder = '', command = '', ...args] = process.argv.slice(2);
const server = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

server.once('spawn', () => {
  if (server.pid !== undefined) report({ kind: 'started', pid: server.pid });
});
server.once('error', (error) => {
  // Without a pid nothing runs and no exit will follow.
  report({ kind: 'failed', reason: error.message }, server.pid === undefined ? finish : undefined);
});
server.once('exit', finish);
process.once('disconnect', stop);
process.once('SIGTERM', stop);
// The parent decides when to stop; a signal to the whole terminal must not take the servers from running tests.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});

function report(message: KeeperMessage, then: () => void = () => {}): void {
  if (process.connected && process.send) process.send(message, then);
  else then();
}

function stop(): void {
  server.kill('SIGTERM');
  setTimeout(() => server.kill('SIGKILL'), STOP_GRACE_MS).unref();
}

function finish(): void {
  if (folder !== '') rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.exit();
}
