/**
 * What of the work this process does where several share it over NATS: its leases, and the fences under which its threads write.
 * Over the embedded bus nobody shares it, and all of it is this process's.
 */

import type { Lane } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { Events } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { beginLeasesAtZero } from '../telemetry/zero-counts.ts';
import type { Fence } from '../transport/fence.ts';
import type { Config } from './config.ts';
import { leaseMsOf, openLeases, planOf, processId, unitsOf } from './hosts.ts';
import { Ownership } from './ownership.ts';
import type { BusInit, NatsInit } from './threads/bus-init.ts';
import type { Topology } from './wiring.ts';

export interface SharedWorkOptions {
  readonly config: Config;
  readonly topology: Topology;
  /** How to reach NATS; null where the bus is in process. */
  readonly nats: NatsInit | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: Events;
  readonly metrics: Metrics;
  /** A unit's work is to begin. @param before the silent process that did it until now; null where there is none */
  readonly onBegin: (unit: string, before: string | null) => Promise<void>;
  /** A unit's work is to end within so long. */
  readonly onEnd: (unit: string, deadlineMs: number) => Promise<void>;
}

/** What another process does already gets a moment to end. */
const LOST_MS = 1000;

export class SharedWork {
  private readonly options: SharedWorkOptions;
  /** Of the work that is shared, by name; a thread of that name does it. */
  private readonly roles: ReadonlyMap<string, string>;
  private toldShare = '';
  /** Null where nobody shares the work, and until `open`. */
  private leases: Ownership | null = null;

  constructor(options: SharedWorkOptions) {
    this.options = options;
    this.roles = new Map(options.nats === null ? [] : unitsOf(options.topology).map(({ name, role }) => [name, role]));
  }

  /** Null where nobody shares the work. */
  get ownership(): Ownership | null {
    return this.leases;
  }

  /** Names of the work that is shared. */
  get units(): readonly string[] {
    return [...this.roles.keys()];
  }

  /** What of it this process does, and what it would take over; null where nobody shares it. */
  get share(): { readonly held: readonly string[]; readonly standby: readonly string[] } | null {
    if (this.leases === null) return null;
    return { held: this.leases.held, standby: this.leases.standby.map(({ unit }) => unit) };
  }

  /** @throws BusError as `openNatsLeases` */
  async open(): Promise<void> {
    const { config, topology, nats, clock, events, log, metrics, onBegin, onEnd } = this.options;
    if (nats === null) return;
    beginLeasesAtZero(metrics, config.roles);
    const roleOf = (unit: string): string => this.roles.get(unit) ?? '';
    this.leases = new Ownership({
      book: await openLeases(nats, config),
      self: processId(),
      roles: config.roles,
      units: unitsOf(topology),
      plan: planOf(topology),
      leaseMs: leaseMsOf(config),
      clock,
      onTaken: async (unit, before) => {
        const from = before === '' ? null : before;
        events.workTaken({ role: roleOf(unit), unit, from });
        await onBegin(unit, from);
      },
      onLost: async (unit, to) => {
        events.workLost({ role: roleOf(unit), unit, to });
        await onEnd(unit, LOST_MS);
      },
      onGivingBack: async (unit) => {
        log.info({ unit }, 'work is given back for others to take');
        await onEnd(unit, config.supervision.shutdownDeadlineMs);
      },
      onTrouble: (error, doing) => events.leaseFailed({ doing, error }),
    });
  }

  isShared(name: string): boolean {
    return this.roles.has(name);
  }

  isOurs(name: string): boolean {
    return !this.roles.has(name) || this.leases?.fenceOf(name) != null;
  }

  /** Under which a unit's work is done; 0 where nobody shares it. */
  termOf(unit: string): number {
    return this.leases?.fenceOf(unit)?.term ?? 0;
  }

  /** For a thread that is about to start: shared work begins under a term of its own. */
  async fenced(name: string): Promise<(bus: BusInit) => BusInit> {
    const fence = this.leases !== null && this.roles.has(name) ? await this.leases.begin(name) : null;
    return (bus) => (bus.kind !== 'nats' || fence === null ? bus : { ...bus, options: { ...bus.options, fence } });
  }

  /** For the supervisor: where it writes on a shard's lanes, it does so as whoever has that shard. */
  fencedPerLane(bus: BusInit): BusInit {
    const { partitions, ingestShards } = this.options.topology;
    if (bus.kind !== 'nats') return bus;
    const fence = ({ partition }: Lane): Fence | null =>
      this.leases?.fenceOf(`ingest-${(partition % partitions) % ingestShards}`) ?? null;
    return { ...bus, options: { ...bus.options, fence } };
  }

  /** Tells what this process does, where that has changed. */
  tell(): void {
    const { share } = this;
    if (share === null) return;
    const { held, standby } = share;
    const words = `${held.join(' ')}/${standby.join(' ')}`;
    if (words === this.toldShare) return;
    this.toldShare = words;
    this.options.events.workShared({ held, standby });
  }
}
