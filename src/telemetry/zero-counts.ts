/**
 * Counters of what seldom happens begin at zero here. A counter that appears with its first event has no earlier value
 * that Prometheus could tell a growth from: `increase()` would leave out just that event, and an alert on it be silent.
 */

import { TRUST_REASONS } from '../model/event.ts';
import type { FeedMetrics, Metrics } from './metrics.ts';

/** Records of a feed that can make no sense. */
const PARSED_RECORDS = ['recv', 'http'] as const;
/** What a store may answer to a write and still be asked again. */
const STORE_TROUBLES = ['store.unreachable', 'store.rejected', 'store.suspended', 'store.unsettled'] as const;

/** What the raw archive may say. */
const ARCHIVE_TROUBLES = ['capture.unwritable', 'capture.overflow'] as const;
/** Why something may be set aside. */
const DEAD_LETTERS = ['undecodable', 'poison', 'refused'] as const;
/** Roles that keep state. */
const STATEFUL: readonly string[] = ['scoring', 'analytics'];

/** Everything that is counted by venue while a shard watches it. */
export function beginVenueAtZero({ feed, book, actor }: Metrics, exchange: string): void {
  actor.failures.inc({ role: 'book' }, 0);
  feed.connections.inc({ exchange, state: 'open' }, 0);
  feed.reconnects.inc({ exchange, reason: 'closed' }, 0);
  feed.generalFrames.inc({ exchange }, 0);
  for (const reason of PARSED_RECORDS) feed.parseErrors.inc({ exchange, reason }, 0);
  for (const reason of TRUST_REASONS) if (reason !== 'none') book.resyncs.inc({ exchange, reason }, 0);
}

/** What can go wrong with the raw frames of a venue. */
export function beginArchiveAtZero({ archiveFailures, archiveLost }: FeedMetrics, exchange: string): void {
  for (const reason of ARCHIVE_TROUBLES) archiveFailures.inc({ exchange, reason }, 0);
  archiveLost.inc({ exchange }, 0);
}

/** What is counted by the role of a thread. */
export function beginRoleAtZero({ actor }: Metrics, role: string): void {
  actor.failures.inc({ role }, 0);
  actor.restarts.inc({ role }, 0);
  actor.escalations.inc({ role }, 0);
  actor.hung.inc({ role }, 0);
}

export function beginLeasesAtZero({ lease }: Metrics, roles: readonly string[]): void {
  for (const role of roles) {
    lease.takeovers.inc({ role }, 0);
    lease.losses.inc({ role }, 0);
  }
}

export function beginStoreAtZero({ store }: Metrics): void {
  for (const reason of STORE_TROUBLES) {
    store.failures.inc({ reason }, 0);
    store.retries.inc({ reason }, 0);
  }
}

/** What is counted by a consumer of the bus. */
export function beginConsumerAtZero({ bus }: Metrics, consumer: string): void {
  bus.delivered.inc({ consumer }, 0);
  bus.redelivered.inc({ consumer }, 0);
  bus.acknowledged.inc({ consumer }, 0);
}

/** What a consumer may have to set aside. */
export function beginDeadLettersAtZero({ bus }: Metrics, consumer: string): void {
  for (const reason of DEAD_LETTERS) bus.deadLetters.inc({ consumer, reason }, 0);
}

/** What may go wrong with the events of a role that reads the bus, and with the state that it keeps. */
export function beginReaderAtZero({ bus, state }: Metrics, role: string): void {
  bus.holes.inc({ consumer: role }, 0);
  if (!STATEFUL.includes(role)) return;
  state.snapshots.inc({ role, result: 'failed' }, 0);
  state.loads.inc({ role, result: 'refused' }, 0);
}
