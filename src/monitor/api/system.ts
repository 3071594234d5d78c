/** How the program itself fares. Totals count from the start of the program; rates are of the last seconds. */

import { z } from 'zod';
import { exchangeName, timeMs } from './values.ts';

const total = z.number().min(0);
const ms = z.number().nullable();

export const venueHealth = z
  .object({
    exchange: exchangeName,
    connections: z.number().meta({ description: 'Open connections.' }),
    frames: total,
    framesPerS: z.number(),
    bytesPerS: z.number(),
    parseErrors: total,
    reconnects: total,
    live: z.int().meta({ description: 'Books by trust state.' }),
    syncing: z.int(),
    stale: z.int(),
    suspect: z.int(),
    events: total,
    eventsPerS: z.number(),
    gaps: total,
    healed: total,
    resyncs: total,
    checksumOk: total,
    checksumFailed: total,
    crossed: total,
    lagMs: ms.meta({ description: 'From the receipt of the newest frame to its arrival here; null: nothing came.' }),
  })
  .meta({ id: 'VenueHealth' });
export type VenueHealth = z.output<typeof venueHealth>;

export const threadHealth = z
  .object({
    name: z.string().meta({ description: 'e.g. `ingest-0`; `supervisor` is the main thread.' }),
    running: z.boolean(),
    restarts: z.int(),
    eventLoopDelayP99Ms: ms,
    eventLoopDelayMaxMs: ms,
    heapUsedBytes: z.number().nullable(),
    heapLimitBytes: z.number().nullable(),
  })
  .meta({ id: 'ThreadHealth' });
export type ThreadHealth = z.output<typeof threadHealth>;

export const queueDepth = z
  .object({
    name: z.string().meta({ description: 'e.g. `publishes under way`, `rows to write`.' }),
    depth: z.number(),
    capacity: z.number().nullable().meta({ description: 'Null where it has no fixed one.' }),
    unit: z.enum(['batches', 'rows']),
    dropped: z.int().nullable().meta({ description: 'What it has lost so far; null: it waits instead of losing.' }),
  })
  .meta({ id: 'QueueDepth' });
export type QueueDepth = z.output<typeof queueDepth>;

export const systemState = z
  .object({
    version: z.string(),
    startedMs: timeMs('When the program started.'),
    nowMs: timeMs('When this was told.'),
    bus: z.string(),
    store: z.string(),
    healthy: z.boolean(),
    reasons: z.array(z.string()).meta({ description: 'Why it is not healthy.' }),
    ready: z.boolean(),
    missing: z.array(z.string()).meta({ description: 'What is not there yet, the first ones of it.' }),
    memoryBytes: z.number().nullable().meta({ description: 'Resident memory of the process.' }),
    venues: z.array(venueHealth),
    threads: z.array(threadHealth),
    queues: z.array(queueDepth),
    monitor: z.object({
      clients: z.int(),
      clientsMax: z.int(),
      clientsDropped: z.int().meta({ description: 'Clients that were closed since they read too slowly.' }),
      batchesDropped: z.int().meta({ description: 'Batches of the bus that this monitor was too slow for.' }),
    }),
  })
  .meta({ id: 'SystemState' });
export type SystemState = z.output<typeof systemState>;

/** The parts with another value than before. Lists are whole. */
export const systemUpdate = systemState.partial();
export type SystemUpdate = z.output<typeof systemUpdate>;
