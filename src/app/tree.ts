/**
 * The supervision tree of a live run: store, scoring, analytics and ingest threads under a one-for-one supervisor, started in this
 * order and drained in the other. It places pairs, restarts what dies, marks a lost shard's books stale at once, and
 * answers the monitor. No domain logic, and no live frame passes through here.
 */

import { MessageChannel } from 'node:worker_threads';
import { Registry } from 'prom-client';
import type { ChildSpec } from '../actors/runtime/child-spec.ts';
import { Supervisor } from '../actors/runtime/supervisor.ts';
import { ThreadHost } from '../actors/runtime/thread-host.ts';
import { Watchdog } from '../actors/runtime/watchdog.ts';
import type { PositionMap } from '../actors/positions.ts';
import { trimArchive } from '../collect/archive-retention.ts';
import { createSystemClock } from '../exchanges/system-clock.ts';
import { AppError } from '../lib/app-error.ts';
import { partitionOf } from '../model/partition.ts';
import { readOnlyStatement } from '../monitor/read-only-sql.ts';
import type { SystemFigures } from '../monitor/state/system-board.ts';
import { SYSTEM_METRICS } from '../monitor/state/system-board.ts';
import type { Lane } from '../ports/bus.ts';
import type { MonitorSource } from '../ports/monitor-source.ts';
import type { QueryResult } from '../ports/store.ts';
import type { Fence } from '../transport/fence.ts';
import { Events } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { MetricsSnapshot } from '../telemetry/metrics-hub.ts';
import { MetricsHub, snapshotOf } from '../telemetry/metrics-hub.ts';
import { ThreadVitals } from '../telemetry/thread-vitals.ts';
import { beginLeasesAtZero, beginRoleAtZero } from '../telemetry/zero-counts.ts';
import {
  analyticsOptions,
  CONSUMER_PENDING_MAX,
  EMBEDDED_WINDOW,
  modelChoice,
  natsInit,
  stateInit,
  storeOptions,
} from './adapters.ts';
import { BookBoard } from './book-board.ts';
import type { Config, ExchangeConfig } from './config.ts';
import { bookChannel, compareEveryMs, credentialsOf, feedAddresses, isAudited, subscribedDepth } from './config.ts';
import { leaseMsOf, openLeases, planOf, processId, unitsOf } from './hosts.ts';
import type { InstrumentWatch } from './instrument-watch.ts';
import { createInstrumentWatch } from './instruments.ts';
import { Ownership } from './ownership.ts';
import type { ResolvedVenue } from './pairs.ts';
import { Progress } from './progress.ts';
import { writeRunFile, type RunFile } from './run-file.ts';
import type { SizeModelChoice } from './size-model-choice.ts';
import { SupervisorBus, type LostBook } from './supervisor-bus.ts';
import { STANDSTILL_METRICS, standingConsumers } from './standstill.ts';
import type { ThreadFiles } from './thread-files.ts';
import { THREAD_FILES } from './thread-files.ts';
import type { AnalyticsInit } from './threads/analytics.protocol.ts';
import type { BusInit, NatsInit } from './threads/bus-init.ts';
import type { Checkpoint, IngestInit, IngestReport, LiveInit, LivePair, LiveVenue } from './threads/ingest.protocol.ts';
import type { MonitorInit } from './threads/monitor.protocol.ts';
import { answerQueries } from './threads/query-desk.ts';
import type { ScoringInit, ScoringReport } from './threads/scoring.protocol.ts';
import type { StateInit } from './threads/shard-state.ts';
import type { StoreInit } from './threads/store.protocol.ts';
import type { Topology } from './wiring.ts';
import { partitionsOf, Wiring } from './wiring.ts';

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

interface Thread {
  readonly role: keyof ThreadFiles;
  readonly index: number;
  readonly host: ThreadHost;
}

/** How often the threads are asked for metrics and for the state of their books. */
const POLL_MS = 1000;
/** The feeds' part of a venue's request budget; what is left is for the lists of instruments. */
const REST_SHARE = 0.95;
/** A shard that takes longer to say how its books are is not ready. */
const ANSWER_MS_MAX = 1000;
/** What a thread gets to end by itself when the shutdown is late already. */
const LAST_WORDS_MS = 1000;
const KIB = 1024;
const MIB = 1024 * KIB;
/** Of what is missing, the monitor is told the first so many. */
const MISSING_TOLD = 20;
const GIB = 1024 ** 3;
const DAY_MS = 24 * 3_600_000;
/** How often the raw archive is held against its limits. */
const TRIM_MS = 60_000;

export class Tree implements MonitorSource {
  private readonly options: TreeOptions;
  private readonly clock = createSystemClock();
  private readonly startedUs: number;
  private readonly topology: Topology;
  /** How to reach NATS; null where the bus is in process. */
  private readonly nats: NatsInit | null;
  private readonly wiring: Wiring;
  private readonly state: StateInit;
  private readonly supervisorBus: SupervisorBus;
  private readonly supervisor: Supervisor;
  private readonly threads: Thread[] = [];
  private readonly watchdog: Watchdog;
  private readonly board: BookBoard;
  private readonly instruments: InstrumentWatch;
  /** By exchange: what has been watched since the start, and what its venue has begun to trade since. */
  private readonly pairs: Map<string, LivePair[]>;
  private readonly progress = new Progress();
  private readonly hub = new MetricsHub();
  private readonly registry = new Registry();
  private readonly ownMetrics: Metrics;
  private readonly events: Events;
  private readonly vitals: ThreadVitals;
  /** What threads were asked and have not answered yet. */
  private readonly asked = new Map<Thread, Promise<void>>();
  private pollTimer: NodeJS.Timeout | null = null;
  private trimTimer: NodeJS.Timeout | null = null;
  /** By role. */
  private readonly deaths: Record<string, number> = {};
  /** The epoch of the word that a shard was lost, of the last that was. */
  private lossEpoch = 0;
  /** The time to stop in good order is over. */
  private hurried = false;
  private isTellingMonitor = false;
  /** What of the work is this process's; null where nobody shares it, over the embedded bus. */
  private ownership: Ownership | null = null;
  /** Of the work that is shared; a thread of that name does it. */
  private readonly units: ReadonlySet<string>;
  private isStarted = false;
  /** Why a thread did not come up, until all have. */
  private startFailure: { readonly error: unknown } | null = null;
  private toldShare = '';
  /** Where the live monitor answers; null where there is none. */
  liveUrl: string | null = null;

  constructor(options: TreeOptions) {
    const { config, venues, log } = options;
    this.options = options;
    this.startedUs = this.clock.nowUs();
    const { ingest, scoring, bus, supervision } = config;
    this.topology = {
      partitions: ingest.partitions,
      ingestShards: ingest.shards,
      scoringShards: scoring.shards,
      analyticsShards: config.analytics.enabled ? config.analytics.shards : 0,
      store: config.store.kind !== 'none',
      monitor: config.monitor.enabled,
    };
    this.nats = natsInit(config, this.topology, '');
    this.units = new Set(this.nats === null ? [] : unitsOf(this.topology).map(({ name }) => name));
    this.wiring = new Wiring({ topology: this.topology, nats: this.nats, window: EMBEDDED_WINDOW });
    this.state = stateInit(config);
    const metrics = createMetrics(this.registry);
    this.ownMetrics = metrics;
    this.events = new Events(log, metrics);
    this.vitals = new ThreadVitals(metrics.thread, 'supervisor');
    this.board = new BookBoard(venues, ingest.partitions, ingest.shards, (shard) => this.isOurs(`ingest-${shard}`));
    this.pairs = new Map(venues.map(({ config: venue, pairs }) => [venue.exchange, [...pairs]]));
    const { version } = options;
    this.instruments = createInstrumentWatch({
      config,
      version,
      venues,
      metrics,
      clock: this.clock,
      events: this.events,
      keeps: () => this.topology.store && this.isOurs('store-0'),
      query: (sql) => this.query(sql),
      write: (versions) => this.thread('store-0').host.call('instruments', versions),
      isWatched: (exchange, symbol) => this.board.has(exchange, symbol),
      watch: (venue, pairs) => this.watchNew(venue, pairs),
    });
    this.supervisorBus = new SupervisorBus({
      partitions: ingest.partitions,
      maxBatchBytes: bus.maxBatchKb * KIB,
      onFailure: (error) => log.error({ err: error }, 'supervisor could not publish'),
    });
    const { hungAfterS } = supervision;
    this.watchdog = new Watchdog({
      ...{ everyMs: POLL_MS, endAfterMs: hungAfterS === null ? null : hungAfterS * 1000 },
      onHung: ({ name, silentMs }) => {
        const { role, host } = this.thread(name);
        this.events.threadHung({ role, shard: name, incarnation: host.incarnation, silentMs });
      },
    });
    this.supervisor = new Supervisor({
      children: this.childSpecs(),
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
        const { role, host } = this.thread(id);
        this.events.shardRestarted({ role, shard: id, incarnation: host.incarnation, downMs });
      },
      onGivenUp: ({ id, error, restarts }) => {
        this.onChildFailed(id, error, 0);
        const { role } = this.thread(id);
        this.events.restartsExceeded({
          role,
          actor: id,
          maxRestarts: restarts,
          periodS: supervision.periodS,
        });
        // Another process may do better.
        this.ownership?.leaveRole(role);
      },
    });
  }

  /** @throws AppError where bus or store cannot be used, or a thread does not come up */
  async start(): Promise<void> {
    this.ownership = await this.openOwnership();
    try {
      await this.supervisor.start((id) => !this.units.has(id));
      await this.wiring.boot(this.supervisorBus.member(), (bus) => this.fencedPerLane(bus));
      await this.ownership?.start();
      if (this.startFailure !== null) throw this.startFailure.error;
    } catch (error) {
      this.ownership?.freeze();
      await this.supervisor.stop();
      await this.ownership?.stop();
      throw error;
    }
    this.isStarted = true;
    this.tellShare();
    this.pollTimer = setInterval(() => this.poll(), POLL_MS);
    this.trimArchive();
    this.trimTimer = setInterval(() => this.trimArchive(), TRIM_MS);
    void this.instruments.start();
  }

  /**
   * Ends in the direction of the stream: feeds first, then what they said is followed through scoring into the store,
   * then the threads stop. Past the deadline they are stopped as they are.
   */
  async stop(): Promise<void> {
    const { shutdownDeadlineMs } = this.options.config.supervision;
    if (this.pollTimer !== null) clearInterval(this.pollTimer);
    if (this.trimTimer !== null) clearInterval(this.trimTimer);
    this.instruments.stop();
    this.ownership?.freeze();
    const late = Promise.withResolvers<'late'>();
    const cancelDeadline = this.clock.setTimer(shutdownDeadlineMs, () => late.resolve('late'));
    const unfinished: string[] = [];
    try {
      const outcome = await Promise.race([this.drain(unfinished), late.promise]);
      if (outcome === 'late') this.events.shutdownDeadline({ deadlineMs: shutdownDeadlineMs, unfinished });
    } catch (error) {
      // A thread died meanwhile: what is left stops all the same.
      this.options.log.error({ err: error, unfinished }, 'shutdown could not wait for everything');
    }
    cancelDeadline();
    if (unfinished.length === 0) await this.writeRunFile();
    this.hurried = unfinished.length > 0;
    await this.supervisor.stop();
    await this.ownership?.stop();
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
      writeRunFile(dir, {
        ...{ run: 1, started_us: this.startedUs, ended_us: this.clock.nowUs(), deaths: this.deaths },
        model: modelFields(modelChoice(config)),
        events: addUp(scoring.map(({ events }) => events)),
        scores: addUp(scoring.map(({ scores }) => scores)),
        books: Object.assign({}, ...scoring.map(({ books }) => books)) as ScoringReport['books'],
        score_hashes: Object.assign(
          {},
          ...scoring.map(({ scoreHashes }) => scoreHashes),
        ) as ScoringReport['scoreHashes'],
      });
    } catch (error) {
      log.warn({ err: error }, 'the run could not be summed up beside its archive');
    }
  }

  private trimArchive(): void {
    const { config, log } = this.options;
    const { dir: directory, maxGb, maxAgeDays } = config.archive;
    if (directory === null || (maxGb === null && maxAgeDays === null)) return;
    trimArchive({
      ...{ directory, nowMs: this.clock.nowUs() / 1000 },
      bytesMax: maxGb === null ? null : maxGb * GIB,
      ageMaxMs: maxAgeDays === null ? null : maxAgeDays * DAY_MS,
    }).then(
      ({ files, bytes }) => {
        if (files > 0) log.info({ files, bytes }, 'old files of the raw archive are removed');
      },
      (error: unknown) => log.error({ err: error }, 'old files of the raw archive could not be removed'),
    );
  }

  // ---- MonitorSource ----

  async metrics(): Promise<string> {
    this.vitals.sample();
    this.sampleThreads();
    this.hub.update('supervisor', await snapshotOf(this.registry));
    return this.hub.render();
  }

  private sampleThreads(): void {
    for (const unit of this.units) this.ownMetrics.lease.held.set({ unit }, this.isOurs(unit) ? 1 : 0);
    const { held = [], standby = [] } = this.ownership ?? {};
    this.ownMetrics.lease.standby.set(held.length === 0 && standby.length > 0 ? 1 : 0);
    const { down, givenUp } = this.supervisor;
    const stateOf = (id: string): string =>
      givenUp.includes(id)
        ? 'given-up'
        : down.includes(id)
          ? 'down'
          : this.watchdog.isSilent(this.thread(id).host)
            ? 'silent'
            : 'running';
    for (const role of new Set(this.threads.map((one) => one.role))) {
      const ids = this.ours(role).map(({ host }) => host.name);
      for (const state of ['running', 'silent', 'down', 'given-up']) {
        this.ownMetrics.actor.threads.set({ role, state }, ids.filter((id) => stateOf(id) === state).length);
      }
    }
  }

  health(): ReturnType<MonitorSource['health']> {
    const hung = this.threads.filter(({ host }) => this.watchdog.isHung(host));
    const reasons = [
      ...this.supervisor.givenUp.map((id) => `${id} failed too often and was given up`),
      ...hung.map(({ host }) => `${host.name} does not answer and cannot be ended alone`),
    ];
    return { healthy: reasons.length === 0, reasons };
  }

  async readiness(): ReturnType<MonitorSource['readiness']> {
    const { down } = this.supervisor;
    const ingest = this.ours('ingest').filter(({ host }) => !down.includes(host.name));
    const mute = await Promise.all(ingest.map(async (one) => ((await this.answersNow(one)) ? [] : [one.host.name])));
    const shards = [
      ...down.map((name) => ({ part: 'shard', name, reason: 'not running' })),
      ...mute.flat().map((name) => ({ part: 'shard', name, reason: 'does not answer' })),
      ...this.silent(),
      ...standingConsumers(this.hub.values(STANDSTILL_METRICS)),
    ];
    const lapsed = this.ownership?.lapsed.map((name) => ({ part: 'lease', name, reason: 'not renewed in time' })) ?? [];
    const missing = [...shards, ...lapsed, ...this.board.missing()];
    const standby = this.ownership === null ? {} : { standby: this.ownership.standby };
    return { ready: missing.length === 0, missing, ...standby };
  }

  /** Threads behind the feeds that run and do not answer. */
  private silent(): { part: string; name: string; reason: string }[] {
    const { down } = this.supervisor;
    const hosts = this.threads
      .filter(({ role, host }) => role !== 'ingest' && this.isOurs(host.name))
      .map(({ host }) => host);
    return hosts
      .filter((host) => !down.includes(host.name) && this.watchdog.isSilent(host))
      .map(({ name }) => ({ part: 'shard', name, reason: 'does not answer' }));
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
    const store = this.threads.find(({ role }) => role === 'store');
    if (store !== undefined && !this.isOurs(store.host.name)) {
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
      this.running('ingest').map(({ host }) => host.call<Checkpoint>('checkpoint')),
    );
    await this.follow(Object.assign({}, ...checkpoints.map(({ positions }) => positions)) as PositionMap, []);
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

  private askAll<T>(role: keyof ThreadFiles, command: string): Promise<T[]> {
    return Promise.all(this.ours(role).map(({ host }) => host.call<T>(command)));
  }

  // ---- work that is shared ----

  private async openOwnership(): Promise<Ownership | null> {
    const { config, log } = this.options;
    if (this.nats === null) return null;
    beginLeasesAtZero(this.ownMetrics, config.roles);
    const roleOf = (unit: string): string => this.thread(unit).role;
    return new Ownership({
      book: await openLeases(this.nats, config),
      self: processId(),
      roles: config.roles,
      units: unitsOf(this.topology),
      plan: planOf(this.topology),
      leaseMs: leaseMsOf(config),
      clock: this.clock,
      onTaken: async (unit, before) => {
        this.events.workTaken({ role: roleOf(unit), unit, from: before === '' ? null : before });
        await this.beginWork(unit, before);
      },
      onLost: async (unit, to) => {
        this.events.workLost({ role: roleOf(unit), unit, to });
        await this.endWork(unit, LAST_WORDS_MS);
      },
      onGivingBack: async (unit) => {
        log.info({ unit }, 'work is given back for others to take');
        await this.endWork(unit, config.supervision.shutdownDeadlineMs);
      },
      onTrouble: (error, doing) => this.events.leaseFailed({ doing, error }),
    });
  }

  /** @param before the silent process that did it until now; null or empty where there is none */
  private async beginWork(unit: string, before: string | null): Promise<void> {
    const { role, index } = this.thread(unit);
    if (role === 'ingest' && before !== null && before !== '') {
      // On each of its lanes, before anything else: from then on its last owner is refused there.
      this.markLost(this.board.shardLost(index), `the process ${before} was silent`, unit);
      await this.supervisorBus.settled();
    }
    if (this.startFailure !== null) return;
    await this.supervisor.want(unit, (error) => {
      // Who has lost the work in the meantime has not failed.
      if (!this.isStarted && this.isOurs(unit)) this.startFailure ??= { error };
    });
    if (unit === 'store-0' && this.isStarted) void this.instruments.startAgain();
  }

  private async endWork(unit: string, deadlineMs: number): Promise<void> {
    await this.supervisor.unwant(unit, deadlineMs);
    this.hub.ended(unit);
  }

  /** Where the supervisor writes on a shard's lanes, it does so as whoever has that shard. */
  private fencedPerLane(bus: BusInit): BusInit {
    const { partitions, ingestShards } = this.topology;
    if (bus.kind !== 'nats') return bus;
    const fence = ({ partition }: Lane): Fence | null =>
      this.ownership?.fenceOf(`ingest-${(partition % partitions) % ingestShards}`) ?? null;
    return { ...bus, options: { ...bus.options, fence } };
  }

  /** A thread of shared work begins under a term of its own. */
  private async boot(thread: Thread, init: (bus: BusInit) => unknown): Promise<void> {
    const { name } = thread.host;
    const fence = this.ownership !== null && this.units.has(name) ? await this.ownership.begin(name) : null;
    await this.wiring.boot(thread, (bus) =>
      init(bus.kind !== 'nats' || fence === null ? bus : { ...bus, options: { ...bus.options, fence } }),
    );
  }

  private isOurs(name: string): boolean {
    return !this.units.has(name) || this.ownership?.fenceOf(name) != null;
  }

  /** The threads of a role that are this process's to run. */
  private ours(role: keyof ThreadFiles): Thread[] {
    return this.threads.filter((one) => one.role === role && this.isOurs(one.host.name));
  }

  /** What of the shared work this process does, and what it would take over; null where nobody shares it. */
  get share(): { readonly held: readonly string[]; readonly standby: readonly string[] } | null {
    if (this.ownership === null) return null;
    return { held: this.ownership.held, standby: this.ownership.standby.map(({ unit }) => unit) };
  }

  private tellShare(): void {
    if (this.share === null) return;
    const { held, standby } = this.share;
    const share = `${held.join(' ')}/${standby.join(' ')}`;
    if (share === this.toldShare) return;
    this.toldShare = share;
    this.events.workShared({ held, standby });
  }

  // ---- children ----

  private childSpecs(): ChildSpec[] {
    const { config } = this.options;
    const { roles } = config;
    const store = storeOptions(config, { ttl: true });
    const specs: ChildSpec[] = [];
    if (store !== null && roles.includes('store')) {
      specs.push(this.child('store', 0, (bus) => this.storeInit(bus, store)));
    }
    // Before whoever it looks on at: what is said first would be missed.
    if (config.monitor.enabled && roles.includes('monitor')) specs.push(this.monitorChild());
    for (let index = 0; roles.includes('scoring') && index < config.scoring.shards; index++) {
      specs.push(this.child('scoring', index, (bus) => this.scoringInit(bus, index)));
    }
    const analytics = analyticsOptions(config);
    if (analytics !== null && roles.includes('analytics')) {
      for (let index = 0; index < config.analytics.shards; index++) {
        specs.push(this.child('analytics', index, (bus) => this.analyticsInit(bus, index, analytics)));
      }
    }
    for (let index = 0; roles.includes('ingest') && index < config.ingest.shards; index++) {
      specs.push(this.child('ingest', index, (bus) => this.ingestInit(bus, index)));
    }
    return specs;
  }

  private child(role: keyof ThreadFiles, index: number, init: (bus: BusInit) => unknown): ChildSpec {
    const { config, threadFiles = THREAD_FILES } = this.options;
    const id = `${role}-${index}`;
    const host = new ThreadHost({
      name: id,
      file: threadFiles[role],
      maxHeapMb: role === 'ingest' ? config.ingest.maxHeapMb : null,
      // The binding of DuckDB aborts the process where a thread ends in the midst of one of its calls.
      isTied: role === 'store' && config.store.kind === 'duckdb',
      onDeath: (error) => this.supervisor.failed(id, error),
    });
    const thread = { role, index, host };
    this.threads.push(thread);
    beginRoleAtZero(this.ownMetrics, role);
    return {
      id,
      restart: 'permanent',
      shutdownMs: config.supervision.shutdownDeadlineMs,
      start: () => this.boot(thread, init),
      stop: (deadlineMs) => host.stop(this.hurried ? LAST_WORDS_MS : deadlineMs),
    };
  }

  /** Behind its boot it gets its way to the store, and says where it listens. */
  private monitorChild(): ChildSpec {
    const spec = this.child('monitor', 0, (bus) => this.monitorInit(bus));
    return {
      ...spec,
      start: async () => {
        await spec.start();
        const { host } = this.thread(spec.id);
        const { port1, port2 } = new MessageChannel();
        answerQueries(port1, (sql) => this.query(readOnlyStatement(sql)));
        try {
          this.liveUrl = await host.call<string>('open', port2, [port2]);
        } catch (error) {
          await host.stop(LAST_WORDS_MS);
          throw error;
        }
      },
    };
  }

  private onChildFailed(id: string, error: unknown, backoffMs: number): void {
    const { role, index, host } = this.thread(id);
    const reason = error instanceof Error ? error.message : String(error);
    this.deaths[role] = (this.deaths[role] ?? 0) + 1;
    const lost = role === 'ingest' ? this.board.shardLost(index) : [];
    this.hub.ended(id);
    if (role === 'ingest') this.markLost(lost, reason, id);
    this.events.shardLost({ role, shard: id, incarnation: host.incarnation, reason, pairs: lost.length });
    this.options.log.debug({ shard: id, backoffMs }, 'restart scheduled');
  }

  private markLost(lost: readonly LostBook[], reason: string, unit: string): void {
    const atUs = Math.max(this.clock.nowUs(), this.ownership?.fenceOf(unit)?.term ?? 0);
    this.lossEpoch = Math.max(this.lossEpoch, this.supervisorBus.markLost(lost, atUs, reason));
  }

  private thread(id: string): Thread {
    const found = this.threads.find(({ role, index }) => `${role}-${index}` === id);
    if (found === undefined) throw new Error(`no thread ${id}`);
    return found;
  }

  // ---- inits ----

  private storeInit(bus: BusInit, store: StoreInit['store']): StoreInit {
    const { batchRows, flushMs } = this.options.config.store;
    const telemetry = this.telemetry('store', 0);
    const { state } = this;
    return { bus, telemetry, store, batchRows, flushMs, maxPending: CONSUMER_PENDING_MAX, state, live: true };
  }

  private monitorInit(bus: BusInit): MonitorInit {
    const { monitor, store } = this.options.config;
    const { version, startedUs, bus: busKind, store: storeKind } = this.status();
    return {
      bus,
      telemetry: this.telemetry('monitor', 0),
      facts: { version, startedUs, bus: busKind, store: storeKind },
      known: this.board.all(),
      address: { host: monitor.host, port: this.monitorPort() },
      access: {
        host: monitor.host,
        token: monitor.token ?? null,
        trustedProxyHeader: monitor.trustedProxyHeader ?? null,
        allowedHosts: monitor.allowedHosts,
      },
      limits: {
        clientsMax: monitor.maxClients,
        bufferedBytesMax: monitor.clientBufferKb * KIB,
        slowMsMax: monitor.slowClientS * 1000,
      },
      whaleScoreMin: monitor.whaleScoreMin,
      tablePrefix: store.tablePrefix,
    };
  }

  /** Started again it listens where its clients look for it. */
  private monitorPort(): number {
    const { port } = this.options.config.monitor;
    return this.liveUrl === null ? port : Number(new URL(this.liveUrl).port) || port;
  }

  private scoringInit(bus: BusInit, index: number): ScoringInit {
    const { scoring, bus: busConfig } = this.options.config;
    return {
      bus,
      telemetry: this.telemetry('scoring', index),
      partitions: partitionsOf(index, scoring.shards, this.topology.partitions),
      model: modelChoice(this.options.config),
      maxBatchBytes: busConfig.maxBatchKb * KIB,
      maxPending: CONSUMER_PENDING_MAX,
      state: this.state,
      emit: null,
      live: true,
    };
  }

  private analyticsInit(bus: BusInit, index: number, analytics: AnalyticsInit['analytics']): AnalyticsInit {
    const { analytics: config, bus: busConfig } = this.options.config;
    return {
      bus,
      telemetry: this.telemetry('analytics', index),
      partitions: partitionsOf(index, config.shards, this.topology.partitions),
      analytics,
      maxBatchBytes: busConfig.maxBatchKb * KIB,
      maxPending: CONSUMER_PENDING_MAX,
      state: this.state,
      live: true,
    };
  }

  private ingestInit(bus: BusInit, shard: number): IngestInit {
    const { ingest, bus: busConfig } = this.options.config;
    return {
      bus,
      telemetry: this.telemetry('ingest', shard),
      shard,
      shards: ingest.shards,
      partitions: ingest.partitions,
      maxBatchBytes: busConfig.maxBatchKb * KIB,
      checkpoint: null,
      // This clock never falls, whatever the host's does: newer than all that an earlier incarnation said, or was said
      // of its loss.
      epochFloor: Math.max(this.clock.nowUs(), this.lossEpoch, this.ownership?.fenceOf(`ingest-${shard}`)?.term ?? 0),
      live: this.liveInit(shard),
    };
  }

  private liveInit(shard: number): LiveInit {
    const { config, venues } = this.options;
    const { dir, maxFileMb, maxFileMinutes } = config.archive;
    const { kind, spool } = config.bus;
    return {
      venues: venues.map(({ config: venue }) => this.liveVenue(venue, this.pairs.get(venue.exchange) ?? [], shard)),
      archive: dir === null ? null : { dir, maxFileMb, maxFileMinutes },
      spool: kind === 'embedded' || spool.dir === null ? null : { dir: spool.dir, maxBytes: spool.maxMb * MIB },
    };
  }

  /** A shard's part of a venue. */
  private liveVenue(venue: ExchangeConfig, pairs: readonly LivePair[], shard: number): LiveVenue {
    const { partitions, shards } = this.options.config.ingest;
    return {
      exchange: venue.exchange,
      channel: bookChannel(venue),
      credentials: credentialsOf(this.options.config, venue.exchange),
      wsUrls: feedAddresses(venue),
      restUrl: venue.restUrl ?? null,
      bookDepth: subscribedDepth(venue),
      audit: isAudited(venue),
      silenceMs: venue.silenceMs,
      compareEveryMs: compareEveryMs(venue),
      pairs: pairs.filter((pair) => partitionOf(venue.exchange, pair.symbol, partitions) % shards === shard),
      restShare: REST_SHARE / shards,
    };
  }

  /** All pairs of a venue are watched, and it has begun to trade these. */
  private watchNew({ config: venue }: ResolvedVenue, pairs: readonly LivePair[]): void {
    const { exchange } = venue;
    this.board.add(exchange, pairs);
    this.pairs.get(exchange)?.push(...pairs);
    this.options.log.info({ exchange, pairs: pairs.map(({ symbol }) => symbol) }, 'new pairs are watched');
    for (const { index, host } of this.running('ingest')) {
      const part = this.liveVenue(venue, pairs, index);
      if (part.pairs.length === 0) continue;
      // A shard that dies meanwhile gets them with all others when it is booted again.
      host.call('watch', part).catch((error: unknown) => {
        this.options.log.warn({ err: error, shard: host.name }, 'new pairs wait for their shard');
      });
    }
  }

  private telemetry(role: keyof ThreadFiles, index: number): IngestInit['telemetry'] {
    const { level, pretty } = this.options.config.log;
    return { thread: `${role}-${index}`, role, level, pretty, isMeasured: true };
  }

  // ---- polling and draining ----

  private poll(): void {
    const { down } = this.supervisor;
    for (const thread of this.threads) {
      const { name } = thread.host;
      if (down.includes(name) || !this.isOurs(name)) continue;
      this.watchdog.look(thread.host);
      void this.ask(thread);
    }
    this.tellShare();
    void this.tellMonitor();
    const progress = this.progress.report(this.board.status(), this.clock.nowUs());
    if (progress !== null) this.options.log.info(progress, 'books live');
  }

  /** Sends the monitor the figures of the whole, once it has taken the last ones. */
  private async tellMonitor(): Promise<void> {
    const monitor = this.running('monitor')[0];
    if (monitor === undefined || this.isTellingMonitor) return;
    this.isTellingMonitor = true;
    try {
      this.vitals.sample();
      this.hub.update('supervisor', await snapshotOf(this.registry));
      const { down } = this.supervisor;
      const standing = standingConsumers(this.hub.values(STANDSTILL_METRICS));
      const missing = [...this.silent(), ...standing, ...this.board.missing()].map(
        ({ part, name, reason }) => `${part} ${name}: ${reason}`,
      );
      const figures: SystemFigures = {
        sums: this.hub.values(SYSTEM_METRICS),
        threads: this.threads
          .filter(({ host }) => this.isOurs(host.name))
          .map(({ host }) => ({
            name: host.name,
            running: !down.includes(host.name),
            restarts: Math.max(0, host.incarnation - 1),
          })),
        ...this.health(),
        ready: down.length === 0 && missing.length === 0,
        missing: missing.slice(0, MISSING_TOLD),
      };
      await monitor.host.call('figures', figures);
    } catch (error) {
      this.options.log.debug({ err: error }, 'the monitor did not take its figures');
    } finally {
      this.isTellingMonitor = false;
    }
  }

  /** Brings metrics and books up to date. A thread that answers late is asked again when it has, and holds up no other. */
  private ask(thread: Thread): Promise<void> {
    const asked = this.asked.get(thread) ?? this.askNow(thread).finally(() => this.asked.delete(thread));
    this.asked.set(thread, asked);
    return asked;
  }

  private async askNow({ role, index, host }: Thread): Promise<void> {
    const { incarnation } = host;
    try {
      this.hub.update(host.name, await host.call<MetricsSnapshot>('metrics'), incarnation);
      if (role === 'ingest') this.board.report(index, await host.call<IngestReport>('report'));
    } catch (error) {
      // A thread that died was reported by its watch already.
      this.options.log.debug({ err: error, thread: host.name }, 'thread did not answer');
    }
  }

  /** Whether a thread answers within a moment: what is known of it is then of now. */
  private async answersNow(thread: Thread): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const cancel = this.clock.setTimer(ANSWER_MS_MAX, () => late.resolve(false));
    const answered = await Promise.race([this.ask(thread).then(() => true), late.promise]);
    cancel();
    return answered;
  }

  private async drain(unfinished: string[]): Promise<'done'> {
    unfinished.push('feeds', 'scoring and analytics', 'store');
    const stands = await Promise.all(this.running('ingest').map(({ host }) => host.call<PositionMap>('quiesce')));
    unfinished.shift();
    await this.follow(Object.assign({}, ...stands) as PositionMap, unfinished);
    return 'done';
  }

  /** Waits until scoring, analytics and store have followed the books to these positions. @param unfinished what is still to come */
  private async follow(events: PositionMap, unfinished: string[]): Promise<void> {
    const results: Record<string, PositionMap[string]> = {};
    const { scoringShards, analyticsShards = 0 } = this.topology;
    for (const [role, shards] of [
      ['scoring', scoringShards],
      ['analytics', analyticsShards],
    ] as const) {
      for (const { index, host } of this.running(role)) {
        const own = Object.entries(events).filter(([key]) => this.partitionOfKey(key) % shards === index);
        const drained = await host.call<{ results: PositionMap }>('drain', Object.fromEntries(own));
        Object.assign(results, drained.results);
      }
    }
    unfinished.shift();
    for (const { host } of this.running('store')) await host.call('drain', { events, results });
    unfinished.shift();
  }

  private running(role: keyof ThreadFiles): Thread[] {
    return this.threads.filter((one) => one.role === role && one.host.alive);
  }

  private partitionOfKey(key: string): number {
    const colon = key.indexOf(':');
    return partitionOf(key.slice(0, colon), key.slice(colon + 1), this.topology.partitions);
  }
}

function addUp(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const record of records) {
    for (const [key, value] of Object.entries(record)) total[key] = (total[key] ?? 0) + value;
  }
  return total;
}

function modelFields({ overrides = [], files = [], ...model }: SizeModelChoice): RunFile['model'] {
  return { ...model, overrides: [...overrides], files: [...files] };
}
