/** Servers as containers, where a Docker engine answers. */

import { randomUUID } from 'node:crypto';

import { runProgram } from './run-program.ts';

const ANSWER_MS = 5_000;
const PULL_MS = 600_000;

/** Makes sure that an engine answers and has the image. @throws SourceUnavailable */
export async function pullImage(image: string): Promise<void> {
  await runProgram('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: ANSWER_MS });
  const known = await runProgram('docker', ['image', 'ls', '--quiet', image], { timeoutMs: ANSWER_MS });
  if (known.trim() === '') await runProgram('docker', ['pull', '--quiet', image], { timeoutMs: PULL_MS });
}

/** What to run in a container. */
export interface Container {
  readonly image: string;
  /** The server's port inside the container. */
  readonly innerPort: number;
  /** The loopback port of this machine that leads to it. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of the image's own command. */
  readonly args?: readonly string[];
}

/**
 * The command line that runs it in the foreground: the client passes SIGTERM on, and `--rm` leaves neither container
 * nor data behind, so that a container is started and stopped like any other process.
 */
export function dockerRun(container: Container): { command: string; args: string[] } {
  const env = Object.entries(container.env ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const publish = ['--publish', `127.0.0.1:${container.port}:${container.innerPort}`];
  const args = container.args ?? [];
  return {
    command: 'docker',
    args: ['run', '--rm', '--name', `whalewatch-test-${randomUUID()}`, ...publish, ...env, container.image, ...args],
  };
}
