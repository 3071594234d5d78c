/** Thread of one scoring shard: takes market events of its partitions from the bus, puts scores back onto it. */

import { ScoringShard } from '../../actors/scoring-shard.ts';
import type { PositionMap } from '../../actors/positions.ts';
import { threadEntry } from '../../actors/runtime/thread-entry.ts';
import type { EventView } from '../../model/event.ts';
import type { Consumer, Delivery } from '../../ports/bus.ts';
import type { ScoreValue } from '../../scoring/score-tally.ts';
import { SCORE_VALUES } from '../../scoring/score-tally.ts';
import { readBatch } from '../../transport/codec.ts';
import { emitLines } from '../emit-lines.ts';
import { chooseSizeModels } from '../size-model-choice.ts';
import { createSystemClock } from '../../exchanges/system-clock.ts';
import { openThreadBus } from './bus-init.ts';
import { CanonicalWriter } from './canonical-buffer.ts';
import { Outbox } from './outbox.ts';
import { ProgressGate } from './progress-gate.ts';
import type { EmittedLine, ScoringInit, ScoringReport } from './scoring.protocol.ts';
import { consumerName } from './topology.ts';
import { ScoreHashes } from './score-hashes.ts';
import { startTelemetry } from './thread-telemetry.ts';

export default threadEntry<ScoringInit>(async (init) => {
  const telemetry = await startTelemetry(init.telemetry);
  const { metrics } = telemetry;
  const threadBus = await openThreadBus(init.bus);
  const clock = createSystemClock();
  const gate = new ProgressGate();
  let lines: EmittedLine[] = [];
  const hashes = new ScoreHashes();
  const modelOf = await chooseSizeModels(init.model);
  const outbox = new Outbox({
    publisher: threadBus.bus.publisher(),
    kind: 'result',
    maxBatchBytes: Math.min(init.maxBatchBytes, threadBus.maxBatchBytes),
    onFailure: (error) => queueMicrotask(() => raise(error)),
    onPublished: (lane, bytes) => {
      metrics.bus.publishedBatches.inc({ lane: lane.kind });
      metrics.bus.publishedBytes.inc({ lane: lane.kind }, bytes);
    },
    nowMs: () => performance.now(),
  });
  // A bus in process knows its readers: without any, results are counted and no more.
  const isPublished = init.bus.kind === 'nats' || init.bus.expected.length > 0;
  let partition = 0;
  let newestReceiveUs = 0;
  const { emit: emitKind } = init;
  const writeDown =
    emitKind === null
      ? null
      : (view: EventView): void => {
          const { frame, exchange, symbol } = view.header;
          emitLines(emitKind, view, (line) => lines.push([frame, `${exchange}:${symbol}`, line]));
        };
  const shard = new ScoringShard({
    modelOf,
    newBuffer: () => new CanonicalWriter(),
    effects: {
      observe(view) {
        newestReceiveUs = view.header.receiveUs;
        writeDown?.(view);
      },
      emit(view) {
        hashes.add(view);
        if (isPublished) outbox.add('score', partition, view);
        writeDown?.(view);
      },
    },
  });

  const told = new Map<string, Readonly<Record<ScoreValue, number>>>();
  const tellScores = (): void => {
    for (const [exchange, tally] of shard.tallies) {
      const now = tally.toRecord();
      const before = told.get(exchange);
      for (const score of SCORE_VALUES) {
        metrics.scoring.scores.inc({ exchange, score }, now[score] - (before?.[score] ?? 0));
      }
      told.set(exchange, now);
    }
  };

  const tellFits = (): void => {
    for (const { exchange, model, fit } of shard.fits()) {
      metrics.scoring.modelFit.set({ exchange, model }, fit.statistic);
    }
  };

  const onBatch = async (consumer: Consumer, delivery: Delivery): Promise<void> => {
    partition = delivery.lane.partition;
    newestReceiveUs = 0;
    readBatch(delivery.data, (view) => shard.step(view));
    metrics.bus.delivered.inc({ consumer: 'scoring' });
    if (delivery.redelivered) metrics.bus.redelivered.inc({ consumer: 'scoring' });
    if (init.live && newestReceiveUs > 0) {
      const latencyS = (clock.nowUs() - newestReceiveUs) / 1e6;
      metrics.latency.receiveToScore.observe({ exchange: delivery.lane.topic }, latencyS);
    }
    gate.moved();
    // Scores leave with the batch that caused them; the batch is done once the bus has taken them.
    await outbox.settle();
    consumer.ackThrough(delivery.position);
  };

  const consumers = await Promise.all(
    init.partitions.map((one) =>
      threadBus.bus.consumer({
        name: consumerName('scoring', one),
        kind: 'md',
        partition: one,
        maxPending: init.maxPending,
      }),
    ),
  );
  for (const consumer of consumers) {
    consumer.run((delivery) => onBatch(consumer, delivery)).catch((error: unknown) => raise(error));
  }

  return {
    commands: {
      attach: (ends: Parameters<typeof threadBus.attach>[0]) => threadBus.attach(ends),
      /** Waits until the books have been followed to these positions. */
      drain: async (goal: PositionMap): Promise<{ results: PositionMap }> => {
        await gate.wait(() => shard.positions.reached(goal));
        await outbox.settle();
        return { results: shard.results.state() };
      },
      /** The lines of frames before `end`, which are not told again. */
      lines: (end: number): EmittedLine[] => {
        const taken = lines.filter(([frame]) => frame < end);
        lines = lines.filter(([frame]) => frame >= end);
        return taken;
      },
      report: (): ScoringReport => ({
        events: shard.ledger.counts,
        scores: shard.scores,
        books: shard.ledger.entries(),
        scoreHashes: hashes.toRecord(),
        results: shard.results.state(),
      }),
      metrics: () => {
        tellScores();
        tellFits();
        return telemetry.snapshot();
      },
      stop: async () => {
        for (const consumer of consumers) await consumer.stop();
        await outbox.settle();
        await threadBus.bus.close();
        telemetry.stop();
      },
    },
  };
});

/** Ends the thread: its supervisor decides what follows. */
function raise(error: unknown): never {
  throw error;
}
