/** Runs a program to its end, for the sources that ask tools of this machine. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { SourceUnavailable } from './source.ts';

const execute = promisify(execFile);

/** How to run it. */
export interface ProgramOptions {
  /** Killed after this long. */
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * What the program wrote, standard output before standard error.
 * @throws SourceUnavailable with its last words when it is not installed, ends with an error or takes too long
 */
export async function runProgram(command: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  try {
    const { stdout, stderr } = await execute(command, args, {
      timeout: options.timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    return stdout + stderr;
  } catch (error) {
    throw new SourceUnavailable(explain(command, options.timeoutMs, error), { cause: error });
  }
}

function explain(command: string, timeoutMs: number, error: unknown): string {
  if (!(error instanceof Error)) return `${command} failed: ${String(error)}`;
  if ('code' in error && error.code === 'ENOENT') return `${command} is not installed`;
  if ('killed' in error && error.killed === true) return `${command} took longer than ${timeoutMs / 1000} s`;
  const words = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return `${command} failed: ${words.split('\n').at(-1) || error.message}`;
}
