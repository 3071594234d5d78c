/** One measurement: servers, product and load started, watched, drained, compared and stopped. */

import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { mergeTrees, type Tree } from '../../src/app/config-tree.ts';
import { BenchmarkError } from '../harness/benchmark-error.ts';
import { BusWatch } from './bus-watch.ts';
import { Generator } from './generator.ts';
import { MARKET_CHANGES_PER_S } from './market.ts';
import type { GeneratorSpec } from './messages.ts';
import { Product } from './product.ts';
import { startServers } from './servers.ts';
import { summaryOf, type Summary } from './summary.ts';
import { Tables } from './tables.ts';
import type { Tally } from './tally.ts';
import { differences } from './tally.ts';
import { look, watch, type Watched } from './watch.ts';

export interface MeasureOptions {
  /** Of the whole market. */
  readonly times: number;
  readonly seconds: number;
  readonly load: GeneratorSpec;
  /** Further configuration of the product. */
  readonly config: Tree;
  /** Further settings of QuestDB, `name=value`. */
  readonly questdbSettings: readonly string[];
  readonly profileFolder: string | null;
  /** Ends the measurement, and everything that it started. */
  readonly signal: AbortSignal;
  /** A line of what is going on. */
  readonly tell: (line: string) => void;
}

/** What is left to be written after the load may take this long, and as long again as the load. */
const DRAIN_MS = 30_000;
const LOOK_MS = 100;
const DIFFERENCES_TOLD = 8;

/** Stops what was started, last first. */
class Cleanup {
  private readonly steps: (() => Promise<unknown>)[] = [];
  private isOver = false;

  add(step: () => Promise<unknown>): void {
    this.steps.push(step);
    // Started while the rest was being stopped.
    if (this.isOver) void step();
  }

  async run(): Promise<void> {
    this.isOver = true;
    for (const step of this.steps.toReversed()) await step();
  }
}

/** @throws BenchmarkError where a row is missing, surplus or other than it should be: there are no figures then */
export async function measure(options: MeasureOptions): Promise<Summary> {
  const cleanup = new Cleanup();
  try {
    return await Promise.race([measureWith(options, cleanup), aborted(options.signal)]);
  } finally {
    await cleanup.run();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new BenchmarkError('benchmark.unexpected', 'the measurement was interrupted', 'Let it run to its end.'));
    });
  });
}

async function measureWith(options: MeasureOptions, cleanup: Cleanup): Promise<Summary> {
  const { times, seconds, load, tell } = options;
  const folder = await mkdtemp(join(tmpdir(), 'whalewatch-whole-market-'));
  cleanup.add(() => rm(folder, { recursive: true }));
  const servers = await startServers(folder, options.questdbSettings);
  cleanup.add(() => servers.stop());
  const generator = await Generator.start(load);
  cleanup.add(() => generator.stop());
  const { wsUrl, restUrl, pairs } = generator.listening;
  const product = await Product.start({
    folder,
    profileFolder: options.profileFolder,
    config: mergeTrees(
      {
        exchanges: [{ exchange: 'binance', pairs, bookDepth: BOOK_DEPTH, wsUrl, restUrl }],
        ingest: { partitions: PARTITIONS },
        bus: { kind: 'nats', servers: [servers.nats.url] },
        store: { kind: 'questdb', questdbUrl: servers.questdb.url },
        http: { port: 0 },
      },
      options.config,
    ),
  });
  cleanup.add(() => product.stop());
  const bus = await BusWatch.open(servers.nats.url);
  cleanup.add(() => bus.close());
  const tables = new Tables(servers.questdb.url);
  cleanup.add(async () => tables.close());
  await product.untilReady();
  tell(`${pairs.length} books are live`);

  const pids = {
    'whalewatch run': product.pid,
    'nats-server': servers.nats.pid,
    QuestDB: servers.questdb.pid,
    'load generator': generator.pid,
    'this measurement': process.pid,
  };
  const watched: Watched = { generator, product, bus, tables, pids };
  const ended = generator.send(times * MARKET_CHANGES_PER_S, seconds);
  const looks = await watch(watched, ended, ({ progress, rows }) =>
    tell(`${progress.elapsedS.toFixed(1)} s: ${progress.sent} changes sent, ${rows.order_changes} in the table`),
  );
  const truth = await ended;
  const drainStartS = performance.now() / 1000;
  const expected = new Map<string, Tally>(truth.tallies);
  await drained(tables, expected, DRAIN_MS + seconds * 1000);
  const drainS = performance.now() / 1000 - drainStartS;
  tell(`drained within ${drainS.toFixed(1)} s`);
  const wrong = differences(expected, await tables.tallies());
  if (wrong.length > 0) throw unequal(wrong, product.complaints);
  const last = await look(watched);
  const writeAmplification = await tables.writeAmplification();
  return summaryOf({ times, seconds, pairs: pairs.length, looks, truth, drainS, last, writeAmplification });
}

/** Fewer levels than this make a side complete (`GeneratorSpec.levels`), and it is cheap in the venue's budget. */
const BOOK_DEPTH = 500;
/** One for each ingest thread that a run has by itself: more lanes make smaller batches, and nothing faster. */
const PARTITIONS = Math.max(1, availableParallelism() - 1);

async function drained(tables: Tables, expected: ReadonlyMap<string, Tally>, patienceMs: number): Promise<void> {
  const sum = (field: 'changes' | 'newOrders' | 'trades'): number =>
    [...expected.values()].reduce((total, tally) => total + tally[field], 0);
  const wanted = { order_changes: sum('changes'), new_orders: sum('newOrders'), trades: sum('trades') };
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await tables.counts();
    const isThere = (table: keyof typeof wanted): boolean => found[table] >= wanted[table];
    if (isThere('order_changes') && isThere('new_orders') && isThere('trades')) return;
    // What differs then is said pair by pair.
    if (performance.now() > deadline) return;
    await delay(LOOK_MS);
  }
}

function unequal(wrong: readonly string[], complaints: readonly string[]): BenchmarkError {
  const shown = wrong.slice(0, DIFFERENCES_TOLD).join('\n');
  const words = complaints.length === 0 ? '' : `\nThe run said:\n${complaints.join('\n')}`;
  return new BenchmarkError(
    'benchmark.disagreement',
    `the tables are not what was sent, ${wrong.length} differences:\n${shown}${words}`,
    'Give it a lower rate; where that does not help, rows were lost.',
  );
}
