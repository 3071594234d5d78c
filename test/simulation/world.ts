/**
 * One seed's world: simulated venues and their markets, the product's actors under the product's supervisor, a bus and a store that are as
 * bad as their contracts let them be, and the weather. Everything happens on this thread in simulated time, and everything
 * random comes from the seed, so that the same seed tells the same story to the last byte.
 */

import { Registry } from 'prom-client';
import type { AnalyticsState } from '../../src/actors/analytics-shard.ts';
import type { IngestShard } from '../../src/actors/ingest-shard.ts';
import { Supervisor } from '../../src/actors/runtime/supervisor.ts';
import type { ScoringState } from '../../src/actors/scoring-shard.ts';
import type { StoreActor } from '../../src/actors/store-actor.ts';
import { analyticsOptions, sampleLevels } from '../../src/app/adapters.ts';
import { loadConfig } from '../../src/app/config.ts';
import { livePairs } from '../../src/app/pairs.ts';
import { chooseSizeModels, type ModelOf } from '../../src/app/size-model-choice.ts';
import { epochOfLoss, lostStatus } from '../../src/app/supervisor-bus.ts';
import { CanonicalWriter } from '../../src/app/threads/canonical-buffer.ts';
import type { LiveVenue } from '../../src/app/threads/ingest.protocol.ts';
import { PRESSURE } from '../../src/app/threads/live-feeds.ts';
import { Outbox } from '../../src/app/threads/outbox.ts';
import { expectedConsumers } from '../../src/app/wiring.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import type { AnalyticsOptions } from '../../src/indicators/analytics-plan.ts';
import { assert } from '../../src/lib/assert.ts';
import { chance, createPrng, int, pick, uniform, type Prng } from '../../src/lib/prng.ts';
import type { EventView } from '../../src/model/event.ts';
import { partitionOf } from '../../src/model/partition.ts';
import type { WireRegistry } from '../../src/ports/exchange-wire.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { NO_METRICS } from '../../src/telemetry/no-metrics.ts';
import { SimBus } from './bus.ts';
import { Judge } from './judge.ts';
import type { Plan, RoleName } from './plan.ts';
import { planOf } from './plan.ts';
import { Incarnation, type HostTime } from './process.ts';
import type { IngestRole, RoleContext, Saved, StoreRole } from './roles.ts';
import { startAnalytics, startIngest, startScoring, startStore, wordsOf } from './roles.ts';
import { BatchPool, SimStore, Tables } from './store.ts';
import { Timeline } from './timeline.ts';
import { keepTime, SimVenue } from './venue.ts';

/** What a canary puts in the place of what is right. */
export interface Sabotage {
  readonly plan?: (plan: Plan) => Plan;
  readonly wires?: WireRegistry;
  readonly bus?: (bus: SimBus, prng: Prng) => void;
  readonly store?: (store: SimStore) => void;
  readonly addToStore?: (actor: StoreActor, view: EventView) => void;
  /** A thread that was to die goes on. */
  readonly survives?: RoleName;
  /** Sockets are read whatever is under way. */
  readonly reads?: 'always';
  /** Saved states are so old as they must not be. */
  readonly saved?: <State>(saved: Saved<State>) => Saved<State>;
}

export interface Outcome {
  readonly seed: string;
  /** Empty where everything held. */
  readonly violations: readonly string[];
  /** Of all that the bus took and the tables have. */
  readonly digest: string;
  readonly facts: Readonly<Record<string, number>>;
  /** The last steps, where they were asked for. */
  readonly trace: readonly string[];
}

export interface RunOptions {
  readonly sabotage?: Sabotage;
  /** How many of the last steps to keep. Default: none. */
  readonly traced?: number;
  /** Whether metrics are kept. */
  readonly isMeasured?: boolean;
}

/** 2026-07-01T00:00:00Z */
const START_US = 1_782_864_000_000_000;
/** Moments at which bounds are looked at, and at which the weather may change. */
const LOOK_US = 100_000;
/** When the weather is calm, everything is in order after this at the latest. */
const CALM_US_MAX = 400_000_000;
/** Less than any connection may be silent; then the market goes on for a while. */
const REST_US = 2_500_000;
/** One that is slower than the market would be behind it for ever. */
const CALM_WRITE_US_MAX = 20_000;
const CALM_BUS_US_MAX = 10_000;
const AWAKE_US = 3_000_000;
const RESTS_MAX = 20;
/** Batches that may come on top of the mark at which sockets are not read any more: the rest of a turn, and answers by REST. */
const BURST_BATCHES = 384;
const MIN_ORDERS = 8;

let shared: { readonly analytics: AnalyticsOptions; readonly modelOf: ModelOf } | null = null;

async function sharedParts(): Promise<NonNullable<typeof shared>> {
  if (shared === null) {
    const analytics = analyticsOptions(loadConfig({ env: {} }));
    assert(analytics !== null, 'analytics are on by default');
    shared = {
      analytics,
      modelOf: await chooseSizeModels({ name: 'lognormal', halfLifeS: 3600, minOrders: MIN_ORDERS }),
    };
  }
  return shared;
}

/** Tells the story of a seed from its beginning to its calm end. */
export async function runSeed(seed: string, options: RunOptions = {}): Promise<Outcome> {
  const world = new World(seed, await sharedParts(), options);
  return world.run();
}

class World {
  private readonly plan: Plan;
  private readonly sabotage: Sabotage;
  private readonly modelOf: ModelOf;
  private readonly analytics: AnalyticsOptions;
  private readonly timeline = new Timeline(START_US);
  private readonly host: HostTime = { offsetUs: 0 };
  private readonly weather: Prng;
  private readonly chances: Prng;
  private readonly venues: readonly SimVenue[];
  private readonly bus: SimBus;
  private readonly tables = new Tables();
  private readonly pool = new BatchPool();
  private readonly judge: Judge;
  private readonly running = new Map<string, Incarnation>();
  private readonly ingest = new Map<number, IngestRole>();
  private storing: StoreRole | null = null;
  private supervisor: Supervisor;
  private main: Incarnation;
  private mainOutbox: Outbox;
  private readonly scoringSaved: Saved<ScoringState> = { state: null };
  private readonly analyticsSaved: Saved<AnalyticsState> = { state: null };
  private readonly deaths: Record<string, number> = { ingest: 0, scoring: 0, analytics: 0, store: 0 };
  private isCalm = false;
  private lossEpoch = 0;
  private steppedUs = 0;
  private readonly most = { inFlight: 0, storeRows: 0, lagMs: 0, pausedMs: 0 };
  /** Null where nobody asks for any. */
  private readonly metrics: Metrics | null;
  private readonly traced: number;
  private steps: string[] = [];

  constructor(seed: string, { modelOf, analytics }: NonNullable<typeof shared>, options: RunOptions) {
    const { sabotage = {}, traced = 0, isMeasured = false } = options;
    const planned = planOf(seed);
    this.plan = sabotage.plan?.(planned) ?? planned;
    this.sabotage = sabotage;
    this.traced = traced;
    this.metrics = isMeasured ? createMetrics(new Registry()) : null;
    this.modelOf = modelOf;
    this.analytics = analytics;
    this.weather = createPrng(`${seed}/weather`);
    this.chances = createPrng(`${seed}/chances`);
    const { timeline, trace } = this;
    const { venues, pairs, ratePerPair, levelsPerSide, netLatencyUsMax, refusal, unreadMax, partitions, bus } =
      this.plan;
    this.venues = venues.map(
      ({ venue, faults, depth }) =>
        new SimVenue({
          ...{ venue, faults, depth, pairs, seed, timeline, ratePerPair, levelsPerSide, refusal, unreadMax, trace },
          ...{ prng: createPrng(`${seed}/links/${venue}`), latencyUsMax: netLatencyUsMax },
        }),
    );
    this.judge = new Judge({
      ...{ analytics: this.analytics, modelOf, newBuffer: () => new CanonicalWriter(), nowUs: () => timeline.nowUs },
      rows: this.pool.take(),
      isRight: (view, book) => this.venue(view.header.exchange).truth.isRight(view, book, timeline.nowUs),
      writerOf: (partition) => this.running.get(`ingest-${partition % this.plan.ingestShards}`) ?? null,
    });
    this.bus = new SimBus({
      ...{ ...bus, timeline, trace, prng: createPrng(`${seed}/bus`) },
      isAway: () => bus.isAway && !this.isCalm,
      latencyUsMax: () => (this.isCalm ? Math.min(bus.latencyUsMax, CALM_BUS_US_MAX) : bus.latencyUsMax),
      onStored: (batch) => this.judge.onStored(batch),
    });
    const topology = { partitions, ingestShards: 1, scoringShards: 1, analyticsShards: 1, store: true };
    for (const { name, kind, partition } of expectedConsumers(topology)) this.bus.expect(name, kind, partition);
    sabotage.bus?.(this.bus, createPrng(`${seed}/sabotage`));
    this.main = new Incarnation(timeline, this.host);
    this.mainOutbox = this.openMainOutbox();
    this.supervisor = this.newSupervisor();
  }

  async run(): Promise<Outcome> {
    const { timeline, plan } = this;
    keepTime(timeline, this.venues);
    await this.supervisor.start();
    await this.pass(plan.storyUs, () => this.isOver);
    this.isCalm = true;
    this.bus.tell();
    for (const venue of this.venues) venue.isCalm = true;
    this.trace(() => 'the weather is calm from now on');
    const isWell = await this.pass(CALM_US_MAX, () => this.isOver || this.areBooksLive());
    if (!isWell) this.judge.violate(`the books were not live again: ${this.complaints()}`);
    const isRight = await this.comeToRest();
    if (!isRight) this.judge.violate(`the books are not the venues' own in the end: ${this.complaints()}`);
    // What was on its way may still come: the feeds end, as they do when a run is stopped.
    for (const venue of this.venues) venue.close();
    const isDone = await this.pass(CALM_US_MAX, () => this.isOver || this.isDrained());
    if (!isDone) this.judge.violate(`what the bus has never came to rest in the tables: ${this.bus.standing}`);
    return this.outcome();
  }

  /** A market at rest may be taken for a dead connection, so that it rests for a moment only, and then again. */
  private async comeToRest(): Promise<boolean> {
    const rest = (isAtRest: boolean): void => {
      for (const venue of this.venues) venue.isAtRest = isAtRest;
      this.trace(() => (isAtRest ? 'the market is at rest from now on' : 'the market goes on'));
    };
    for (let attempt = 0; attempt < RESTS_MAX; attempt++) {
      rest(true);
      if (await this.pass(REST_US, () => this.isOver || this.areBooksRight())) return true;
      rest(false);
      await this.pass(AWAKE_US, () => this.isOver);
      await this.pass(CALM_US_MAX, () => this.isOver || this.areBooksLive());
    }
    return false;
  }

  private readonly trace = (words: () => string): void => {
    if (this.traced === 0) return;
    const seconds = ((this.timeline.nowUs - START_US) / 1e6).toFixed(6);
    this.steps.push(`${seconds.padStart(11)} ${words()}`);
    if (this.steps.length > 2 * this.traced) this.steps = this.steps.slice(-this.traced);
  };

  private get isOver(): boolean {
    return this.judge.violations.length > 0;
  }

  /** Lets time pass, at most so much. @returns whether the condition came to hold */
  private async pass(us: number, holds: () => boolean): Promise<boolean> {
    const endUs = this.timeline.nowUs + us;
    while (this.timeline.nowUs < endUs && !holds()) {
      if (!this.isCalm) this.changeWeather();
      await this.timeline.runUntil(this.timeline.nowUs + LOOK_US);
      this.checkBounds();
      if (this.metrics !== null) await this.lookAt(this.metrics);
    }
    return holds();
  }

  private outcome(): Outcome {
    const { judge, plan, deaths, most, traced } = this;
    const digest = judge.finish(this.tables, {
      scoringIsWhole: plan.hasSnapshots || deaths['scoring'] === 0,
      analyticsIsWhole: plan.hasSnapshots || deaths['analytics'] === 0,
    });
    this.end();
    const struck = this.venues.flatMap((venue) => Object.values(venue.struck));
    return {
      seed: plan.seed,
      violations: [...judge.violations],
      digest,
      facts: {
        ...judge.counts,
        ...Object.fromEntries(Object.entries(deaths).map(([role, count]) => [`deaths of ${role}`, count])),
        'faults of venues': struck.reduce((sum, count) => sum + count, 0),
        'batches stored': this.bus.counts.stored,
        'batches twice': this.bus.counts.twice,
        'handed out again': this.bus.counts.again,
        'waits for room': this.bus.counts.waits,
        'cut off by venues': this.venues.reduce((sum, { cutOff }) => sum + cutOff, 0),
        'most in flight': most.inFlight,
        'most rows in the store': most.storeRows,
        'longest lag ms': most.lagMs,
        'longest pause ms': most.pausedMs,
        'simulated ms': (this.timeline.nowUs - START_US) / 1000,
      },
      trace: this.steps.slice(-traced),
    };
  }

  // ---- weather ----

  private changeWeather(): void {
    const { plan, weather, venues, main, timeline } = this;
    const happens = (perSecond: number): boolean => chance(weather, (perSecond * LOOK_US) / 1e6);
    for (const venue of venues) {
      if (happens(plan.strikes)) venue.strike();
      if (happens(plan.breaks)) venue.breakLinks();
      if (happens(plan.freezes)) venue.freeze();
    }
    for (const [name, self] of [...this.running]) {
      const role = roleOf(name);
      if (happens(plan.crashes[role])) this.kill(name, new Error('killed by the weather'));
      else if (happens(plan.stalls)) self.stall(int(weather, 1000, 3_000_000));
    }
    // The supervisor looks at its clock each second; where the time of day is set twice meanwhile, it knows nothing of that.
    main.clock.nowUs();
    if (timeline.nowUs - this.steppedUs > 2 * LOOK_US && happens(plan.clockSteps)) {
      this.steppedUs = timeline.nowUs;
      const stepUs = int(weather, -plan.clockStepUsMax, plan.clockStepUsMax) * pick(weather, [1, 0.04]);
      this.host.offsetUs += Math.round(stepUs);
      this.trace(() => `the time of day is set by ${stepUs} µs`);
    }
    if (this.main.isAlive && happens(plan.blackouts)) this.blackOut();
  }

  /** Everything dies at once, and is started again. */
  private blackOut(): void {
    this.trace(() => 'blackout');
    for (const [name, self] of [...this.running]) this.bury(name, self);
    this.main.die();
    const afterUs = int(this.weather, 10_000, 2_000_000);
    this.timeline.after(afterUs, () => {
      this.main = new Incarnation(this.timeline, this.host);
      this.mainOutbox = this.openMainOutbox();
      this.supervisor = this.newSupervisor();
      void this.supervisor.start();
    });
  }

  private kill(name: string, error: unknown): void {
    const self = this.running.get(name);
    if (self === undefined) return;
    this.trace(() => `${name} dies: ${wordsOf(error)}`);
    const isZombie = this.sabotage.survives === roleOf(name);
    if (isZombie) this.running.delete(name);
    else this.bury(name, self);
    this.supervisor.failed(name, error);
  }

  /** The story is over: nobody moves any more. */
  private end(): void {
    for (const self of this.running.values()) self.die();
    this.main.die();
    this.pool.giveBack();
    for (const venue of this.venues) venue.forget();
  }

  private bury(name: string, self: Incarnation): void {
    const role = roleOf(name);
    this.deaths[role] = (this.deaths[role] ?? 0) + 1;
    this.running.delete(name);
    if (role === 'ingest') this.ingest.delete(Number(name.split('-')[1]));
    if (role === 'store') this.storing = null;
    self.die();
    for (const venue of this.venues) venue.disown(self);
  }

  // ---- what must hold ----

  private checkBounds(): void {
    const { most, plan } = this;
    for (const [shard, { outbox }] of this.ingest) {
      most.inFlight = Math.max(most.inFlight, outbox.inFlight);
      if (outbox.inFlight > PRESSURE.high + BURST_BATCHES) {
        this.judge.violate(`ingest-${shard} has ${outbox.inFlight} batches under way`);
      }
    }
    const { storing } = this;
    if (storing === null) return;
    const { pendingRows } = storing.actor;
    most.storeRows = Math.max(most.storeRows, pendingRows);
    // One batch of each of both consumers may overshoot.
    const rowsMax = 2 * (plan.store.batchRows + 2 * plan.bus.maxBatchBytes);
    if (pendingRows > rowsMax) this.judge.violate(`the store holds ${pendingRows} rows`);
  }

  private async lookAt({ bus, feed }: Metrics): Promise<void> {
    const { most } = this;
    this.storing?.sample();
    for (const role of this.ingest.values()) role.sample();
    const [lag, paused] = [await bus.lag.get(), await feed.pausedFor.get()];
    most.lagMs = Math.max(most.lagMs, ...lag.values.map(({ value }) => 1000 * value));
    most.pausedMs = Math.max(most.pausedMs, ...paused.values.map(({ value }) => 1000 * value));
  }

  private areBooksLive(): boolean {
    return this.everyBook((shard, exchange, symbol) => {
      const book = bookOf(shard, exchange, symbol);
      return book?.trust === 'live';
    });
  }

  private areBooksRight(): boolean {
    return this.everyBook((shard, exchange, symbol) => {
      const book = bookOf(shard, exchange, symbol);
      return book?.trust === 'live' && this.venue(exchange).truth.isNow(symbol, book.book);
    });
  }

  private everyBook(holds: (shard: IngestShard, exchange: string, symbol: string) => boolean): boolean {
    const { venues, pairs } = this.plan;
    return venues.every(({ venue }) =>
      pairs.every((symbol) => {
        const role = this.ingest.get(this.shardOf(venue, symbol));
        return role !== undefined && holds(role.shard, venue, symbol);
      }),
    );
  }

  private complaints(): string {
    const words = this.plan.venues.flatMap(({ venue }) =>
      this.plan.pairs.map((symbol) => {
        const role = this.ingest.get(this.shardOf(venue, symbol));
        const book = role === undefined ? undefined : bookOf(role.shard, venue, symbol);
        if (book === undefined) return `${venue}:${symbol} absent`;
        const isNow = this.venue(venue).truth.isNow(symbol, book.book);
        return `${venue}:${symbol} ${book.trust}/${book.reason}${isNow ? '' : ' and not right'} ${book.detail}`.trim();
      }),
    );
    return [...words, ...this.supervisor.down.map((name) => `${name} is down`)].join(', ');
  }

  private isDrained(): boolean {
    const isSent = [...this.ingest.values()].every(({ outbox }) => outbox.inFlight === 0);
    return isSent && this.bus.isDrained && this.storing?.actor.pendingRows === 0 && this.supervisor.down.length === 0;
  }

  // ---- the tree ----

  private newSupervisor(): Supervisor {
    const { plan } = this;
    const names = ['store', 'scoring-0', 'analytics-0'];
    for (let shard = 0; shard < plan.ingestShards; shard++) names.push(`ingest-${shard}`);
    const { main } = this;
    return new Supervisor({
      children: names.map((id) => ({
        ...{ id, restart: 'permanent' as const, shutdownMs: 1000 },
        start: () => (main.isAlive ? this.start(id) : Promise.reject(new Error('the program is dead'))),
        stop: () => Promise.resolve(),
      })),
      ...{ maxRestarts: 10_000, periodMs: 60_000, backoffMinMs: 100, backoffMaxMs: 3000, clock: main.clock },
      uniform: () => uniform(this.chances),
      onFailed: ({ id }) => {
        if (roleOf(id) === 'ingest') this.markLost(Number(id.split('-')[1]));
      },
      onRestarted: ({ id }) => this.trace(() => `${id} runs again`),
      onGivenUp: ({ id, error }) => this.judge.violate(`${id} was given up: ${wordsOf(error)}`),
    });
  }

  private async start(name: string): Promise<void> {
    const { plan, sabotage, modelOf, analytics } = this;
    const self = new Incarnation(this.timeline, this.host);
    const { maxBatchBytes, maxPending } = plan.bus;
    const raise = (error: unknown): void => {
      if (!self.isAlive) return;
      // Nothing that the weather may do makes a thread end by itself.
      this.judge.violate(`${name} ends with ${wordsOf(error)}`);
      this.kill(name, error);
    };
    const context = { self, bus: this.bus.endOf(self, name), maxBatchBytes, maxPending, raise };
    const savedOf = <State>(saved: Saved<State>): Saved<State> | null =>
      plan.hasSnapshots ? (sabotage.saved?.(saved) ?? saved) : null;
    this.running.set(name, self);
    switch (roleOf(name)) {
      case 'ingest':
        return this.startIngest(Number(name.split('-')[1]), context);
      case 'scoring':
        return startScoring({ ...context, partitions: plan.partitions, modelOf, saved: savedOf(this.scoringSaved) });
      case 'analytics':
        return startAnalytics({
          ...context,
          partitions: plan.partitions,
          analytics,
          saved: savedOf(this.analyticsSaved),
        });
      case 'store': {
        const store = new SimStore(self, {
          ...{ prng: this.chances, tables: this.tables, pool: this.pool, trace: this.trace },
          writeUsMax: () => (this.isCalm ? Math.min(plan.store.writeUsMax, CALM_WRITE_US_MAX) : plan.store.writeUsMax),
          failure: () => (this.isCalm ? 0 : plan.store.failure),
        });
        sabotage.store?.(store);
        const storing = await startStore({
          ...{ ...context, ...plan.store, uniform: () => uniform(this.chances) },
          store,
          metrics: this.metrics ?? NO_METRICS,
          ...(sabotage.addToStore === undefined ? {} : { add: sabotage.addToStore }),
        });
        if (self.isAlive) this.storing = storing;
      }
    }
  }

  private startIngest(shard: number, context: RoleContext): void {
    const { plan, sabotage } = this;
    const { self } = context;
    const wires = sabotage.wires ?? wireRegistry;
    const role = startIngest({
      ...context,
      metrics: this.metrics ?? NO_METRICS,
      ...{ shard, wires, partitions: plan.partitions, epochFloor: Math.max(this.main.clock.nowUs(), this.lossEpoch) },
      sampleLevels: sampleLevels(this.analytics),
      venues: plan.venues.map(({ venue, depth, compareEveryMs }) =>
        this.liveVenue(venue, depth, compareEveryMs, shard),
      ),
      world: {
        clock: self.clock,
        random: { next: () => uniform(this.chances) },
        wires,
        openSocket: (url, handlers) => this.venueAt(url).connect(self, url, handlers),
        get: (url, signal) => this.venueAt(url).get(self, url, signal),
      },
      onEvent: (partition, view, of) => {
        const { exchange, symbol, epoch, seq, state, reason } = view.header;
        this.trace(() => `ingest-${shard}: ${view.kind} of ${exchange}:${symbol} ${epoch}/${seq} ${state}/${reason}`);
        this.judge.onTold(view, partition, self, bookOf(of, exchange, symbol)?.book ?? null);
      },
      ...(sabotage.reads === undefined ? {} : { isDeaf: true }),
      onTrouble: (what) => this.judge.violate(what),
      onRefused: (what) => this.trace(() => what),
    });
    this.ingest.set(shard, role);
  }

  private liveVenue(exchange: string, bookDepth: number, compareEveryMs: number, shard: number): LiveVenue {
    const wire = wireRegistry.live(exchange);
    assert(wire !== undefined, `no wire for ${exchange}`);
    const symbols = this.plan.pairs.filter((symbol) => this.shardOf(exchange, symbol) === shard);
    return {
      ...{ exchange, channel: 'levels', credentials: null, bookDepth, audit: false, compareEveryMs },
      wsUrls: [`ws://${exchange}.sim`],
      restUrl: `http://${exchange}.sim`,
      silenceMs: this.plan.silenceMs,
      pairs: livePairs(symbols, [], wire),
      restShare: 0.95 / this.plan.ingestShards,
    };
  }

  /** What the supervisor says when a shard is lost. */
  private markLost(shard: number): void {
    const { plan, main, mainOutbox } = this;
    const atUs = main.clock.nowUs();
    this.lossEpoch = epochOfLoss(atUs);
    for (const { venue: exchange } of plan.venues) {
      for (const symbol of plan.pairs) {
        if (this.shardOf(exchange, symbol) !== shard) continue;
        const view = lostStatus({ exchange, symbol, venueSymbol: symbol }, atUs, 'the shard is lost');
        const partition = partitionOf(exchange, symbol, plan.partitions);
        this.judge.onTold(view, partition, main, null);
        mainOutbox.add(exchange, partition, view);
      }
    }
    mainOutbox.flush();
  }

  private openMainOutbox(): Outbox {
    const { main } = this;
    return new Outbox({
      publisher: this.bus.endOf(main, 'supervisor').publisher(),
      ...{ kind: 'md', maxBatchBytes: this.plan.bus.maxBatchBytes, onPublished: () => undefined },
      onFailure: (error) => this.judge.violate(`the supervisor cannot publish: ${wordsOf(error)}`),
      nowMs: () => main.clock.nowUs() / 1000,
    });
  }

  private shardOf(exchange: string, symbol: string): number {
    return partitionOf(exchange, symbol, this.plan.partitions) % this.plan.ingestShards;
  }

  private venue(name: string): SimVenue {
    const found = this.venues.find((venue) => venue.name === name);
    assert(found !== undefined, `no venue ${name}`);
    return found;
  }

  private venueAt(url: string): SimVenue {
    return this.venue(new URL(url).hostname.split('.')[0] ?? '');
  }
}

function roleOf(name: string): RoleName {
  return name.split('-')[0] as RoleName;
}

function bookOf(shard: IngestShard, exchange: string, symbol: string) {
  const key = `${exchange}:${symbol}`;
  for (const [name, book] of shard.books()) if (name === key) return book;
  return undefined;
}
