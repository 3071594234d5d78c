import { Registry } from 'prom-client';
import { expect, it } from 'vitest';

import { createMetrics } from '../../telemetry/metrics.ts';
import { MetricsHub, snapshotOf } from '../../telemetry/metrics-hub.ts';
import { SYSTEM_METRICS, SystemBoard } from './system-board.ts';

const FACTS = { version: '1.2.3', startedUs: 0, bus: 'embedded', store: 'none' };
const MONITOR = { clients: 0, clientsMax: 1, clientsDropped: 0, batchesDropped: 0 };
const FIGURES = { threads: [], healthy: true, reasons: [], ready: true, missing: [] };

it('counts the connections of a venue that are open, and not those that should be', async () => {
  const registry = new Registry();
  const { feed, book } = createMetrics(registry);
  const hub = new MetricsHub();
  const board = new SystemBoard(FACTS);
  const connections = async (open: number): Promise<number | undefined> => {
    book.books.set({ exchange: 'kraken', state: 'live' }, 1);
    feed.connections.set({ exchange: 'kraken', state: 'wanted' }, 2);
    feed.connections.set({ exchange: 'kraken', state: 'open' }, open);
    hub.update('ingest-0', await snapshotOf(registry));
    board.take({ ...FIGURES, sums: hub.values(SYSTEM_METRICS) }, 0);
    return board.state(0, MONITOR).venues.find(({ exchange }) => exchange === 'kraken')?.connections;
  };
  expect([await connections(2), await connections(0)]).toEqual([2, 0]);
});
