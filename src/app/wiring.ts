/**
 * Who is connected with whom over the bus. With NATS a thread only needs to know the servers; the in-process bus is
 * made of links between threads, which are renewed whenever one of their threads starts again.
 *
 *     ingest shard ──md──> scoring and analytics threads of the partition ──result──> store
 *                └──────────────────────────md──────────────────────────────────────────┘
 *
 * The monitor looks on at every writer, as a spectator: it is no consumer that anything is kept for.
 */

import type { ThreadHost } from '../actors/runtime/thread-host.ts';
import { PayloadUnsendable } from '../actors/runtime/thread-host.ts';
import type { LaneKind } from '../ports/bus.ts';
import { createLink } from '../transport/embedded-link.ts';
import type { LinkEnd, LinkSpec } from '../transport/embedded-link.ts';
import type { ExpectedConsumer } from '../transport/expected-consumer.ts';
import type { BusInit, NatsInit } from './threads/bus-init.ts';
import { portsOf } from './threads/bus-init.ts';
import { consumerName } from './threads/topology.ts';

/** The supervisor writes market events too: that a lost shard's books are stale. */
export type Role = 'supervisor' | 'ingest' | 'scoring' | 'analytics' | 'store' | 'monitor';

/** One end of links: a thread, or the supervisor itself. */
export interface Member {
  readonly role: Role;
  readonly index: number;
  readonly host: Pick<ThreadHost, 'alive' | 'boot' | 'call'>;
}

export interface Topology {
  readonly partitions: number;
  readonly ingestShards: number;
  readonly scoringShards: number;
  /** None where it is not given. */
  readonly analyticsShards?: number;
  readonly store: boolean;
  /** Whether a monitor looks on; no where it is not given. */
  readonly monitor?: boolean;
}

/** What a role puts onto the bus. */
const WRITES: Readonly<Record<Role, LaneKind | null>> = {
  supervisor: 'md',
  ingest: 'md',
  scoring: 'result',
  analytics: 'result',
  store: null,
  monitor: null,
};

/** Roles that read market events of their partitions and write results. */
const MEASURING = ['scoring', 'analytics'] as const;

function shardsOf(role: (typeof MEASURING)[number], { scoringShards, analyticsShards = 0 }: Topology): number {
  return role === 'scoring' ? scoringShards : analyticsShards;
}

/** The partitions that a shard writes or reads: every one belongs to one shard of a role. */
export function partitionsOf(index: number, shards: number, partitions: number): number[] {
  return Array.from({ length: partitions }, (_, partition) => partition).filter((one) => one % shards === index);
}

/** Every durable consumer of the bus. */
export function expectedConsumers(topology: Topology): ExpectedConsumer[] {
  const { partitions, store } = topology;
  const measuring = MEASURING.filter((role) => shardsOf(role, topology) > 0).flatMap((role) =>
    Array.from({ length: partitions }, (_, partition) => ({
      name: consumerName(role, partition),
      kind: 'md' as const,
      partition,
    })),
  );
  if (!store) return measuring;
  return [
    ...measuring,
    { name: consumerName('store-md'), kind: 'md' as const },
    { name: consumerName('store-result'), kind: 'result' as const },
  ];
}

export interface WiringOptions {
  readonly topology: Topology;
  /** Null for the in-process bus. */
  readonly nats: NatsInit | null;
  readonly window: { readonly batches: number; readonly bytes: number };
}

export class Wiring {
  private readonly options: WiringOptions;
  /** Those whose thread can be linked; several may boot at a time. */
  private readonly booted = new Set<Member>();

  constructor(options: WiringOptions) {
    this.options = options;
  }

  /**
   * Boots a member, for the first time or again, and links it with every peer that is running.
   * @param init the role's init, given the bus
   */
  async boot(member: Member, init: (bus: BusInit) => unknown): Promise<void> {
    const { nats, topology, window } = this.options;
    if (nats !== null) {
      await member.host.boot(init({ kind: 'nats', options: nats }));
      return;
    }
    const kind = WRITES[member.role];
    const expected = expectedConsumers(topology)
      .filter((consumer) => consumer.kind === kind)
      .filter((consumer) => writesFor(consumer, member, topology));
    // What it says before it is linked is kept for the consumers that it expects.
    this.booted.delete(member);
    await member.host.boot(
      init({ kind: 'embedded', expected, window, ...(topology.monitor === true ? { watched: true } : {}) }),
    );
    this.booted.add(member);
    for (const peer of this.booted) if (peer !== member && peer.host.alive) await this.link(member, peer);
  }

  private async link(member: Member, peer: Member): Promise<void> {
    const links = [
      ...this.linksBetween(member, peer).map((spec) => ({ ...createLink(spec), from: member })),
      ...this.linksBetween(peer, member).map((spec) => ({ ...createLink(spec), from: peer })),
    ];
    if (links.length === 0) return;
    await attach(
      member,
      links.map((link) => (link.from === member ? link.writer : link.consumer)),
    );
    try {
      await attach(
        peer,
        links.map((link) => (link.from === peer ? link.writer : link.consumer)),
      );
    } catch (error) {
      // A peer that died, or did not come up, is linked when it is booted again: no fault of this member.
      if (peer.host.alive) throw error;
    }
  }

  /** Links on which `writer` sends and `reader` reads. */
  private linksBetween(writer: Member, reader: Member): LinkSpec[] {
    const { topology } = this.options;
    const { partitions, ingestShards } = topology;
    const writesMd = WRITES[writer.role] === 'md';
    const { role } = reader;
    if (writesMd && (role === 'scoring' || role === 'analytics')) {
      const shards = shardsOf(role, topology);
      const written =
        writer.role === 'supervisor'
          ? partitionsOf(0, 1, partitions)
          : partitionsOf(writer.index, ingestShards, partitions);
      return written
        .filter((partition) => partition % shards === reader.index)
        .map((partition) => ({ consumer: consumerName(role, partition), kind: 'md', partition }));
    }
    if (writesMd && reader.role === 'store') return [{ consumer: consumerName('store-md'), kind: 'md' }];
    if (WRITES[writer.role] === 'result' && reader.role === 'store') {
      return [{ consumer: consumerName('store-result'), kind: 'result' }];
    }
    const written = WRITES[writer.role];
    if (written !== null && reader.role === 'monitor') {
      return [{ consumer: consumerName(`monitor-${written}`), kind: written, spectator: true }];
    }
    return [];
  }
}

/** Hands a member its ends of links. */
async function attach({ host }: Member, ends: readonly LinkEnd[]): Promise<void> {
  try {
    await host.call('attach', ends, portsOf(ends));
  } catch (error) {
    // The other end has died with its thread in this very moment: links are made anew when that is booted again.
    if (!(error instanceof PayloadUnsendable)) throw error;
  }
}

/** Whether a member writes any lane that the consumer reads. */
function writesFor(consumer: ExpectedConsumer, member: Member, { ingestShards }: Topology): boolean {
  if (member.role !== 'ingest' || consumer.partition === undefined) return true;
  return consumer.partition % ingestShards === member.index;
}
