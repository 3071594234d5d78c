/** `whalewatch replay CAPTURE…`: runs recordings through the pipeline. */

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { replayNamespace } from '../../transport/subjects.ts';
import { analyticsOptions, modelChoice, natsInit, storeOptions } from '../adapters.ts';
import type { CommonOptions } from '../cli.ts';
import { configOf, integerOption, loggerOf, print, say, withCommonOptions } from '../cli.ts';
import type { EmitKind } from '../emit-lines.ts';
import { EMIT_KINDS } from '../emit-lines.ts';
import { AppError } from '../../lib/app-error.ts';
import type { ReplayOptions } from '../replay/replay.ts';
import type { ReplayReport } from '../replay/report.ts';
import type { Replayed, Verification } from '../replay/verify.ts';
import type { RunFile } from '../run-file.ts';
import { exitCodeOf, untilSignal } from '../signals.ts';
import type { SizeModelChoice } from '../size-model-choice.ts';

interface ReplayCommandOptions extends CommonOptions {
  readonly shards: number;
  readonly batch: number;
  readonly bus: 'embedded' | 'nats';
  readonly store: 'none' | 'duckdb' | 'questdb';
  readonly tablePrefix: string;
  readonly emit?: EmitKind;
  readonly speed?: number;
  readonly verify?: string;
}

const KIB = 1024;

export function addReplay(program: Command): void {
  withCommonOptions(
    program
      .command('replay')
      .description('run recorded captures through feed, book, scoring and analytics, as fast as it goes')
      .argument('[captures...]', 'capture files (*.capture.ndjson.gz)'),
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
    .addOption(
      new Option('--speed <n>', 'so many times as fast as it was recorded; as fast as it goes where absent')
        .env('WHALEWATCH_SPEED')
        .argParser(speedOption),
    )
    .addOption(
      new Option(
        '--verify <run>',
        'replay the archive of a live run (its directory), and hold it against what that told',
      )
        .env('WHALEWATCH_VERIFY')
        .conflicts(['emit', 'store', 'speed']),
    )
    .action(runReplay);
}

async function runReplay(captures: string[], options: ReplayCommandOptions, command: Command): Promise<void> {
  const { shards, batch, emit, speed, verify } = options;
  if ((captures.length === 0) === (verify === undefined)) {
    throw new AppError('option.invalid', 'name capture files, or the directory of a run with --verify, not both');
  }
  const config = configOf(command, {
    bus: { kind: options.bus },
    store: { kind: options.store, tablePrefix: options.tablePrefix },
  });
  // Loaded here: help does not wait for it.
  const [{ chooseSizeModels }, { replay }, { verifyRun }] = await Promise.all([
    import('../size-model-choice.ts'),
    import('../replay/replay.ts'),
    import('../replay/verify.ts'),
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
    const base: Omit<ReplayOptions, 'captures' | 'nats'> = {
      shards,
      batch,
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
      ...(speed === undefined ? {} : { speed }),
    };
    // Streams of its own for each replay.
    const nats = (): ReplayOptions['nats'] => natsInit(config, topology, replayNamespace(randomUUID()));
    if (verify !== undefined) {
      const verification = await verifyRun({
        run: verify,
        replay: async (files, model) => {
          let recorded: Omit<Replayed, 'report'> = { blocks: [], scoreHashes: {} };
          const report = await replay({
            ...{ ...base, captures: files, nats: nats(), model: choiceOf(model) ?? base.model },
            onRecord: (record) => {
              recorded = record;
            },
          });
          return { report, ...recorded };
        },
      });
      bar?.stop();
      print(options.json === true ? JSON.stringify(verification) : verdictOf(verification));
      if (!verification.equal) process.exitCode = 1;
      return;
    }
    const report = await replay({ ...base, captures, nats: nats() });
    bar?.stop();
    if (emit !== undefined) return;
    print(options.json === true ? JSON.stringify(report) : summary(report));
  } catch (error) {
    const signal = interrupt.signal.reason as NodeJS.Signals | undefined;
    if (signal === undefined || error !== signal) throw error;
    if (signal !== 'SIGPIPE') say(`ended by ${signal}`);
    process.exitCode = exitCodeOf(signal);
  } finally {
    bar?.stop();
  }
}

/** The words of a verification for people. */
function verdictOf({ equal, first_difference: first, parts, runs }: Verification): string {
  const lines = parts.map(({ part, books, events, ended, unrecorded, unarchived, skipped }) => {
    if (skipped !== null) return `${part}: not compared, ${skipped}`;
    const dead = ended ? '' : `; the thread died: ${unrecorded} events not recorded, ${unarchived} not in the archive`;
    return `${part}: ${events} events of ${books} books are the same${dead}`;
  });
  for (const { started_us: startedUs, scores, skipped } of runs) {
    lines.push(
      `run ${startedUs}: ${skipped === null ? `${scores} scores are the same` : `scores not compared, ${skipped}`}`,
    );
  }
  if (first === null)
    return [...lines, equal ? 'equal: the replay is the run' : 'nothing could be compared'].join('\n');
  const { part, book, epoch, seq, expected, seen } = first;
  const place = epoch === null ? '' : `, epoch ${epoch}, seq ${seq}`;
  const where = `first difference: ${book}${place} (${part})`;
  return [where, `  expected ${expected}`, `  seen     ${seen}`].join('\n');
}

function choiceOf(model: RunFile['model'] | null): SizeModelChoice | null {
  if (model === null) return null;
  const { overrides = [], files = [], ...rest } = model;
  return { ...rest, overrides, files };
}

function speedOption(text: string): number {
  const value = Number(text);
  if (!(value >= 0.01 && value <= 1e6)) {
    throw new AppError('option.invalid', `--speed: found ${text}, allowed is a number from 0.01 to 1000000`);
  }
  return value;
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
