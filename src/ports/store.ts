/**
 * The store keeps results as time series. Two adapters keep this contract: QuestDB and the embedded DuckDB. Tables,
 * columns and keys come from the one schema file (storage/tables.ts).
 */

import type { EventView } from '../model/event.ts';
import type { InstrumentVersion } from '../model/instrument.ts';

export interface QueryResult {
  readonly columns: readonly string[];
  /** Row by row; a timestamp is an ISO 8601 text, a bigint a number where it is safe, else a text. */
  readonly rows: readonly (readonly unknown[])[];
}

/** A batch of rows under construction: events go in, rows of every table they touch come out. */
export interface RowBatch {
  /** Appends the rows that the event stands for. The view may be reused afterwards. */
  append(event: EventView): void;
  /** Appends the row of an instrument's version; one with the same beginning is replaced. */
  appendInstrument(version: InstrumentVersion): void;
  /** Rows in the batch over all tables. */
  readonly rows: number;
  /** Rows per table. */
  counts(): Readonly<Record<string, number>>;
  clear(): void;
}

export interface Store {
  /**
   * Connects and creates what is missing. @throws StoreError `unreachable`, `schema` (a table of the same name with
   * other columns)
   */
  open(): Promise<void>;
  newBatch(): RowBatch;
  /**
   * Writes a whole batch; resolves when it is durable. On rejection nothing is lost: the batch is untouched and may
   * be written again, as often as needed (rows have keys, so a second writing changes nothing).
   * @throws StoreError `unreachable` or `rejected` (with the server's words)
   */
  write(batch: RowBatch): Promise<void>;
  /** Waits until everything written is visible to `query` (QuestDB applies its WAL a moment later). */
  settle(): Promise<void>;
  /**
   * Runs one statement. Its answer is whole or refused, never cut: 100,000 rows and 30 s at most. The embedded store
   * refuses by itself whatever does more than read, and any access to other files; a server does so by the rights of
   * the user that the configuration names.
   * @throws StoreError `not-read-only`, `too-many-rows`, `too-slow`, `unreachable`, `rejected`
   */
  query(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}
