/**
 * Does anything grow? `whalewatch run` as a process of its own, over a NATS server and a QuestDB of its own, on the demo's markets at ten
 * times their pace, for an hour. The market is on this process; memory and open files are those of the product's process.
 *
 *     npx node test/load/soak.ts [minutes = 60] [times the demo's load = 10]
 *
 * stdout has a line per minute and a summary. The exit code is 1 where something grew, waited too long, or was lost.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Product } from '../../benchmarks/whole-market/product.ts';
import { startServers } from '../../benchmarks/whole-market/servers.ts';
import { samplePairs } from '../../src/simulator/instrument.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { VENUE_NAMES } from '../../src/simulator/venues.ts';

const MIB = 1024 * 1024;
/** The demo's. */
const PAIRS = 3;
const RATE_PER_PAIR = 30;
const WHALES_PER_MINUTE = 20;
const SAMPLE_MS = 5000;
const SAMPLES_PER_LINE = 12;
/** From the second quarter of the run to its last one; what a collector leaves lying about differs by this much. */
const GROWTH_MAX = 0.1;
const FILES_MORE_MAX = 8;
const LAG_MAX_S = 10;
/** What an undisturbed run has none of. */
const LOSSES = [
  'whalewatch_book_gaps_total',
  'whalewatch_bus_holes_total',
  'whalewatch_bus_dead_letters_total',
  'whalewatch_actor_restarts_total',
];

interface Sample {
  readonly rss: number;
  readonly heap: number;
  readonly files: number;
  readonly lagS: number;
}

const [minutes = 60, times = 10] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'whalewatch-soak-'));
const servers = await startServers(folder, []);
const pairs = samplePairs(PAIRS);
const simulator = await startSimulator({
  seed: 'soak',
  venues: VENUE_NAMES,
  pairs,
  ratePerPair: RATE_PER_PAIR * times,
  whalesPerMinute: WHALES_PER_MINUTE * times,
});
try {
  const product = await Product.start({ folder, config: configuration(), profileFolder: null });
  try {
    await product.untilReady();
    process.exitCode = summarize(await watch(product), await lossesOf(product)) ? 0 : 1;
  } finally {
    await product.stop();
    for (const complaint of product.complaints) console.error(complaint);
  }
} finally {
  await simulator.stop();
  await servers.stop();
  rmSync(folder, { recursive: true });
}

function configuration(): Readonly<Record<string, unknown>> {
  return {
    exchanges: Object.entries(simulator.urls).map(([exchange, { ws, rest }]) => {
      const { protocol, host } = new URL(ws);
      return { exchange, pairs, wsUrl: `${protocol}//${host}`, restUrl: rest };
    }),
    bus: { kind: 'nats', servers: [servers.nats.url] },
    store: { kind: 'questdb', questdbUrl: servers.questdb.url },
    archive: { dir: join(folder, 'archive'), maxGb: 1 },
    http: { port: 0 },
    monitor: { enabled: true, port: 0 },
    log: { level: 'info' },
  };
}

async function watch(product: Product): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const startMs = performance.now();
  for (let count = 1; performance.now() - startMs < minutes * 60_000; count++) {
    await delay(startMs + count * SAMPLE_MS - performance.now());
    const scrape = await product.scrape();
    const lags = scrape.all('whalewatch_bus_lag_seconds').map(({ value }) => value);
    samples.push({
      rss: residentBytes(product.pid),
      heap: scrape.sum('whalewatch_thread_heap_used_bytes'),
      files: readdirSync(`/proc/${product.pid}/fd`).length,
      lagS: Math.max(0, ...lags),
    });
    if (count % SAMPLES_PER_LINE !== 0) continue;
    const minute = samples.slice(-SAMPLES_PER_LINE);
    const frames = scrape.sum('whalewatch_feed_frames_total');
    console.log(
      `${count / SAMPLES_PER_LINE} min: ${mib(mean(minute, 'rss'))} MiB resident, ${mib(least(minute, 'heap'))} MiB heap at its least, ` +
        `${most(minute, 'files')} files, lag ${most(minute, 'lagS').toFixed(2)} s, ${frames} frames`,
    );
  }
  return samples;
}

async function lossesOf(product: Product): Promise<readonly string[]> {
  const scrape = await product.scrape();
  return LOSSES.map((name) => ({ name, value: scrape.sum(name) }))
    .filter(({ value }) => value > 0)
    .map(({ name, value }) => `${name} ${value}`);
}

/** Says what was seen. @returns whether all of it holds */
function summarize(samples: readonly Sample[], losses: readonly string[]): boolean {
  const quarter = Math.floor(samples.length / 4);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const rss = mean(late, 'rss') / mean(early, 'rss') - 1;
  const heap = least(late, 'heap') / least(early, 'heap') - 1;
  const files = most(late, 'files') - most(early, 'files');
  const lagS = most(samples.slice(quarter), 'lagS');
  console.log(
    `from the second to the last quarter: resident ${mib(mean(early, 'rss'))} to ${mib(mean(late, 'rss'))} MiB (${percent(rss)}), ` +
      `heap at its least ${mib(least(early, 'heap'))} to ${mib(least(late, 'heap'))} MiB (${percent(heap)}), ` +
      `${most(early, 'files')} to ${most(late, 'files')} files; lag at most ${lagS.toFixed(2)} s; lost: ${losses.join(', ') || 'nothing'}`,
  );
  return rss <= GROWTH_MAX && heap <= GROWTH_MAX && files <= FILES_MORE_MAX && lagS <= LAG_MAX_S && losses.length === 0;
}

function residentBytes(pid: number): number {
  const [, kib = 'NaN'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

function mean(samples: readonly Sample[], name: keyof Sample): number {
  return samples.reduce((sum, sample) => sum + sample[name], 0) / samples.length;
}

function least(samples: readonly Sample[], name: keyof Sample): number {
  return Math.min(...samples.map((sample) => sample[name]));
}

function most(samples: readonly Sample[], name: keyof Sample): number {
  return Math.max(...samples.map((sample) => sample[name]));
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

function percent(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`;
}
