import type { BookCounters } from './book.protocol.ts';

/** Of a book that nothing was heard of yet. */
export function noCounts(): BookCounters {
  return {
    snapshots: 0,
    updates: 0,
    staleUpdates: 0,
    earlyUpdates: 0,
    gaps: 0,
    resyncs: 0,
    crossed: 0,
    unknownRemovals: 0,
    checksumOk: 0,
    checksumFailed: 0,
    auditOk: 0,
    auditFailed: 0,
    comparedSame: 0,
    comparedDiffering: 0,
    comparedNone: 0,
    malformed: 0,
    promotions: 0,
    trades: 0,
    tradeCopies: 0,
    refreshes: 0,
    healed: 0,
  };
}
