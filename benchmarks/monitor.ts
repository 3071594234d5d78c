/**
 * What do two hundred clients of the live monitor cost the program that serves them?
 *
 *     npx node benchmarks/monitor.ts [--clients N] [--window-s S] [--rounds N] [--rate N] [--small] [--json]
 *
 * The program, the simulated exchanges and the clients are a process each. Windows without and with clients take turns; the
 * figures are the processor time of the program per frame of the exchanges, all its threads together, and how long the pipeline
 * takes from the receipt of a frame to its scores. stdout carries the report and nothing else. Where clients were dropped, had
 * holes or other texts than their neighbours there is no report, and the exit code is 1.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AppError } from '../src/lib/app-error.ts';
import { samplePairs } from '../src/simulator/instrument.ts';
import { BenchmarkError } from './harness/benchmark-error.ts';
import { thisMachine } from './harness/machine.ts';
import type { Spread } from './harness/spread.ts';
import { spreadOf } from './harness/spread.ts';
import type { Seen, Told, Usage } from './monitor/messages.ts';
import { Peer } from './monitor/process.ts';
import { quantileBetween, scrapeOf } from './whole-market/scrape.ts';

export interface MonitorBenchmarkOptions {
  readonly clients: number;
  readonly windowS: number;
  readonly rounds: number;
  readonly pairs: number;
  readonly ratePerPair: number;
}

export interface MonitorReport {
  readonly question: string;
  readonly path: string;
  readonly data: string;
  readonly machine: ReturnType<typeof thisMachine>;
  readonly options: MonitorBenchmarkOptions;
  /** Processor time of the program per second on the clock, in ms. */
  readonly cpuMsPerS: { readonly without: Spread; readonly with: Spread };
  /** Processor time per frame of the exchanges, ms: where others use the machine too, less is done in a second. */
  readonly cpuMsPerFrame: { readonly without: Spread; readonly with: Spread };
  /** Of that time, with clients over without, window by window. */
  readonly ratio: Spread;
  /** The pipeline's 99th percentile from the receipt of a frame to the scores of its orders, window by window, ms. */
  readonly p99Ms: { readonly without: Spread; readonly with: Spread };
  /** Whether the medians of the 99th percentiles are no further apart than the rounds without clients are among themselves. */
  readonly isP99WithinNoise: boolean;
  /** Per second, while there are clients. */
  readonly perS: { readonly messages: Spread; readonly bytes: Spread; readonly encoded: Spread };
  /** Frames of the exchanges per second, both kinds of windows. */
  readonly framesPerS: Spread;
  readonly seen: readonly Seen[];
}

/** The mode of the tests: its times mean nothing. */
export const SMALL: MonitorBenchmarkOptions = { clients: 6, windowS: 1, rounds: 1, pairs: 2, ratePerPair: 20 };

const VENUES = ['binance', 'kraken'] as const;
const SEED = 1;
/** Until books are live and the program's code is warm. */
const WARM_UP_WINDOWS = 1;

/** @throws BenchmarkError where the clients did not get what they should: there are no figures then */
export async function monitorBenchmark(options: MonitorBenchmarkOptions): Promise<MonitorReport> {
  const [market, program, clients] = ['market', 'program', 'clients'].map((name) => new Peer(`${name}-main.ts`));
  if (market === undefined || program === undefined || clients === undefined)
    throw new Error('three names, three peers');
  try {
    const pairs = samplePairs(options.pairs);
    const exchanges = await market.ask<object[]>({
      kind: 'start-market',
      market: { seed: SEED, pairs, venues: VENUES, ratePerPair: options.ratePerPair },
    });
    const url = await program.ask<string>({ kind: 'start-program', exchanges });
    const names = VENUES.flatMap((venue) => pairs.map((pair) => `${venue}:${pair}`));
    await delay(options.windowS * 1000 * WARM_UP_WINDOWS);
    const windows: { without: Window; with: Window }[] = [];
    const seen: Seen[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const without = await window(program, options.windowS);
      await clients.ask({ kind: 'come', url, clients: options.clients, pairs: names });
      const withClients = await window(program, options.windowS);
      seen.push(await clients.ask<Seen>({ kind: 'go' }));
      windows.push({ without, with: withClients });
    }
    check(seen, windows, options);
    return reportOf(windows, seen, options);
  } finally {
    for (const peer of [clients, program, market]) peer.stop();
  }
}

interface Window extends Usage {
  readonly wallS: number;
  /** From the receipt of a frame to the scores of its orders, interpolated within a bucket of the metric. */
  readonly p99Ms: number;
}

const LATENCY = 'whalewatch_latency_receive_to_score_seconds';

/** What the program used in a window of time. */
async function window(program: Peer, seconds: number): Promise<Window> {
  const startedMs = performance.now();
  const before = await program.ask<Told>({ kind: 'usage' });
  await delay(seconds * 1000);
  const after = await program.ask<Told>({ kind: 'usage' });
  const grown = Object.fromEntries(
    Object.entries(after.usage).map(([name, value]) => [name, Number(value) - before.usage[name as keyof Usage]]),
  ) as unknown as Usage;
  const wallS = (performance.now() - startedMs) / 1000;
  return { ...grown, wallS, p99Ms: 1000 * quantileBetween(scrapeOf(before.page), scrapeOf(after.page), LATENCY, 0.99) };
}

function check(
  seen: readonly Seen[],
  windows: readonly { with: Window }[],
  { clients, pairs }: MonitorBenchmarkOptions,
): void {
  const views = Math.min(clients, pairs * VENUES.length) + 1;
  for (const one of seen) {
    const wrong = one.views !== views || one.differing + one.holes + one.closed > 0;
    if (!wrong) continue;
    throw new BenchmarkError(
      'benchmark.unexpected',
      `clients had ${one.views} of ${views} views, ${one.holes} holes, ${one.differing} other texts, ${one.closed} were closed`,
      'Give the machine less to do, or fewer clients.',
    );
  }
  if (windows.some((one) => one.with.droppedClients > 0)) {
    throw new BenchmarkError('benchmark.unexpected', 'clients were dropped', 'Give the machine less to do.');
  }
}

function reportOf(
  windows: readonly { without: Window; with: Window }[],
  seen: readonly Seen[],
  options: MonitorBenchmarkOptions,
): MonitorReport {
  const perS = (kind: 'without' | 'with', name: keyof Usage): number[] =>
    windows.map((one) => one[kind][name] / one[kind].wallS);
  const perFrame = (kind: 'without' | 'with'): number[] => windows.map((one) => one[kind].cpuMs / one[kind].frames);
  const without = perFrame('without');
  const p99Ms = {
    without: spreadOf(windows.map((one) => one.without.p99Ms)),
    with: spreadOf(windows.map((one) => one.with.p99Ms)),
  };
  return {
    question: 'what do clients of the live monitor cost the program that serves them?',
    path: 'simulated exchanges -> WebSocket -> the program, every role, no store -> WebSocket -> clients; a process each',
    data: `${options.pairs} pairs on each of ${VENUES.join(' and ')}, ${options.ratePerPair} actions/s each, seed ${SEED}`,
    machine: thisMachine(),
    options,
    cpuMsPerS: { without: spreadOf(perS('without', 'cpuMs')), with: spreadOf(perS('with', 'cpuMs')) },
    cpuMsPerFrame: { without: spreadOf(without), with: spreadOf(perFrame('with')) },
    ratio: spreadOf(perFrame('with').map((cpuMs, round) => cpuMs / (without[round] ?? NaN))),
    p99Ms,
    isP99WithinNoise: Math.abs(p99Ms.with.median - p99Ms.without.median) <= p99Ms.without.max - p99Ms.without.min,
    perS: {
      messages: spreadOf(perS('with', 'sentMessages')),
      bytes: spreadOf(perS('with', 'sentBytes')),
      encoded: spreadOf(perS('with', 'encoded')),
    },
    framesPerS: spreadOf([...perS('without', 'frames'), ...perS('with', 'frames')]),
    seen,
  };
}

function textOf(report: MonitorReport): string {
  const { cpuMsPerS, cpuMsPerFrame, ratio, p99Ms, perS, framesPerS, options } = report;
  const line = (what: string, { median, min, max }: Spread, digits = 0): string =>
    `  ${what.padEnd(44)} ${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
  return [
    report.question,
    `  ${report.path}`,
    `  ${report.data}; ${options.clients} clients, ${options.rounds} rounds of two windows of ${options.windowS} s`,
    line('CPU of the program without clients, ms/s', cpuMsPerS.without),
    line('CPU of the program with clients, ms/s', cpuMsPerS.with),
    line('CPU per frame without clients, ms', cpuMsPerFrame.without, 4),
    line('CPU per frame with clients, ms', cpuMsPerFrame.with, 4),
    line('with over without, per frame', ratio, 3),
    line('p99 from receipt to score without, ms', p99Ms.without, 3),
    line('p99 from receipt to score with clients, ms', p99Ms.with, 3),
    `    the medians are ${report.isP99WithinNoise ? 'no further' : 'further'} apart than the rounds without clients`,
    line('frames of exchanges/s', framesPerS),
    line('messages to clients/s', perS.messages),
    line('bytes to clients/s', perS.bytes),
    line('texts made/s', perS.encoded),
  ].join('\n');
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      options: {
        clients: { type: 'string', default: '200' },
        'window-s': { type: 'string', default: '10' },
        rounds: { type: 'string', default: '5' },
        pairs: { type: 'string', default: '20' },
        rate: { type: 'string', default: '100' },
        small: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const options: MonitorBenchmarkOptions = values.small
      ? SMALL
      : {
          clients: Number(values.clients),
          windowS: Number(values['window-s']),
          rounds: Number(values.rounds),
          pairs: Number(values.pairs),
          ratePerPair: Number(values.rate),
        };
    const report = await monitorBenchmark(options);
    console.log(values.json ? JSON.stringify(report, null, 2) : textOf(report));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`${error.code}: ${error.message}\n${error.remedy ?? ''}`);
    process.exitCode = 1;
  }
}
