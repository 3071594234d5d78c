import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { Delivery } from '../../ports/bus.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { OpenDeliveries } from './open-deliveries.ts';

function setUp() {
  const registry = new Registry();
  const clock = { nowUs: 10_000_000 };
  const options = { metrics: createMetrics(registry), consumer: 'scoring', capacity: 8, nowUs: () => clock.nowUs };
  const open = new OpenDeliveries(options);
  const page = async (): Promise<string> => {
    open.sample();
    return await registry.metrics();
  };
  return { open, clock, page };
}

function delivery(position: number, redelivered = false): Delivery {
  const lane = { kind: 'md', topic: 'kraken', partition: 0 } as const;
  return { lane, position, data: new Uint8Array(), redelivered };
}

test('the lag is the age of the oldest batch that is not acknowledged, over all sources', async () => {
  const { open, clock, page } = setUp();
  open.take('a', delivery(1), { receiveUs: 9_000_000, exchangeUs: null });
  open.take('a', delivery(2), { receiveUs: 9_500_000, exchangeUs: 9_400_000 });
  open.take('b', delivery(1, true), { receiveUs: 9_250_000, exchangeUs: null });
  const first = await page();
  expect(first).toContain('whalewatch_bus_lag_seconds{consumer="scoring"} 1\n');
  expect(first).toContain('whalewatch_bus_pending_batches{consumer="scoring"} 3\n');
  expect(first).toContain('whalewatch_bus_pending_capacity_batches{consumer="scoring"} 8\n');
  expect(first).toContain('whalewatch_bus_redelivered_batches_total{consumer="scoring"} 1\n');

  const topic = 'kraken';
  expect(open.finish('a', 1)).toEqual([{ position: 1, topic, receiveUs: 9_000_000, exchangeUs: null }]);
  clock.nowUs = 11_000_000;
  expect(await page()).toContain('whalewatch_bus_lag_seconds{consumer="scoring"} 1.75\n');

  open.finish('b', 7);
  expect(open.finish('a', 2)).toHaveLength(1);
  const last = await page();
  expect(last).toContain('whalewatch_bus_lag_seconds{consumer="scoring"} 0\n');
  expect(last).toContain('whalewatch_bus_acknowledged_batches_total{consumer="scoring"} 3\n');
});

test('a batch without events is as old as its delivery', async () => {
  const { open, clock, page } = setUp();
  open.take('a', delivery(1), null);
  clock.nowUs += 500_000;
  expect(await page()).toContain('whalewatch_bus_lag_seconds{consumer="scoring"} 0.5\n');
});
