/** Recorded Binance traffic: numbered updates without a gap, bridged snapshots, and the venue's own best prices. */

import { beforeAll, expect, it } from 'vitest';
import { describeWithData } from '../data.ts';
import { captureParts, recordsAt } from '../fixtures/captures.ts';
import { textRecord } from '../fixtures/feed-records.ts';
import type { ReplayOutcome } from './run-replay.ts';
import { runReplay } from './run-replay.ts';

/** A recorded `depthUpdate` or `bookTicker`, as far as these tests read it. */
interface RawMessage {
  readonly s: string;
  /** The newest update that it stands for. */
  readonly u: number;
  /** The first one; a depth event has it. */
  readonly U?: number;
  readonly b: unknown;
  readonly B?: string;
  readonly a: unknown;
  readonly A?: string;
}

/** A `bbo` line, as far as these tests read it. */
interface BboLine {
  readonly seq: number | null;
  readonly bid: string;
  readonly bid_size: string;
  readonly ask: string;
  readonly ask_size: string;
  readonly state: string;
}

/** Messages of one stream, e.g. `@depth`, in the order in which they were received. */
function messagesOf(path: string, stream: string): RawMessage[] {
  return recordsAt(path)
    .map(textRecord)
    .flatMap(({ op, data }) => {
      if (op !== 'recv' || data === null || !data.includes(stream)) return [];
      return [(JSON.parse(data) as { data: RawMessage }).data];
    });
}

/** `lastUpdateId` of each symbol's REST snapshot. */
function snapshotsOf(path: string): Map<string, number> {
  const depths = recordsAt(path)
    .filter(({ op, url }) => op === 'http' && url !== null && url.includes('/depth?'))
    .map(textRecord);
  return new Map(
    depths.map(({ url, data }) => [
      new URL(url ?? '').searchParams.get('symbol') ?? '',
      (JSON.parse(data ?? '') as { lastUpdateId: number }).lastUpdateId,
    ]),
  );
}

/** A decimal without the zeros at its end: the venue pads, our lines do not. */
function plain(decimal: unknown): string {
  return String(decimal)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

describeWithData('Binance BTC-USDT, 650 s', captureParts('binance-650s'), (path) => {
  let outcome: ReplayOutcome;
  beforeAll(async () => {
    outcome = await runReplay([path], { emit: 'bbo' });
  });

  it('applies 6,493 updates without a gap, leaves the two stale ones out, and never crosses', () => {
    const { report } = outcome;
    expect(report).toMatchObject({ gaps: 0, resyncs: 0, crossed: 0, malformed: 0, frames: 99_573 });
    expect(report.books['binance:BTC-USDT']).toMatchObject({
      state: 'live',
      reason: 'none',
      snapshots: 1,
      updates: 6493,
      stale_updates: 2,
      crossed: 0,
    });
    expect(report.events['trade']).toBe(19_904);
  });

  it("has the venue's best prices and sizes at 6,491 of 6,493 depth events", () => {
    const lines = outcome.lines.map((line) => JSON.parse(line) as BboLine).filter(({ state }) => state === 'live');
    expect(lines).toHaveLength(6493);
    // The venue's own best prices, by update number; the newest at or before an event's last update is its truth.
    const tickers = messagesOf(path, '@bookTicker').sort((one, other) => one.u - other.u);
    let next = 0;
    let agreeing = 0;
    for (const { seq, bid, bid_size: bidSize, ask, ask_size: askSize } of lines) {
      while ((tickers[next]?.u ?? Number.POSITIVE_INFINITY) <= (seq ?? NaN)) next++;
      const truth = tickers[next - 1];
      const expected = [truth?.b, truth?.B, truth?.a, truth?.A].map(plain);
      if ([bid, bidSize, ask, askSize].every((value, at) => value === expected[at])) agreeing++;
    }
    expect(agreeing).toBe(6491);
  });

  it('has a line for every depth event that is newer than the snapshot, in order', () => {
    const snapshot = snapshotsOf(path).get('BTCUSDT') ?? NaN;
    const newer = messagesOf(path, '@depth').flatMap(({ u }) => (u > snapshot ? [u] : []));
    const lines = outcome.lines.map((line) => JSON.parse(line) as BboLine).filter(({ state }) => state === 'live');
    expect(lines.map(({ seq }) => seq)).toEqual(newer);
  });

  it('finds by its own audit what this test finds', () => {
    expect(outcome.report.audits).toEqual({ ok: 6491, failed: 2 });
  });
});

describeWithData('Binance, four pairs', captureParts('binance-4pairs'), (path) => bridgesAll(path, 4));
describeWithData('Binance, three pairs of 2021', captureParts('binance-3pairs'), (path) => bridgesAll(path, 3));

function bridgesAll(path: string, pairs: number): void {
  it(`bridges the snapshots of all ${pairs} pairs`, async () => {
    const { report } = await runReplay([path]);
    const snapshots = snapshotsOf(path);
    const depths = messagesOf(path, '@depth');
    expect(snapshots.size).toBe(pairs);
    const seen = Object.fromEntries(
      Object.entries(report.books).map(([key, { stale_updates: stale, updates, snapshots: count, gaps }]) => [
        key.replace(/^binance:|-/g, ''),
        { stale, updates, count, gaps },
      ]),
    );
    const expected = Object.fromEntries(
      [...snapshots].map(([symbol, last]) => {
        const own = depths.filter(({ s }) => s === symbol);
        const stale = own.filter(({ u }) => u <= last).length;
        return [symbol, { stale, updates: own.length - stale, count: 1, gaps: 0 }];
      }),
    );
    expect(seen).toEqual(expected);
    expect(Object.values(report.books).map(({ state }) => state)).toEqual(Array.from({ length: pairs }, () => 'live'));
    expect(report).toMatchObject({ gaps: 0, crossed: 0, malformed: 0 });
  });
}
