/** Thread of the store: takes events and results from the bus, writes rows, acknowledges what is durable. */

import { setTimeout as delay } from 'node:timers/promises';
import { threadEntry } from '../../actors/runtime/thread-entry.ts';
import type { StreamHole } from '../../actors/positions.ts';
import type { RefusedEvent } from '../../actors/store-actor.ts';
import { StoreActor } from '../../actors/store-actor.ts';
import { createSystemClock } from '../../exchanges/system-clock.ts';
import { Backoff } from '../../lib/backoff.ts';
import type { EventView } from '../../model/event.ts';
import type { InstrumentVersion } from '../../model/instrument.ts';
import type { Consumer, Delivery } from '../../ports/bus.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../storage/open-store.ts';
import { StoreError } from '../../storage/store-error.ts';
import { readBatch } from '../../transport/codec.ts';
import { beginDeadLettersAtZero, beginReaderAtZero, beginStoreAtZero } from '../../telemetry/zero-counts.ts';
import { openThreadBus } from './bus-init.ts';
import { BusTelemetry } from './bus-telemetry.ts';
import { OpenDeliveries, timesOf, type OpenDelivery } from './open-deliveries.ts';
import { ProgressGate } from './progress-gate.ts';
import type { StoreGoal, StoreInit } from './store.protocol.ts';
import { openQuarantine } from './shard-state.ts';
import { consumerName } from './topology.ts';
import { startTelemetry } from './thread-telemetry.ts';

/** The consumer of market events. */
const MARKET = consumerName('store-md');
const RETRY = { baseMs: 200, maxMs: 10_000 };

export default threadEntry<StoreInit>(async (init) => {
  const telemetry = await startTelemetry(init.telemetry);
  const { metrics, events } = telemetry;
  const store = await openStore(init.store);
  closeBeforeDeath(store);
  const threadBus = await openThreadBus(init.bus);
  const quarantine = init.state === undefined ? null : await openQuarantine(init.state, threadBus, telemetry);
  const clock = createSystemClock();
  const backoff = new Backoff({ ...RETRY, uniform: Math.random });
  const gate = new ProgressGate();
  const stopping = new AbortController();
  beginStoreAtZero(metrics);
  beginReaderAtZero(metrics, 'store');
  const busTelemetry = new BusTelemetry(metrics, threadBus.counters);
  const openOf = new Map<string, OpenDeliveries>();

  const consumers = new Map<string, Consumer>();
  const begins: (() => void)[] = [];
  const actor = new StoreActor({
    store,
    batchRows: init.batchRows,
    nowMs: () => performance.now(),
    async retry({ attempt, rows, error }) {
      // A refusal will not go away by itself: the thread ends with its reason, and the rows stay on the bus.
      if (!(error instanceof StoreError) || !error.retryable) throw error;
      const backoffMs = backoff.next();
      events.storeRetry({ error, rows, attempt, backoffMs });
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    },
    ...(quarantine === null
      ? {}
      : {
          isForGood: (error: unknown) => error instanceof StoreError && !error.retryable,
          eventsOf: readBatch,
          setAside: ({ consumer, position, data, book, epoch, seq, error }: RefusedEvent) => {
            const detail = error instanceof Error ? error.message : String(error);
            return quarantine.setAside({
              ...{ consumer, position, data, detail },
              reason: 'refused',
              event: { book, epoch, seq },
            });
          },
          onHole: ({ book, message }: StreamHole) => events.holeFound({ consumer: 'store', book, detail: message }),
        }),
    onDurable(marks) {
      for (const [name, position] of marks) {
        consumers.get(name)?.ackThrough(position);
        const finished = openOf.get(name)?.finish(name, position) ?? [];
        if (init.live && name === MARKET) tellLatency(finished);
      }
      gate.moved();
    },
    onWritten({ counts, durationMs }) {
      backoff.reset();
      metrics.store.batches.inc();
      metrics.store.batchDuration.observe(durationMs / 1000);
      for (const [table, rows] of Object.entries(counts)) metrics.store.rows.inc({ table }, rows);
    },
  });

  const tellLatency = (finished: readonly OpenDelivery[]): void => {
    const nowUs = clock.nowUs();
    for (const { topic: exchange, receiveUs, exchangeUs } of finished) {
      metrics.latency.receiveToRow.observe({ exchange }, (nowUs - receiveUs) / 1e6);
      if (exchangeUs !== null) metrics.latency.exchangeToRow.observe({ exchange }, (nowUs - exchangeUs) / 1e6);
    }
  };

  const onBatch = async (name: string, delivery: Delivery): Promise<void> => {
    let first: ReturnType<typeof timesOf> | null = null;
    const take = (view: EventView): void => {
      first ??= timesOf(view.header);
      actor.add(view);
    };
    if (quarantine === null) readBatch(delivery.data, take);
    else await quarantine.read(name, delivery, take, (view) => actor.pass(view));
    openOf.get(name)?.take(name, delivery, first);
    actor.mark(name, delivery.position, delivery.data);
    await actor.makeRoom();
    gate.moved();
  };

  for (const [name, kind] of [
    [MARKET, 'md'],
    [consumerName('store-result'), 'result'],
  ] as const) {
    beginDeadLettersAtZero(metrics, name);
    await quarantine?.recall(name);
    const consumer = await threadBus.bus.consumer({ name, kind, maxPending: init.maxPending });
    consumers.set(name, consumer);
    const facts = { metrics, consumer: name, capacity: init.maxPending };
    const open = new OpenDeliveries({ ...facts, nowUs: () => clock.nowUs() });
    openOf.set(name, open);
    begins.push(() => {
      consumer.run((delivery) => open.during(name, () => onBatch(name, delivery))).catch(raise);
    });
  }
  // The client of a store has no timer of its own: quiet tables are written by this one.
  const timer = setInterval(() => {
    actor.flush().catch(raise);
  }, init.flushMs);

  return {
    begin: () => {
      for (const begin of begins) begin();
    },
    commands: {
      attach: (ends: Parameters<typeof threadBus.attach>[0]) => threadBus.attach(ends),
      /** Waits until everything up to these positions is durable and visible to queries. */
      drain: async (goal: StoreGoal): Promise<void> => {
        await gate.wait(() => actor.events.reached(goal.events) && actor.results.reached(goal.results));
        await actor.flush();
        await store.settle();
      },
      query: (sql: string) => store.query(sql),
      /** Writes versions of instruments; answers when they are durable. */
      instruments: async (versions: readonly InstrumentVersion[]): Promise<void> => {
        const batch = store.newBatch();
        for (const version of versions) batch.appendInstrument(version);
        await store.write(batch);
      },
      metrics: () => {
        metrics.store.pendingRows.set(actor.pendingRows);
        metrics.store.pendingCapacity.set(2 * init.batchRows);
        for (const open of openOf.values()) open.sample();
        busTelemetry.sample();
        return telemetry.snapshot();
      },
      stop: async () => {
        clearInterval(timer);
        for (const consumer of consumers.values()) await consumer.stop();
        await actor.flush();
        actor.stop();
        stopping.abort();
        await threadBus.bus.close();
        await store.close();
        telemetry.stop();
      },
    },
  };
});

/**
 * The binding of DuckDB aborts the whole process where a thread ends in the midst of one of its calls: a thread that must
 * end waits for these first, whatever else fails meanwhile.
 */
function closeBeforeDeath(store: Store): void {
  let dying = false;
  const onError = (reason: unknown): void => {
    if (dying) return;
    dying = true;
    const die = (last: unknown): void => {
      process.off('uncaughtException', onError);
      setImmediate(() => raise(last));
    };
    store.close().then(() => die(reason), die);
  };
  process.on('uncaughtException', onError);
}

/** Ends the thread: its supervisor decides what follows. */
function raise(error: unknown): never {
  throw error;
}
