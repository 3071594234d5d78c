import { describe, expect, it } from 'vitest';
import { digestOf } from '../../actors/ledger.ts';
import type { BookReport, IngestReport } from '../threads/ingest.protocol.ts';
import type { ScoringReport } from '../threads/scoring.protocol.ts';
import type { ReportParts } from './report.ts';
import { mergeReport } from './report.ts';

const NO_EVENTS = '0'.repeat(64);
const HASH = 'ab'.repeat(32);

/** Counters that are told apart by their values. */
function book(unit: number): BookReport {
  return {
    state: 'live',
    reason: 'none',
    detail: '',
    links: null,
    lastReceiveUs: null,
    counters: {
      snapshots: unit,
      updates: 2 * unit,
      staleUpdates: 3 * unit,
      earlyUpdates: 0,
      gaps: 4 * unit,
      resyncs: 5 * unit,
      crossed: 6 * unit,
      unknownRemovals: 7 * unit,
      checksumOk: 8 * unit,
      checksumFailed: 9 * unit,
      auditOk: 10 * unit,
      auditFailed: 11 * unit,
      comparedSame: 0,
      comparedDiffering: 0,
      comparedNone: 0,
      malformed: 0,
      promotions: 12 * unit,
      trades: 0,
      tradeCopies: 0,
      refreshes: 0,
      healed: 0,
    },
    levels: { bid: 25, ask: 24 },
    bestBid: '0.0294',
    bestBidSize: '1018.67572156',
    bestAsk: null,
    bestAskSize: null,
  };
}

function ingest(books: Record<string, BookReport>, counts: Partial<IngestReport> = {}): IngestReport {
  return { ignored: 0, malformed: 0, assumedSymbols: [], books, ...counts };
}

function scoring(report: Partial<ScoringReport>): ScoringReport {
  return { resumed: false, events: {}, scores: {}, books: {}, scoreHashes: {}, results: {}, ...report };
}

function merge(parts: Partial<ReportParts>): ReturnType<typeof mergeReport> {
  const none = { frames: 0, malformedLines: 0, elapsedMs: 0, restarts: 0 };
  return mergeReport({ ...none, ingest: [], scoring: [], analytics: null, ...parts });
}

describe('a merged report', () => {
  it('adds up what books and shards counted', () => {
    const report = merge({
      frames: 100,
      malformedLines: 2,
      elapsedMs: 12.6,
      restarts: 1,
      ingest: [
        ingest({ 'kraken:ETH-USD': book(1) }, { ignored: 3, malformed: 4 }),
        ingest({ 'binance:BTC-USDT': book(100) }, { ignored: 5, malformed: 6 }),
      ],
    });
    expect(report).toMatchObject({
      frames: 100,
      malformed: 12,
      elapsed_ms: 13,
      restarts: 1,
      ignored: 8,
      gaps: 404,
      resyncs: 505,
      crossed: 606,
      unknown_removals: 707,
      checksums: { ok: 808, failed: 909 },
      audits: { ok: 1010, failed: 1111 },
      promotions: 1212,
    });
  });

  it('adds up events and scores of all scoring shards, a score being an event', () => {
    const report = merge({
      scoring: [
        scoring({ events: { trade: 1, 'book.delta': 5 }, scores: { none: 1, '2': 3 } }),
        scoring({ events: { trade: 2 }, scores: { none: 10, '6': 1 } }),
      ],
    });
    expect(report.events).toEqual({ trade: 3, 'book.delta': 5, 'order.score': 15 });
    expect(report.scores).toEqual({ none: 11, '2': 3, '6': 1 });
  });

  it('tells of analytics where there were any', () => {
    const counts = { spread: 2, 'book.top': 2, liquidity: 1, bar: 1, indicator: 0 };
    const leftOut = { late: 1, early: 0, abstained: 2, silent: 3 };
    const { analytics } = merge({ analytics: { counts, leftOut, hashes: { 'kraken:A-B': HASH }, results: {} } });
    expect(analytics).toMatchObject({ rows: counts, left_out: leftOut });
    expect(analytics?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(merge({}).analytics).toBeNull();
  });

  it('tells of each book, in the order of their names', () => {
    const report = merge({
      ingest: [ingest({ 'kraken:ETH-USD': book(1) }), ingest({ 'binance:BTC-USDT': book(2) })],
      scoring: [scoring({ books: { 'kraken:ETH-USD': { hash: HASH, events: 9 } } })],
    });
    expect(Object.keys(report.books)).toEqual(['binance:BTC-USDT', 'kraken:ETH-USD']);
    expect(report.books['kraken:ETH-USD']).toEqual({
      state: 'live',
      reason: 'none',
      snapshots: 1,
      updates: 2,
      stale_updates: 3,
      gaps: 4,
      resyncs: 5,
      crossed: 6,
      checksums: { ok: 8, failed: 9 },
      audits: { ok: 10, failed: 11 },
      levels: { bid: 25, ask: 24 },
      best_bid: '0.0294',
      best_bid_size: '1018.67572156',
      best_ask: null,
      best_ask_size: null,
      hash: HASH,
    });
  });

  it('digests the hashes of all books, one that never had an event included, whichever shard told of them', () => {
    const books = { 'kraken:ETH-USD': { hash: HASH, events: 9 } };
    const one = merge({
      ingest: [ingest({ 'kraken:ETH-USD': book(1), 'a:B-C': book(1) })],
      scoring: [scoring({ books })],
    });
    const two = merge({
      ingest: [ingest({ 'a:B-C': book(1) }), ingest({ 'kraken:ETH-USD': book(1) })],
      scoring: [scoring({}), scoring({ books })],
    });
    expect(one.digest).toBe(digestOf({ 'a:B-C': NO_EVENTS, 'kraken:ETH-USD': HASH }));
    expect(two.digest).toBe(one.digest);
    expect(one.books['a:B-C']?.hash).toBe(NO_EVENTS);
  });
});
