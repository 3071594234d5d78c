/**
 * What the HTTP monitor asks of whoever runs the program (the supervisor). Every answer is about this moment and is
 * cheap, except `query`; none of them may throw for what it reports on.
 */

import type { TrustReason, TrustState } from '../model/event.ts';
import type { QueryResult } from './store.ts';

/** Whether the process is worth keeping: false asks for a restart of the whole. */
export interface Health {
  readonly healthy: boolean;
  /** One sentence each: children whose restarts were exceeded. Empty where healthy. */
  readonly reasons: readonly string[];
}

/** Whether the process does what it was configured for. */
export interface Readiness {
  readonly ready: boolean;
  /** Empty where ready. */
  readonly missing: readonly MissingPart[];
  /** Work that other processes do at the moment, and this one would take over. Absent where work is not shared. */
  readonly standby?: readonly StandbyUnit[];
}

export interface StandbyUnit {
  /** E.g. `ingest-0`. */
  readonly unit: string;
  /** The process that does it; null for nobody yet. */
  readonly owner: string | null;
}

/** Something that is not there yet, or not any more. */
export interface MissingPart {
  /** `book`, `bus`, `store`, `shard`, `lease`. */
  readonly part: string;
  /** Which one, e.g. `kraken:BTC-USD`. */
  readonly name: string;
  readonly reason: string;
}

/** One book as the status page shows it. */
export interface BookStatus {
  readonly exchange: string;
  readonly symbol: string;
  readonly state: TrustState;
  readonly reason: TrustReason;
  /** Receive time in µs of the last frame applied, `null` before the first. */
  readonly lastReceiveUs: number | null;
}

/** What runs. */
export interface Status {
  readonly version: string;
  /** Start of the process, µs since the epoch. */
  readonly startedUs: number;
  readonly bus: string;
  readonly store: string;
  readonly books: readonly BookStatus[];
}

export interface MonitorSource {
  /** The metrics of all threads in Prometheus's text format. */
  metrics(): Promise<string>;
  health(): Health;
  /** A book counts as there when it is live, or when its venue says that its market rests. */
  readiness(): Promise<Readiness>;
  status(): Status;
  /**
   * Runs one statement that only reads on the store, which should itself refuse to write.
   * @throws AppError with the store's code; other errors are bugs
   */
  query(sql: string): Promise<QueryResult>;
}
