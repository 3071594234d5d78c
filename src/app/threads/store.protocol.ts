/** Commands of the store's thread. */

import type { PositionMap } from '../../actors/positions.ts';
import type { StoreOptions } from '../../storage/open-store.ts';
import type { BusInit } from './bus-init.ts';
import type { StateInit } from './shard-state.ts';
import type { TelemetryInit } from './thread-telemetry.ts';

export interface StoreInit {
  readonly bus: BusInit;
  readonly telemetry: TelemetryInit;
  readonly store: StoreOptions;
  readonly batchRows: number;
  /** A quiet table is written after this time. */
  readonly flushMs: number;
  readonly maxPending: number;
  /** Where what cannot be stored is set aside; where absent it ends the thread. */
  readonly state?: StateInit;
  readonly live: boolean;
}

/** Where market events and results must have been written up to. */
export interface StoreGoal {
  readonly events: PositionMap;
  readonly results: PositionMap;
}
