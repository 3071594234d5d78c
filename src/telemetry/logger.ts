/**
 * Logs: one JSON object per line on stderr, since stdout carries results alone. The text of a line is constant, so that
 * it can be searched for; what varies goes into fields. Each actor logs through a child of its own.
 */

import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Logger = PinoLogger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Lines for people. Where absent: on a terminal. */
  readonly pretty?: boolean | undefined;
  /** Where lines go; stderr where absent. */
  readonly destination?: DestinationStream;
}

/** Asked by number: in a worker thread `process.stderr` is a pipe to the main thread and never a terminal. */
const STDERR = 2;

/** Names under which secrets travel, at the top of a line's fields and one and two levels down. */
const SECRET_NAMES = ['password', 'token', 'authorization', 'cookie', 'secret', 'questdbPassword', 'questdbToken'];
const REDACTED = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * A logger for one thread. Writes are synchronous, so that the last words of a thread that dies are not lost; a stderr
 * that nobody reads therefore holds the thread up, which is why frequent events thin themselves out (`events.ts`).
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[hidden]' },
    },
    destinationOf(options),
  );
}

/** The logger of one actor: `actor` is its role, `fields` say which of its kind it is. */
export function childLogger(parent: Logger, actor: string, fields: Readonly<Record<string, unknown>> = {}): Logger {
  return parent.child({ actor, ...fields });
}

function destinationOf({ pretty, destination }: LoggerOptions): DestinationStream {
  const stderr = destination ?? pino.destination({ dest: STDERR, sync: true });
  if (!(pretty ?? (destination === undefined && isatty(STDERR)))) return stderr;
  // Only the formatter is used, not its stream: that would write later, and so lose the last lines of a crash.
  const format = prettyFactory({ colorize: isatty(STDERR), translateTime: 'SYS:HH:MM:ss.l' });
  return { write: (line) => stderr.write(format(line)) };
}
