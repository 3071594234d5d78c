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
import { readOnlyStatement } from '../monitor/read-only-sql.ts';
import type { Lane } from '../ports/bus.ts';
import type { MonitorSource } from '../ports/monitor-source.ts';
import type { QueryResult } from '../ports/store.ts';
import type { Fence } from '../transport/fence.ts';
import { Events } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { MetricsHub, snapshotOf } from '../telemetry/metrics-hub.ts';
import { ThreadVitals } from '../telemetry/thread-vitals.ts';
import { beginLeasesAtZero, beginRoleAtZero } from '../telemetry/zero-counts.ts';
import { analyticsOptions, EMBEDDED_WINDOW, modelChoice, natsInit, stateInit, storeOptions } from './adapters.ts';
import { BookBoard } from './book-board.ts';
import type { Config } from './config.ts';
import { leaseMsOf, openLeases, planOf, processId, unitsOf } from './hosts.ts';
import { drain, follow } from './draining.ts';
import type { EpochMark } from './epoch-mark.ts';
import { openEpochMark } from './epoch-mark.ts';
import type { InstrumentWatch } from './instrument-watch.ts';
import { createInstrumentWatch } from './instruments.ts';
import { Ownership } from './ownership.ts';
import type { ResolvedVenue } from './pairs.ts';
import { Progress } from './progress.ts';
import { summaryOf, writeRunFile } from './run-file.ts';
import { SupervisorBus, type LostBook } from './supervisor-bus.ts';
import { ThreadAnswers } from './thread-answers.ts';
import type { ThreadFiles } from './thread-files.ts';
import { THREAD_FILES } from './thread-files.ts';
import { ThreadInits } from './thread-inits.ts';
import type { BusInit, NatsInit } from './threads/bus-init.ts';
import type { Checkpoint, IngestReport, LivePair } from './threads/ingest.protocol.ts';
import { answerQueries } from './threads/query-desk.ts';
import type { ScoringReport } from './threads/scoring.protocol.ts';
import { TreeHealth } from './tree-health.ts';
import type { ThreadRole, TreeThread } from './tree-thread.ts';
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
/** What a thread gets to end by itself when the shutdown is late already. */
const LAST_WORDS_MS = 1000;
const KIB = 1024;
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
  private readonly supervisorBus: SupervisorBus;
  private readonly supervisor: Supervisor;
  private readonly threads: TreeThread[] = [];
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
  private readonly answers: ThreadAnswers;
  private readonly inits: ThreadInits;
  private readonly condition: TreeHealth;
  private pollTimer: NodeJS.Timeout | null = null;
  private trimTimer: NodeJS.Timeout | null = null;
  /** By role. */
  private readonly deaths: Record<string, number> = {};
  /** The epoch of the word that a shard was lost, of the last that was. */
  private lossEpoch = 0;
  private epochMark: EpochMark | null = null;
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
    const metrics = createMetrics(this.registry);
    this.ownMetrics = metrics;
    this.events = new Events(log, metrics);
    this.vitals = new ThreadVitals(metrics.thread, 'supervisor');
    this.board = new BookBoard(venues, ingest.partitions, ingest.shards, (shard) => this.isOurs(`ingest-${shard}`));
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
      monitorUrl: () => this.liveUrl,
      // Newer than all that an earlier incarnation or program said, or was said of its loss.
      epochFloor: (shard) => Math.max(this.epochNowUs(), this.lossEpoch, this.termOf(`ingest-${shard}`)),
    });
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
    this.condition = new TreeHealth({
      threads: this.threads,
      supervisor: this.supervisor,
      watchdog: this.watchdog,
      answers: this.answers,
      board: this.board,
      hub: this.hub,
      metrics,
      isOurs: (name) => this.isOurs(name),
      units: this.units,
      ownership: () => this.ownership,
    });
  }

  /** @throws AppError where bus or store cannot be used, or a thread does not come up */
  async start(): Promise<void> {
    const { config, log } = this.options;
    this.ownership = await this.openOwnership();
    this.epochMark = await openEpochMark(config, this.clock, log);
    try {
      await this.supervisor.start((id) => !this.units.has(id));
      await this.wiring.boot(this.supervisorBus.member(), (bus) => this.fencedPerLane(bus));
      await this.ownership?.start();
      if (this.startFailure !== null) throw this.startFailure.error;
    } catch (error) {
      this.ownership?.freeze();
      await this.supervisor.stop();
      await this.ownership?.stop();
      await this.epochMark.close();
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
      const outcome = await Promise.race([
        drain((role) => this.running(role), this.topology, unfinished),
        late.promise,
      ]);
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
    const positions = Object.assign({}, ...checkpoints.map((one) => one.positions)) as PositionMap;
    await follow((role) => this.running(role), this.topology, positions);
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

  private askAll<T>(role: ThreadRole, command: string): Promise<T[]> {
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
  private async boot(thread: TreeThread, init: (bus: BusInit) => unknown): Promise<void> {
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
  private ours(role: ThreadRole): TreeThread[] {
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
      specs.push(this.child('store', 0, (bus) => this.inits.store(bus, store)));
    }
    // Before whoever it looks on at: what is said first would be missed.
    if (config.monitor.enabled && roles.includes('monitor')) specs.push(this.monitorChild());
    for (let index = 0; roles.includes('scoring') && index < config.scoring.shards; index++) {
      specs.push(this.child('scoring', index, (bus) => this.inits.scoring(bus, index)));
    }
    const analytics = analyticsOptions(config);
    if (analytics !== null && roles.includes('analytics')) {
      for (let index = 0; index < config.analytics.shards; index++) {
        specs.push(this.child('analytics', index, (bus) => this.inits.analytics(bus, index, analytics)));
      }
    }
    for (let index = 0; roles.includes('ingest') && index < config.ingest.shards; index++) {
      specs.push(this.child('ingest', index, (bus) => this.inits.ingest(bus, index)));
    }
    return specs;
  }

  private child(role: ThreadRole, index: number, init: (bus: BusInit) => unknown): ChildSpec {
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
    const spec = this.child('monitor', 0, (bus) => this.inits.monitor(bus));
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
    const atUs = Math.max(this.epochNowUs(), this.termOf(unit));
    this.lossEpoch = Math.max(this.lossEpoch, this.supervisorBus.markLost(lost, atUs, reason));
  }

  /** Never falls, whatever the host's clock does. */
  private epochNowUs(): number {
    return this.epochMark?.nowUs() ?? this.clock.nowUs();
  }

  /** Under which the work is done; 0 where nobody shares it. */
  private termOf(unit: string): number {
    return this.ownership?.fenceOf(unit)?.term ?? 0;
  }

  private thread(id: string): TreeThread {
    const found = this.threads.find(({ role, index }) => `${role}-${index}` === id);
    if (found === undefined) throw new Error(`no thread ${id}`);
    return found;
  }

  /** All pairs of a venue are watched, and it has begun to trade these. */
  private watchNew({ config: venue }: ResolvedVenue, pairs: readonly LivePair[]): void {
    const { exchange } = venue;
    this.board.add(exchange, pairs);
    this.pairs.get(exchange)?.push(...pairs);
    this.options.log.info({ exchange, pairs: pairs.map(({ symbol }) => symbol) }, 'new pairs are watched');
    for (const { index, host } of this.running('ingest')) {
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
    for (const thread of this.threads) {
      const { name } = thread.host;
      if (!this.isOurs(name)) continue;
      // From its boot on, while it is being linked too: what waits for it comes with the first link.
      if (thread.host.isUp) this.watchdog.look(thread.host);
      if (!down.includes(name)) void this.answers.ask(thread);
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
      await monitor.host.call('figures', this.condition.figures());
    } catch (error) {
      this.options.log.debug({ err: error }, 'the monitor did not take its figures');
    } finally {
      this.isTellingMonitor = false;
    }
  }

  private running(role: ThreadRole): TreeThread[] {
    return this.threads.filter((one) => one.role === role && one.host.alive);
  }
}
