/**
 * A live run of several processes against simulated exchanges in real time, over NATS into QuestDB, in which a seed says
 * what is killed next. The undisturbed run that its tables are held against is a replay of its own raw archive. Where ingest is
 * killed there is none: then the stream is held against what happened in the simulated markets, and the tables against the
 * stream and the replays of each life of an ingest thread.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsServer } from '../../scripts/services/nats-server.ts';
import { startNatsAt } from '../../scripts/services/nats-server.ts';
import type { QuestDbServer } from '../../scripts/services/questdb-server.ts';
import { startQuestDbAt } from '../../scripts/services/questdb-server.ts';
import { onFreePort } from '../../scripts/services/server-process.ts';
import type { NatsProgram } from '../../scripts/services/nats-program.ts';
import type { QuestDbProgram } from '../../scripts/services/questdb-program.ts';
import { analyticsOptions } from '../../src/app/adapters.ts';
import { type ConfigOverrides, loadConfig } from '../../src/app/config.ts';
import { chance, createPrng, int, pick, type Prng } from '../../src/lib/prng.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { VENUES as DEFINITIONS } from '../../src/simulator/venues.ts';
import type { StoreOptions } from '../../src/storage/open-store.ts';
import { TABLE_NAMES } from '../../src/storage/tables.ts';
import { readBatch } from '../../src/transport/codec.ts';
import { readStream } from '../fixtures/stream-writers.ts';
import { writeStreamTruth } from '../hosts/stream-truth.ts';
import { runReplay } from '../replay/run-replay.ts';
import type { Durable } from './durables.ts';
import { Durables } from './durables.ts';
import { gapFaults } from './gaps.ts';
import { compareLives, type LivesReport } from './lives.ts';
import { Member } from './member.ts';
import type { Role } from './member.protocol.ts';
import { type StretchCounts, Stretches } from './stretches.ts';
import { compareTables, dump, execute } from './tables.ts';
import { BINANCE_TELLING, krakenTelling, VenueRecord } from './venue-record.ts';

export const TARGETS = [
  'scoring thread',
  'scoring process',
  'analytics thread',
  'analytics process',
  'store thread',
  'store process',
  'NATS',
  'QuestDB',
] as const;
export const INGEST_TARGETS = ['ingest thread', 'ingest process'] as const;
export type Target = (typeof TARGETS)[number] | (typeof INGEST_TARGETS)[number];

export interface ChaosOptions {
  readonly seed: string;
  /** The run goes on until both are reached. */
  readonly minutes: number;
  readonly killsMin: number;
  readonly targets: readonly Target[];
  readonly nats: NatsProgram;
  /** A program, or the address of a server that is used as it is, and is not killed. */
  readonly questdb: QuestDbProgram | string;
  /** Longest pause between a recovery and the next kill. */
  readonly pauseMsMax: number;
  readonly onProgress: (line: string) => void;
}

export interface Kill {
  readonly target: Target;
  /** From the kill until the target has caught up with what is on the bus by then. */
  readonly recoveryMs: number;
}

export interface ChaosReport {
  readonly kills: readonly Kill[];
  /** Rows of the tables that were compared. */
  readonly rows: Readonly<Record<string, number>>;
  /** Where ingest was killed: what was held against the simulated markets, and against the replays of its lives. */
  readonly ingest: { readonly stretches: StretchCounts; readonly lives: LivesReport } | null;
  /** What does not hold; the run's folder is left where there is anything. */
  readonly faults: readonly string[];
  readonly folder: string;
}

const PAIRS = ['BTC-USD', 'ETH-USD', 'SOL-USDT'];
const VENUES = ['binance', 'kraken'] as const;
const PARTITIONS = 4;
const SHARDS = 2;
const MIN_ORDERS = 20;
const MODEL = { name: 'lognormal', halfLifeS: 3600, minOrders: MIN_ORDERS };
/** The server may be shared. */
const PREFIX = `chaos${process.pid}_`;
const TRUTH = `truth${process.pid}_`;
const ARCHIVED = `archived${process.pid}_`;
/** What `bookDepth` is where it is not said. */
const KRAKEN_DEPTH = 100;
/** Two things are killed at about the same time this often. */
const DOUBLE = 0.3;
const DOUBLE_MS = 500;
const SERVER_AWAY_MS = 1500;
const LIVE_MS = 120_000;
const ROLES: readonly Role[] = ['store', 'scoring', 'analytics', 'ingest'];

const byPartition = (role: 'scoring' | 'analytics'): Durable[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => ({ name: `${role}-${partition}`, kind: 'md' }));
const DURABLES: Readonly<Record<'scoring' | 'analytics' | 'store', readonly Durable[]>> = {
  scoring: byPartition('scoring'),
  analytics: byPartition('analytics'),
  store: [
    { name: 'store-md', kind: 'md' },
    { name: 'store-result', kind: 'result' },
  ],
};

/** @throws whatever keeps the run from starting, or from getting on again after a kill */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const chaos = await Chaos.start(options);
  try {
    const report = await chaos.run();
    await chaos.end(report.faults.length === 0);
    return report;
  } catch (error) {
    await chaos.end(false);
    throw error;
  }
}

class Chaos {
  private readonly options: ChaosOptions;
  private readonly prng: Prng;
  private readonly folder: string;
  private readonly simulator: Simulator;
  /** What happened at each venue. */
  private readonly records: ReadonlyMap<string, VenueRecord>;
  private readonly durables: Durables;
  private readonly members = new Map<Role, Member>();
  private nats: NatsServer;
  private questdb: QuestDbServer | null;
  private readonly questdbUrl: string;
  private readonly kills: Kill[] = [];

  private constructor(
    options: ChaosOptions,
    folder: string,
    world: {
      simulator: Simulator;
      records: ReadonlyMap<string, VenueRecord>;
      nats: NatsServer;
      questdb: QuestDbServer | string;
      durables: Durables;
    },
  ) {
    this.options = options;
    this.prng = createPrng(options.seed);
    this.folder = folder;
    this.simulator = world.simulator;
    this.records = world.records;
    this.nats = world.nats;
    this.questdb = typeof world.questdb === 'string' ? null : world.questdb;
    this.questdbUrl = typeof world.questdb === 'string' ? world.questdb : world.questdb.url;
    this.durables = world.durables;
  }

  static async start(options: ChaosOptions): Promise<Chaos> {
    const folder = mkdtempSync(join(tmpdir(), 'whalewatch-chaos-'));
    for (const name of ['nats', 'questdb', 'logs']) mkdirSync(join(folder, name));
    const { seed, questdb: given } = options;
    const [nats, questdb] = await Promise.all([
      onFreePort((port) => startNatsAt(options.nats, { port, folder: join(folder, 'nats') })),
      typeof given === 'string'
        ? given
        : onFreePort((port) => startQuestDbAt(given, { port, folder: join(folder, 'questdb') })),
    ]);
    const durables = await Durables.open(nats.url);
    const [binance, kraken] = [new VenueRecord(BINANCE_TELLING), new VenueRecord(krakenTelling(KRAKEN_DEPTH))];
    const simulator = await startSimulator({
      seed,
      venues: VENUES,
      pairs: PAIRS,
      ratePerPair: 15,
      whalesPerMinute: 60,
      // All of it is kept in memory, and looked at where no replay can be.
      ...(isOfIngest(options.targets)
        ? {
            definitions: {
              binance: binance.witness(DEFINITIONS.binance()),
              kraken: kraken.witness(DEFINITIONS.kraken()),
            },
          }
        : {}),
    });
    const records = new Map(Object.entries({ binance, kraken }));
    return new Chaos(options, folder, { simulator, records, nats, questdb, durables });
  }

  async run(): Promise<ChaosReport> {
    const { minutes, killsMin, targets, pauseMsMax, onProgress } = this.options;
    await Promise.all(ROLES.map((role) => this.begin(role)));
    await this.untilLive();
    const untilMs = performance.now() + minutes * 60_000;
    while (performance.now() < untilMs || this.kills.length < killsMin) {
      await delay(int(this.prng, 0, pauseMsMax));
      const first = pick(this.prng, targets);
      const second = pick(this.prng, targets);
      const isDouble = chance(this.prng, DOUBLE) && roleOf(first) !== roleOf(second);
      const apartMs = int(this.prng, 0, DOUBLE_MS);
      await Promise.all([this.kill(first), ...(isDouble ? [delay(apartMs).then(() => this.kill(second))] : [])]);
      onProgress(`${this.kills.length} kills, ${Math.max(0, Math.round((untilMs - performance.now()) / 1000))} s left`);
    }
    await this.finish();
    if (isOfIngest(targets)) return this.judgeIngest();
    const { rows, differences } = await this.compare();
    return { kills: this.kills, rows, ingest: null, faults: differences, folder: this.folder };
  }

  /** Ends everything; what was written stays where something was found. */
  async end(clean: boolean): Promise<void> {
    for (const member of this.members.values()) await member.kill();
    await this.simulator.stop();
    await this.durables.close();
    await this.nats.process.stop();
    if (this.questdb === null) {
      for (const prefix of clean ? [PREFIX, TRUTH, ARCHIVED] : []) {
        for (const table of TABLE_NAMES) await execute(this.questdbUrl, `DROP TABLE IF EXISTS ${prefix}${table}`);
      }
    }
    await this.questdb?.process.stop();
    if (clean) rmSync(this.folder, { recursive: true, force: true });
  }

  private async begin(role: Role): Promise<void> {
    const member = new Member(join(this.folder, 'logs', `${role}.log`));
    this.members.set(role, member);
    await member.ask({ type: 'start', roles: [role], config: this.config(role) });
  }

  private async kill(target: Target): Promise<void> {
    const startedMs = performance.now();
    const role = roleOf(target);
    if (target === 'NATS') await this.killNats();
    else if (target === 'QuestDB') await this.killQuestDb();
    else if (target.endsWith('process')) await this.killProcess(role as Role);
    else await this.killThread(role as Role);
    await this.recovered(role);
    this.kills.push({ target, recoveryMs: performance.now() - startedMs });
  }

  private async killThread(role: Role): Promise<void> {
    const shards = role === 'store' ? 1 : SHARDS;
    const thread = `${role}-${int(this.prng, 0, shards - 1)}`;
    await this.members.get(role)?.ask({ type: 'kill', thread, how: pick(this.prng, ['throw', 'exit']) });
  }

  private async killProcess(role: Role): Promise<void> {
    await this.members.get(role)?.kill();
    // As whoever keeps processes running would: it is tried again while a server is away.
    for (;;) {
      try {
        await this.begin(role);
        return;
      } catch (error) {
        await this.members.get(role)?.kill();
        this.options.onProgress(
          `${role} does not start yet: ${error instanceof Error ? error.message : String(error)}`,
        );
        await delay(100);
      }
    }
  }

  private async killNats(): Promise<void> {
    const { nats, options } = this;
    await died(nats.process);
    await delay(int(this.prng, 0, SERVER_AWAY_MS));
    this.nats = await startNatsAt(options.nats, { port: nats.port, folder: join(this.folder, 'nats') });
  }

  private async killQuestDb(): Promise<void> {
    const { questdb } = this;
    const { questdb: program } = this.options;
    if (questdb === null || typeof program === 'string') throw new Error('this QuestDB is not ours to kill');
    await died(questdb.process);
    await delay(int(this.prng, 0, SERVER_AWAY_MS));
    this.questdb = await startQuestDbAt(program, {
      port: questdb.port,
      folder: join(this.folder, 'questdb'),
    });
  }

  private async recovered(role: Role | 'NATS' | 'QuestDB'): Promise<void> {
    switch (role) {
      case 'scoring':
      case 'analytics':
        return this.durables.reach(DURABLES[role], { acknowledged: false });
      case 'store':
      case 'QuestDB':
        return this.durables.reach(DURABLES.store, { acknowledged: true });
      case 'NATS':
        return this.durables.reach(Object.values(DURABLES).flat(), { acknowledged: false });
      case 'ingest':
        return this.untilLive();
      case 'monitor':
        throw new Error('The monitor holds nothing that could be lost: it is no target.');
    }
  }

  private async untilLive(): Promise<void> {
    const deadline = performance.now() + LIVE_MS;
    for (;;) {
      const member = this.members.get('ingest');
      if (member === undefined) throw new Error('no ingest runs');
      // A process that was killed has its successor wait for the end of its leases.
      const { standby } = (await member.ask({ type: 'share' })) as { readonly standby: readonly string[] };
      const missing = [...standby, ...((await member.ask({ type: 'missing' })) as readonly string[])];
      if (missing.length === 0) return;
      if (performance.now() > deadline) throw new Error(`not live: ${missing.join(', ')}`);
      await delay(50);
    }
  }

  /** Ends the run in the direction of the stream, each role when it has taken in all that there is. */
  private async finish(): Promise<void> {
    await this.members.get('ingest')?.stop();
    for (const role of ['scoring', 'analytics', 'store'] as const) {
      await this.durables.reach(DURABLES[role], { acknowledged: true });
      await this.members.get(role)?.stop();
    }
    await this.untilVisible();
  }

  private async untilVisible(): Promise<void> {
    for (;;) {
      const behind = await dump(
        this.questdbUrl,
        'SELECT name FROM wal_tables() WHERE suspended OR writerTxn < sequencerTxn',
      );
      if (behind.length === 0) return;
      await delay(50);
    }
  }

  private async compare(): Promise<{ rows: Readonly<Record<string, number>>; differences: readonly string[] }> {
    const url = this.questdbUrl;
    const captures = readdirSync(join(this.folder, 'archive'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.capture.ndjson.gz'))
      .map((file) => join(this.folder, 'archive', file))
      .sort();
    await runReplay(captures, { store: this.truthStore(), model: MODEL });
    return compareTables(url, PREFIX, TRUTH);
  }

  /** What the tables must be where a replay of the whole cannot say so. */
  private async judgeIngest(): Promise<ChaosReport> {
    const { questdbUrl: url, nats, kills, folder } = this;
    const stretches = new Stretches(this.records);
    await readStream(nats.url, (_subject, _term, data) => readBatch(data, (view) => stretches.add(view)));
    stretches.finish();
    const analytics = analyticsOptions(loadConfig({ env: {}, overrides: this.config('analytics') }));
    if (analytics === null) throw new Error('nothing is measured');
    await writeStreamTruth({ servers: [nats.url], store: this.truthStore(), model: MODEL, analytics });
    await this.untilVisible();
    const { rows, differences } = await compareTables(url, PREFIX, TRUTH);
    const archive = join(folder, 'archive');
    const lives = await compareLives({ archive, url, prefix: PREFIX, replayed: ARCHIVED, model: MODEL });
    const gaps = await gapFaults(url, PREFIX, kills);
    const faults = [...stretches.faults, ...differences, ...lives.faults, ...gaps];
    return { kills, rows, ingest: { stretches: stretches.counts, lives }, faults, folder };
  }

  private truthStore(): StoreOptions {
    return { kind: 'questdb', url: this.questdbUrl, tablePrefix: TRUTH, ttlDays: null, orderChanges: true };
  }

  private config(role: Role): ConfigOverrides {
    const { simulator, nats, questdbUrl, folder } = this;
    const exchanges = VENUES.map((exchange) => {
      const { ws = '', rest } = simulator.urls[exchange] ?? {};
      const { protocol, host } = new URL(ws);
      return { exchange, pairs: [...PAIRS], silenceMs: 60_000, wsUrl: `${protocol}//${host}`, restUrl: rest };
    });
    return {
      exchanges,
      ingest: { shards: SHARDS, partitions: PARTITIONS },
      scoring: { shards: SHARDS, minOrders: MIN_ORDERS },
      analytics: { shards: SHARDS },
      bus: { kind: 'nats', servers: [nats.url], leaseS: 2, stream: { storage: 'file', maxGb: 4 } },
      store: { kind: 'questdb', questdbUrl, tablePrefix: PREFIX, flushMs: 200 },
      state: { everyS: 1 },
      // An archive is of one process: a run that another one writes down beside it would be held against it.
      archive: { dir: role === 'ingest' ? join(folder, 'archive') : null },
      supervision: { backoffMinMs: 10, backoffMaxMs: 500, maxRestarts: 10_000 },
      log: { level: 'warn', pretty: false },
    };
  }
}

function isOfIngest(targets: readonly Target[]): boolean {
  return targets.some((target) => roleOf(target) === 'ingest');
}

function roleOf(target: Target): Role | 'NATS' | 'QuestDB' {
  return target.split(' ')[0] as Role | 'NATS' | 'QuestDB';
}

/** Kills a server that this harness started. */
async function died(server: { readonly pid: number; hasEnded(): boolean }): Promise<void> {
  process.kill(server.pid, 'SIGKILL');
  while (!server.hasEnded()) await delay(5);
}
