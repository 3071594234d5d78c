/** The one object that `replay --json` prints: a contract (field names and meanings stand in the README). */

import { digestOf } from '../../actors/ledger.ts';
import type { AnalyticsReport } from '../threads/analytics.protocol.ts';
import type { BookReport, IngestReport } from '../threads/ingest.protocol.ts';
import type { ScoringReport } from '../threads/scoring.protocol.ts';

export interface ReplayBook {
  readonly state: string;
  readonly reason: string;
  readonly snapshots: number;
  readonly updates: number;
  readonly stale_updates: number;
  readonly gaps: number;
  readonly resyncs: number;
  readonly crossed: number;
  readonly checksums: { readonly ok: number; readonly failed: number };
  readonly audits: { readonly ok: number; readonly failed: number };
  /** Messages that named the one before them, and those that did not, where the venue chains them. */
  readonly links?: { readonly ok: number; readonly broken: number };
  readonly levels: { readonly bid: number; readonly ask: number };
  readonly best_bid: string | null;
  readonly best_bid_size: string | null;
  readonly best_ask: string | null;
  readonly best_ask_size: string | null;
  readonly hash: string;
}

export interface ReplayReport {
  readonly frames: number;
  readonly malformed: number;
  readonly elapsed_ms: number;
  readonly digest: string;
  readonly events: Readonly<Record<string, number>>;
  readonly ignored: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly checksums: { readonly ok: number; readonly failed: number };
  /** Comparisons of books with the venue's own best prices. */
  readonly audits: { readonly ok: number; readonly failed: number };
  readonly gaps: number;
  readonly resyncs: number;
  readonly crossed: number;
  readonly unknown_removals: number;
  /** Books that passed 2^53 and went on with bigints. */
  readonly promotions: number;
  /** Times that a shard died and was restored. */
  readonly restarts: number;
  /** Rows of market analytics; null where nothing was measured. */
  readonly analytics: ReplayAnalytics | null;
  readonly books: Readonly<Record<string, ReplayBook>>;
}

export interface ReplayAnalytics {
  /** Rows by kind. */
  readonly rows: Readonly<Record<string, number>>;
  /** What came too late or ahead of time, minutes not watched with a live book, seconds of long silence. */
  readonly left_out: Readonly<Record<string, number>>;
  /** Over all rows of all books, as `digest` is over market events. */
  readonly digest: string;
}

export interface ReportParts {
  readonly frames: number;
  readonly malformedLines: number;
  readonly elapsedMs: number;
  readonly restarts: number;
  readonly ingest: readonly IngestReport[];
  readonly scoring: readonly ScoringReport[];
  readonly analytics: AnalyticsReport | null;
}

/** The hash of a book that never had a market event. */
const NO_EVENTS = '0'.repeat(64);

export function mergeReport(parts: ReportParts): ReplayReport {
  const books: Record<string, BookReport> = Object.assign({}, ...parts.ingest.map((report) => report.books));
  const ledger = Object.assign({}, ...parts.scoring.map((report) => report.books)) as ScoringReport['books'];
  const keys = Object.keys(books).sort();
  const hashes = Object.fromEntries(keys.map((key) => [key, ledger[key]?.hash ?? NO_EVENTS]));
  const total = (name: keyof BookReport['counters']): number =>
    keys.reduce((sum, key) => sum + (books[key]?.counters[name] ?? 0), 0);
  const scores = addUp(parts.scoring.map((report) => report.scores));
  return {
    frames: parts.frames,
    malformed: parts.malformedLines + sum(parts.ingest.map((report) => report.malformed)),
    elapsed_ms: Math.round(parts.elapsedMs),
    digest: digestOf(hashes),
    events: {
      ...addUp(parts.scoring.map((report) => report.events)),
      'order.score': sum(Object.values(scores)),
    },
    ignored: sum(parts.ingest.map((report) => report.ignored)),
    scores,
    checksums: { ok: total('checksumOk'), failed: total('checksumFailed') },
    audits: { ok: total('auditOk'), failed: total('auditFailed') },
    gaps: total('gaps'),
    resyncs: total('resyncs'),
    crossed: total('crossed'),
    unknown_removals: total('unknownRemovals'),
    promotions: total('promotions'),
    restarts: parts.restarts,
    analytics: analyticsOf(parts.analytics),
    books: Object.fromEntries(keys.map((key) => [key, bookOf(books[key] as BookReport, hashes[key] ?? NO_EVENTS)])),
  };
}

function analyticsOf(report: AnalyticsReport | null): ReplayAnalytics | null {
  if (report === null) return null;
  const { counts, leftOut, hashes } = report;
  return { rows: counts, left_out: { ...leftOut }, digest: digestOf(hashes) };
}

function bookOf(report: BookReport, hash: string): ReplayBook {
  const { counters } = report;
  return {
    state: report.state,
    reason: report.reason,
    snapshots: counters.snapshots,
    updates: counters.updates,
    stale_updates: counters.staleUpdates,
    gaps: counters.gaps,
    resyncs: counters.resyncs,
    crossed: counters.crossed,
    checksums: { ok: counters.checksumOk, failed: counters.checksumFailed },
    audits: { ok: counters.auditOk, failed: counters.auditFailed },
    ...(report.links === null ? {} : { links: report.links }),
    levels: report.levels,
    best_bid: report.bestBid,
    best_bid_size: report.bestBidSize,
    best_ask: report.bestAsk,
    best_ask_size: report.bestAskSize,
    hash,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function addUp(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const record of records) {
    for (const [key, value] of Object.entries(record)) total[key] = (total[key] ?? 0) + value;
  }
  return total;
}
