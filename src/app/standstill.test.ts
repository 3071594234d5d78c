import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetrics } from '../telemetry/metrics.ts';
import type { MetricsSnapshot } from '../telemetry/metrics-hub.ts';
import { MetricsHub, snapshotOf } from '../telemetry/metrics-hub.ts';
import { STANDSTILL_METRICS, standingConsumers } from './standstill.ts';
import { OpenDeliveries } from './threads/open-deliveries.ts';

/** A thread that reads the bus. */
class Thread {
  private readonly registry = new Registry();
  private readonly deliveries: OpenDeliveries;

  constructor(consumer: string, nowUs: () => number) {
    const metrics = createMetrics(this.registry);
    this.deliveries = new OpenDeliveries({ metrics, consumer, capacity: 8, nowUs });
  }

  /** @returns ends the step */
  begin(source: string): () => Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const step = this.deliveries.during(source, () => promise);
    return () => {
      resolve();
      return step;
    };
  }

  snapshot(): Promise<MetricsSnapshot> {
    this.deliveries.sample();
    return snapshotOf(this.registry);
  }
}

it('names who has been at one batch for half a minute, however many wait for a shorter time', async () => {
  const clock = { nowUs: 1_000_000_000 };
  const hub = new MetricsHub();
  const names = ['scoring', 'scoring', 'store-md'];
  const threads = names.map((name) => new Thread(name, () => clock.nowUs));
  const standing = async (): Promise<string[]> => {
    for (const [index, thread] of threads.entries()) hub.update(`thread-${index}`, await thread.snapshot());
    return standingConsumers(hub.values(STANDSTILL_METRICS)).map(({ name, reason }) => `${name} ${reason}`);
  };
  expect(await standing()).toEqual([]);
  const [first, second, store] = threads.map((thread) => thread.begin('a'));
  threads[0]?.begin('b');
  clock.nowUs += 20_000_000;
  // Two of them for twenty seconds each are not one for forty.
  expect(await standing()).toEqual([]);
  await second?.();
  await store?.();
  clock.nowUs += 11_000_000;
  expect(await standing()).toEqual(['scoring stands still']);
  await first?.();
  expect(await standing()).toEqual(['scoring stands still']);
});
