/**
 * Runs recordings through the pipeline: the same feed, book and scoring code as live, as fast as it goes.
 *
 * The reader sends batches of records to the ingest shards, window by window. At the end of a window every shard
 * writes a checkpoint, so that a shard that dies goes on from there, and lines for people come out in the order of their
 * frames. Meanwhile the next window is read, and no further one: memory stays bounded whatever the length of the recording.
 */

import { RestartWindow } from '../../actors/runtime/restart-window.ts';
import type { PositionMap } from '../../actors/positions.ts';
import type { ThreadDied } from '../../actors/runtime/thread-host.ts';
import { ThreadHost } from '../../actors/runtime/thread-host.ts';
import { readCapture } from '../../collect/capture-reader.ts';
import { BatchMemory } from '../../collect/record-batch.ts';
import { wireRegistry } from '../../exchanges/registry.ts';
import type { FeedOp } from '../../model/feed-record.ts';
import type { LogLevel } from '../../telemetry/logger.ts';
import type { StoreOptions } from '../../storage/open-store.ts';
import { CONSUMER_PENDING_MAX, EMBEDDED_WINDOW, sampleLevels } from '../adapters.ts';
import type { EmitKind } from '../emit-lines.ts';
import type { ThreadFiles } from '../thread-files.ts';
import { THREAD_FILES } from '../thread-files.ts';
import type { AnalyticsInit, AnalyticsReport } from '../threads/analytics.protocol.ts';
import type { BusInit, NatsInit } from '../threads/bus-init.ts';
import type { MarkBlock } from '../threads/event-marks.ts';
import type { IngestInit, IngestReport } from '../threads/ingest.protocol.ts';
import type { EmittedLine, ScoringInit, ScoringReport } from '../threads/scoring.protocol.ts';
import type { StoreGoal, StoreInit } from '../threads/store.protocol.ts';
import type { Topology } from '../wiring.ts';
import { partitionsOf, Wiring } from '../wiring.ts';
import { IngestLane } from './ingest-lane.ts';
import { AppError } from '../../lib/app-error.ts';
import { Pace } from './pace.ts';
import type { ReplayReport } from './report.ts';
import { mergeReport } from './report.ts';
import { Router } from './router.ts';
import { Spreader } from './spreader.ts';

export interface ReplayOptions {
  readonly captures: readonly string[];
  readonly shards: number;
  /** Records per batch. */
  readonly batch: number;
  /** Null for the in-process bus; its namespace must be of this replay alone. */
  readonly nats: NatsInit | null;
  /** Null keeps no rows. */
  readonly store: StoreOptions | null;
  readonly batchRows: number;
  readonly flushMs: number;
  readonly model: ScoringInit['model'];
  /** What to measure; null or left out: nothing. */
  readonly analytics?: AnalyticsInit['analytics'] | null;
  readonly maxHeapMb: number;
  readonly maxBatchBytes: number;
  readonly restarts: { readonly maxRestarts: number; readonly periodMs: number };
  readonly log: { readonly level: LogLevel; readonly pretty: boolean | undefined };
  /** Kind of lines to hand over, in the order of their frames; null for none. */
  readonly emit: EmitKind | null;
  readonly onLine: (line: string) => void;
  readonly onProgress: (bytesRead: number, bytesTotal: number) => void;
  /** A recorded line that is no record. */
  readonly onMalformed: (path: string, line: number, reason: string) => void;
  readonly onRestart: (name: string, reason: string) => void;
  /** Records after which a window ends, where its bytes have not ended it before. Default: as many as they are. */
  readonly windowRecords?: number;
  readonly threadFiles?: ThreadFiles;
  /** How many times faster than it was recorded; as fast as it goes where absent. */
  readonly speed?: number;
  /** Gets marks of all market events, and digests of the scores by book, at the end. */
  readonly onRecord?: (record: { blocks: readonly MarkBlock[]; scoreHashes: Readonly<Record<string, string>> }) => void;
  /** Ends the replay before its end, with the reason of the abort; streams of its own are removed as ever. */
  readonly signal?: AbortSignal;
}

/** Memory of the batches of one window; two windows are in memory at most. A checkpoint costs as much as many frames. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** Records that go together, with the first of them, where they have times to keep. */
const PACED_RECORDS = 8;
const STOP_DEADLINE_MS = 30_000;
/** Somebody waits for the end, and nobody for the rest of the rows. */
const ABORT_DEADLINE_MS = 5_000;

/**
 * @throws AppError where a recording cannot be read, bus or store cannot be reached, an ingest shard dies too often, or
 * a thread behind the bus dies; the reason of `signal` where that is aborted
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const run = new ReplayRun(options);
  try {
    await run.prepare();
    return await run.run();
  } finally {
    await run.stop();
  }
}

interface ThreadMember {
  readonly role: keyof ThreadFiles;
  readonly index: number;
  readonly host: ThreadHost;
}

class ReplayRun {
  private readonly options: ReplayOptions;
  private readonly topology: Topology;
  private readonly wiring: Wiring;
  private readonly router: Router;
  private lanes: readonly IngestLane[] = [];
  private readonly memory = new BatchMemory();
  private readonly hosts: ThreadHost[] = [];
  /** Streams of this replay alone stand at the server. */
  private hasStreams = false;
  private scoring: ThreadHost | null = null;
  private analytics: ThreadHost | null = null;
  private store: ThreadHost | null = null;
  private readonly connections = new Map<string, { readonly file: number; readonly alias: string }>();
  private frames = 0;
  private records = 0;
  private malformedLines = 0;
  private restarts = 0;
  private positions: PositionMap = {};
  private readonly pace: Pace | null;
  private windowBytes = 0;
  private windowStart = 0;
  /** Resolves when all threads have started. */
  private started: Promise<void> = Promise.resolve();
  /** Resolves when the window before the present one has gone through books and scoring. */
  private settled: Promise<void> = Promise.resolve();
  /** The thread behind the bus that died first. */
  private deadReader: ThreadDied | null = null;
  private onReaderDeath: (error: ThreadDied) => void = () => undefined;

  constructor(options: ReplayOptions) {
    this.options = options;
    const { shards, speed, signal } = options;
    this.pace = speed === undefined ? null : new Pace(speed, signal);
    const analyticsShards = (options.analytics ?? null) === null ? 0 : 1;
    const store = options.store !== null;
    this.topology = { partitions: shards, ingestShards: shards, scoringShards: 1, analyticsShards, store };
    this.wiring = new Wiring({ topology: this.topology, nats: options.nats, window: EMBEDDED_WINDOW });
    this.router = new Router({ wires: wireRegistry, shards, partitions: shards });
  }

  async prepare(): Promise<void> {
    const { nats } = this.options;
    if (nats === null) return;
    // Streams of its own and fresh, made once before the threads meet them.
    const { openNats } = await import('../threads/nats-init.ts');
    const bus = await openNats(nats, 'fresh');
    this.hasStreams = true;
    await bus.close();
  }

  /** A reader that dies ends the replay: the writers would wait for it for ever. So does an abort. */
  async run(): Promise<ReplayReport> {
    this.options.signal?.throwIfAborted();
    const startedMs = performance.now();
    const failed = new Promise<never>((_, reject) => {
      this.onReaderDeath = reject;
      // The recording is read while the threads start: what does not come up is heard at once.
      this.started = this.start();
      this.started.catch(reject);
      for (const lane of this.lanes) lane.hold(this.started);
    });
    const { signal } = this.options;
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([failed, aborted, this.readAll(startedMs)]);
  }

  /** All at once, since a thread takes its time. */
  private async start(): Promise<void> {
    const { store, shards, analytics = null } = this.options;
    this.lanes = Array.from({ length: shards }, (_, shard) => this.lane(shard));
    const [storing, scoring, measuring] = await Promise.all([
      store === null ? null : this.launch('store', 0, (bus) => this.storeInit(bus, store)),
      this.launch('scoring', 0, (bus) => this.scoringInit(bus)),
      analytics === null ? null : this.launch('analytics', 0, (bus) => this.analyticsInit(bus, analytics)),
      ...this.lanes.map((lane) => lane.start()),
    ]);
    this.store = storing;
    this.scoring = scoring;
    this.analytics = measuring;
  }

  private async readAll(startedMs: number): Promise<ReplayReport> {
    const { lanes, router, memory } = this;
    const spreader = new Spreader({ lanes, router, memory, batchRecords: this.options.batch });
    for (const [file, path] of this.options.captures.entries()) await this.read(path, file, spreader);
    await this.endWindow(spreader);
    await this.settled;
    const ingest: IngestReport[] = [];
    for (const lane of this.lanes) ingest.push(await lane.call<IngestReport>('report'));
    const scoring = await this.needScoring().call<ScoringReport>('report');
    const analytics = (await this.analytics?.call<AnalyticsReport>('report')) ?? null;
    if (this.store !== null) {
      const goal: StoreGoal = { events: this.positions, results: { ...scoring.results, ...analytics?.results } };
      await this.store.call('drain', goal);
    }
    await this.tellRecord(scoring);
    return mergeReport({
      frames: this.frames,
      malformedLines: this.malformedLines,
      elapsedMs: performance.now() - startedMs,
      restarts: this.restarts,
      ingest,
      scoring: [scoring],
      analytics,
    });
  }

  private async tellRecord(scoring: ScoringReport): Promise<void> {
    const { onRecord } = this.options;
    if (onRecord === undefined) return;
    if (this.restarts > 0) throw new AppError('replay.no-marks', 'a thread of the replay died, and its marks with it');
    const blocks: MarkBlock[] = [];
    for (const lane of this.lanes) blocks.push(...(await lane.call<readonly MarkBlock[]>('marks')));
    onRecord({ blocks, scoreHashes: scoring.scoreHashes });
  }

  async stop(): Promise<void> {
    for (const lane of this.lanes) lane.close();
    // Without a reader, what is on its way will never arrive.
    const deadlineMs =
      this.deadReader !== null ? 0 : this.options.signal?.aborted ? ABORT_DEADLINE_MS : STOP_DEADLINE_MS;
    // In the direction of the stream, so that each has its consumers until its last word.
    for (const host of this.hosts.toReversed()) await host.stop(deadlineMs);
    const { nats } = this.options;
    if (nats === null || !this.hasStreams) return;
    const { openNats } = await import('../threads/nats-init.ts');
    const bus = await openNats(nats);
    await bus.deleteStreams();
    await bus.close();
  }

  /**
   * The connection's id. Recorders number their connections from the start: one that opens again in a later file is
   * another one, not the old one coming back.
   */
  private connOf(exchange: string, conn: string, op: FeedOp, file: number): string {
    const key = `${exchange} ${conn}`;
    const known = this.connections.get(key);
    if (known !== undefined && (known.file === file || op !== 'open')) return known.alias;
    const alias = known === undefined ? conn : `${conn}~${file}`;
    this.connections.set(key, { file, alias });
    return alias;
  }

  private async read(path: string, file: number, spreader: Spreader): Promise<void> {
    const { onProgress, onMalformed, batch: batchRecords, windowRecords = Number.POSITIVE_INFINITY } = this.options;
    const batches = readCapture(path, {
      onProgress,
      onMalformed: (line, reason) => {
        this.malformedLines++;
        onMalformed(path, line, reason);
      },
      batchRecords: Math.min(batchRecords, windowRecords, this.pace === null ? batchRecords : PACED_RECORDS),
      firstFrame: this.records,
      nameConnection: (exchange, conn, op) => this.connOf(exchange, conn, op, file),
      memory: this.memory,
    });
    for await (const batch of batches) {
      await this.pace?.wait(batch);
      this.records += batch.records;
      this.frames += batch.frames;
      this.windowBytes += batch.bytes.buffer.byteLength;
      spreader.take(batch);
      if (this.pace !== null) spreader.flush();
      const isOver =
        this.pace?.isWindowOver === true ||
        this.windowBytes >= WINDOW_BYTES ||
        this.records - this.windowStart >= windowRecords;
      if (isOver) await this.endWindow(spreader);
    }
  }

  /** Closes the window, and waits for the one before it: so much is in memory at most. */
  private async endWindow(spreader: Spreader): Promise<void> {
    spreader.flush();
    await this.settled;
    this.windowBytes = 0;
    this.windowStart = this.records;
    this.settled = this.settle(this.records);
    // Heard at the end of the next window.
    this.settled.catch(() => undefined);
  }

  /**
   * Waits until all that was read so far has gone through books and scoring, and hands over the lines that came of it.
   * @param end number of the first record behind the window
   */
  private async settle(end: number): Promise<void> {
    const checkpoints = await Promise.all(this.lanes.map((lane) => lane.checkpoint()));
    this.positions = Object.assign({}, ...checkpoints.map(({ positions }) => positions)) as PositionMap;
    await this.needScoring().call('drain', this.positions);
    await this.analytics?.call('drain', this.positions);
    if (this.options.emit === null) return;
    const lines = await this.needScoring().call<EmittedLine[]>('lines', end);
    lines.sort(([frame, book], [otherFrame, otherBook]) => frame - otherFrame || compareText(book, otherBook));
    for (const [, , line] of lines) this.options.onLine(line);
  }

  private needScoring(): ThreadHost {
    if (this.scoring === null) throw new Error('the replay was not started');
    return this.scoring;
  }

  private lane(shard: number): IngestLane {
    const { restarts, onRestart } = this.options;
    const member = this.member('ingest', shard);
    const boot = (checkpoint: Uint8Array | null): Promise<void> =>
      this.wiring.boot(member, (bus) => this.ingestInit(bus, shard, checkpoint));
    return new IngestLane({
      host: member.host,
      boot,
      restarts: new RestartWindow(restarts),
      nowMs: () => performance.now(),
      onRestart: (died) => {
        this.restarts++;
        onRestart(member.host.name, died.message);
      },
      memory: this.memory,
    });
  }

  private async launch(role: keyof ThreadFiles, index: number, init: (bus: BusInit) => unknown): Promise<ThreadHost> {
    const member = this.member(role, index);
    await this.wiring.boot(member, init);
    return member.host;
  }

  private member(role: keyof ThreadFiles, index: number): ThreadMember {
    const { threadFiles = THREAD_FILES, maxHeapMb } = this.options;
    const host = new ThreadHost({
      name: `${role}-${index}`,
      file: threadFiles[role],
      maxHeapMb: role === 'ingest' ? maxHeapMb : null,
      onDeath: (error) => {
        // The lane of an ingest shard finds out by its next command, and restores it.
        if (role === 'ingest') return;
        this.deadReader ??= error;
        this.onReaderDeath(error);
      },
    });
    const member = { role, index, host };
    this.hosts.push(host);
    return member;
  }

  private ingestInit(bus: BusInit, shard: number, checkpoint: Uint8Array | null): IngestInit {
    const { shards, maxBatchBytes, analytics = null } = this.options;
    const telemetry = this.telemetry('ingest', shard);
    const keepsMarks = this.options.onRecord !== undefined;
    const own = { shard, shards, partitions: shards, maxBatchBytes, checkpoint, keepsMarks };
    return { bus, telemetry, ...own, epochFloor: 0, sampleLevels: sampleLevels(analytics), live: null };
  }

  private scoringInit(bus: BusInit): ScoringInit {
    const { model, maxBatchBytes, emit } = this.options;
    return {
      bus,
      telemetry: this.telemetry('scoring', 0),
      partitions: partitionsOf(0, 1, this.topology.partitions),
      model,
      maxBatchBytes,
      maxPending: CONSUMER_PENDING_MAX,
      emit,
      live: false,
    };
  }

  private analyticsInit(bus: BusInit, analytics: AnalyticsInit['analytics']): AnalyticsInit {
    return {
      bus,
      telemetry: this.telemetry('analytics', 0),
      partitions: partitionsOf(0, 1, this.topology.partitions),
      analytics,
      maxBatchBytes: this.options.maxBatchBytes,
      maxPending: CONSUMER_PENDING_MAX,
      live: false,
    };
  }

  private storeInit(bus: BusInit, store: StoreOptions): StoreInit {
    const { batchRows, flushMs } = this.options;
    const telemetry = this.telemetry('store', 0);
    return { bus, telemetry, store, batchRows, flushMs, maxPending: CONSUMER_PENDING_MAX, live: false };
  }

  private telemetry(role: keyof ThreadFiles, index: number): IngestInit['telemetry'] {
    return { thread: `${role}-${index}`, role, isMeasured: false, ...this.options.log };
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
