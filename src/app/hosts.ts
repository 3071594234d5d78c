/** How a process of several takes its part in the work: what the configuration says of it. */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Unit } from '../actors/lease-table.ts';
import { DEFAULT_LIMITS } from '../transport/nats-streams.ts';
import type { Config } from './config.ts';
import type { LeaseBook } from '../ports/lease-book.ts';
import type { NatsInit } from './threads/bus-init.ts';
import type { Topology } from './wiring.ts';

/** Every unit of work, in the order in which they start: a shard of a role, which is a thread of that name. */
export function unitsOf(topology: Topology): Unit[] {
  const { store, scoringShards, analyticsShards = 0, ingestShards } = topology;
  const shards = { store: store ? 1 : 0, scoring: scoringShards, analytics: analyticsShards, ingest: ingestShards };
  return Object.entries(shards).flatMap(([role, count]) =>
    Array.from({ length: count }, (_, index) => ({ role, name: `${role}-${index}` })),
  );
}

/**
 * How the work is cut: all who share it must agree, since it decides which pairs are whose, and for whom the bus keeps
 * what it carries.
 */
export function planOf({ partitions, ingestShards, scoringShards, analyticsShards = 0, store }: Topology): string {
  const counts = { partitions, ingest: ingestShards, scoring: scoringShards, analytics: analyticsShards };
  const words = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  return [...words, `store ${store ? 1 : 0}`].join(', ');
}

/** A name for this process that no other one has, also none before it. */
export function processId(): string {
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9_-]/g, '_')
    .slice(0, 48);
  return `${host}-${process.pid}-${randomBytes(3).toString('hex')}`;
}

export function leaseMsOf({ bus }: Config): number {
  return bus.leaseS * 1000;
}

/** @throws BusError as `openNatsLeases` */
export async function openLeases(init: NatsInit, config: Config): Promise<LeaseBook> {
  const { openNatsLeasesAs } = await import('./threads/nats-init.ts');
  // Whoever waits for an answer longer than until the next renewal asks again.
  return openNatsLeasesAs(init, { ...DEFAULT_LIMITS, ...init.limits }, leaseMsOf(config) / 2);
}
