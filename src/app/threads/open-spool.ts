/** The spool of a live ingest shard: what its bus does not take goes to the disk before any socket has to wait. */

import type { Publisher } from '../../ports/bus.ts';
import type { Events } from '../../telemetry/events.ts';
import { DiskQueue } from '../../transport/disk-queue.ts';
import { Spool } from '../../transport/spool.ts';
import type { BusInit } from './bus-init.ts';
import type { LiveInit } from './ingest.protocol.ts';

/** A bus that is waited for however long it is away: what it does not take is kept meanwhile. */
export function patient(bus: BusInit): BusInit {
  return bus.kind === 'nats' ? { ...bus, options: { ...bus.options, isPatient: true } } : bus;
}

/** @param pressure batches in memory at which sockets are not read any more, and at which they are again */
export function openSpool(
  { dir: folder, maxBytes }: NonNullable<LiveInit['spool']>,
  publisher: Publisher,
  pressure: { readonly high: number; readonly low: number },
  events: Events,
): Spool {
  return new Spool({
    publisher,
    queue: new DiskQueue({ folder, maxBytes }),
    memoryBatches: pressure.high - 1,
    catchUpBatches: pressure.low,
    nowMs: () => performance.now(),
    events: {
      onBegin: () => events.spoolBegan(),
      onFull: (trouble) => events.spoolFull({ reason: trouble === null ? 'bus.spool.maxMb' : wordsOf(trouble) }),
      onCaughtUp: (facts) => events.spoolCaughtUp(facts),
    },
  });
}

function wordsOf(trouble: unknown): string {
  return trouble instanceof Error ? trouble.message : String(trouble);
}
