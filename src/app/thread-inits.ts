/** What the threads of a live run are told when they start. */

import { partitionOf } from '../model/partition.ts';
import { analyticsOptions, CONSUMER_PENDING_MAX, modelChoice, sampleLevels } from './adapters.ts';
import type { Config, ExchangeConfig } from './config.ts';
import { bookChannel, compareEveryMs, credentialsOf, feedAddresses, isAudited, subscribedDepth } from './config.ts';
import type { ResolvedVenue } from './pairs.ts';
import type { ThreadFiles } from './thread-files.ts';
import type { AnalyticsInit } from './threads/analytics.protocol.ts';
import type { BusInit } from './threads/bus-init.ts';
import type { IngestInit, LiveInit, LivePair, LiveVenue } from './threads/ingest.protocol.ts';
import type { MonitorInit } from './threads/monitor.protocol.ts';
import type { ScoringInit } from './threads/scoring.protocol.ts';
import type { StateInit } from './threads/shard-state.ts';
import type { StoreInit } from './threads/store.protocol.ts';
import { workplaceMemory } from './threads/workplace.ts';
import { partitionsOf } from './wiring.ts';

export interface ThreadInitsOptions {
  readonly config: Config;
  readonly venues: readonly ResolvedVenue[];
  /** By exchange: what is watched now. */
  readonly pairs: ReadonlyMap<string, readonly LivePair[]>;
  readonly state: StateInit;
  readonly facts: MonitorInit['facts'];
  /** All books that are known now. */
  readonly known: () => MonitorInit['known'];
  /** Where the monitor listened before; null where it never did. */
  readonly monitorUrl: () => string | null;
  /** Every epoch of a shard that starts now is above this. */
  readonly epochFloor: (shard: number) => number;
}

/** The feeds' part of a venue's request budget; what is left is for the lists of instruments. */
const REST_SHARE = 0.95;
const KIB = 1024;
const MIB = 1024 * KIB;

export class ThreadInits {
  private readonly options: ThreadInitsOptions;
  /** By the name of the thread. */
  private readonly workplaces = new Map<string, SharedArrayBuffer>();

  constructor(options: ThreadInitsOptions) {
    this.options = options;
  }

  store(bus: BusInit, store: StoreInit['store']): StoreInit {
    const { batchRows, flushMs } = this.options.config.store;
    const telemetry = this.telemetry('store', 0);
    const state = this.state(telemetry.thread);
    return { bus, telemetry, store, batchRows, flushMs, maxPending: CONSUMER_PENDING_MAX, state, live: true };
  }

  monitor(bus: BusInit): MonitorInit {
    const { config, facts, known } = this.options;
    const { monitor, store } = config;
    return {
      bus,
      telemetry: this.telemetry('monitor', 0),
      facts,
      known: known(),
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

  scoring(bus: BusInit, index: number): ScoringInit {
    const { config } = this.options;
    const telemetry = this.telemetry('scoring', index);
    return {
      bus,
      telemetry,
      partitions: partitionsOf(index, config.scoring.shards, config.ingest.partitions),
      model: modelChoice(config),
      maxBatchBytes: config.bus.maxBatchKb * KIB,
      maxPending: CONSUMER_PENDING_MAX,
      state: this.state(telemetry.thread),
      emit: null,
      live: true,
    };
  }

  analytics(bus: BusInit, index: number, analytics: AnalyticsInit['analytics']): AnalyticsInit {
    const { config } = this.options;
    const telemetry = this.telemetry('analytics', index);
    return {
      bus,
      telemetry,
      partitions: partitionsOf(index, config.analytics.shards, config.ingest.partitions),
      analytics,
      maxBatchBytes: config.bus.maxBatchKb * KIB,
      maxPending: CONSUMER_PENDING_MAX,
      state: this.state(telemetry.thread),
      live: true,
    };
  }

  ingest(bus: BusInit, shard: number): IngestInit {
    const { config, epochFloor } = this.options;
    return {
      bus,
      telemetry: this.telemetry('ingest', shard),
      shard,
      shards: config.ingest.shards,
      partitions: config.ingest.partitions,
      maxBatchBytes: config.bus.maxBatchKb * KIB,
      checkpoint: null,
      epochFloor: epochFloor(shard),
      sampleLevels: sampleLevels(analyticsOptions(config)),
      live: this.live(shard),
    };
  }

  /** A shard's part of a venue. */
  venue(venue: ExchangeConfig, pairs: readonly LivePair[], shard: number): LiveVenue {
    const { config } = this.options;
    const { partitions, shards } = config.ingest;
    return {
      exchange: venue.exchange,
      channel: bookChannel(venue),
      credentials: credentialsOf(config, venue.exchange),
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

  private live(shard: number): LiveInit {
    const { config, venues, pairs } = this.options;
    const { dir, maxFileMb, maxFileMinutes } = config.archive;
    const { kind, spool } = config.bus;
    return {
      venues: venues.map(({ config: venue }) => this.venue(venue, pairs.get(venue.exchange) ?? [], shard)),
      archive: dir === null ? null : { dir, maxFileMb, maxFileMinutes },
      spool: kind === 'embedded' || spool.dir === null ? null : { dir: spool.dir, maxBytes: spool.maxMb * MIB },
    };
  }

  /** Started again it listens where its clients look for it. */
  private monitorPort(): number {
    const { port } = this.options.config.monitor;
    const url = this.options.monitorUrl();
    return url === null ? port : Number(new URL(url).port) || port;
  }

  private state(thread: string): StateInit {
    const workplace = this.workplaces.get(thread) ?? workplaceMemory();
    this.workplaces.set(thread, workplace);
    return { ...this.options.state, workplace };
  }

  private telemetry(role: keyof ThreadFiles, index: number): IngestInit['telemetry'] {
    const { level, pretty } = this.options.config.log;
    return { thread: `${role}-${index}`, role, level, pretty, isMeasured: true };
  }
}
