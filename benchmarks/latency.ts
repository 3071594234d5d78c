/**
 * How long after it was due does a frame on a real socket become a book and its scores? And with tardis-dev, a book?
 *
 *     npx node benchmarks/latency.ts [--workload NAME]... [--rounds N] [--warm-up N] [--small] [--json]
 *
 * stdout carries the report and nothing else. Where frames were lost or results disagree there is no report, and the exit
 * code is 1.
 */

import { once } from 'node:events';
import { createServer } from 'node:net';

import { CaseProcess } from './harness/case-process.ts';
import type { Rounds } from './harness/command-line.ts';
import { runBenchmark } from './harness/command-line.ts';
import { compareCases } from './harness/comparison.ts';
import type { CaseRounds } from './harness/interleaved.ts';
import { runInterleaved } from './harness/interleaved.ts';
import { thisMachine } from './harness/machine.ts';
import type { BenchmarkReport, WorkloadReport } from './harness/report.ts';
import type { Spread } from './harness/spread.ts';
import { spreadOf } from './harness/spread.ts';
import type { LatencySpec } from './latency/cases.ts';
import type { FeedSpec } from './latency/feed.ts';
import type { Figures, LatencyFigures } from './latency/figures.ts';
import { measuredIn, withoutMeasured } from './latency/figures.ts';
import { latencyNotes } from './latency/notes.ts';
import { RECEIVERS } from './latency/receiver.ts';
import type { LatencyWorkload } from './latency/workloads.ts';
import { latencyWorkloads } from './latency/workloads.ts';

export interface LatencyOptions extends Rounds {
  readonly workloads: readonly LatencyWorkload[];
}

export interface LatencyWorkloadReport extends WorkloadReport {
  readonly latency: LatencyFigures;
}

export interface LatencyReport extends BenchmarkReport {
  readonly workloads: readonly LatencyWorkloadReport[];
}

const CASE_FILE = new URL('latency/case-main.ts', import.meta.url);
const SENDER_FILE = new URL('latency/sender-main.ts', import.meta.url);

/** @throws BenchmarkError where frames were lost or books disagree: there are no figures then */
export async function latencyBenchmark(options: LatencyOptions): Promise<LatencyReport> {
  const reports: LatencyWorkloadReport[] = [];
  for (const workload of options.workloads) reports.push(await measure(workload, options));
  return {
    question: 'how long after it was due does a frame on a socket become a book and its scores?',
    path:
      'sender process -> WebSocket on loopback -> receiver process: session -> parser -> book -> score; the others: ws, and ' +
      'nothing or JSON.parse -> mapper -> book; no bus or store',
    machine: thisMachine(),
    warmUp: options.warmUp,
    rounds: options.rounds,
    unit: 'frame',
    workloads: reports,
  };
}

async function measure(workload: LatencyWorkload, options: Rounds): Promise<LatencyWorkloadReport> {
  const { name, data, expected } = workload;
  const feed: FeedSpec = { ...workload.feed, port: await freePort() };
  const sender = await CaseProcess.start(SENDER_FILE, { name: 'sender', spec: feed });
  try {
    const cases = RECEIVERS.map((receiver) => {
      const spec: LatencySpec = { name: receiver, feed };
      return { name: receiver, spec };
    });
    const done = await runInterleaved({ file: CASE_FILE, cases, ...options, passes: 1 });
    const rounds = withoutMeasured(done);
    const comparison = compareCases({ rounds, passes: 1, unitsFact: 'frames', rivals: [], witnesses: [], expected });
    const latency = latencyOf(done);
    return { workload: name, data, passes: 1, ...comparison, notes: latencyNotes(latency), latency };
  } finally {
    await sender.stop();
  }
}

function latencyOf(done: readonly CaseRounds[]): LatencyFigures {
  const measured = new Map(done.map((one) => [one.name, measuredIn(one)]));
  const receivers = Object.fromEntries([...measured].map(([name, runs]) => [name, spreads(runs)]));
  const ratio = (figure: 'p99Us' | 'workP99Us'): Spread => {
    const theirs = measured.get('tardis-dev') ?? [];
    const ours = measured.get('whalewatch') ?? [];
    return spreadOf(ours.map((run, round) => run[figure] / (theirs[round]?.[figure] ?? NaN)));
  };
  return { receivers, p99Ratio: ratio('p99Us'), workP99Ratio: ratio('workP99Us') };
}

function spreads(runs: readonly Figures[]): Record<keyof Figures, Spread> {
  const of = (name: keyof Figures): Spread => spreadOf(runs.map((run) => run[name]));
  return {
    p50Us: of('p50Us'),
    p99Us: of('p99Us'),
    maxUs: of('maxUs'),
    workP50Us: of('workP50Us'),
    workP99Us: of('workP99Us'),
    behindHalfway: of('behindHalfway'),
    behindInTheEnd: of('behindInTheEnd'),
    bytesBehindInTheEnd: of('bytesBehindInTheEnd'),
    senderP99Us: of('senderP99Us'),
    senderMaxUs: of('senderMaxUs'),
  };
}

/** A port of loopback that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}

if (import.meta.main) await runBenchmark({ workloads: latencyWorkloads, measure: latencyBenchmark });
