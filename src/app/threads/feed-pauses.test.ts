import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { Events } from '../../telemetry/events.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { FeedPauses } from './feed-pauses.ts';

function setUp() {
  const lines: string[] = [];
  const registry = new Registry();
  const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });
  const metrics = createMetrics(registry);
  const clock = { nowUs: 1_000_000_000 };
  const pauses = new FeedPauses({
    ...{ nowUs: () => clock.nowUs, metrics: metrics.feed, events: new Events(log, metrics) },
  });
  return { pauses, clock, page: () => registry.metrics(), said: () => lines.map((line): unknown => JSON.parse(line)) };
}

it('counts each pause, and shows how long the present one has lasted', async () => {
  const { pauses, clock, page } = setUp();
  expect(await page()).toContain('whalewatch_feed_pauses_total{reason="archive"} 0\n');
  pauses.begin('bus');
  pauses.begin('bus');
  pauses.begin('archive');
  clock.nowUs += 7_000_000;
  pauses.end('archive');
  pauses.sample();
  expect([pauses.any, pauses.has('bus'), pauses.has('archive')]).toEqual([true, true, false]);
  const during = await page();
  for (const sample of [
    'whalewatch_feed_pauses_total{reason="bus"} 1',
    'whalewatch_feed_pauses_total{reason="archive"} 1',
    'whalewatch_feed_paused_seconds{reason="bus"} 7',
    'whalewatch_feed_paused_seconds{reason="archive"} 0',
  ])
    expect(during).toContain(`${sample}\n`);
  pauses.end('bus');
  pauses.sample();
  expect(pauses.any).toBe(false);
  expect(await page()).toContain('whalewatch_feed_paused_seconds{reason="bus"} 0\n');
});

it('tells of a pause that lasts, once, and of its end; not of a short one', () => {
  const { pauses, clock, said } = setUp();
  pauses.begin('bus');
  clock.nowUs += 900_000;
  pauses.sample();
  pauses.end('bus');
  expect(said()).toEqual([]);
  pauses.begin('bus');
  for (let second = 0; second < 5; second++) {
    clock.nowUs += 1_000_000;
    pauses.sample();
  }
  pauses.end('bus');
  pauses.end('bus');
  expect(said()).toMatchObject([
    { level: 'warn', msg: 'feeds paused', reason: 'bus', pausedMs: 1000 },
    { level: 'warn', msg: 'feeds resumed', reason: 'bus', pausedMs: 5000 },
  ]);
});
