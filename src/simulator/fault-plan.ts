/**
 * Faults on the way from a simulated exchange to one connection: seeded by rates, or asked for one by one. Faults hit
 * market data only; acknowledgements, pongs and heartbeats go through, except in a freeze, which silences everything.
 * At most one fault hits a frame. Time is simulated time, so nothing depends on the wall clock.
 */

export const FAULT_KINDS = [
  /** The frame is lost. */
  'drop',
  /** The frame comes twice. */
  'duplicate',
  /** The frame changes places with the next data frame of the connection. */
  'reorder',
  /** The frame ends early. */
  'truncate',
  /** One digit of a price or size is another one. */
  'corrupt',
  /** The frame, and all after it, come late: order is kept, as TCP keeps it. */
  'delay',
  /** The connection stays open and goes silent; what it would have carried meanwhile is lost. */
  'freeze',
  /** The connection breaks without a closing handshake. */
  'disconnect',
  /** A book snapshot is older than the changes that a client gets around it. */
  'stale-snapshot',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
/** Faults that can hit any frame of market data. */
export type FrameFault = Exclude<FaultKind, 'stale-snapshot'>;

export interface FaultPlan {
  /** Probability of each fault per data frame (for `stale-snapshot`: per snapshot); together at most 1. */
  readonly rates: Partial<Readonly<Record<FaultKind, number>>>;
  /** Delays are even between 0 and this. Default 2 s. */
  readonly delayUsMax?: number;
  /** How long a freeze lasts. Default 30 s. */
  readonly freezeUs?: number;
}

/** How often each fault has struck. */
export type FaultCounts = Record<FaultKind, number>;

/** Counts at the start: none of each kind. */
export function noFaults(): FaultCounts {
  return {
    drop: 0,
    duplicate: 0,
    reorder: 0,
    truncate: 0,
    corrupt: 0,
    delay: 0,
    freeze: 0,
    disconnect: 0,
    'stale-snapshot': 0,
  };
}
