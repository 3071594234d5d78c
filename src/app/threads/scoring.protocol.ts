/** Commands of a scoring thread. */

import type { PositionMap } from '../../actors/positions.ts';
import type { LedgerEntry } from '../../actors/ledger.ts';
import type { SizeModelChoice } from '../size-model-choice.ts';
import type { EmitKind } from '../emit-lines.ts';
import type { BusInit } from './bus-init.ts';
import type { StateInit } from './shard-state.ts';
import type { TelemetryInit } from './thread-telemetry.ts';

export interface ScoringInit {
  readonly bus: BusInit;
  readonly telemetry: TelemetryInit;
  readonly partitions: readonly number[];
  readonly model: SizeModelChoice;
  readonly maxBatchBytes: number;
  /** Batches taken from the bus and not yet acknowledged, at most. */
  readonly maxPending: number;
  /** What outlives the thread; nothing does where absent, and batches are acknowledged at once. */
  readonly state?: StateInit;
  /** Kinds of events to write down as lines for people; null for none. */
  readonly emit: EmitKind | null;
  /** False in a replay: its times are those of the recording. */
  readonly live: boolean;
}

/** A line for people, the frame that caused it, and its book (`exchange:symbol`). */
export type EmittedLine = readonly [frame: number, book: string, line: string];

export interface ScoringReport {
  /** Whether all this goes on from a saved state. */
  readonly resumed: boolean;
  readonly events: Readonly<Record<string, number>>;
  readonly scores: Readonly<Record<string, number>>;
  readonly books: Readonly<Record<string, LedgerEntry>>;
  /** Per book, a digest of all its scores in their order. */
  readonly scoreHashes: Readonly<Record<string, string>>;
  /** Where the last result of each book stands. */
  readonly results: PositionMap;
}
