/**
 * What keeps a writer off the bus whose work belongs to another process by now.
 *
 * Whoever owns a unit of work (see `LeaseTable`) writes under a *term*, a number that rises with each owner and each start
 * of its thread. Every batch carries it in a header, and is accepted only behind the message that its writer saw last on
 * its subject (JetStream's expected last subject sequence). So along a lane terms never fall: once the new owner has
 * written, the server refuses the old one, whatever that one knows.
 *
 *     open ── not renewed in time ──> lapsed ── renewed after all: nobody had it meanwhile ──> open
 *       └────────────── somebody else has it ──────────────┴──> revoked, for good
 *
 * It lapses by the writer's own monotonic clock, sooner than anybody else may take the lease. Who finds it lapsed waits.
 */

import type { Lane } from '../ports/bus.ts';
import { BusError } from './bus-error.ts';

/** One writer's permission, as plain data that threads can be sent. */
export interface Fence {
  /** E.g. `ingest-0`. */
  readonly unit: string;
  readonly term: number;
  /** One number, that of `monotonicUs` from which on nothing may be written. The lease's holder puts it off. */
  readonly until: SharedArrayBuffer;
}

/** The fence of each lane; null for one whose work is not ours. */
export type FenceOf = (lane: Lane) => Fence | null;

/** Header of a batch with the term of its writer. */
export const TERM_HEADER = 'Whalewatch-Term';

/** A clock that all threads of the process share and that nobody sets, µs. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** A fence that is open until then, see `monotonicUs`. */
export function newFence(unit: string, term: number, untilUs: number): Fence {
  const fence = { unit, term, until: new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT) };
  openUntil(fence, untilUs);
  return fence;
}

export function openUntil({ until }: Fence, us: number): void {
  Atomics.store(new BigInt64Array(until), 0, BigInt(Math.floor(us)));
}

const REVOKED = 0n;

/** Nothing may be written under it any more. */
export function revoke({ until }: Fence): void {
  Atomics.store(new BigInt64Array(until), 0, REVOKED);
}

export function stateOfFence({ until }: Fence): 'open' | 'lapsed' | 'revoked' {
  const limit = Atomics.load(new BigInt64Array(until), 0);
  if (limit === REVOKED) return 'revoked';
  return process.hrtime.bigint() / 1000n < limit ? 'open' : 'lapsed';
}

/** @param fence null where the writer has none (any more) */
export function fenced(fence: Fence | null, why: string): BusError {
  const { unit, term } = fence ?? { unit: null, term: null };
  return new BusError('bus.fenced', `the work belongs to another process: ${why}`, { context: { unit, term } });
}
