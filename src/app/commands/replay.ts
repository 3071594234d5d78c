/** `whalewatch replay CAPTURE…`: runs recordings through the pipeline. */

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { replayNamespace } from '../../transport/subjects.ts';
import { analyticsOptions, modelChoice, natsInit, storeOptions } from '../adapters.ts';
import type { CommonOptions } from '../cli.ts';
import { configOf, integerOption, loggerOf, print, say, withCommonOptions } from '../cli.ts';
import type { EmitKind } from '../emit-lines.ts';
import { EMIT_KINDS } from '../emit-lines.ts';
import type { ReplayReport } from '../replay/report.ts';
import { untilSignal } from '../signals.ts';

interface ReplayCommandOptions extends CommonOptions {
  readonly shards: number;
  readonly batch: number;
  readonly bus: 'embedded' | 'nats';
  readonly store: 'none' | 'duckdb' | 'questdb';
  readonly tablePrefix: string;
  readonly emit?: EmitKind;
}

const KIB = 1024;

export function addReplay(program: Command): void {
  withCommonOptions(
    program
      .command('replay')
      .description('run recorded captures through feed, book, scoring and analytics, as fast as it goes')
      .argument('<captures...>', 'capture files (*.capture.ndjson.gz)'),
  )
    .addOption(
      new Option('--shards <n>', 'ingest threads')
        .env('WHALEWATCH_SHARDS')
        .default(1)
        .argParser(integerOption('--shards', 1, 256)),
    )
    .addOption(
      new Option('--batch <n>', 'records per batch to a thread')
        .env('WHALEWATCH_BATCH')
        .default(4000)
        .argParser(integerOption('--batch', 1, 1_000_000)),
    )
    .addOption(
      new Option('--bus <kind>', 'how events travel')
        .env('WHALEWATCH_BUS')
        .choices(['embedded', 'nats'])
        .default('embedded'),
    )
    .addOption(
      new Option('--store <kind>', 'where rows go')
        .env('WHALEWATCH_STORE')
        .choices(['none', 'duckdb', 'questdb'])
        .default('none'),
    )
    .addOption(
      new Option('--table-prefix <text>', 'put before table names; these tables have no TTL')
        .env('WHALEWATCH_TABLE_PREFIX')
        .default('replay_'),
    )
    .addOption(
      new Option('--emit <kind>', 'print NDJSON lines of this kind instead of the report')
        .env('WHALEWATCH_EMIT')
        .choices(EMIT_KINDS),
    )
    .action(runReplay);
}

async function runReplay(captures: string[], options: ReplayCommandOptions, command: Command): Promise<void> {
  const { shards, batch, emit } = options;
  const config = configOf(command, {
    bus: { kind: options.bus },
    store: { kind: options.store, tablePrefix: options.tablePrefix },
  });
  // Loaded here: help does not wait for it.
  const [{ chooseSizeModels }, { replay }] = await Promise.all([
    import('../size-model-choice.ts'),
    import('../replay/replay.ts'),
  ]);
  if (config.store.kind === 'duckdb') mkdirSync(dirname(config.store.duckdbPath), { recursive: true });
  // What is wrong with a model is said before anything starts.
  await chooseSizeModels(modelChoice(config));
  const store = storeOptions(config, { ttl: false });
  const analytics = analyticsOptions(config);
  const topology = {
    ...{ partitions: shards, ingestShards: shards, scoringShards: 1 },
    ...{ analyticsShards: analytics === null ? 0 : 1, store: store !== null },
  };
  const log = loggerOf(config);
  const bar = process.stderr.isTTY
    ? new (await import('cli-progress')).SingleBar({
        format: ' {bar} {percentage}% | {eta_formatted} left',
        stream: process.stderr,
      })
    : null;
  bar?.start(captures.length * 100, 0);
  let capture = 0;
  const interrupt = new AbortController();
  void untilSignal().then((signal) => interrupt.abort(signal));
  try {
    const report = await replay({
      captures,
      shards,
      batch,
      nats: natsInit(config, topology, replayNamespace(randomUUID())),
      store,
      batchRows: config.store.batchRows,
      flushMs: config.store.flushMs,
      model: modelChoice(config),
      analytics,
      maxHeapMb: config.ingest.maxHeapMb,
      maxBatchBytes: config.bus.maxBatchKb * KIB,
      restarts: { maxRestarts: config.supervision.maxRestarts, periodMs: config.supervision.periodS * 1000 },
      // What books go through in a recording is its content: `--emit status` tells it, the log only what is odd.
      log: { level: config.log.level === 'info' ? 'error' : config.log.level, pretty: config.log.pretty },
      emit: emit ?? null,
      signal: interrupt.signal,
      onLine: print,
      onProgress: (read, total) => {
        bar?.update(capture * 100 + (100 * read) / Math.max(1, total));
        if (read === total) capture++;
      },
      onMalformed: (path, line, reason) => log.warn({ path, line, reason }, 'line of the capture is no record'),
      onRestart: (thread, reason) => log.warn({ thread, reason }, 'thread died and is restored from its checkpoint'),
    });
    bar?.stop();
    if (emit !== undefined) return;
    print(options.json === true ? JSON.stringify(report) : summary(report));
  } catch (error) {
    const signal = interrupt.signal.reason as NodeJS.Signals | undefined;
    if (signal === undefined || error !== signal) throw error;
    say(`ended by ${signal}`);
    // What a shell reports for a program that the signal itself ended.
    process.exitCode = 128 + constants.signals[signal];
  } finally {
    bar?.stop();
  }
}

function summary(report: ReplayReport): string {
  const { frames, elapsed_ms: elapsedMs, checksums, audits, books } = report;
  const rate = Math.round(frames / Math.max(0.001, elapsedMs / 1000));
  const lines = [
    `${frames} frames in ${elapsedMs} ms (${rate} per second), ${report.malformed} malformed, ${report.ignored} not used`,
    `checksums ${checksums.ok} ok, ${checksums.failed} failed; quotes compared ${audits.ok} equal, ${audits.failed} not`,
    `gaps ${report.gaps}, resyncs ${report.resyncs}, crossed ${report.crossed}, removals of absent levels ${report.unknown_removals}`,
    `events ${JSON.stringify(report.events)}`,
    `whale scores ${JSON.stringify(report.scores)}`,
    ...(report.analytics === null ? [] : [`analytics ${JSON.stringify(report.analytics.rows)}`]),
    `digest ${report.digest}`,
    ...Object.entries(books).map(
      ([name, book]) =>
        `  ${name}: ${book.state}${book.reason === 'none' ? '' : ` (${book.reason})`}, ` +
        `${book.levels.bid} bids ${book.best_bid_size ?? '-'} @ ${book.best_bid ?? '-'} | ` +
        `${book.best_ask ?? '-'} @ ${book.best_ask_size ?? '-'} ${book.levels.ask} asks, ${book.updates} updates`,
    ),
  ];
  return lines.join('\n');
}
