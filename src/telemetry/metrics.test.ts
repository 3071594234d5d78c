import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { snapshotOf } from './metrics-hub.ts';
import { ThreadVitals } from './thread-vitals.ts';

describe('the catalogue', () => {
  test('names say subsystem, what and base unit; counters end in _total and nothing else does', async () => {
    const registry = new Registry();
    createMetrics(registry);
    const metrics = await snapshotOf(registry);
    expect(metrics.length).toBeGreaterThan(30);
    for (const { name, type, help } of metrics) {
      expect(name).toMatch(
        /^whalewatch_(feed|book|latency|scoring|analytics|bus|store|actor|thread|monitor|state|lease)_[a-z0-9_]+$/,
      );
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|us|ns|kb|mb|minutes)(_|$)/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('no pair is a label', () => {
    const registry = new Registry();
    const slices = Object.values(createMetrics(registry));
    const labels = slices.flatMap((slice) => Object.values(slice)).flatMap((metric) => labelNames(metric));
    expect(new Set(labels)).toEqual(
      new Set([
        'exchange',
        'reason',
        'state',
        'kind',
        'model',
        'result',
        'score',
        'lane',
        'consumer',
        'table',
        'role',
        'thread',
        'unit',
      ]),
    );
  });

  test('a registry takes it once', () => {
    const registry = new Registry();
    createMetrics(registry);
    expect(() => createMetrics(registry)).toThrow(/already been registered/);
  });

  test('a latency below zero, as clocks that differ give it, is counted', async () => {
    const registry = new Registry();
    createMetrics(registry).latency.exchangeToReceive.observe({ exchange: 'binance' }, -1.27);
    expect(await registry.metrics()).toContain(
      'whalewatch_latency_exchange_to_receive_seconds_bucket{le="0.00005",exchange="binance"} 1',
    );
  });
});

test('a thread reports its heap and its event-loop delay', async () => {
  const registry = new Registry();
  const vitals = new ThreadVitals(createMetrics(registry).thread, 'main');
  vitals.sample();
  vitals.stop();
  const byName = new Map((await snapshotOf(registry)).map(({ name, values }) => [name, values[0]]));
  const used = byName.get('whalewatch_thread_heap_used_bytes');
  expect(used?.labels).toEqual({ thread: 'main' });
  expect(used?.value).toBeGreaterThan(1e6);
  expect(byName.get('whalewatch_thread_heap_limit_bytes')?.value).toBeGreaterThan(used?.value ?? Infinity);
  expect(byName.get('whalewatch_thread_event_loop_delay_p99_seconds')?.value).toBeGreaterThanOrEqual(0);
});

function labelNames(metric: unknown): string[] {
  if (typeof metric !== 'object' || metric === null || !('labelNames' in metric)) return [];
  return Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
}
