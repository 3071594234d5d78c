/**
 * Rounds of all cases in turn, one process at work at a time: whatever slows the machine down for a while slows them
 * all, so that their ratios hold where their times do not.
 */

import { CaseProcess } from './case-process.ts';
import type { Round } from './case-protocol.ts';

export interface InterleavedOptions<Name extends string> {
  /** Module that calls `serveCase`. */
  readonly file: URL;
  /** What each case is told to prepare. */
  readonly specs: Readonly<Record<Name, unknown>>;
  /** Rounds that are run and not counted, so that the compiler has done its work. Their results are kept. */
  readonly warmUp: number;
  readonly rounds: number;
  readonly passes: number;
}

export interface CaseRounds {
  readonly warmUp: readonly Round[];
  readonly counted: readonly Round[];
}

/** @throws BenchmarkError, AppError as `CaseProcess` does; every process has ended by then */
export async function runInterleaved<Name extends string>(
  options: InterleavedOptions<Name>,
): Promise<Readonly<Record<Name, CaseRounds>>> {
  const names = Object.keys(options.specs) as Name[];
  const processes: CaseProcess[] = [];
  const rounds = names.map((): Round[] => []);
  try {
    for (const name of names) {
      processes.push(await CaseProcess.start({ name, file: options.file, spec: options.specs[name] }));
    }
    for (let round = 0; round < options.warmUp + options.rounds; round++) {
      for (const place of turnOrder(names.length, round)) {
        const done = await processes[place]?.round(options.passes);
        if (done !== undefined) rounds[place]?.push(done);
      }
    }
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
  }
  const ofCase = (place: number): CaseRounds => ({
    warmUp: rounds[place]?.slice(0, options.warmUp) ?? [],
    counted: rounds[place]?.slice(options.warmUp) ?? [],
  });
  return Object.fromEntries(names.map((name, place) => [name, ofCase(place)])) as Record<Name, CaseRounds>;
}

/** The order of `count` cases in a round: each round begins with the next one, so that none always runs first. */
export function turnOrder(count: number, round: number): number[] {
  return Array.from({ length: count }, (_, turn) => (turn + round) % count);
}
