/**
 * The supervision tree of a live run: store, scoring, analytics and ingest threads under a one-for-one supervisor, started in this
 * order and drained in the other. It places pairs, restarts what dies, marks a lost shard's books stale at once, and
 * answers the monitor. No domain logic, and no live frame passes through here.
 */

import { Registry } from 'prom-client';
import { Supervisor } from '../actors/runtime/supervisor.ts';
import { Watchdog } from '../actors/runtime/watchdog.ts';
import type { PositionMap } from '../actors/positions.ts';
import { createSystemClock } from '../exchanges/system-clock.ts';
import { AppError } from '../lib/app-error.ts';
import type { MonitorSource } from '../ports/monitor-source.ts';
import type { QueryResult } from '../ports/store.ts';
import { Events } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { MetricsHub, snapshotOf } from '../telemetry/metrics-hub.ts';
import { ThreadVitals } from '../telemetry/thread-vitals.ts';
import { beginRoleAtZero } from '../telemetry/zero-counts.ts';
import { EMBEDDED_WINDOW, modelChoice, natsInit, stateInit } from './adapters.ts';
import { keepArchiveTrimmed } from './archive-trimming.ts';
import { BookBoard } from './book-board.ts';
import type { Config } from './config.ts';
import { drain, follow } from './draining.ts';
import type { EpochMark } from './epoch-mark.ts';
import { openEpochMark } from './epoch-mark.ts';
import type { InstrumentWatch } from './instrument-watch.ts';
import { createInstrumentWatch } from './instruments.ts';
import type { ResolvedVenue } from './pairs.ts';
import { Progress } from './progress.ts';
import { summaryOf, writeRunFile } from './run-file.ts';
import { SharedWork } from './shared-work.ts';
import { SupervisorBus, type LostBook } from './supervisor-bus.ts';
import { ThreadAnswers } from './thread-answers.ts';
import type { ThreadFiles } from './thread-files.ts';
import { THREAD_FILES } from './thread-files.ts';
import { ThreadInits } from './thread-inits.ts';
import type { Checkpoint, IngestReport, LivePair } from './threads/ingest.protocol.ts';
import type { ScoringReport } from './threads/scoring.protocol.ts';
import { TreeHealth } from './tree-health.ts';
import { TreeThreads } from './tree-threads.ts';
import type { ThreadRole } from './tree-thread.ts';
import type { Topology } from './wiring.ts';
import { Wiring } from './wiring.ts';

export interface TreeOptions {
  readonly config: Config;
  readonly venues: readonly ResolvedVenue[];
  readonly log: Logger;
  readonly version: string;
  readonly threadFiles?: ThreadFiles;
}

/** Every shard's own view, in the order of the shards. */
export interface ShardReports {
  readonly ingest: readonly IngestReport[];
  readonly scoring: readonly ScoringReport[];
}

/** How often the threads are asked for metrics and for the state of their books. */
const POLL_MS = 1000;
const KIB = 1024;

export class Tree implements MonitorSource {
  private readonly options: TreeOptions;
  private readonly clock = createSystemClock();
  private readonly startedUs: number;
  private readonly topology: Topology;
  private readonly wiring: Wiring;
  private readonly supervisorBus: SupervisorBus;
  private readonly supervisor: Supervisor;
  private readonly threads: TreeThreads;
  private readonly work: SharedWork;
  private readonly watchdog: Watchdog;
  private readonly board: BookBoard;
  private readonly instruments: InstrumentWatch;
  /** By exchange: what has been watched since the start, and what its venue has begun to trade since. */
  private readonly pairs: Map<string, LivePair[]>;
  private readonly progress = new Progress();
  private readonly hub = new MetricsHub();
  private readonly registry = new Registry();
  private readonly events: Events;
  private readonly vitals: ThreadVitals;
  private readonly answers: ThreadAnswers;
  private readonly inits: ThreadInits;
  private readonly condition: TreeHealth;
  private pollTimer: NodeJS.Timeout | null = null;
  private endTrimming: () => void = () => undefined;
  /** By role. */
  private readonly deaths: Record<string, number> = {};
  /** The epoch of the word that a shard was lost, of the last that was. */
  private lossEpoch = 0;
  private epochMark: EpochMark | null = null;
  private isTellingMonitor = false;
  private isStarted = false;
  /** Why a thread did not come up, until all have. */
  private startFailure: { readonly error: unknown } | null = null;

  constructor(options: TreeOptions) {
    const { config, venues, log, threadFiles = THREAD_FILES } = options;
    this.options = options;
    this.startedUs = this.clock.nowUs();
    const { ingest, scoring, bus } = config;
    this.topology = {
      partitions: ingest.partitions,
      ingestShards: ingest.shards,
      scoringShards: scoring.shards,
      analyticsShards: config.analytics.enabled ? config.analytics.shards : 0,
      store: config.store.kind !== 'none',
      monitor: config.monitor.enabled,
    };
    const nats = natsInit(config, this.topology, '');
    this.wiring = new Wiring({ topology: this.topology, nats, window: EMBEDDED_WINDOW });
    const metrics = createMetrics(this.registry);
    this.events = new Events(log, metrics);
    this.vitals = new ThreadVitals(metrics.thread, 'supervisor');
    this.work = new SharedWork({
      ...{ config, topology: this.topology, nats, clock: this.clock, log, events: this.events, metrics },
      onBegin: (unit, before) => this.beginWork(unit, before),
      onEnd: (unit, deadlineMs) => this.endWork(unit, deadlineMs),
    });
    this.board = new BookBoard(venues, ingest.partitions, ingest.shards, (shard) =>
      this.work.isOurs(`ingest-${shard}`),
    );
    this.pairs = new Map(venues.map(({ config: venue, pairs }) => [venue.exchange, [...pairs]]));
    this.answers = new ThreadAnswers({ hub: this.hub, board: this.board, clock: this.clock, log });
    const { version } = options;
    this.inits = new ThreadInits({
      config,
      venues,
      pairs: this.pairs,
      state: stateInit(config),
      facts: { version, startedUs: this.startedUs, bus: bus.kind, store: config.store.kind },
      known: () => this.board.all(),
      monitorUrl: () => this.threads.liveUrl,
      // Newer than all that an earlier incarnation or program said, or was said of its loss.
      epochFloor: (shard) => Math.max(this.epochNowUs(), this.lossEpoch, this.work.termOf(`ingest-${shard}`)),
    });
    this.threads = new TreeThreads({
      ...{ config, threadFiles, inits: this.inits },
      boot: async (thread, init) => {
        const fenced = await this.work.fenced(thread.host.name);
        await this.wiring.boot(thread, (bus) => init(fenced(bus)));
      },
      onDeath: (id, error) => this.supervisor.failed(id, error),
      query: (sql) => this.query(sql),
    });
    for (const { role } of this.threads.all) beginRoleAtZero(metrics, role);
    this.instruments = createInstrumentWatch({
      config,
      version,
      venues,
      metrics,
      clock: this.clock,
      events: this.events,
      keeps: () => this.topology.store && this.work.isOurs('store-0'),
      query: (sql) => this.query(sql),
      write: (versions) => this.threads.of('store-0').host.call('instruments', versions),
      isWatched: (exchange, symbol) => this.board.has(exchange, symbol),
      watch: (venue, pairs) => this.watchNew(venue, pairs),
    });
    this.supervisorBus = new SupervisorBus({
      partitions: ingest.partitions,
      maxBatchBytes: bus.maxBatchKb * KIB,
      onFailure: (error) => log.error({ err: error }, 'supervisor could not publish'),
    });
    this.watchdog = this.createWatchdog();
    this.supervisor = this.createSupervisor();
    this.condition = new TreeHealth({
      threads: this.threads.all,
      supervisor: this.supervisor,
      watchdog: this.watchdog,
      answers: this.answers,
      board: this.board,
      hub: this.hub,
      metrics,
      work: this.work,
    });
  }

  /** Where the live monitor answers; null where there is none. */
  get liveUrl(): string | null {
    return this.threads.liveUrl;
  }

  /** What of shared work this process does, and what it would take over; null where nobody shares it. */
  get share(): SharedWork['share'] {
    return this.work.share;
  }

  /** @throws AppError where bus or store cannot be used, or a thread does not come up */
  async start(): Promise<void> {
    const { config, log } = this.options;
    await this.work.open();
    this.epochMark = await openEpochMark(config, this.clock, log);
    try {
      await this.supervisor.start((id) => !this.work.isShared(id));
      await this.wiring.boot(this.supervisorBus.member(), (bus) => this.work.fencedPerLane(bus));
      await this.work.ownership?.start();
      if (this.startFailure !== null) throw this.startFailure.error;
    } catch (error) {
      this.work.ownership?.freeze();
      await this.supervisor.stop();
      await this.work.ownership?.stop();
      await this.epochMark.close();
      throw error;
    }
    this.isStarted = true;
    this.work.tell();
    this.pollTimer = setInterval(() => this.poll(), POLL_MS);
    this.endTrimming = keepArchiveTrimmed(config.archive, this.clock, log);
    void this.instruments.start();
  }

  /**
   * Ends in the direction of the stream: feeds first, then what they said is followed through scoring into the store,
   * then the threads stop. Past the deadline they are stopped as they are.
   */
  async stop(): Promise<void> {
    const { shutdownDeadlineMs } = this.options.config.supervision;
    if (this.pollTimer !== null) clearInterval(this.pollTimer);
    this.endTrimming();
    this.instruments.stop();
    this.work.ownership?.freeze();
    const late = Promise.withResolvers<'late'>();
    const cancelDeadline = this.clock.setTimer(shutdownDeadlineMs, () => late.resolve('late'));
    const unfinished: string[] = [];
    try {
      const outcome = await Promise.race([
        drain((role) => this.threads.running(role), this.topology, unfinished),
        late.promise,
      ]);
      if (outcome === 'late') this.events.shutdownDeadline({ deadlineMs: shutdownDeadlineMs, unfinished });
    } catch (error) {
      // A thread died meanwhile: what is left stops all the same.
      this.options.log.error({ err: error, unfinished }, 'shutdown could not wait for everything');
    }
    cancelDeadline();
    if (unfinished.length === 0) await this.writeRunFile();
    else this.threads.hurry();
    await this.supervisor.stop();
    await this.work.ownership?.stop();
    await this.epochMark?.close();
    await this.supervisorBus.close();
    this.vitals.stop();
  }

  /** What the run came to, beside its raw archive: a replay of that can then be held against it. */
  private async writeRunFile(): Promise<void> {
    const { config, log } = this.options;
    const { dir } = config.archive;
    if (dir === null) return;
    try {
      const scoring = await this.askAll<ScoringReport>('scoring', 'report');
      const times = { started_us: this.startedUs, ended_us: this.clock.nowUs() };
      writeRunFile(dir, summaryOf({ run: 1, ...times, deaths: this.deaths }, modelChoice(config), scoring));
    } catch (error) {
      log.warn({ err: error }, 'the run could not be summed up beside its archive');
    }
  }

  // ---- MonitorSource ----

  async metrics(): Promise<string> {
    this.vitals.sample();
    this.condition.sample();
    this.hub.update('supervisor', await snapshotOf(this.registry));
    return this.hub.render();
  }

  health(): ReturnType<MonitorSource['health']> {
    return this.condition.health();
  }

  readiness(): ReturnType<MonitorSource['readiness']> {
    return this.condition.readiness();
  }

  status(): ReturnType<MonitorSource['status']> {
    const { config, version } = this.options;
    return {
      version,
      startedUs: this.startedUs,
      bus: config.bus.kind,
      store: config.store.kind,
      books: this.board.status(),
    };
  }

  query(sql: string): Promise<QueryResult> {
    const store = this.threads.all.find(({ role }) => role === 'store');
    if (store !== undefined && !this.work.isOurs(store.host.name)) {
      throw new AppError('store.elsewhere', 'another process keeps the rows at the moment', {
        remedy: 'ask the store itself, or the process that holds the lease of store-0',
      });
    }
    if (store === undefined) {
      throw new AppError('store.none', 'this run keeps no rows', { remedy: 'set store.kind to duckdb or questdb' });
    }
    return store.host.call<QueryResult>('query', sql);
  }

  /** Waits until all that the books have said up to now is scored, stored and visible to queries. */
  async caughtUp(): Promise<void> {
    const checkpoints = await Promise.all(
      this.threads.running('ingest').map(({ host }) => host.call<Checkpoint>('checkpoint')),
    );
    const positions = Object.assign({}, ...checkpoints.map((one) => one.positions)) as PositionMap;
    await follow((role) => this.threads.running(role), this.topology, positions);
  }

  /** What ingest and scoring shards say of themselves at this moment. @throws ThreadDied where one is not running */
  async reports(): Promise<ShardReports> {
    const [ingest, scoring] = await Promise.all([
      this.askAll<IngestReport>('ingest', 'report'),
      this.askAll<ScoringReport>('scoring', 'report'),
    ]);
    return { ingest, scoring };
  }

  /** All levels of every book, by `exchange:symbol`, as one digest each: see `digestOfBook`. */
  async bookDigests(): Promise<Readonly<Record<string, string>>> {
    const parts = await this.askAll<Readonly<Record<string, string>>>('ingest', 'digests');
    return Object.assign({}, ...parts) as Record<string, string>;
  }

  /** Asks the threads of a role that are this process's to run. */
  private askAll<T>(role: ThreadRole, command: string): Promise<T[]> {
    const ours = this.threads.all.filter((one) => one.role === role && this.work.isOurs(one.host.name));
    return Promise.all(ours.map(({ host }) => host.call<T>(command)));
  }

  // ---- work that is shared ----

  /** @param before the silent process that did it until now; null where there is none */
  private async beginWork(unit: string, before: string | null): Promise<void> {
    const { role, index } = this.threads.of(unit);
    if (role === 'ingest' && before !== null) {
      // On each of its lanes, before anything else: from then on its last owner is refused there.
      this.markLost(this.board.shardLost(index), `the process ${before} was silent`, unit);
      await this.supervisorBus.settled();
    }
    if (this.startFailure !== null) return;
    await this.supervisor.want(unit, (error) => {
      // Who has lost the work in the meantime has not failed.
      if (!this.isStarted && this.work.isOurs(unit)) this.startFailure ??= { error };
    });
    if (unit === 'store-0' && this.isStarted) void this.instruments.startAgain();
  }

  private async endWork(unit: string, deadlineMs: number): Promise<void> {
    await this.supervisor.unwant(unit, deadlineMs);
    this.hub.ended(unit);
  }

  // ---- children ----

  private createWatchdog(): Watchdog {
    const { hungAfterS } = this.options.config.supervision;
    return new Watchdog({
      ...{ everyMs: POLL_MS, endAfterMs: hungAfterS === null ? null : hungAfterS * 1000 },
      onHung: ({ name, silentMs }) => {
        const { role, host } = this.threads.of(name);
        this.events.threadHung({ role, shard: name, incarnation: host.incarnation, silentMs });
      },
    });
  }

  private createSupervisor(): Supervisor {
    const { supervision } = this.options.config;
    return new Supervisor({
      children: this.threads.specs,
      maxRestarts: supervision.maxRestarts,
      periodMs: supervision.periodS * 1000,
      backoffMinMs: supervision.backoffMinMs,
      backoffMaxMs: supervision.backoffMaxMs,
      clock: this.clock,
      uniform: Math.random,
      // A server that is away is no fault of the child: it is waited for, not given up. A cluster without a leader seems to
      // have no JetStream.
      isTransient: (error) =>
        error instanceof AppError && /\.(unreachable|locked|not-ours|no-jetstream)$/.test(error.code),
      onFailed: ({ id, error, backoffMs }) => this.onChildFailed(id, error, backoffMs),
      onRestarted: ({ id, downMs }) => {
        const { role, host } = this.threads.of(id);
        this.events.shardRestarted({ role, shard: id, incarnation: host.incarnation, downMs });
      },
      onGivenUp: ({ id, error, restarts }) => {
        this.onChildFailed(id, error, 0);
        const { role } = this.threads.of(id);
        this.events.restartsExceeded({
          role,
          actor: id,
          maxRestarts: restarts,
          periodS: supervision.periodS,
        });
        // Another process may do better.
        this.work.ownership?.leaveRole(role);
      },
    });
  }

  private onChildFailed(id: string, error: unknown, backoffMs: number): void {
    const { role, index, host } = this.threads.of(id);
    const reason = error instanceof Error ? error.message : String(error);
    this.deaths[role] = (this.deaths[role] ?? 0) + 1;
    const lost = role === 'ingest' ? this.board.shardLost(index) : [];
    this.hub.ended(id);
    if (role === 'ingest') this.markLost(lost, reason, id);
    this.events.shardLost({ role, shard: id, incarnation: host.incarnation, reason, pairs: lost.length });
    this.options.log.debug({ shard: id, backoffMs }, 'restart scheduled');
  }

  private markLost(lost: readonly LostBook[], reason: string, unit: string): void {
    const atUs = Math.max(this.epochNowUs(), this.work.termOf(unit));
    this.lossEpoch = Math.max(this.lossEpoch, this.supervisorBus.markLost(lost, atUs, reason));
  }

  /** Never falls, whatever the host's clock does. */
  private epochNowUs(): number {
    return this.epochMark?.nowUs() ?? this.clock.nowUs();
  }

  /** All pairs of a venue are watched, and it has begun to trade these. */
  private watchNew({ config: venue }: ResolvedVenue, pairs: readonly LivePair[]): void {
    const { exchange } = venue;
    this.board.add(exchange, pairs);
    this.pairs.get(exchange)?.push(...pairs);
    this.options.log.info({ exchange, pairs: pairs.map(({ symbol }) => symbol) }, 'new pairs are watched');
    for (const { index, host } of this.threads.running('ingest')) {
      const part = this.inits.venue(venue, pairs, index);
      if (part.pairs.length === 0) continue;
      // A shard that dies meanwhile gets them with all others when it is booted again.
      host.call('watch', part).catch((error: unknown) => {
        this.options.log.warn({ err: error, shard: host.name }, 'new pairs wait for their shard');
      });
    }
  }

  // ---- polling ----

  private poll(): void {
    const { down } = this.supervisor;
    for (const thread of this.threads.all) {
      const { name } = thread.host;
      if (!this.work.isOurs(name)) continue;
      // From its boot on, while it is being linked too: what waits for it comes with the first link.
      if (thread.host.isUp) this.watchdog.look(thread.host);
      if (!down.includes(name)) void this.answers.ask(thread);
    }
    this.work.tell();
    void this.tellMonitor();
    const progress = this.progress.report(this.board.status(), this.clock.nowUs());
    if (progress !== null) this.options.log.info(progress, 'books live');
  }

  /** Sends the monitor the figures of the whole, once it has taken the last ones. */
  private async tellMonitor(): Promise<void> {
    const monitor = this.threads.running('monitor')[0];
    if (monitor === undefined || this.isTellingMonitor) return;
    this.isTellingMonitor = true;
    try {
      this.vitals.sample();
      this.hub.update('supervisor', await snapshotOf(this.registry));
      await monitor.host.call('figures', this.condition.figures());
    } catch (error) {
      this.options.log.debug({ err: error }, 'the monitor did not take its figures');
    } finally {
      this.isTellingMonitor = false;
    }
  }
}
