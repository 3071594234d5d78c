/**
 * Thread of one ingest shard. Live, its sessions' sockets are here and their records go straight into the books; in a
 * replay the records come as commands. Either way the events leave on this thread's own end of the bus.
 */

import { deserialize, serialize } from 'node:v8';
import type { IngestState } from '../../actors/ingest-shard.ts';
import { IngestShard } from '../../actors/ingest-shard.ts';
import type { Position, PositionMap } from '../../actors/positions.ts';
import { threadEntry } from '../../actors/runtime/thread-entry.ts';
import { AppError } from '../../lib/app-error.ts';
import { RecordReader } from '../../collect/record-batch.ts';
import { wireRegistry } from '../../exchanges/registry.ts';
import { createSystemClock } from '../../exchanges/system-clock.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import { TrackedPublisher } from '../../transport/tracked-publisher.ts';
import { openThreadBus } from './bus-init.ts';
import { BusTelemetry } from './bus-telemetry.ts';
import { digestOfBook } from './book-digest.ts';
import { reportOf } from './book-report.ts';
import { EventMarks, type MarkBlock } from './event-marks.ts';
import type { Checkpoint, IngestInit, IngestReport, LiveVenue } from './ingest.protocol.ts';
import type { LiveFeeds } from './live-feeds.ts';
import { openSpool, patient } from './open-spool.ts';
import { Outbox } from './outbox.ts';
import { recordFolder, RunRecord } from './run-record.ts';
import { ShardTelemetry } from './shard-telemetry.ts';
import { startTelemetry } from './thread-telemetry.ts';

export default threadEntry<IngestInit>(async (init) => {
  const telemetry = await startTelemetry(init.telemetry);
  const { metrics, events } = telemetry;
  const spoolInit = init.live?.spool ?? null;
  const threadBus = await openThreadBus(spoolInit === null ? init.bus : patient(init.bus));
  const busTelemetry = new BusTelemetry(metrics, threadBus.counters);
  // Sockets and what is behind them are loaded where there are any.
  const live = init.live === null ? null : await import('./live-feeds.ts');
  const direct = threadBus.bus.publisher();
  const spool = live === null || spoolInit === null ? null : openSpool(spoolInit, direct, live.PRESSURE, events);
  const outbox: Outbox = new Outbox({
    publisher: spool === null ? direct : new TrackedPublisher((lane, data, id) => spool.take(lane, data, id)),
    kind: 'md',
    maxBatchBytes: Math.min(init.maxBatchBytes, threadBus.maxBatchBytes),
    // The events are lost to the bus: the thread ends, and its books begin anew.
    onFailure: (error) => {
      const reason = error instanceof AppError ? error.code : 'unknown';
      events.busPublishFailed({ lane: 'md', reason, detail: String(error), attempt: 1 });
      queueMicrotask(() => {
        throw error;
      });
    },
    onPublished(lane, bytes, durationMs) {
      busTelemetry.published(lane, bytes, durationMs);
      feeds?.relieve(inMemory());
    },
    nowMs: () => performance.now(),
  });
  /** Batches that the bus has not taken yet, but for those on the disk. */
  const inMemory = (): number => outbox.inFlight - (spool?.onDisk.batches ?? 0);
  const shardTelemetry = new ShardTelemetry(metrics, events, init.live !== null);
  const livePairs = new Set(
    init.live?.venues.flatMap((venue) => venue.pairs.map((pair) => `${venue.exchange}:${pair.symbol}`)),
  );
  const blocks: MarkBlock[] = [];
  const marks = init.keepsMarks === true ? new EventMarks((block) => blocks.push(block)) : null;
  const startedUs = Math.max(createSystemClock().nowUs(), init.epochFloor);
  const archiveDir = init.live?.archive?.dir ?? null;
  const archiveFolder = archiveDir === null ? null : recordFolder(archiveDir, init.shard, startedUs);
  const runRecord =
    archiveFolder === null
      ? null
      : new RunRecord({ folder: archiveFolder, shard: init.shard, startedUs, log: telemetry.log });
  const record = runRecord ?? marks;
  const shard: IngestShard = new IngestShard({
    wires: wireRegistry,
    partitions: init.partitions,
    epochFloor: init.epochFloor,
    sampleLevels: init.sampleLevels,
    owns: (instrument, partition) =>
      init.live === null
        ? partition % init.shards === init.shard
        : livePairs.has(`${instrument.exchange}:${instrument.symbol}`),
    effects: {
      emit(partition, view) {
        shardTelemetry.event(view);
        record?.add(view);
        outbox.add(view.header.exchange, partition, view);
      },
      requestSnapshot: (exchange, symbol) => feeds?.requestSnapshot(exchange, symbol),
      resubscribe: (exchange, symbol, channel) => feeds?.resubscribe(exchange, symbol, channel),
      renew: (conn) => feeds?.renew(conn),
      malformed: (record, reason) => shardTelemetry.malformed(record, reason),
      actorFailed: (book, _record, error) =>
        events.actorFailed({
          role: 'book',
          actor: book,
          error: error instanceof Error ? error : new Error(String(error)),
        }),
      readGenerally: (exchange) => events.frameShapeUnknown({ exchange }),
      refused: (exchange, venueSymbol, detail) =>
        telemetry.log.error({ exchange, venueSymbol, detail }, 'refused by the venue'),
    },
  });
  if (init.checkpoint !== null) shard.restore(deserialize(init.checkpoint) as IngestState);

  const feeds: LiveFeeds | null =
    init.live === null || live === null
      ? null
      : new live.LiveFeeds({
          init: init.live,
          shard: init.shard,
          telemetry,
          // At the end of a read turn, when all frames that arrived together have been taken in.
          onTurnEnd: () => outbox.flush(),
          process: (record: FeedRecord, frame) => shard.process(record, frame, true),
          learn: (exchange, rows) => shard.directory(exchange).learn(rows),
          inFlight: inMemory,
          ...(archiveFolder === null ? {} : { archiveFolder }),
          nudge: (beforeUs, nowUs) => shard.nudge(beforeUs, nowUs),
          hasBook: (exchange, symbol) => shard.hasBook(exchange, symbol),
        });
  feeds?.start();

  const report = (): IngestReport => ({
    ...shard.counters,
    books: Object.fromEntries([...shard.books()].map(([key, actor]) => [key, reportOf(actor)])),
    assumedSymbols: shard.assumedSymbols(),
  });

  const reader = new RecordReader();
  const onRecord = (record: FeedRecord, frame: number, isCounted: boolean): void => {
    shard.process(record, frame, isCounted);
  };

  return {
    commands: {
      attach: (ends: Parameters<typeof threadBus.attach>[0]) => threadBus.attach(ends),
      /** Takes packed records in; answers when the bus has taken what they caused. */
      batch: async (records: Uint8Array): Promise<void> => {
        reader.read(records, onRecord);
        await outbox.settle();
      },
      checkpoint: async (): Promise<Checkpoint> => {
        await outbox.settle();
        return { state: serialize(shard.state()), positions: positionsOf(shard) };
      },
      /** Ends the feeds for good; answers where the books stand once the bus has taken all they said. */
      quiesce: async (): Promise<PositionMap> => {
        shardTelemetry.stopping = true;
        await feeds?.stop();
        await runRecord?.close();
        await outbox.settle();
        return positionsOf(shard);
      },
      /** Watches further pairs of a venue, which it has begun to trade. */
      watch: (venue: LiveVenue): void => {
        for (const { symbol } of venue.pairs) livePairs.add(`${venue.exchange}:${symbol}`);
        feeds?.watch(venue);
      },
      report,
      /** Marks of all market events, in the order of each book; only where they are kept. */
      marks: (): readonly MarkBlock[] => {
        marks?.flush();
        return blocks;
      },
      /** All levels of each book, by `exchange:symbol`, as one digest. */
      digests: (): Readonly<Record<string, string>> =>
        Object.fromEntries([...shard.books()].map(([key, { book }]) => [key, digestOfBook(book)])),
      metrics: () => {
        shardTelemetry.sample(shard);
        feeds?.sample();
        busTelemetry.sample();
        if (live !== null) busTelemetry.sampleWindow('md', inMemory(), live.PRESSURE.high);
        if (spool !== null) busTelemetry.sampleSpool(spool);
        return telemetry.snapshot();
      },
      stop: async () => {
        await feeds?.stop();
        await outbox.settle();
        await threadBus.bus.close();
        spool?.close();
        telemetry.stop();
      },
    },
  };
});

function positionsOf(shard: IngestShard): PositionMap {
  const positions: Record<string, Position> = {};
  for (const [key, { position }] of shard.books()) if (position !== null) positions[key] = position;
  return positions;
}
