import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createMetrics } from '../../telemetry/metrics.ts';
import { newCounters } from '../../transport/bus-counters.ts';
import { BusTelemetry } from './bus-telemetry.ts';

test('adds what the bus has counted since the last sample, once', async () => {
  const registry = new Registry();
  const counters = newCounters();
  const telemetry = new BusTelemetry(createMetrics(registry), counters);
  counters.retries = 2;
  counters.waitsForRoom = 1;
  telemetry.sample();
  telemetry.sample();
  counters.retries = 5;
  telemetry.sample();
  const page = await registry.metrics();
  expect(page).toContain('whalewatch_bus_publish_retries_total 5\n');
  expect(page).toContain('whalewatch_bus_waits_for_room_total 1\n');
  expect(page).toContain('whalewatch_bus_recoveries_total 0\n');
});

test('a bus in process, which counts nothing, has them at zero', async () => {
  const registry = new Registry();
  const telemetry = new BusTelemetry(createMetrics(registry), null);
  telemetry.published({ kind: 'md', topic: 'kraken', partition: 0 }, 300, 2);
  telemetry.sampleWindow('md', 3, 128);
  telemetry.sample();
  const page = await registry.metrics();
  expect(page).toContain('whalewatch_bus_publish_retries_total 0\n');
  expect(page).toContain('whalewatch_bus_published_bytes_total{lane="md"} 300\n');
  expect(page).toContain('whalewatch_bus_publish_duration_seconds_sum{lane="md"} 0.002\n');
  expect(page).toContain('whalewatch_bus_publish_window_capacity_batches{lane="md"} 128\n');
});
