/** How the threads, books and leases of a live run are: what the monitor's pages, `/healthz` and `/readyz` say of them. */

import type { Supervisor } from '../actors/runtime/supervisor.ts';
import type { Watchdog } from '../actors/runtime/watchdog.ts';
import type { SystemFigures } from '../monitor/state/system-board.ts';
import { SYSTEM_METRICS } from '../monitor/state/system-board.ts';
import type { MonitorSource } from '../ports/monitor-source.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { MetricsHub } from '../telemetry/metrics-hub.ts';
import type { BookBoard } from './book-board.ts';
import type { SharedWork } from './shared-work.ts';
import { STANDSTILL_METRICS, standingConsumers } from './standstill.ts';
import type { ThreadAnswers } from './thread-answers.ts';
import type { ThreadRole, TreeThread } from './tree-thread.ts';

/** Of what is missing, the monitor is told the first so many. */
const MISSING_TOLD = 20;
const STATES = ['running', 'silent', 'down', 'given-up'] as const;

interface Missing {
  readonly part: string;
  readonly name: string;
  readonly reason: string;
}

export interface TreeHealthOptions {
  readonly threads: readonly TreeThread[];
  readonly supervisor: Supervisor;
  readonly watchdog: Watchdog;
  readonly answers: ThreadAnswers;
  readonly board: BookBoard;
  readonly hub: MetricsHub;
  readonly metrics: Metrics;
  readonly work: SharedWork;
}

export class TreeHealth {
  private readonly options: TreeHealthOptions;

  constructor(options: TreeHealthOptions) {
    this.options = options;
  }

  /** Sets the metrics of threads and leases. */
  sample(): void {
    const { metrics, work, threads } = this.options;
    for (const unit of work.units) metrics.lease.held.set({ unit }, work.isOurs(unit) ? 1 : 0);
    const { held = [], standby = [] } = work.ownership ?? {};
    metrics.lease.standby.set(held.length === 0 && standby.length > 0 ? 1 : 0);
    for (const role of new Set(threads.map((one) => one.role))) {
      const states = this.ours(role).map((thread) => this.stateOf(thread));
      for (const state of STATES) {
        metrics.actor.threads.set({ role, state }, states.filter((one) => one === state).length);
      }
    }
  }

  health(): ReturnType<MonitorSource['health']> {
    const { threads, watchdog, supervisor } = this.options;
    const hung = threads.filter(({ host }) => watchdog.isHung(host));
    const reasons = [
      ...supervisor.givenUp.map((id) => `${id} failed too often and was given up`),
      ...hung.map(({ host }) => `${host.name} does not answer and cannot be ended alone`),
    ];
    return { healthy: reasons.length === 0, reasons };
  }

  async readiness(): ReturnType<MonitorSource['readiness']> {
    const { supervisor, answers, board, work } = this.options;
    const { ownership } = work;
    const { down } = supervisor;
    const ingest = this.ours('ingest').filter(({ host }) => !down.includes(host.name));
    const mute = await Promise.all(ingest.map(async (one) => ((await answers.answersNow(one)) ? [] : [one.host.name])));
    const missing = [
      ...down.map((name) => ({ part: 'shard', name, reason: 'not running' })),
      ...mute.flat().map((name) => ({ part: 'shard', name, reason: 'does not answer' })),
      ...this.silent(),
      ...this.standing(),
      ...(ownership?.lapsed ?? []).map((name) => ({ part: 'lease', name, reason: 'not renewed in time' })),
      ...board.missing(),
    ];
    const standby = ownership === null ? {} : { standby: ownership.standby };
    return { ready: missing.length === 0, missing, ...standby };
  }

  /** For the pages of the monitor. */
  figures(): SystemFigures {
    const { supervisor, threads, hub, board, work } = this.options;
    const { down } = supervisor;
    const missing = [...this.silent(), ...this.standing(), ...board.missing()].map(
      ({ part, name, reason }) => `${part} ${name}: ${reason}`,
    );
    return {
      sums: hub.values(SYSTEM_METRICS),
      threads: threads
        .filter(({ host }) => work.isOurs(host.name))
        .map(({ host }) => ({
          name: host.name,
          running: !down.includes(host.name),
          restarts: Math.max(0, host.incarnation - 1),
        })),
      ...this.health(),
      ready: down.length === 0 && missing.length === 0,
      missing: missing.slice(0, MISSING_TOLD),
    };
  }

  /** Threads behind the feeds that run and do not answer. */
  private silent(): Missing[] {
    const { threads, supervisor, watchdog, work } = this.options;
    return threads
      .filter(({ role, host }) => role !== 'ingest' && work.isOurs(host.name))
      .filter(({ host }) => !supervisor.down.includes(host.name) && watchdog.isSilent(host))
      .map(({ host: { name } }) => ({ part: 'shard', name, reason: 'does not answer' }));
  }

  private standing(): ReturnType<typeof standingConsumers> {
    return standingConsumers(this.options.hub.values(STANDSTILL_METRICS));
  }

  private stateOf({ host }: TreeThread): (typeof STATES)[number] {
    const { supervisor, watchdog } = this.options;
    if (supervisor.givenUp.includes(host.name)) return 'given-up';
    if (supervisor.down.includes(host.name)) return 'down';
    return watchdog.isSilent(host) ? 'silent' : 'running';
  }

  private ours(role: ThreadRole): TreeThread[] {
    return this.options.threads.filter((one) => one.role === role && this.options.work.isOurs(one.host.name));
  }
}
