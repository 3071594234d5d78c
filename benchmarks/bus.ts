/**
 * What does it take to carry events over the bus, against the official client's own `publish` and `consume`?
 *
 *     npx node benchmarks/bus.ts [--workload NAME]... [--rounds N] [--warm-up N] [--small] [--json]
 *
 * Uses the NATS server that `WHALEWATCH_TEST_NATS_URL` names, else starts one. stdout carries the report and nothing
 * else. Where results disagree there is no report, and the exit code is 1.
 */

import { randomUUID } from 'node:crypto';

import { startNats } from '../scripts/services/nats-server.ts';
import { findKillablePrograms, URL_VARIABLES } from '../scripts/services/start-services.ts';
import { AppError } from '../src/lib/app-error.ts';
import { openNatsBus } from '../src/transport/nats-bus.ts';
import { replayNamespace } from '../src/transport/subjects.ts';
import type { BusCaseSpec } from './bus/cases.ts';
import { CASE_NAMES } from './bus/cases.ts';
import { natsOptions } from './bus/topology.ts';
import type { BusWorkload } from './bus/workloads.ts';
import { busWorkloads } from './bus/workloads.ts';
import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';

export interface BusBenchmarkOptions extends Rounds {
  readonly workloads: readonly BusWorkload[];
}

const CASE_FILE = new URL('bus/case-main.ts', import.meta.url);
const RIVALS = ['client'] as const;

/** @throws BenchmarkError where the results are not sound: there are no figures then; AppError where no server is */
export async function busBenchmark(options: BusBenchmarkOptions): Promise<BenchmarkReport> {
  const nats = await natsServer();
  try {
    const reports: WorkloadReport[] = [];
    for (const workload of options.workloads) reports.push(await measure(workload, options, nats.url));
    return {
      question: "what does it take to carry events over the bus, against the client's own publish and consume?",
      path:
        'event -> batch -> bus -> batch -> event in another thread, acknowledged; streams in files; ' +
        "CPU without the server's",
      machine: thisMachine(),
      warmUp: options.warmUp,
      rounds: options.rounds,
      unit: 'event',
      workloads: reports,
    };
  } finally {
    await nats.stop();
  }
}

async function measure(workload: BusWorkload, { warmUp, rounds }: Rounds, url: string): Promise<WorkloadReport> {
  const { name, data, market, lanes, turn, passes, expected } = workload;
  const cases = CASE_NAMES.map((caseName) => {
    const namespace = replayNamespace(`benchmark-${randomUUID()}`);
    const spec: BusCaseSpec = { name: caseName, market, lanes, turn, url, namespace };
    return { name: caseName, spec };
  });
  try {
    const done = await runInterleaved({ file: CASE_FILE, cases, warmUp, rounds, passes });
    const comparison = compareCases({
      rounds: done,
      passes,
      unitsFact: 'events',
      rivals: RIVALS,
      witnesses: [],
      expected,
    });
    return { workload: name, data, passes, ...comparison, notes: [] };
  } finally {
    for (const { spec } of cases) await deleteStreams(spec);
  }
}

async function deleteStreams(spec: BusCaseSpec): Promise<void> {
  const bus = await openNatsBus(natsOptions(spec, 'keep'));
  await bus.deleteStreams();
  await bus.close();
}

/** The server that the environment names, or one of our own. */
async function natsServer(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const given = process.env[URL_VARIABLES.nats];
  if (given !== undefined && given !== '') return { url: given, stop: () => Promise.resolve() };
  const { nats } = await findKillablePrograms();
  if (nats === null) {
    throw new AppError('benchmark.no_server', 'there is no NATS server to measure with', {
      remedy: `Install nats-server, or name one that runs in ${URL_VARIABLES.nats}.`,
    });
  }
  const server = await startNats(nats);
  return { url: server.url, stop: () => server.process.stop() };
}

if (import.meta.main) await runBenchmark({ workloads: busWorkloads, measure: busBenchmark });
