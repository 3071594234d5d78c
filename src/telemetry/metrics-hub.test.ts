import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { MetricsHub, snapshotOf } from './metrics-hub.ts';
import type { MetricsSnapshot } from './metrics-hub.ts';

/** What a thread of the given history posts, after it has crossed a thread border. */
async function snapshot(history: (metrics: Metrics) => void): Promise<MetricsSnapshot> {
  const registry = new Registry();
  history(createMetrics(registry));
  return structuredClone(await snapshotOf(registry));
}

/** The value on the line that begins so; `undefined` where there is none. */
async function valueOf(hub: MetricsHub, series: string): Promise<number | undefined> {
  const line = (await hub.render()).split('\n').find((candidate) => candidate.startsWith(`whalewatch_${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

const frames = (count: number, books = 0) =>
  snapshot((metrics) => {
    metrics.feed.frames.inc({ exchange: 'kraken' }, count);
    metrics.book.books.set({ exchange: 'kraken', state: 'live' }, books);
    for (let i = 0; i < count; i++) metrics.latency.receiveToBook.observe({ exchange: 'kraken' }, 0.0002);
  });

const FRAMES = 'feed_frames_total{exchange="kraken"}';
const BOOKS = 'book_books{exchange="kraken",state="live"}';
const COUNT = 'latency_receive_to_book_seconds_count{exchange="kraken"}';
const BUCKET = 'latency_receive_to_book_seconds_bucket{le="0.00025",exchange="kraken"}';

describe('metrics of many threads', () => {
  test('without a thread the page is empty', async () => {
    expect((await new MetricsHub().render()).trim()).toBe('');
  });

  test('are added up, histograms bucket by bucket', async () => {
    const hub = new MetricsHub();
    hub.update('ingest-0', await frames(2, 3));
    hub.update('ingest-1', await frames(5, 4));
    expect(await valueOf(hub, FRAMES)).toBe(7);
    expect(await valueOf(hub, BOOKS)).toBe(7);
    expect(await valueOf(hub, COUNT)).toBe(7);
    expect(await valueOf(hub, BUCKET)).toBe(7);
  });

  test('a newer snapshot of a thread replaces its last one', async () => {
    const hub = new MetricsHub();
    hub.update('ingest-0', await frames(2));
    hub.update('ingest-0', await frames(3));
    expect(await valueOf(hub, FRAMES)).toBe(3);
  });

  test('a page has help and type once per metric', async () => {
    const hub = new MetricsHub();
    hub.update('ingest-0', await frames(1));
    hub.update('ingest-1', await frames(1));
    const page = await hub.render();
    expect(page.match(/# TYPE whalewatch_feed_frames_total counter/g)).toHaveLength(1);
    expect(page).toContain('# HELP whalewatch_feed_frames_total Frames received from exchanges.');
  });
});

describe('a thread that ends', () => {
  test('keeps its totals and loses its gauges', async () => {
    const hub = new MetricsHub();
    hub.update('ingest-0', await frames(10, 5));
    hub.update('ingest-1', await frames(1, 2));
    hub.ended('ingest-0');
    expect(await valueOf(hub, FRAMES)).toBe(11);
    expect(await valueOf(hub, COUNT)).toBe(11);
    expect(await valueOf(hub, BOOKS)).toBe(2);
  });

  test('goes on from its totals when it starts again, however often', async () => {
    const hub = new MetricsHub();
    const seen: (number | undefined)[] = [];
    for (let incarnation = 0; incarnation < 4; incarnation++) {
      hub.update('ingest-0', await frames(1), incarnation);
      seen.push(await valueOf(hub, FRAMES));
      hub.update('ingest-0', await frames(6), incarnation);
      seen.push(await valueOf(hub, FRAMES));
      if (incarnation % 2 === 0) hub.ended('ingest-0');
      seen.push(await valueOf(hub, FRAMES));
    }
    expect(seen).toEqual([1, 6, 6, 7, 12, 12, 13, 18, 18, 19, 24, 24]);
  });

  test('is not heard any more: a snapshot that was still under way is dropped', async () => {
    const hub = new MetricsHub();
    hub.update('ingest-0', await frames(5, 1), 3);
    hub.ended('ingest-0');
    hub.update('ingest-0', await frames(6, 1), 3);
    expect(await valueOf(hub, FRAMES)).toBe(5);
    expect(await valueOf(hub, BOOKS)).toBeUndefined();
    hub.update('ingest-0', await frames(1, 1), 4);
    hub.update('ingest-0', await frames(9, 9), 3);
    expect(await valueOf(hub, FRAMES)).toBe(6);
    expect(await valueOf(hub, BOOKS)).toBe(1);
  });

  test('of which nothing was heard may end', async () => {
    const hub = new MetricsHub();
    hub.ended('ingest-0');
    hub.update('ingest-0', await frames(1));
    expect(await valueOf(hub, FRAMES)).toBe(1);
  });
});

test('figures are added up over threads that live and threads that ended', async () => {
  const hub = new MetricsHub();
  hub.update('a', await frames(3, 2));
  hub.update('b', await frames(4, 1));
  hub.ended('a');
  const names = new Set(['whalewatch_feed_frames_total', 'whalewatch_book_books']);
  expect(hub.values(names)).toEqual([
    { name: 'whalewatch_feed_frames_total', labels: { exchange: 'kraken' }, value: 7 },
    { name: 'whalewatch_book_books', labels: { exchange: 'kraken', state: 'live' }, value: 1 },
  ]);
});
