/** Thread of one analytics shard: takes market events of its partitions from the bus, puts rows of metrics back onto it. */

import type { MeasuredBookState } from '../../actors/analytics-shard.ts';
import { AnalyticsShard, ANALYTICS_LAYOUT } from '../../actors/analytics-shard.ts';
import type { PositionMap, StreamHole } from '../../actors/positions.ts';
import { threadEntry } from '../../actors/runtime/thread-entry.ts';
import { createSystemClock } from '../../exchanges/system-clock.ts';
import type { AnalyticsCounters } from '../../indicators/pair-analytics.ts';
import type { EventView } from '../../model/event.ts';
import type { MetricKind } from '../../model/metric.ts';
import { METRIC_KINDS } from '../../model/metric.ts';
import type { Consumer, Delivery } from '../../ports/bus.ts';
import { readBatch } from '../../transport/codec.ts';
import { metricTopic } from '../../transport/subjects.ts';
import type { AnalyticsInit, AnalyticsReport } from './analytics.protocol.ts';
import { isRead, openThreadBus } from './bus-init.ts';
import { BusTelemetry } from './bus-telemetry.ts';
import { OpenDeliveries, timesOf } from './open-deliveries.ts';
import { Outbox } from './outbox.ts';
import { ProgressGate } from './progress-gate.ts';
import { RowHashes } from './row-hashes.ts';
import { startTelemetry } from './thread-telemetry.ts';
import { ShardState } from './shard-state.ts';
import { consumerName } from './topology.ts';

const LEFT_OUT = ['late', 'early', 'abstained', 'silent'] as const;

export default threadEntry<AnalyticsInit>(async (init) => {
  const telemetry = await startTelemetry(init.telemetry);
  const { metrics } = telemetry;
  const threadBus = await openThreadBus(init.bus);
  const busTelemetry = new BusTelemetry(metrics, threadBus.counters);
  const clock = createSystemClock();
  const gate = new ProgressGate();
  const hashes = init.live ? null : new RowHashes();
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
  const shard = new AnalyticsShard(init.analytics, {
    ...(init.state === undefined
      ? {}
      : {
          lost: ({ book, message }: StreamHole): void =>
            telemetry.events.holeFound({ consumer: 'analytics', book, detail: message }),
        }),
    emit(view) {
      hashes?.add(view);
      if (isPublished) outbox.add(metricTopic(view.kind), partition, view);
    },
  });

  const toldCounts = new Map<string, Readonly<Record<MetricKind, number>>>();
  const toldLeftOut = new Map<string, AnalyticsCounters>();
  const tellCounts = (): void => {
    for (const [exchange, now] of shard.counts) {
      const before = toldCounts.get(exchange);
      for (const kind of METRIC_KINDS) {
        metrics.analytics.results.inc({ exchange, kind }, now[kind] - (before?.[kind] ?? 0));
      }
      toldCounts.set(exchange, now);
    }
    for (const [exchange, now] of shard.leftOut()) {
      const before = toldLeftOut.get(exchange);
      for (const reason of LEFT_OUT) {
        metrics.analytics.leftOut.inc({ exchange, reason }, now[reason] - (before?.[reason] ?? 0));
      }
      toldLeftOut.set(exchange, now);
    }
  };

  const open = new OpenDeliveries({
    ...{ metrics, consumer: 'analytics', capacity: init.maxPending * init.partitions.length },
    nowUs: () => clock.nowUs(),
  });
  const onBatch = async (consumer: Consumer, delivery: Delivery): Promise<void> => {
    partition = delivery.lane.partition;
    let first: ReturnType<typeof timesOf> | null = null;
    const step = (view: EventView): void => {
      first ??= timesOf(view.header);
      shard.step(view);
    };
    if (state === null) readBatch(delivery.data, step);
    else {
      const name = consumerName('analytics', delivery.lane.partition);
      await state.quarantine.read(name, delivery, step, ({ header }) => shard.giveUp(header));
    }
    open.take(consumer, delivery, first);
    gate.moved();
    // Results leave with the batch that caused them; the batch is done once the bus has taken them.
    await outbox.settle();
    if (state === null) consumer.ackThrough(delivery.position);
    else state.passed(delivery);
    open.finish(consumer, delivery.position);
  };

  const state =
    init.state === undefined
      ? null
      : await ShardState.open<MeasuredBookState>({
          init: init.state,
          role: 'analytics',
          layout: ANALYTICS_LAYOUT,
          consequence: 'its windows, averages and indicators begin anew',
          shard,
          threadBus,
          telemetry,
          settle: () => outbox.settle(),
        });
  for (const one of init.partitions) await state?.resume(one);
  // What was counted in an earlier life has been told by that one.
  for (const [exchange, told] of shard.counts) toldCounts.set(exchange, told);
  for (const [exchange, told] of shard.leftOut()) toldLeftOut.set(exchange, told);

  const consumers = await Promise.all(
    init.partitions.map((one) =>
      threadBus.bus.consumer({
        name: consumerName('analytics', one),
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
        return { results: shard.results };
      },
      report: (): AnalyticsReport => ({
        counts: sumOf([...shard.counts.values()], METRIC_KINDS),
        leftOut: sumOf([...shard.leftOut().values()], LEFT_OUT),
        hashes: hashes?.toRecord() ?? {},
        results: shard.results,
      }),
      metrics: () => {
        tellCounts();
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

function sumOf<Name extends string>(
  records: readonly Readonly<Record<Name, number>>[],
  names: readonly Name[],
): Record<Name, number> {
  return Object.fromEntries(
    names.map((name) => [name, records.reduce((sum, record) => sum + record[name], 0)]),
  ) as Record<Name, number>;
}

/** Ends the thread: its supervisor decides what follows. */
function raise(error: unknown): never {
  throw error;
}
