/** Commands of the live monitor's thread. */

import type { LiveLimits } from '../../monitor/live/live-hub.ts';
import type { KnownBook } from '../../monitor/state/market-state.ts';
import type { SystemFacts } from '../../monitor/state/system-board.ts';
import type { AccessOptions } from '../../monitor/web/access.ts';
import type { BusInit } from './bus-init.ts';
import type { TelemetryInit } from './thread-telemetry.ts';

export interface MonitorInit {
  readonly bus: BusInit;
  readonly telemetry: TelemetryInit;
  readonly facts: SystemFacts;
  /** The books that are watched, as they were when the thread was started. */
  readonly known: readonly KnownBook[];
  readonly address: { readonly host: string; readonly port: number };
  readonly access: AccessOptions;
  readonly limits: LiveLimits;
  /** Points from which an order counts as a whale. */
  readonly whaleScoreMin: number;
  /** Before the names of the store's tables. */
  readonly tablePrefix: string;
}
