/**
 * A live run on several hosts in small: two processes of each role over a NATS cluster of three into QuestDB, against simulated
 * exchanges in real time. A seed says which process is killed or hangs next, and which NATS server is killed or cut off. What
 * must hold in the end: one writer per pair at any time, by the stream itself; tables row for row as undisturbed consumers
 * of the stream make them, and as a replay of the raw archive where no ingest was disturbed.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsProgram } from '../../scripts/services/nats-program.ts';
import type { QuestDbProgram } from '../../scripts/services/questdb-program.ts';
import type { QuestDbServer } from '../../scripts/services/questdb-server.ts';
import { startQuestDbAt } from '../../scripts/services/questdb-server.ts';
import { onFreePort } from '../../scripts/services/server-process.ts';
import { analyticsOptions } from '../../src/app/adapters.ts';
import { loadConfig, type ConfigOverrides } from '../../src/app/config.ts';
import { createPrng, int, pick, type Prng } from '../../src/lib/prng.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { Durables, type Durable } from '../chaos/durables.ts';
import { Member } from '../chaos/member.ts';
import { compareTables, dump } from '../chaos/tables.ts';
import { readStreamWriters, type StreamWriters } from '../fixtures/stream-writers.ts';
import { runReplay } from '../replay/run-replay.ts';
import { Cluster } from './cluster.ts';
import { writeStreamTruth } from './stream-truth.ts';

export interface HostsOptions {
  readonly seed: string;
  readonly rounds: number;
  /** No further round begins after so long. */
  readonly minutesMax: number;
  /** No process with the role ingest is disturbed: the raw archive is then whole. */
  readonly sparesIngest: boolean;
  readonly leaseS: number;
  readonly nats: NatsProgram;
  readonly questdb: QuestDbProgram;
  readonly onProgress: (line: string) => void;
}

export interface Recovery {
  readonly target: string;
  readonly recoveryMs: number;
}

export interface HostsReport {
  /** From the end of a process until others hold its work. */
  readonly takeovers: readonly Recovery[];
  /** From what was done until those who are left have it all as it should be: consumers where the stream is, books live. */
  readonly recoveries: readonly Recovery[];
  readonly writers: StreamWriters;
  readonly rows: Readonly<Record<string, number>>;
  /** Whether the tables were also held against a replay of the raw archive. */
  readonly heldAgainstArchive: boolean;
  readonly cutBy: string;
  readonly faults: readonly string[];
  readonly folder: string;
}

type Role = 'store' | 'scoring' | 'analytics' | 'ingest';
type Target = `${Role} process ${'killed' | 'hung'}` | 'NATS server killed' | 'NATS server cut off';

const ROLES: readonly Role[] = ['store', 'scoring', 'analytics', 'ingest'];
const SERVERS: readonly Target[] = ['NATS server killed', 'NATS server cut off'];
const UNITS: Readonly<Record<Role, readonly string[]>> = {
  store: ['store-0'],
  scoring: ['scoring-0', 'scoring-1'],
  analytics: ['analytics-0', 'analytics-1'],
  ingest: ['ingest-0', 'ingest-1'],
};
const PAIRS = ['BTC-USD', 'ETH-USD', 'SOL-USDT'];
const VENUES = ['binance', 'kraken'] as const;
const PARTITIONS = 4;
const MIN_ORDERS = 20;
const LOOK_MS = 20;
const PATIENCE_MS = 90_000;
/** A process that has not started by then is given up. */
const START_MS = 60_000;
const PAUSE_MS_MAX = 2000;
/** Some longer than it takes until an election, which 4 to 9 s without a word begin. */
const AWAY_MS = { min: 2_000, max: 15_000 };

const byPartition = (role: 'scoring' | 'analytics'): Durable[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => ({ name: `${role}-${partition}`, kind: 'md' }));
const DURABLES: readonly Durable[] = [
  ...byPartition('scoring'),
  ...byPartition('analytics'),
  { name: 'store-md', kind: 'md' },
  { name: 'store-result', kind: 'result' },
];

/** @throws whatever keeps the run from starting, or from getting on again */
export async function runHosts(options: HostsOptions): Promise<HostsReport> {
  const folder = mkdtempSync(join(tmpdir(), 'whalewatch-hosts-'));
  for (const name of ['questdb', 'logs']) mkdirSync(join(folder, name));
  const cluster = await Cluster.start(options.nats, folder);
  const questdb = await onFreePort((port) =>
    startQuestDbAt(options.questdb, { port, folder: join(folder, 'questdb') }),
  );
  const simulator = await startSimulator({
    ...{ seed: options.seed, venues: VENUES, pairs: PAIRS },
    ...{ ratePerPair: 15, whalesPerMinute: 60 },
  });
  const hosts = new Hosts(options, { folder, cluster, questdb, simulator });
  let isClean = false;
  try {
    const report = await hosts.run();
    isClean = report.faults.length === 0;
    return report;
  } finally {
    await hosts.end();
    if (isClean) rmSync(folder, { recursive: true, force: true });
  }
}

interface World {
  readonly folder: string;
  readonly cluster: Cluster;
  readonly questdb: QuestDbServer;
  readonly simulator: Simulator;
}

class Hosts {
  private readonly options: HostsOptions;
  private readonly world: World;
  private readonly prng: Prng;
  private readonly members = new Map<Role, Member[]>(ROLES.map((role) => [role, []]));
  private durables: Durables | null = null;
  private readonly takeovers: Recovery[] = [];
  private readonly recoveries: Recovery[] = [];
  private started = 0;
  /** The process that hangs, and answers nothing. */
  private hung: Member | null = null;

  constructor(options: HostsOptions, world: World) {
    this.options = options;
    this.world = world;
    this.prng = createPrng(options.seed);
  }

  async run(): Promise<HostsReport> {
    const { rounds, minutesMax, sparesIngest, onProgress } = this.options;
    const { cluster, folder } = this.world;
    for (const role of ROLES) await Promise.all([this.begin(role), this.begin(role)]);
    this.durables = await Durables.open(...cluster.urls);
    await this.untilWell();
    const roles = ROLES.filter((role) => role !== 'ingest' || !sparesIngest);
    const processes = roles.flatMap((role): Target[] => [`${role} process killed`, `${role} process hung`]);
    // Each of them comes, in an order that the seed decides, and then again.
    let targets: Target[] = [];
    const untilMs = performance.now() + minutesMax * 60_000;
    for (let round = 0; round < rounds && performance.now() < untilMs; round++) {
      if (targets.length === 0) targets = [...processes, ...SERVERS];
      const target = pick(this.prng, targets);
      targets = targets.filter((other) => other !== target);
      await delay(int(this.prng, 0, PAUSE_MS_MAX));
      const startedMs = performance.now();
      await this.strike(target);
      onProgress(`round ${round + 1}: ${target}, all well after ${Math.round(performance.now() - startedMs)} ms`);
    }
    await this.finish();
    const writers = await readStreamWriters(cluster.urls);
    const { rows, differences, heldAgainstArchive } = await this.compare();
    const { takeovers, recoveries } = this;
    const faults = [...writers.faults, ...writers.disorders, ...differences];
    return { takeovers, recoveries, writers, rows, heldAgainstArchive, cutBy: cluster.cutBy, faults, folder };
  }

  async end(): Promise<void> {
    const { cluster, questdb, simulator } = this.world;
    for (const member of [...this.members.values()].flat()) await member.kill();
    await simulator.stop();
    await this.durables?.close();
    await cluster.stop();
    await questdb.process.stop();
  }

  private async begin(role: Role): Promise<Member> {
    for (;;) {
      const member = new Member(join(this.world.folder, 'logs', `${role}-${++this.started}.log`));
      this.members.get(role)?.push(member);
      try {
        const late = delay(START_MS).then(() => Promise.reject(new Error('it takes too long')));
        await Promise.race([member.ask({ type: 'start', roles: [role], config: this.config() }), late]);
        return member;
      } catch (error) {
        // As whoever keeps processes running would: it is tried again.
        this.options.onProgress(`${role} does not start yet: ${String(error)}`);
        await this.remove(role, member);
      }
    }
  }

  private async remove(role: Role, member: Member): Promise<void> {
    await member.kill();
    this.members.set(
      role,
      this.membersOf(role).filter((other) => other !== member),
    );
  }

  private membersOf(role: Role): readonly Member[] {
    return (this.members.get(role) ?? []).filter((member) => member !== this.hung);
  }

  private async strike(target: Target): Promise<void> {
    if (target === 'NATS server killed' || target === 'NATS server cut off') await this.strikeServer(target);
    else await this.strikeProcess(target, roleOf(target));
    await this.untilWell();
    // Nothing else is struck while a server lacks what the others have: two of three would be too many.
    await this.world.cluster.untilWhole();
  }

  private async strikeServer(target: Target): Promise<void> {
    const { cluster } = this.world;
    const startedMs = performance.now();
    const isKilled = target === 'NATS server killed';
    const index = isKilled ? int(this.prng, 0, cluster.size - 1) : cluster.size - 1;
    if (isKilled) await cluster.kill(index);
    else cluster.cut();
    // It is away while the others are to go on.
    const away = delay(int(this.prng, AWAY_MS.min, AWAY_MS.max));
    await this.untilWell();
    this.recoveries.push({ target, recoveryMs: performance.now() - startedMs });
    await away;
    if (isKilled) await cluster.startNode(index);
    else cluster.heal();
  }

  private async strikeProcess(target: Target, role: Role): Promise<void> {
    const holders: Member[] = [];
    for (const member of this.membersOf(role)) if ((await heldBy(member)).length > 0) holders.push(member);
    const victim = pick(this.prng, holders);
    const lost = await heldBy(victim);
    const others = this.membersOf(role).filter((member) => member !== victim);
    const startedMs = performance.now();
    const isKilled = target.endsWith('killed');
    if (isKilled) await this.remove(role, victim);
    else {
      victim.pause();
      this.hung = victim;
    }
    await until(`${lost.join(', ')} taken over`, async () => {
      const held = (await Promise.all(others.map((member) => heldBy(member)))).flat();
      return lost.every((unit) => held.includes(unit)) || held.join(', ');
    });
    this.takeovers.push({ target, recoveryMs: performance.now() - startedMs });
    await this.untilWell();
    this.recoveries.push({ target, recoveryMs: performance.now() - startedMs });
    await delay(int(this.prng, 0, PAUSE_MS_MAX));
    this.hung = null;
    if (isKilled) await this.begin(role);
    else victim.goOn();
  }

  /** Each unit has one process that does it, the books are live, and consumers are where the stream is. */
  private async untilWell(): Promise<void> {
    for (const role of ROLES) {
      await until(`all of ${role} done`, async () => {
        const held = (await Promise.all(this.membersOf(role).map((member) => heldBy(member)))).flat();
        return held.toSorted().join(' ') === UNITS[role].join(' ') || held.join(' ');
      });
    }
    await until('all books live', async () => {
      const members = this.membersOf('ingest').map((member) => member.ask({ type: 'missing' }));
      const missing = (await Promise.all(members)).flat();
      return missing.length === 0 || missing.join(', ');
    });
    await this.durables?.reach(DURABLES, { acknowledged: false });
  }

  /** Ends the run in the direction of the stream. */
  private async finish(): Promise<void> {
    for (const member of this.membersOf('ingest')) await member.stop();
    for (const role of ['scoring', 'analytics', 'store'] as const) {
      await this.durables?.reach(
        DURABLES.filter(({ name }) => name.startsWith(role)),
        { acknowledged: true },
      );
      for (const member of this.membersOf(role)) await member.stop();
    }
    await this.untilVisible();
  }

  private async untilVisible(): Promise<void> {
    await until('rows visible', async () => {
      const sql = 'SELECT name FROM wal_tables() WHERE suspended OR writerTxn < sequencerTxn';
      const behind = await dump(this.world.questdb.url, sql);
      return behind.length === 0 || behind.join(', ');
    });
  }

  private async compare(): Promise<{
    rows: Readonly<Record<string, number>>;
    differences: readonly string[];
    heldAgainstArchive: boolean;
  }> {
    const { cluster, questdb, folder } = this.world;
    const { url } = questdb;
    const storeOf = (tablePrefix: string) =>
      ({ kind: 'questdb', url, tablePrefix, ttlDays: null, orderChanges: true }) as const;
    const model = { name: 'lognormal', halfLifeS: 3600, minOrders: MIN_ORDERS };
    const analytics = analyticsOptions(loadConfig({ env: {}, overrides: this.config() }));
    if (analytics === null) throw new Error('nothing is measured');
    await writeStreamTruth({ servers: cluster.urls, store: storeOf('stream_'), model, analytics });
    await this.untilVisible();
    const ofStream = await compareTables(url, 'run_', 'stream_');
    const captures = readdirSync(join(folder, 'archive'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.capture.ndjson.gz'))
      .map((file) => join(folder, 'archive', file))
      .toSorted();
    const lives = new Set(captures.map((file) => file.slice(0, file.lastIndexOf('/'))));
    // Where a shard had more than one life, what was on its way at the end of the first is in no archive as a whole.
    const heldAgainstArchive = lives.size === UNITS.ingest.length;
    if (!heldAgainstArchive) return { ...ofStream, heldAgainstArchive };
    await runReplay(captures, { store: storeOf('archive_'), model });
    await this.untilVisible();
    const ofArchive = await compareTables(url, 'run_', 'archive_');
    return {
      rows: ofStream.rows,
      differences: [...ofStream.differences, ...ofArchive.differences],
      heldAgainstArchive,
    };
  }

  private config(): ConfigOverrides {
    const { simulator, cluster, questdb, folder } = this.world;
    const exchanges = VENUES.map((exchange) => {
      const { ws = '', rest } = simulator.urls[exchange] ?? {};
      const { protocol, host } = new URL(ws);
      return { exchange, pairs: [...PAIRS], silenceMs: 60_000, wsUrl: `${protocol}//${host}`, restUrl: rest };
    });
    return {
      exchanges,
      ingest: { shards: UNITS.ingest.length, partitions: PARTITIONS },
      scoring: { shards: UNITS.scoring.length, minOrders: MIN_ORDERS },
      analytics: { shards: UNITS.analytics.length },
      bus: {
        ...{ kind: 'nats', servers: cluster.urls, replicas: cluster.size, leaseS: this.options.leaseS },
        stream: { storage: 'file', maxGb: 4 },
      },
      store: { kind: 'questdb', questdbUrl: questdb.url, tablePrefix: 'run_', flushMs: 200 },
      state: { everyS: 1 },
      archive: { dir: join(folder, 'archive') },
      supervision: { backoffMinMs: 10, backoffMaxMs: 500, maxRestarts: 10_000 },
      log: { level: 'info', pretty: false },
    };
  }
}

function roleOf(target: Target): Role {
  return target.split(' ')[0] as Role;
}

async function heldBy(member: Member): Promise<readonly string[]> {
  return ((await member.ask({ type: 'share' })) as { readonly held: readonly string[] }).held;
}

/** @param look answers true, or what is the case instead */
async function until(what: string, look: () => Promise<true | string>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen === true) return;
    if (performance.now() > deadline) throw new Error(`not ${what}: ${seen}`);
    await delay(LOOK_MS);
  }
}
