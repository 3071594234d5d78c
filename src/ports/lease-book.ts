/**
 * Where the processes of one system agree on who does what: a few small entries that everybody sees, each with a revision
 * that rises with every change, and that can only be changed by who knows the last one.
 */

/** Who does a unit of work. */
export interface Lease {
  /** Id of the process; empty where it has been given back. */
  readonly owner: string;
  /** Rises with each owner, and each start of its thread. Its writers open no epoch (µs) before it. */
  readonly term: number;
  /** By the owner's own clock, µs: it opens no epoch beyond this, unless it renews the lease. */
  readonly untilUs: number;
}

/** A process that takes part. */
export interface LeaseMember {
  readonly roles: readonly string[];
  /** How the work is cut into units: the same for all who share it. */
  readonly plan: string;
}

export interface LeaseEntry {
  /** Null where it was removed. */
  readonly value: unknown;
  readonly revision: number;
}

export interface LeaseBook {
  /**
   * Changes an entry.
   * @param revision the last one; 0 where there was none
   * @returns the new revision
   * @throws BusError `bus.conflict` where the entry is not at that revision; `bus.unreachable`, `bus.rejected`
   */
  put(key: string, value: unknown, revision: number): Promise<number>;
  /** The entry as it is, or null where there never was one. @throws BusError as `put` */
  get(key: string): Promise<LeaseEntry | null>;
  remove(key: string): Promise<void>;
  /** Tells all that is there, in the order of its changes, and every change from then on. It may tell things twice. */
  watch(onEntry: (key: string, entry: LeaseEntry) => void): void;
  close(): Promise<void>;
}
