/** `whalewatch demo`: simulated exchanges on loopback through the real pipeline, for the first minute. */

import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { QueryResult } from '../../ports/store.ts';
import { samplePairs } from '../../simulator/instrument.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import type { CommonOptions } from '../cli.ts';
import { configOf, integerOption, loggerOf, print, withCommonOptions } from '../cli.ts';
import { listenError } from '../free-port.ts';
import { untilSignal } from '../signals.ts';
import { textTable } from '../text-table.ts';
import type { Running } from './run.ts';
import { startRun } from './run.ts';

interface DemoOptions extends CommonOptions {
  readonly pairs: number;
  readonly rate: number;
  readonly seed: number;
  readonly httpPort?: number;
  readonly durationS?: number;
}

/** Where a demo listens that was not told otherwise. Who listens there has the usual file. */
const USUAL_PORT = 9464;
const USUAL_FILE = 'data/demo.duckdb';
/** First word after the size models have had time to learn, then now and then. */
const REPORT_EVERY_MS = 10_000;

export const BIGGEST_WHALES =
  'SELECT ts, exchange, symbol, side, price, size, whale_score, round(z, 2) AS z FROM new_orders ' +
  'WHERE whale_score IS NOT NULL ORDER BY whale_score DESC, z DESC LIMIT 10';

export function addDemo(program: Command): void {
  withCommonOptions(
    program.command('demo').description('show the whole pipeline on simulated exchanges, without any server'),
  )
    .addOption(
      new Option('--pairs <n>', 'pairs per simulated exchange')
        .env('WHALEWATCH_PAIRS')
        .default(3)
        .argParser(integerOption('--pairs', 1, 2000)),
    )
    .addOption(
      new Option('--rate <n>', 'mean order actions per second and pair')
        .env('WHALEWATCH_RATE')
        .default(30)
        .argParser(integerOption('--rate', 1, 10_000)),
    )
    .addOption(
      new Option('--seed <n>', 'seed of the simulated markets')
        .env('WHALEWATCH_SEED')
        .default(1)
        .argParser(integerOption('--seed', 0, 2 ** 31)),
    )
    .addOption(
      new Option('--http-port <port>', `port of metrics and status; any free one where ${USUAL_PORT} is taken`)
        .env('WHALEWATCH_HTTP_PORT')
        .argParser(integerOption('--http-port', 0, 65_535)),
    )
    .addOption(
      new Option('--duration-s <s>', 'stop by itself after this time')
        .env('WHALEWATCH_DURATION_S')
        .argParser(integerOption('--duration-s', 1, 86_400)),
    )
    .action(runDemo);
}

async function runDemo(options: DemoOptions, command: Command): Promise<void> {
  const { rate, seed, durationS } = options;
  const pairs = samplePairs(options.pairs);
  const place = await findPlace(options, command);
  // Loaded here: help does not wait for them.
  const [{ startSimulator }, { VENUE_NAMES }] = await Promise.all([
    import('../../simulator/simulator.ts'),
    import('../../simulator/venues.ts'),
  ]);
  const simulator = await startSimulator({
    seed,
    venues: VENUE_NAMES,
    pairs,
    ratePerPair: rate,
    whalesPerMinute: 20,
  });
  try {
    removeStore(place.file);
    const config = configOf(command, {
      exchanges: exchangesOf(simulator, pairs),
      bus: { kind: 'embedded' },
      store: { kind: 'duckdb', duckdbPath: place.file },
      // Its markets are made anew each time.
      state: { dir: null },
      ...demoDefaults(),
      // Enough for a picture of the depth, where pairs are few.
      analytics: { bookTopLevels: options.pairs <= 10 ? 100 : 10 },
      http: { port: place.port },
      monitor: { enabled: true, port: place.livePort },
    });
    const running = await startRun(config, loggerOf(config));
    print(intro(running, pairs.length, rate));
    const ended = new AbortController();
    const durationMs = durationS === undefined ? Number.POSITIVE_INFINITY : durationS * 1000;
    const reporting = reportOn(running, durationMs, ended.signal);
    await Promise.race([untilSignal(), reporting]);
    // Its next report would keep the process alive.
    ended.abort();
    await reporting.catch(() => undefined);
    print('stopping: feeds, books, scores, rows, in this order …');
    await running.stop();
  } finally {
    await simulator.stop();
    if (place.file !== USUAL_FILE) removeStore(place.file);
  }
}

/** Venues whose own best prices the books are held against. */
const AUDITED: readonly string[] = ['binance', 'gemini'];

function exchangesOf({ urls }: Simulator, pairs: readonly string[]): object[] {
  return Object.entries(urls).map(([exchange, { ws, rest }]) => {
    const { protocol, host } = new URL(ws);
    // The simulator names the endpoint in full, the wire adds its own path.
    const wsUrl = `${protocol}//${host}`;
    return { exchange, pairs, wsUrl, restUrl: rest, ...(AUDITED.includes(exchange) ? { audit: true } : {}) };
  });
}

interface Place {
  readonly port: number;
  readonly file: string;
  /** Of the live monitor: any free one where its own is taken. */
  readonly livePort: number;
}

/**
 * Port and file of this demo. The usual file belongs to whoever has the usual port: where that is free, nobody runs on
 * the file, and what an earlier demo left in it may go. Elsewhere a demo has a file of its own, for as long as it runs.
 */
async function findPlace({ httpPort }: DemoOptions, command: Command): Promise<Place> {
  const { http, monitor } = configOf(command, demoDefaults());
  const liveTaken = (await listenError(monitor))?.code === 'EADDRINUSE';
  const livePort = liveTaken ? 0 : monitor.port;
  const wanted = httpPort ?? http.port;
  const taken = (await listenError({ host: http.host, port: wanted }))?.code === 'EADDRINUSE';
  if (!taken && wanted === USUAL_PORT) return { port: wanted, file: USUAL_FILE, livePort };
  // A port that was asked for is not replaced: that it is taken is then an error of the start.
  const port = taken && httpPort === undefined ? 0 : wanted;
  return { port, file: `data/demo-${process.pid}.duckdb`, livePort };
}

function demoDefaults(): { log: { level: string } } {
  return { log: { level: process.env['WHALEWATCH_LOG_LEVEL'] ?? 'warn' } };
}

function removeStore(file: string): void {
  rmSync(file, { force: true });
  rmSync(`${file}.wal`, { force: true });
}

function intro(running: Running, pairs: number, rate: number): string {
  const { url } = running.monitor;
  const port = new URL(url).port;
  const env = Number(port) === USUAL_PORT ? '' : `WHALEWATCH_HTTP_PORT=${port} `;
  return [
    '',
    'Whale Watch is running on simulated markets: nothing here is a real price.',
    '',
    '  six exchanges on loopback (protocols of Binance, Kraken, Coinbase, Gemini, Bitfinex and Bitstamp),',
    `  ${pairs} pairs each, about ${rate} order actions/s per pair`,
    '  → one feed and one book per pair on worker threads, in exact decimals, checked by the venue’s own rules',
    '  → events on the in-process bus → whale score 0 to 6 for every new order → rows in DuckDB',
    '',
    `  live      ${running.liveUrl ?? '-'}/`,
    `  status    ${url}/`,
    `  metrics   ${url}/metrics   (Prometheus)`,
    `  health    ${url}/healthz   ${url}/readyz`,
    '',
    '  the biggest whales, from another terminal:',
    `    ${env}npx whalewatch sql "${BIGGEST_WHALES}"`,
    '',
    '  Ctrl-C stops it.',
    '',
  ].join('\n');
}

/** Says every now and then what has been seen, until the time is over or somebody ends it. */
async function reportOn(running: Running, durationMs: number, signal: AbortSignal): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    const leftMs = durationMs - (performance.now() - startedMs);
    if (leftMs <= 0) return;
    await delay(Math.min(REPORT_EVERY_MS, leftMs), undefined, { signal });
    print(await seenSoFar(running));
  }
}

async function seenSoFar({ tree }: Running): Promise<string> {
  const books = tree.status().books;
  const live = books.filter(({ state }) => state === 'live').length;
  const count = async (sql: string): Promise<number> => Number((await tree.query(sql)).rows[0]?.[0] ?? 0);
  const changes = await count('SELECT count(*) FROM order_changes');
  const trades = await count('SELECT count(*) FROM trades');
  const orders = await count('SELECT count(*) FROM new_orders');
  const whales: QueryResult = await tree.query(BIGGEST_WHALES.replace('LIMIT 10', 'LIMIT 3'));
  return [
    `${live} of ${books.length} books live; ${changes} order changes, ${trades} trades, ${orders} new orders scored`,
    ...(whales.rows.length > 0 ? [textTable(whales)] : []),
    '',
  ].join('\n');
}
