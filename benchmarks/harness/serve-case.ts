/**
 * The inside of a case's process: prepares once, then runs a round whenever it is told to, so that the benchmark can
 * interleave cases that share neither heap nor compiled code nor what the compiler has learnt of their types.
 */

import { answerOf } from '../../src/actors/runtime/failure.ts';
import { BenchmarkError } from './benchmark-error.ts';
import type { Round, ToCase } from './case-protocol.ts';
import type { Facts } from './facts.ts';

/** A case with its data in memory. */
export interface PreparedCase {
  /** Gets ready for one pass; not timed. */
  reset(): void | Promise<void>;
  /**
   * The work, timed: one pass over all data.
   * @returns a number that sums up what the pass did; all passes of a round must return the same
   */
  run(): number | Promise<number>;
  /** Parts of the last pass's time by name, ms; never facts, since they differ from pass to pass. */
  partsMs?(): Readonly<Record<string, number>>;
  /** Results of the last pass; not timed. */
  facts(): Facts;
}

/**
 * Serves the benchmark that started this process until it hangs up.
 * @param prepare loads a case by the spec that the benchmark sent
 */
export function serveCase(prepare: (spec: unknown) => Promise<PreparedCase>): void {
  let prepared: PreparedCase | null = null;

  const obey = async (message: ToCase): Promise<Round | null> => {
    if (message.kind === 'prepare') {
      prepared = await prepare(message.spec);
      return null;
    }
    if (prepared === null) throw new TypeError('a round was asked for before anything was prepared');
    return runRound(prepared, message.passes);
  };

  process.on('message', (message: ToCase) => {
    // What is not expected trouble is thrown on: an unhandled rejection ends the process with its stack on stderr.
    void (async () => {
      const answer = await answerOf(() => obey(message));
      process.send?.(answer);
    })();
  });
}

/** @throws BenchmarkError `benchmark.disagreement` where a pass did something else than the first */
export async function runRound(prepared: PreparedCase, passes: number): Promise<Round> {
  // A round pays for its own garbage and for nobody else's.
  globalThis.gc?.();
  let wallMs = 0;
  let cpuUs = 0;
  let first: number | null = null;
  const partsMs: Record<string, number> = {};
  for (let pass = 0; pass < passes; pass++) {
    await prepared.reset();
    const startedCpu = process.cpuUsage();
    const startedMs = performance.now();
    const sum = await prepared.run();
    wallMs += performance.now() - startedMs;
    const { user, system } = process.cpuUsage(startedCpu);
    cpuUs += user + system;
    for (const [part, ms] of Object.entries(prepared.partsMs?.() ?? {})) partsMs[part] = (partsMs[part] ?? 0) + ms;
    first ??= sum;
    if (!Object.is(sum, first)) {
      throw new BenchmarkError(
        'benchmark.disagreement',
        `pass ${pass} of a round sums up to ${sum}, its first to ${first}`,
        'A pass must leave nothing behind for the next one.',
      );
    }
  }
  return { wallMs, cpuMs: cpuUs / 1000, partsMs, facts: prepared.facts() };
}
