import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import {
  beginArchiveAtZero,
  beginConsumerAtZero,
  beginDeadLettersAtZero,
  beginReaderAtZero,
  beginRoleAtZero,
  beginStoreAtZero,
  beginVenueAtZero,
} from './zero-counts.ts';

test('what seldom happens is on the page before it does', async () => {
  const registry = new Registry();
  const metrics = createMetrics(registry);
  beginVenueAtZero(metrics, 'kraken');
  beginRoleAtZero(metrics, 'store');
  beginStoreAtZero(metrics);
  beginConsumerAtZero(metrics, 'scoring');
  beginReaderAtZero(metrics, 'scoring');
  beginDeadLettersAtZero(metrics, 'scoring-0');
  beginArchiveAtZero(metrics.feed, 'kraken');
  const page = await registry.metrics();
  for (const sample of [
    'whalewatch_feed_connections{exchange="kraken",state="open"} 0',
    'whalewatch_feed_parse_errors_total{exchange="kraken",reason="recv"} 0',
    'whalewatch_book_resyncs_total{exchange="kraken",reason="checksum"} 0',
    'whalewatch_actor_failures_total{role="book"} 0',
    'whalewatch_actor_escalations_total{role="store"} 0',
    'whalewatch_store_retries_total{reason="store.unreachable"} 0',
    'whalewatch_actor_hung_total{role="store"} 0',
    'whalewatch_bus_holes_total{consumer="scoring"} 0',
    'whalewatch_bus_dead_letters_total{consumer="scoring-0",reason="poison"} 0',
    'whalewatch_state_snapshots_total{role="scoring",result="failed"} 0',
    'whalewatch_state_loads_total{role="scoring",result="refused"} 0',
    'whalewatch_feed_archive_lost_records_total{exchange="kraken"} 0',
    'whalewatch_feed_archive_failures_total{exchange="kraken",reason="capture.unwritable"} 0',
    'whalewatch_bus_redelivered_batches_total{consumer="scoring"} 0',
  ]) {
    expect(page).toContain(`${sample}\n`);
  }
});

test('what has happened already stays', async () => {
  const registry = new Registry();
  const metrics = createMetrics(registry);
  metrics.feed.reconnects.inc({ exchange: 'kraken', reason: 'closed' });
  beginVenueAtZero(metrics, 'kraken');
  expect(await registry.metrics()).toContain('whalewatch_feed_reconnects_total{exchange="kraken",reason="closed"} 1\n');
});
