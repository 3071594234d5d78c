/**
 * Rounds of all cases in turn, one process at work at a time: whatever slows the machine down for a while slows them
 * all, so that their ratios hold where their times do not.
 */

import type { CaseOptions } from './case-process.ts';
import { CaseProcess } from './case-process.ts';
import type { Round } from './case-protocol.ts';

export interface InterleavedOptions {
  /** Module that calls `serveCase`. */
  readonly file: URL;
  readonly cases: readonly CaseOptions[];
  /** Rounds that come first and give no figures, so that the compiler has done its work. Their results are kept. */
  readonly warmUp: number;
  readonly rounds: number;
  readonly passes: number;
}

export interface CaseRounds {
  readonly name: string;
  readonly warmUp: readonly Round[];
  readonly counted: readonly Round[];
}

/**
 * @returns the rounds by case, in the order of the cases
 * @throws BenchmarkError, AppError as `CaseProcess` does; every process has ended by then
 */
export async function runInterleaved(options: InterleavedOptions): Promise<CaseRounds[]> {
  const { file, cases, warmUp, rounds, passes } = options;
  // Nothing is timed while they load, so they load side by side.
  const started = await Promise.allSettled(cases.map((one) => CaseProcess.start(file, one)));
  const running = started.flatMap((one) => {
    const done: Round[] = [];
    return one.status === 'fulfilled' ? [{ process: one.value, done }] : [];
  });
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    for (let round = 0; round < warmUp + rounds; round++) {
      for (const { process, done } of turnsOf(running, round)) done.push(await process.round(passes));
    }
  } finally {
    await Promise.all(running.map(({ process }) => process.stop()));
  }
  return running.map(({ process: { name }, done }) => ({
    name,
    warmUp: done.slice(0, warmUp),
    counted: done.slice(warmUp),
  }));
}

/** The order of a round: each begins with the next one, so that none always runs first. */
export function turnsOf<T>(all: readonly T[], round: number): T[] {
  const start = round % Math.max(1, all.length);
  return [...all.slice(start), ...all.slice(0, start)];
}
