/** Thread of one scoring shard: takes market events of its partitions from the bus, puts scores back onto it. */

import type { ScoredBookState } from '../../actors/scoring-shard.ts';
import { ScoringShard, SCORING_LAYOUT } from '../../actors/scoring-shard.ts';
import type { PositionMap, StreamHole } from '../../actors/positions.ts';
import { threadEntry } from '../../actors/runtime/thread-entry.ts';
import type { EventView } from '../../model/event.ts';
import type { Consumer, Delivery } from '../../ports/bus.ts';
import type { ScoreValue } from '../../scoring/score-tally.ts';
import { SCORE_VALUES } from '../../scoring/score-tally.ts';
import { readBatch } from '../../transport/codec.ts';
import { emitLines } from '../emit-lines.ts';
import { chooseSizeModels } from '../size-model-choice.ts';
import { createSystemClock } from '../../exchanges/system-clock.ts';
import { isRead, openThreadBus } from './bus-init.ts';
import { BusTelemetry } from './bus-telemetry.ts';
import { CanonicalWriter } from './canonical-buffer.ts';
import { OpenDeliveries, timesOf } from './open-deliveries.ts';
import { Outbox } from './outbox.ts';
import { ProgressGate } from './progress-gate.ts';
import type { EmittedLine, ScoringInit, ScoringReport } from './scoring.protocol.ts';
import { ShardState } from './shard-state.ts';
import { consumerName } from './topology.ts';
import { ScoreHashes } from './score-hashes.ts';
import { startTelemetry } from './thread-telemetry.ts';

export default threadEntry<ScoringInit>(async (init) => {
  const telemetry = await startTelemetry(init.telemetry);
  const { metrics } = telemetry;
  const threadBus = await openThreadBus(init.bus);
  const busTelemetry = new BusTelemetry(metrics, threadBus.counters);
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
    onPublished: (lane, bytes, durationMs) => busTelemetry.published(lane, bytes, durationMs),
    nowMs: () => performance.now(),
  });
  // Without readers, results are counted and no more.
  const isPublished = isRead(init.bus);
  let partition = 0;
  let first: ReturnType<typeof timesOf> | null = null;
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
        first ??= timesOf(view.header);
        writeDown?.(view);
      },
      ...(init.state === undefined
        ? {}
        : {
            lost: ({ book, message }: StreamHole): void =>
              telemetry.events.holeFound({ consumer: 'scoring', book, detail: message }),
          }),
      emit(view) {
        hashes.add(view);
        if (isPublished) outbox.add('score', partition, view);
        writeDown?.(view);
      },
    },
  });

  const toldScores = new Map<string, Readonly<Record<ScoreValue, number>>>();
  const tellScores = (): void => {
    for (const [exchange, tally] of shard.tallies) {
      const now = tally.toRecord();
      const before = toldScores.get(exchange);
      for (const score of SCORE_VALUES) {
        metrics.scoring.scores.inc({ exchange, score }, now[score] - (before?.[score] ?? 0));
      }
      toldScores.set(exchange, now);
    }
  };

  const tellFits = (): void => {
    for (const { exchange, model, fit } of shard.fits()) {
      metrics.scoring.modelFit.set({ exchange, model }, fit.statistic);
    }
  };

  const tellLatency = (exchange: string, { receiveUs, exchangeUs }: ReturnType<typeof timesOf>): void => {
    const nowUs = clock.nowUs();
    metrics.latency.receiveToScore.observe({ exchange }, (nowUs - receiveUs) / 1e6);
    if (exchangeUs !== null) metrics.latency.exchangeToScore.observe({ exchange }, (nowUs - exchangeUs) / 1e6);
  };

  const open = new OpenDeliveries({
    ...{ metrics, consumer: 'scoring', capacity: init.maxPending * init.partitions.length },
    nowUs: () => clock.nowUs(),
  });
  const onBatch = async (consumer: Consumer, delivery: Delivery): Promise<void> => {
    partition = delivery.lane.partition;
    first = null;
    if (state === null) readBatch(delivery.data, (view) => shard.step(view));
    else {
      const name = consumerName('scoring', delivery.lane.partition);
      await state.quarantine.read(
        name,
        delivery,
        (view) => shard.step(view),
        ({ header }) => shard.giveUp(header),
      );
    }
    open.take(consumer, delivery, first);
    if (init.live && first !== null) tellLatency(delivery.lane.topic, first);
    gate.moved();
    // Scores leave with the batch that caused them; the batch is done once the bus has taken them.
    await outbox.settle();
    if (state === null) consumer.ackThrough(delivery.position);
    else state.passed(delivery);
    open.finish(consumer, delivery.position);
  };

  const state =
    init.state === undefined
      ? null
      : await ShardState.open<ScoredBookState>({
          init: init.state,
          role: 'scoring',
          layout: SCORING_LAYOUT,
          consequence:
            'the size models of its pairs begin anew, and the first orders of each pair and side get no score',
          shard,
          threadBus,
          telemetry,
          settle: () => outbox.settle(),
        });
  for (const one of init.partitions) await state?.resume(one);
  const resumed = Object.keys(shard.ledger.entries()).length > 0;
  // What was counted in an earlier life has been told by that one.
  for (const [exchange, told] of shard.tallies) toldScores.set(exchange, told.toRecord());

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
  for (const [index, consumer] of consumers.entries()) {
    state?.follow(init.partitions[index] as number, consumer);
  }

  return {
    begin: () => {
      for (const consumer of consumers) {
        consumer
          .run((delivery) => open.during(consumer, () => onBatch(consumer, delivery)))
          .catch((error: unknown) => raise(error));
      }
    },
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
        resumed,
        events: shard.ledger.counts,
        scores: shard.scores,
        books: shard.ledger.entries(),
        scoreHashes: hashes.toRecord(),
        results: shard.results.state(),
      }),
      metrics: () => {
        tellScores();
        tellFits();
        open.sample();
        busTelemetry.sample();
        busTelemetry.sampleWindow('result', outbox.inFlight, threadBus.windowBatches);
        return telemetry.snapshot();
      },
      stop: async () => {
        await state?.finish();
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
