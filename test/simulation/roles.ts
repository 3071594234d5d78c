/**
 * The threads of the product on the one thread of a simulation: the actors are the product's own, and so are sessions, outbox,
 * codec and positions; what stands here is what the files in `src/app/threads` put around them.
 */

import { AnalyticsShard, type AnalyticsState } from '../../src/actors/analytics-shard.ts';
import { IngestShard } from '../../src/actors/ingest-shard.ts';
import type { PositionMap } from '../../src/actors/positions.ts';
import { ScoringShard, type ScoringState } from '../../src/actors/scoring-shard.ts';
import { StoreActor } from '../../src/actors/store-actor.ts';
import { CanonicalWriter } from '../../src/app/threads/canonical-buffer.ts';
import type { LiveVenue } from '../../src/app/threads/ingest.protocol.ts';
import { LiveFeeds, type FeedWorld } from '../../src/app/threads/live-feeds.ts';
import { Outbox } from '../../src/app/threads/outbox.ts';
import type { ThreadTelemetry } from '../../src/app/threads/thread-telemetry.ts';
import { OpenDeliveries, timesOf } from '../../src/app/threads/open-deliveries.ts';
import { consumerName } from '../../src/app/threads/topology.ts';
import type { ModelOf } from '../../src/app/size-model-choice.ts';
import type { AnalyticsOptions } from '../../src/indicators/analytics-plan.ts';
import { Backoff } from '../../src/lib/backoff.ts';
import type { EventView } from '../../src/model/event.ts';
import type { Bus, Consumer, Delivery } from '../../src/ports/bus.ts';
import type { WireRegistry } from '../../src/ports/exchange-wire.ts';
import type { Store } from '../../src/ports/store.ts';
import { StoreError } from '../../src/storage/store-error.ts';
import { Events } from '../../src/telemetry/events.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { BatchReader } from '../../src/transport/codec.ts';
import { metricTopic } from '../../src/transport/subjects.ts';
import type { Incarnation } from './process.ts';

export interface RoleContext {
  readonly self: Incarnation;
  readonly bus: Bus;
  readonly maxBatchBytes: number;
  readonly maxPending: number;
  /** The thread cannot go on. */
  readonly raise: (error: unknown) => void;
}

const SILENT_LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function telemetryOf(metrics: Metrics): ThreadTelemetry {
  return {
    ...{ log: SILENT_LOG, metrics, events: new Events(SILENT_LOG, metrics) },
    snapshot: () => Promise.resolve([]),
    stop: () => undefined,
  };
}

export interface IngestRoleOptions extends RoleContext {
  readonly shard: number;
  readonly partitions: number;
  readonly wires: WireRegistry;
  readonly venues: readonly LiveVenue[];
  readonly epochFloor: number;
  readonly sampleLevels: number | null;
  readonly world: FeedWorld;
  readonly metrics: Metrics;
  /** Each event during its emission. */
  readonly onEvent: (partition: number, view: EventView, shard: IngestShard) => void;
  /** Whether it hears nothing of what waits for the bus, as a canary has it. */
  readonly isDeaf?: true;
  /** A step of a book threw. */
  readonly onTrouble: (what: string) => void;
  /** What a venue refuses, in its words. */
  readonly onRefused: (what: string) => void;
}

export interface IngestRole {
  readonly shard: IngestShard;
  readonly outbox: Outbox;
  /** Brings the gauges of its feeds up to date. */
  sample(): void;
}

/** See `src/app/threads/ingest.ts`. */
export function startIngest(options: IngestRoleOptions): IngestRole {
  const { self, venues, onTrouble } = options;
  let feeds: LiveFeeds | null = null;
  const outbox = outboxOf(options, 'md', () => feeds?.relieve(outbox.inFlight));
  const pairs = new Set(venues.flatMap((venue) => venue.pairs.map(({ symbol }) => `${venue.exchange}:${symbol}`)));
  const shard: IngestShard = new IngestShard({
    wires: options.wires,
    partitions: options.partitions,
    epochFloor: options.epochFloor,
    sampleLevels: options.sampleLevels,
    owns: ({ exchange, symbol }) => pairs.has(`${exchange}:${symbol}`),
    effects: {
      emit: (partition, view) => {
        options.onEvent(partition, view, shard);
        outbox.add(view.header.exchange, partition, view);
      },
      requestSnapshot: (exchange, symbol) => feeds?.requestSnapshot(exchange, symbol),
      resubscribe: (exchange, symbol, channel) => feeds?.resubscribe(exchange, symbol, channel),
      renew: (conn) => feeds?.renew(conn),
      malformed: () => undefined,
      actorFailed: (book, _record, error) => onTrouble(`${book} failed: ${wordsOf(error)}`),
      readGenerally: () => undefined,
      refused: (exchange, symbol, detail) => options.onRefused(`${exchange} refuses ${symbol}: ${detail}`),
    },
  });
  feeds = new LiveFeeds({
    init: { venues, archive: null, spool: null },
    shard: options.shard,
    telemetry: telemetryOf(options.metrics),
    onTurnEnd: () => {
      if (self.isAlive) outbox.flush();
    },
    process: (record, frame) => {
      if (self.isAlive) shard.process(record, frame, true);
    },
    learn: (exchange, rows) => shard.directory(exchange).learn(rows),
    inFlight: () => (options.isDeaf === true ? 0 : outbox.inFlight),
    nudge: (beforeUs, nowUs) => shard.nudge(beforeUs, nowUs),
    hasBook: (exchange, symbol) => shard.hasBook(exchange, symbol),
    world: options.world,
  });
  const live = feeds;
  live.start();
  return { shard, outbox, sample: () => live.sample() };
}

/** What outlives a thread that measures: its state, saved before what it had taken was acknowledged. */
export interface Saved<State> {
  state: State | null;
}

/** How often a thread that measures saves its state. */
const SAVE_EVERY_BATCHES = 32;
const SAVE_EVERY_MS = 1500;

export interface MeasuringRoleOptions<State> extends RoleContext {
  readonly partitions: number;
  /** Null where its state dies with it. */
  readonly saved: Saved<State> | null;
}

/** See `src/app/threads/scoring.ts`. */
export async function startScoring(
  options: MeasuringRoleOptions<ScoringState> & { readonly modelOf: ModelOf },
): Promise<void> {
  const outbox = outboxOf(options, 'result', () => undefined);
  let partition = 0;
  const shard = new ScoringShard({
    modelOf: options.modelOf,
    newBuffer: () => new CanonicalWriter(),
    effects: { emit: (view) => outbox.add('score', partition, view) },
  });
  await measure('scoring', options, shard, outbox, (one) => {
    partition = one;
  });
}

/** See `src/app/threads/analytics.ts`. */
export async function startAnalytics(
  options: MeasuringRoleOptions<AnalyticsState> & { readonly analytics: AnalyticsOptions },
): Promise<void> {
  const outbox = outboxOf(options, 'result', () => undefined);
  let partition = 0;
  const shard = new AnalyticsShard(options.analytics, {
    emit: (view) => outbox.add(metricTopic(view.kind), partition, view),
  });
  await measure('analytics', options, shard, outbox, (one) => {
    partition = one;
  });
}

interface MeasuringShard<State> {
  readonly positions: { state(): PositionMap };
  step(view: EventView): void;
  state(): State;
  restore(state: State): void;
}

async function measure<State>(
  role: 'scoring' | 'analytics',
  options: MeasuringRoleOptions<State>,
  shard: MeasuringShard<State>,
  outbox: Outbox,
  begin: (partition: number) => void,
): Promise<void> {
  const { self, bus, partitions, saved, maxPending, raise } = options;
  if (saved !== null && saved.state !== null) shard.restore(saved.state);
  const reader = new BatchReader();
  /** What has been taken in and is not acknowledged yet. */
  const due = new Map<Consumer, number>();
  let unsaved = 0;
  const save = (): void => {
    if (!self.isAlive || saved === null || due.size === 0) return;
    saved.state = shard.state();
    unsaved = 0;
    for (const [consumer, position] of due) consumer.ackThrough(position);
    due.clear();
  };
  let tail = Promise.resolve();
  const onBatch = (consumer: Consumer, { lane, position, data }: Delivery): Promise<void> => {
    // One after the other: a saved state has taken in nothing whose results are still to come.
    tail = tail.then(async () => {
      begin(lane.partition);
      reader.read(data, (view) => shard.step(view));
      // Results leave with the batch that caused them; the batch is done once the bus has taken them.
      await outbox.settle();
      if (saved === null) return consumer.ackThrough(position);
      due.set(consumer, position);
      if (++unsaved >= SAVE_EVERY_BATCHES || unsaved >= maxPending) save();
      return undefined;
    });
    return tail;
  };
  for (let one = 0; one < partitions; one++) {
    const consumer = await bus.consumer({
      ...{ name: consumerName(role, one), kind: 'md', partition: one, maxPending },
    });
    consumer.run((delivery) => onBatch(consumer, delivery)).catch(raise);
  }
  const plan = (): void => {
    self.after(SAVE_EVERY_MS * 1000, () => {
      tail = tail.then(save);
      plan();
    });
  };
  if (saved !== null) plan();
}

export interface StoreRoleOptions extends RoleContext {
  readonly store: Store;
  readonly batchRows: number;
  readonly flushMs: number;
  readonly uniform: () => number;
  readonly metrics: Metrics;
  /** A step of the actor, so that a canary can make another one of it. */
  readonly add?: (actor: StoreActor, view: EventView) => void;
}

export interface StoreRole {
  readonly actor: StoreActor;
  /** Brings its gauges up to date. */
  sample(): void;
}

/** See `src/app/threads/store.ts`. */
export async function startStore(options: StoreRoleOptions): Promise<StoreRole> {
  const { self, bus, store, batchRows, flushMs, maxPending, raise, uniform, metrics } = options;
  const add = options.add ?? ((one, view) => one.add(view));
  const consumers = new Map<string, Consumer>();
  const openOf = new Map<string, OpenDeliveries>();
  const backoff = new Backoff({ baseMs: 200, maxMs: 10_000, uniform });
  const actor = new StoreActor({
    store,
    batchRows,
    nowMs: () => self.clock.nowUs() / 1000,
    async retry({ error }) {
      if (!(error instanceof StoreError) || !error.retryable) throw error;
      await new Promise<void>((resolve) => {
        self.clock.setTimer(backoff.next(), resolve);
      });
    },
    onDurable(marks) {
      for (const [name, position] of marks) {
        consumers.get(name)?.ackThrough(position);
        openOf.get(name)?.finish(name, position);
      }
    },
    onWritten: () => backoff.reset(),
  });
  const reader = new BatchReader();
  const onBatch = async (name: string, delivery: Delivery): Promise<void> => {
    const { data, position } = delivery;
    let first: ReturnType<typeof timesOf> | null = null;
    reader.read(data, (view) => {
      first ??= timesOf(view.header);
      add(actor, view);
    });
    openOf.get(name)?.take(name, delivery, first);
    actor.mark(name, position);
    await actor.makeRoom();
  };
  for (const kind of ['md', 'result'] as const) {
    const name = consumerName(kind === 'md' ? 'store-md' : 'store-result');
    const consumer = await bus.consumer({ name, kind, maxPending });
    consumers.set(name, consumer);
    openOf.set(
      name,
      new OpenDeliveries({ metrics, consumer: name, capacity: maxPending, nowUs: () => self.clock.nowUs() }),
    );
    consumer.run((delivery) => onBatch(name, delivery)).catch(raise);
  }
  const plan = (): void => {
    self.clock.setTimer(flushMs, () => {
      actor.flush().catch(raise);
      plan();
    });
  };
  plan();
  const sample = (): void => {
    for (const open of openOf.values()) open.sample();
  };
  return { actor, sample };
}

function outboxOf(options: RoleContext, kind: 'md' | 'result', onPublished: () => void): Outbox {
  return new Outbox({
    publisher: options.bus.publisher(),
    kind,
    maxBatchBytes: options.maxBatchBytes,
    onFailure: options.raise,
    onPublished,
    nowMs: () => options.self.clock.nowUs() / 1000,
  });
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
