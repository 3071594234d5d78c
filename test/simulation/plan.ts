/** What one seed makes of a world: who is in it, how bad the weather is, and what breaks. */

import { chance, createPrng, int, pick, type Prng } from '../../src/lib/prng.ts';
import type { FaultKind } from '../../src/simulator/fault-plan.ts';
import { FAULT_KINDS } from '../../src/simulator/fault-plan.ts';
import type { VenueName } from '../../src/simulator/venues.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import { assert } from '../../src/lib/assert.ts';
import { proofOf } from '../faults/proof.ts';

export interface VenuePlan {
  readonly venue: VenueName;
  /** Faults that no wrong row can be excused with: the frames themselves show them. */
  readonly faults: readonly FaultKind[];
  /** Levels per side that are subscribed to: what a checksum covers, where there is one. */
  readonly depth: number;
  readonly compareEveryMs: number;
}

export const ROLES = ['ingest', 'scoring', 'analytics', 'store'] as const;
export type RoleName = (typeof ROLES)[number];

/** Means per second of simulated time, unless a unit says otherwise. */
export interface Plan {
  readonly seed: string;
  readonly venues: readonly VenuePlan[];
  readonly pairs: readonly string[];
  readonly ingestShards: number;
  readonly partitions: number;
  /** How long things go wrong, µs. */
  readonly storyUs: number;
  readonly ratePerPair: number;
  readonly levelsPerSide: number;
  readonly netLatencyUsMax: number;
  readonly refusal: number;
  readonly strikes: number;
  readonly breaks: number;
  readonly freezes: number;
  readonly crashes: Readonly<Record<RoleName, number>>;
  /** All threads at once. */
  readonly blackouts: number;
  readonly stalls: number;
  readonly clockSteps: number;
  /** Longest step of the time of day, µs. */
  readonly clockStepUsMax: number;
  /** Frames that may wait for a client that does not read, before its venue cuts it off. */
  readonly unreadMax: number;
  /** Whether scoring and analytics go on from a saved state, or begin anew. */
  readonly hasSnapshots: boolean;
  readonly silenceMs: number;
  readonly bus: {
    readonly latencyUsMax: number;
    readonly twice: number;
    readonly again: number;
    readonly window: number;
    readonly capacity: number;
    /** It takes nothing until the weather is calm. */
    readonly isAway: boolean;
    readonly maxPending: number;
    readonly maxBatchBytes: number;
  };
  readonly store: {
    readonly writeUsMax: number;
    readonly failure: number;
    readonly batchRows: number;
    readonly flushMs: number;
  };
}

const NUMBERED: readonly VenueName[] = ['binance', 'gemini'];
const CHECKED: readonly VenueName[] = ['kraken', 'bitfinex'];
const UNPROVEN: readonly VenueName[] = ['coinbase', 'bitstamp'];
const DEPTHS: Partial<Readonly<Record<VenueName, number>>> = { kraken: 10, bitfinex: 25 };
const WHOLE_DEPTH = 100;
/** A silence in which so many events of a pair are due is the connection's, and not a thin market's, ms at one event a second. */
const SILENCE_EVENTS_MS = 40_000;
const PAIRS: readonly string[] = ['ETH-USD', 'XRP-USDT'];

export function planOf(seed: string): Plan {
  const prng = createPrng(`${seed}/plan`);
  const venues = [pick(prng, NUMBERED), pick(prng, CHECKED), ...(chance(prng, 0.3) ? [pick(prng, UNPROVEN)] : [])];
  const partitions = int(prng, 1, 4);
  const hasBlackouts = chance(prng, 0.15);
  // A consumer gets no more before it has acknowledged so many: where they are few, it must write often.
  const maxPending = pick(prng, [16, 256, 16_384, 16_384]);
  const plan: Plan = {
    seed,
    venues: venues.map((venue) => venuePlan(venue, prng)),
    pairs: PAIRS.slice(0, int(prng, 1, 2)),
    ingestShards: int(prng, 1, Math.min(2, partitions)),
    partitions,
    storyUs: int(prng, 8, 16) * 1e6,
    ratePerPair: int(prng, 4, 12),
    levelsPerSide: int(prng, 14, 30),
    netLatencyUsMax: pick(prng, [2_000, 30_000, 300_000]),
    refusal: often(prng, 0.5, 0.3),
    strikes: often(prng, 0.7, 1.5),
    breaks: often(prng, 0.3, 0.2),
    freezes: often(prng, 0.2, 0.05),
    crashes: {
      ingest: often(prng, 0.4, 0.2),
      scoring: often(prng, 0.4, 0.3),
      analytics: often(prng, 0.4, 0.3),
      store: often(prng, 0.5, 0.4),
    },
    blackouts: hasBlackouts ? 0.1 : 0,
    stalls: often(prng, 0.3, 0.3),
    // Nothing keeps the time over a death of the whole program but the host's own.
    clockSteps: hasBlackouts ? 0 : often(prng, 0.3, 0.3),
    clockStepUsMax: 5_000_000,
    unreadMax: 2000,
    hasSnapshots: chance(prng, 0.7),
    silenceMs: int(prng, 3000, 5000),
    bus: {
      latencyUsMax: pick(prng, [500, 10_000, 150_000]),
      twice: often(prng, 0.4, 0.1),
      again: often(prng, 0.4, 0.05),
      window: pick(prng, [1, 4, 64, 64]),
      capacity: pick(prng, [20, 100, 100_000, 100_000]),
      isAway: false,
      maxPending,
      maxBatchBytes: pick(prng, [128, 1024, 262_144]),
    },
    store: {
      writeUsMax: pick(prng, [500, 20_000, 600_000]),
      failure: often(prng, 0.4, 0.3),
      batchRows: pick(prng, [5, 100, 160_000]),
      flushMs: maxPending < 100 ? 50 : pick(prng, [50, 1000]),
    },
  };
  return { ...plan, silenceMs: Math.max(plan.silenceMs, SILENCE_EVENTS_MS / plan.ratePerPair) };
}

/** A rate up to `max`, with that probability; else none. */
function often(prng: Prng, probability: number, max: number): number {
  return chance(prng, probability) ? (max * int(prng, 1, 100)) / 100 : 0;
}

function venuePlan(venue: VenueName, prng: Prng): VenuePlan {
  const wire = wireRegistry.live(venue);
  assert(wire !== undefined, `no wire for ${venue}`);
  const { rules, comparison } = wire;
  const provable = FAULT_KINDS.filter((kind) => proofOf(rules, kind) === 'at-once');
  return {
    venue,
    faults: provable.filter(() => chance(prng, 0.6)),
    depth: DEPTHS[venue] ?? WHOLE_DEPTH,
    compareEveryMs: comparison !== undefined && chance(prng, 0.5) ? 4000 : 0,
  };
}
