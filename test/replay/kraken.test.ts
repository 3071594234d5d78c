/** Recorded Kraken traffic: the venue's own checksums must match, and no book may be deeper than its subscription. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { ReplayReport } from '../../src/app/replay/report.ts';
import type { EventView } from '../../src/model/event.ts';
import { WINDOW_EXIT } from '../../src/model/event.ts';
import { describeWithData } from '../data.ts';
import { captureParts, recordsAt } from '../fixtures/captures.ts';
import { runIngest } from '../fixtures/run-ingest.ts';
import { runReplay } from './run-replay.ts';

/** What the books of a capture come to when their levels are counted after every record. */
interface DepthCount {
  /** Most levels that any side ever held. */
  deepest: number;
  /** Levels that were cut because the subscription's window ends before them. */
  windowExits: number;
}

function countLevels(path: string): DepthCount {
  const count: DepthCount = { deepest: 0, windowExits: 0 };
  runIngest(recordsAt(path), {
    onEvent: (view) => {
      count.windowExits += windowExits(view);
    },
    onRecord: (shard) => {
      for (const [, { book }] of shard.books()) count.deepest = Math.max(count.deepest, book.bidLevels, book.askLevels);
    },
  });
  return count;
}

function windowExits(view: EventView): number {
  if (view.kind !== 'book.delta') return 0;
  return view.changes.kind.subarray(0, view.changes.count).filter((kind) => kind === WINDOW_EXIT).length;
}

function statesOf(report: ReplayReport): string[] {
  return Object.values(report.books).map(({ state, reason }) => `${state} ${reason}`);
}

describeWithData('Kraken v1, ten pairs of depth 1000', captureParts('kraken-v1'), (path) => {
  let report: ReplayReport;
  beforeAll(async () => {
    ({ report } = await runReplay([path]));
  });

  it('matches all 4,269 checksums', () => {
    expect(report.checksums).toEqual({ ok: 4269, failed: 0 });
    expect(report).toMatchObject({ gaps: 0, resyncs: 0, crossed: 0, malformed: 0, restarts: 0, frames: 4430 });
  });

  it('ends with ten live books of one snapshot each', () => {
    expect(statesOf(report)).toEqual(Array.from({ length: 10 }, () => 'live none'));
    expect(Object.values(report.books).map(({ snapshots }) => snapshots)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it('takes all trades and leaves tickers and heartbeats out', () => {
    expect(report.events).toMatchObject({ 'book.snapshot': 10, 'book.delta': 4269, trade: 10 });
    expect(report.ignored).toBeGreaterThanOrEqual(18);
  });

  it('holds 853 levels on a side at most, so that none had to be cut', () => {
    expect(countLevels(path)).toEqual({ deepest: 853, windowExits: 0 });
  });
});

describeWithData('Kraken v2, depth 25, resubscribed on the way', captureParts('kraken-v2-mina'), (path) => {
  it('matches all 19 checksums and is live again after the resubscription', async () => {
    const { report, lines } = await runReplay([path], { emit: 'status' });
    expect(report.checksums).toEqual({ ok: 19, failed: 0 });
    expect(report).toMatchObject({ gaps: 0, resyncs: 1, crossed: 0, malformed: 0 });
    expect(report.books).toMatchObject({
      'kraken:MINA-GBP': { state: 'live', reason: 'none', snapshots: 2, updates: 17, resyncs: 1 },
    });
    const states = lines.map((line) => (JSON.parse(line) as { state: string }).state);
    expect(states).toEqual(['syncing', 'live', 'syncing', 'live']);
  });

  it('never holds more than 25 levels on a side, having cut the three that left the window', () => {
    expect(countLevels(path)).toEqual({ deepest: 25, windowExits: 3 });
  });
});

describeWithData('Kraken v2, depth 10', captureParts('kraken-v2-btc'), (path) => {
  it('matches all 4 checksums', async () => {
    const { report } = await runReplay([path]);
    expect(report.checksums).toEqual({ ok: 4, failed: 0 });
    expect(statesOf(report)).toEqual(['live none']);
  });

  it('never holds more than 10 levels on a side', () => {
    expect(countLevels(path).deepest).toBe(10);
  });
});

describe('several captures in one replay', () => {
  describeWithData('both Kraken v2 captures', captureParts('kraken-v2-mina'), (mina) => {
    describeWithData('one after the other', captureParts('kraken-v2-btc'), (btc) => {
      it('adds up to 23 checksums', async () => {
        const { report } = await runReplay([mina, btc]);
        expect(report.checksums).toEqual({ ok: 23, failed: 0 });
        expect(Object.keys(report.books)).toEqual(['kraken:BTC-USD', 'kraken:MINA-GBP']);
        expect(statesOf(report)).toEqual(['live none', 'live none']);
      });
    });
  });
});
