/** Logger, metrics and vitals of one thread. */

import { createRequire } from 'node:module';
import type { EventLog } from '../../telemetry/events.ts';
import { Events } from '../../telemetry/events.ts';
import type * as loggers from '../../telemetry/logger.ts';
import type { LogLevel } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { MetricsSnapshot } from '../../telemetry/metrics-hub.ts';
import { NO_METRICS } from '../../telemetry/no-metrics.ts';

export interface TelemetryInit {
  /** Bounded name of the thread, e.g. `ingest-0`. */
  readonly thread: string;
  readonly role: string;
  readonly level: LogLevel;
  readonly pretty: boolean | undefined;
  /** False where nobody will ask for metrics: the thread then starts in a third of the time. */
  readonly isMeasured: boolean;
}

export interface ThreadTelemetry {
  readonly log: EventLog;
  readonly metrics: Metrics;
  readonly events: Events;
  /** Samples the thread's vitals and returns all metrics. */
  snapshot(): Promise<MetricsSnapshot>;
  stop(): void;
}

export async function startTelemetry(init: TelemetryInit): Promise<ThreadTelemetry> {
  const log = new LateLog(init);
  if (!init.isMeasured) {
    const events = new Events(log, NO_METRICS);
    return { log, metrics: NO_METRICS, events, snapshot: () => Promise.resolve([]), stop: () => undefined };
  }
  const { measure } = await import('./thread-metrics.ts');
  const metering = measure(init.thread);
  return { ...metering, log, events: new Events(log, metering.metrics) };
}

/** A thread's logger, made with its first line: most replays have nothing to say. */
class LateLog implements EventLog {
  private readonly init: TelemetryInit;
  private log: EventLog | null = null;

  constructor(init: TelemetryInit) {
    this.init = init;
  }

  debug(facts: object, text: string): void {
    if (this.has('debug')) this.open().debug(facts, text);
  }

  info(facts: object, text: string): void {
    if (this.has('info')) this.open().info(facts, text);
  }

  warn(facts: object, text: string): void {
    if (this.has('warn')) this.open().warn(facts, text);
  }

  error(facts: object, text: string): void {
    if (this.has('error')) this.open().error(facts, text);
  }

  private has(level: LogLevel): boolean {
    return LEVELS.indexOf(level) >= LEVELS.indexOf(this.init.level);
  }

  /** Within the call, as the last words of a thread that dies must be: an import would come later. */
  private open(): EventLog {
    if (this.log === null) {
      const { level, pretty, role, thread } = this.init;
      const { childLogger, createLogger } = createRequire(import.meta.url)(
        '../../telemetry/logger.ts',
      ) as typeof loggers;
      this.log = childLogger(createLogger({ level, pretty }), role, { thread });
    }
    return this.log;
  }
}

/** Lowest first. */
const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
