/** Single orders replayed: the recording's chain, and the same outcome whatever the shards and batches. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCaptureLine } from '../../src/collect/capture-line.ts';
import { describeWithData } from '../data.ts';
import { ORDER_VENUES, recordedOrders } from '../faults/recorded-orders.ts';
import { captureParts } from '../fixtures/captures.ts';
import type { ReplayOutcome } from './run-replay.ts';
import { outcomeOf, runReplay } from './run-replay.ts';

describeWithData('a replay of recorded orders', captureParts('bitstamp-orders'), (path) => {
  it('finds every link of the chain', async () => {
    const { report } = await runReplay([path]);
    expect(report).toMatchObject({ frames: 12, malformed: 0, ignored: 0, gaps: 0 });
    expect(report.books['bitstamp:BTC-USD']).toMatchObject({
      state: 'syncing',
      reason: 'awaiting-snapshot',
      links: { ok: 10, broken: 0 },
    });
  });
});

describe.each(ORDER_VENUES)('a replay of orders of the simulated %s', (venue) => {
  const SEED = 'replay';
  const folder = mkdtempSync(join(tmpdir(), 'whalewatch-orders-'));
  const path = join(folder, 'orders.capture.ndjson.gz');
  let reference: ReplayOutcome;

  beforeAll(async () => {
    const records = await recordedOrders(venue, { seed: SEED, pairs: ['BTC-USD', 'ETH-USD', 'XRP-USDT'], seconds: 4 });
    writeFileSync(path, gzipSync(records.map((record) => `${encodeCaptureLine(record)}\n`).join('')));
    reference = await runReplay([path]);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('has books, orders and scores', () => {
    const { books, events, malformed, gaps, scores, checksums } = reference.report;
    expect([malformed, gaps, checksums.failed]).toEqual([0, 0, 0]);
    expect(Object.values(books).map(({ state }) => state)).toEqual(['live', 'live', 'live']);
    for (const kind of ['order.add', 'order.change', 'order.cancel']) expect(events[kind], kind).toBeGreaterThan(5);
    const scored = Object.values(scores).reduce((sum, count) => sum + count, 0);
    expect(scored).toBeGreaterThan(50);
    expect(scored).toBeLessThanOrEqual(events['order.add'] ?? 0);
  });

  it.each([{ shards: 4, batch: 7, windowRecords: 100 }])('comes to the same with %o', async (options) => {
    const { report } = await runReplay([path], options);
    expect(outcomeOf(report)).toEqual(outcomeOf(reference.report));
  });

  it('emits orders as lines', async () => {
    const { lines } = await runReplay([path], { emit: 'orders' });
    const types = new Set(lines.map((line) => (JSON.parse(line) as { type: string }).type));
    expect([...types].sort()).toEqual(expect.arrayContaining(['order', 'order.add', 'order.cancel', 'order.change']));
  });
});
