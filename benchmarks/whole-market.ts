/**
 * How many times the whole market can one machine take, from the sockets through JetStream into QuestDB, with the
 * servers and the load on it?
 *
 *     npx node benchmarks/whole-market.ts [--times X] [--minutes N | --seconds N] [--find] [--json]
 *                                     [--pairs N] [--config JSON] [--questdb NAME=VALUE]... [--profile FOLDER]
 *
 * Once the market is 27,000 level changes per second, and the trades that go with them. `--find` looks for the greatest
 * rate that is sustained, beginning with `--times`. `--config` lays further configuration over the run's, `--questdb`
 * adds a setting of the server's, `--profile` keeps a profile of each of its threads. stdout carries the report and
 * nothing else; where the tables are not what was sent there is none, and the exit code is 1. Needs Linux.
 */

import { AppError } from '../src/lib/app-error.ts';
import { dataFile } from '../test/data.ts';
import type { Tree } from '../src/app/config-tree.ts';
import { BenchmarkError } from './harness/benchmark-error.ts';
import { commandOptions, type CommandOptions } from './whole-market/command.ts';
import { findSustained } from './whole-market/find.ts';
import { measure } from './whole-market/measure.ts';
import { isSustained, reportText } from './whole-market/report.ts';
import type { Summary } from './whole-market/summary.ts';

export interface WholeMarketOptions {
  /** Of the whole market. */
  readonly times: number;
  readonly seconds: number;
  readonly pairs: number;
  readonly config?: Tree;
  readonly questdbSettings?: readonly string[];
  readonly profileFolder?: string | null;
  /** Ends the measurement, and everything that it started. */
  readonly signal: AbortSignal;
  readonly tell?: (line: string) => void;
}

/** Recorded depth frames that each pair repeats: a pass over 200 pairs is half a million level changes. */
const DEPTH_FRAMES = 60;
/** One less than a run asks for: then there are no others. */
const LEVELS = 499;

/** Where the recording lies below the data folder: depth and trades of BTCUSDT, 650 s of 2024. */
export function recordingOf(): readonly string[] {
  return ['captures', 'binance-spot-btcusdt-650s.capture.ndjson.gz'];
}

/** @throws BenchmarkError where the tables are not what was sent, and whatever keeps it from running */
export async function wholeMarket(options: WholeMarketOptions): Promise<Summary> {
  const { times, seconds, pairs, signal, tell = () => {} } = options;
  const { config = {}, questdbSettings = [], profileFolder = null } = options;
  const recording = dataFile(...recordingOf());
  if (recording === null) {
    const remedy = 'Put it there, or name the data folder in WHALEWATCH_DATA_DIR.';
    throw new BenchmarkError('benchmark.option', 'the recording that the load is made from is missing', remedy);
  }
  const load = { recording, pairs, depthFrames: DEPTH_FRAMES, levels: LEVELS };
  return await measure({ times, seconds, load, config, questdbSettings, profileFolder, signal, tell });
}

/** The runs of a search, or the one run. */
async function runs(options: CommandOptions, signal: AbortSignal): Promise<Summary[]> {
  const done: Summary[] = [];
  const tell = (line: string): void => console.error(line);
  const run = async (times: number): Promise<boolean> => {
    const summary = await wholeMarket({ ...options, times, signal, tell });
    done.push(summary);
    return isSustained(summary);
  };
  if (options.find) await findSustained(options.times, run);
  else await run(options.times);
  return done;
}

async function main(): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  try {
    const options = commandOptions(process.argv.slice(2));
    const done = await runs(options, interrupted.signal);
    console.log(options.json ? JSON.stringify(done, null, 2) : done.map(reportText).join('\n\n'));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`${error.code}: ${error.message}\n${error.remedy ?? ''}`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
