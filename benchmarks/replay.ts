/**
 * How long does a whole replay take, from the file to the report, against others that find every frame in memory?
 *
 *     npx node benchmarks/replay.ts [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where results disagree there is no report, and the exit code is 1.
 */

import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import type { CaseSpec } from './frame-to-book/cases.ts';
import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';
import type { ReplaySpec } from './replay/cases.ts';
import type { ReplayWorkload } from './replay/workloads.ts';
import { replayWorkloads } from './replay/workloads.ts';

export interface ReplayBenchmarkOptions extends Rounds {
  readonly workloads: readonly ReplayWorkload[];
}

const CASE_FILE = new URL('replay/case-main.ts', import.meta.url);
const RIVAL = 'tardis-dev';

/** @throws BenchmarkError where the results are not sound: there are no figures then; AppError where data are missing */
export async function replayBenchmark(options: ReplayBenchmarkOptions): Promise<BenchmarkReport> {
  const reports: WorkloadReport[] = [];
  for (const workload of options.workloads) reports.push(await measure(workload, options));
  return {
    question: 'how long does a whole replay take, against others that find every frame in memory?',
    path:
      'replay: file -> lines -> router -> ingest thread -> bus in process -> scoring thread -> report, no store; ' +
      'the others: text in memory, one thread',
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'frame',
    workloads: reports,
  };
}

async function measure(workload: ReplayWorkload, { warmUp, rounds }: Rounds): Promise<WorkloadReport> {
  const { name, data, times, hasRival, passes, expected } = workload;
  const folder = await mkdtemp(join(tmpdir(), 'whalewatch-benchmark-'));
  try {
    const { packed, unpacked } = await inARow(workload.path, times, folder);
    const source: CaseSpec['source'] = { kind: 'capture', path: unpacked, only: 'all', timed: 'all' };
    const rivals = hasRival ? ([RIVAL] as const) : [];
    const specs: readonly (CaseSpec | ReplaySpec)[] = [
      { name: 'JSON.parse', source },
      ...rivals.map((rival) => ({ name: rival, source })),
      { name: 'replay, packed', path: packed },
      { name: 'replay, unpacked', path: unpacked },
    ];
    const cases = specs.map((spec) => ({ name: spec.name, spec }));
    const done = await runInterleaved({ file: CASE_FILE, cases, warmUp, rounds, passes });
    const comparison = compareCases({ rounds: done, passes, unitsFact: 'frames', rivals, witnesses: [], expected });
    return { workload: name, data, passes, ...comparison, notes: [] };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** One file with the recording so many times in a row, packed as a file of many members, and the same unpacked. */
async function inARow(path: string, times: number, folder: string): Promise<{ packed: string; unpacked: string }> {
  const packed = join(folder, 'in-a-row.capture.ndjson.gz');
  const unpacked = join(folder, 'in-a-row.capture.ndjson');
  for (let time = 0; time < times; time++) await appendFile(packed, await readFile(path));
  await pipeline(createReadStream(packed), createGunzip(), createWriteStream(unpacked));
  return { packed, unpacked };
}

if (import.meta.main) await runBenchmark({ workloads: replayWorkloads, measure: replayBenchmark });
