/**
 * How long is the browser's main thread busy with one frame of the chart of orders: 10,000 bubbles in sight, 500 new ones a
 * second, over a heat map that moves?
 *
 *     npx node benchmarks/bubbles.ts [--renderer webgl2|canvas]... [--rounds N] [--frames N] [--small] [--json]
 *
 * Measured are parsing what came, taking it in, and drawing, GPU calls included; what the browser does behind them is not. Script time is
 * the processor time of the main thread, from the browser's trace; wall time has all that took the processor from it, as drawing
 * without a graphics card does. stdout carries the report and nothing else. Without a browser, or where the page drew
 * something else than it should have, there is no report, and the exit code is 1.
 */

import { parseArgs } from 'node:util';
import { AppError } from '../src/lib/app-error.ts';
import { browserPath, launchBrowser } from '../test/browser/browser.ts';
import type { PageServer } from './bubbles/page-server.ts';
import { servePage } from './bubbles/page-server.ts';
import type { BubblesOptions, BubblesResult } from './bubbles/protocol.ts';
import type { FrameTime } from './bubbles/script-time.ts';
import { frameTimes, TRACE_CATEGORIES } from './bubbles/script-time.ts';
import { BenchmarkError } from './harness/benchmark-error.ts';
import type { Machine } from './harness/machine.ts';
import { thisMachine } from './harness/machine.ts';
import type { Spread } from './harness/spread.ts';
import { spreadOf } from './harness/spread.ts';

type Renderer = BubblesOptions['renderer'];

export interface BubblesRequest {
  readonly renderers: readonly Renderer[];
  readonly rounds: number;
  readonly bubbles: number;
  readonly perSecond: number;
  readonly frames: number;
}

/** ms. */
interface FrameTimes {
  readonly median: Spread;
  /** Of all frames together, those too in which nothing had to be drawn. */
  readonly mean: Spread;
  readonly p99: Spread;
  readonly max: Spread;
}

interface Measured extends BubblesResult {
  /** By frame. */
  readonly times: readonly FrameTime[];
}

export interface RendererReport {
  readonly renderer: Renderer;
  /** Of the main thread per frame. */
  readonly script: FrameTimes;
  /** The same with the browser's collections of garbage. */
  readonly withCollections: FrameTimes;
  readonly wall: FrameTimes;
  /** Drawing all for the first time, ms. */
  readonly firstMs: Spread;
  readonly framesPerSecond: Spread;
  /** Least number of bubbles in sight at any look. */
  readonly shownMin: number;
  readonly checksum: number;
}

export interface BubblesReport {
  readonly question: string;
  readonly path: string;
  readonly machine: Machine;
  readonly request: BubblesRequest;
  readonly seed: string;
  readonly renderers: readonly RendererReport[];
}

const SEED = 'bubbles';
export const FULL: BubblesRequest = {
  ...{ renderers: ['webgl2', 'canvas'], rounds: 3, bubbles: 10_000, perSecond: 500, frames: 240 },
};
export const SMALL: BubblesRequest = { ...FULL, rounds: 1, bubbles: 2000, perSecond: 500, frames: 60 };
/** WebGL by the processor, where no graphics card can be had. */
const FLAGS = ['--enable-unsafe-swiftshader'];

/** @throws BenchmarkError where there is no browser, or the page did not do what it should */
export async function bubblesBenchmark(request: BubblesRequest): Promise<BubblesReport> {
  const path = browserPath();
  if (path === null) throw new BenchmarkError('benchmark.unexpected', 'no browser is installed', 'Install Chromium.');
  const server = await servePage();
  try {
    const renderers: RendererReport[] = [];
    for (const renderer of request.renderers) {
      const rounds: Measured[] = [];
      for (let round = 0; round < request.rounds; round++)
        rounds.push(await runRound(path, server, { ...request, renderer }));
      renderers.push(reportOf(renderer, rounds, request));
    }
    return {
      question: 'how long is the main thread busy with one frame of the chart of orders?',
      path: 'JSON.parse -> order log -> upload of what is new -> depth, bubbles, lines, axes; script time from the trace',
      machine: thisMachine(),
      request,
      seed: SEED,
      renderers,
    };
  } finally {
    await server.stop();
  }
}

async function runRound(
  path: string,
  { url }: PageServer,
  { bubbles, perSecond, frames, renderer }: BubblesRequest & { readonly renderer: Renderer },
): Promise<Measured> {
  const browser = await launchBrowser(path, FLAGS);
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.goto(url);
    const options: BubblesOptions = { seed: SEED, bubbles, perSecond, frames, renderer };
    await browser.startTracing(page, { categories: TRACE_CATEGORIES });
    const result = await page.evaluate<BubblesResult>(`runBubbles(${JSON.stringify(options)})`);
    const trace = await browser.stopTracing();
    return { ...result, times: frameTimes(trace.toString(), frames) };
  } finally {
    await browser.close();
  }
}

function reportOf(renderer: Renderer, rounds: readonly Measured[], { bubbles }: BubblesRequest): RendererReport {
  const shownMin = Math.min(...rounds.map((round) => round.shownMin));
  const checksums = new Set(rounds.map(({ checksum }) => checksum));
  const other = rounds.find((round) => round.renderer !== renderer);
  if (other !== undefined) {
    throw new BenchmarkError(
      'benchmark.unexpected',
      `${other.renderer} has drawn instead of ${renderer}`,
      'Is WebGL 2 there?',
    );
  }
  if (checksums.size !== 1 || shownMin < bubbles * 0.9) {
    throw new BenchmarkError(
      'benchmark.unexpected',
      `${shownMin} of ${bubbles} bubbles were in sight`,
      'Is the page right?',
    );
  }
  if (rounds.some(({ withoutCard }) => withoutCard !== 'canvas')) {
    throw new BenchmarkError(
      'benchmark.unexpected',
      'nothing draws once the graphics card is gone',
      'Look at the chart.',
    );
  }
  const of = (figure: (round: Measured) => number): Spread => spreadOf(rounds.map(figure));
  return {
    renderer,
    script: timesOf(rounds.map(({ times }) => times.map(({ scriptMs }) => scriptMs))),
    withCollections: timesOf(
      rounds.map(({ times }) => times.map(({ scriptMs, collectionsMs }) => scriptMs + collectionsMs)),
    ),
    wall: timesOf(rounds.map(({ frameMs }) => frameMs)),
    firstMs: of(({ firstMs }) => firstMs),
    framesPerSecond: of(({ frameMs, elapsedMs }) => (frameMs.length * 1000) / elapsedMs),
    shownMin,
    checksum: [...checksums][0] ?? NaN,
  };
}

function timesOf(rounds: readonly (readonly number[])[]): FrameTimes {
  const of = (figure: (times: readonly number[]) => number): Spread => spreadOf(rounds.map(figure));
  return {
    median: of((times) => quantile(times, 0.5)),
    mean: of((times) => times.reduce((sum, ms) => sum + ms, 0) / times.length),
    p99: of((times) => quantile(times, 0.99)),
    max: of((times) => Math.max(...times)),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function reportText({ question, path, machine, request, seed, renderers }: BubblesReport): string {
  const { bubbles, perSecond, frames, rounds } = request;
  const text = ({ median, min, max }: Spread, digits: number): string =>
    `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
  const times = ({ median, mean, p99, max }: FrameTimes): string =>
    `median ${text(median, 2)} ms, mean ${text(mean, 2)}, p99 ${text(p99, 2)}, max ${text(max, 1)}`;
  return [
    `question  ${question}`,
    `path      ${path}`,
    `machine   ${machine.cores} cores, ${machine.memoryGb} GiB, ${machine.platform}, Node ${machine.node}; WebGL by the processor`,
    `data      ${bubbles} bubbles, ${perSecond} new a second, seed ${seed}; ${frames} frames a round, ${rounds} rounds`,
    ...renderers.flatMap(
      ({ renderer, script, withCollections, wall, firstMs, framesPerSecond, shownMin, checksum }) => [
        `${renderer.padEnd(9)} script ${times(script)}`,
        `          with collections of garbage ${times(withCollections)}`,
        `          wall   ${times(wall)}; all for the first time ${text(firstMs, 1)}`,
        `          ${text(framesPerSecond, 0)} frames/s, at least ${shownMin} in sight, result ${checksum}`,
      ],
    ),
  ].join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      renderer: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      frames: { type: 'string' },
      small: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const standard = values.small ? SMALL : FULL;
  const chosen = standard.renderers.filter((one) => values.renderer.length === 0 || values.renderer.includes(one));
  try {
    const report = await bubblesBenchmark({
      ...standard,
      renderers: chosen,
      rounds: Number(values.rounds ?? standard.rounds),
      frames: Number(values.frames ?? standard.frames),
    });
    console.log(values.json ? JSON.stringify(report, null, 2) : reportText(report));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`${error.code}: ${error.message}\n${error.remedy ?? ''}`);
    process.exitCode = 1;
  }
}
