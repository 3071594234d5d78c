import { setTimeout as delay } from 'node:timers/promises';
import type { QueryResult, RowBatch, Store } from '../ports/store.ts';
import type { TableBuffer } from './column-buffers.ts';
import { checkTablePrefix, QUESTDB_TYPES, questDbDdl, questDbTtl } from './ddl.ts';
import { IlpEncoder } from './ilp-encoder.ts';
import { QUERY_ROWS_MAX, tooManyRows } from './query-limits.ts';
import { type QuestDbConnectionOptions, QuestDbHttp } from './questdb-http.ts';
import { ColumnBatch, type RowBatchOptions, tablesOf } from './row-batch.ts';
import { requireSameColumns } from './schema-check.ts';
import { StoreError } from './store-error.ts';
import { TABLE_NAMES, type TableName, type TtlDays } from './tables.ts';
import { TimeOrder } from './time-order.ts';

export interface QuestDbStoreOptions extends QuestDbConnectionOptions, RowBatchOptions {
  /** Goes before every table's name, for a replay or a back-fill beside the live tables. Default none. */
  readonly tablePrefix?: string;
  /** How long tables keep their rows. Default null: for ever, since a TTL would drop rows of another time. */
  readonly ttlDays?: TtlDays | null;
  /**
   * Rows of one request, at most. Each is a transaction that QuestDB merges into the table: with 5,000 rows it costs the
   * server half as much again per row as with 50,000 (measured), and above that little is won. Encoding holds the thread
   * for less than 1 ms per thousand rows, and takes 200 to 400 bytes for each. Default 50,000.
   */
  readonly chunkRows?: number;
  /** How long `settle` waits. Default 60 s. */
  readonly settleTimeoutMs?: number;
}

const SETTLE_POLL_MS_MIN = 5;
const SETTLE_POLL_MS_MAX = 250;

/**
 * The store on a QuestDB server, by its HTTP port alone.
 *
 * A write sends the batch's columns in chunks, one request each, and forgets nothing: after any failure the batch is as
 * it was, and writing it again sends all of it, which the tables' upsert keys make harmless. "Durable" is what QuestDB
 * promises on 204: the rows are in the table's write-ahead log and outlive the server's process. To outlive the host's
 * power, too, the server needs `cairo.commit.mode=sync`.
 *
 * The server should have `line.auto.create.new.tables=false`: else rows for a table that somebody has dropped create it
 * anew without keys, and a repeated write would double them. `open` finds such a table and refuses it.
 */
export class QuestDbStore implements Store {
  private readonly http: QuestDbHttp;
  private readonly encoder = new IlpEncoder();
  private readonly timeOrder = new TimeOrder();
  /** The end of the last write: writes share the encoder's memory, hence one at a time. */
  private lastWrite: Promise<unknown> = Promise.resolve();
  private readonly batchOptions: RowBatchOptions;
  private readonly prefix: string;
  private readonly ttlDays: TtlDays | null;
  private readonly chunkRows: number;
  private readonly settleTimeoutMs: number;

  /** @throws StoreError `store.schema` for an impossible table prefix */
  constructor(options: QuestDbStoreOptions) {
    this.http = new QuestDbHttp(options);
    this.batchOptions = { orderChanges: options.orderChanges ?? true };
    this.prefix = options.tablePrefix ?? '';
    checkTablePrefix(this.prefix, this.http.address);
    this.ttlDays = options.ttlDays ?? null;
    this.chunkRows = options.chunkRows ?? 50_000;
    this.settleTimeoutMs = options.settleTimeoutMs ?? 60_000;
  }

  async open(): Promise<void> {
    for (const table of TABLE_NAMES) {
      const { prefix, ttlDays } = this;
      await this.http.exec(questDbDdl(table, { prefix, ttlDays }));
      await this.checkColumns(table);
      if (ttlDays !== null) await this.http.exec(questDbTtl(table, { prefix, ttlDays }));
    }
  }

  newBatch(): RowBatch {
    return new ColumnBatch(this.batchOptions);
  }

  write(batch: RowBatch): Promise<void> {
    const written = this.lastWrite.then(() => this.writeNow(batch));
    this.lastWrite = written.catch(ignoreHere);
    return written;
  }

  /**
   * @throws StoreError `store.suspended` when QuestDB has stopped applying one of our tables, `store.unsettled` after
   * the time given, and those of `query`
   */
  async settle(): Promise<void> {
    const deadline = performance.now() + this.settleTimeoutMs;
    for (let pause = SETTLE_POLL_MS_MIN; ; pause = Math.min(pause * 2, SETTLE_POLL_MS_MAX)) {
      const waiting = await this.tablesBehind();
      if (waiting.length === 0) return;
      if (performance.now() + pause > deadline) throw this.unsettled(waiting);
      await delay(pause);
    }
  }

  async query(sql: string): Promise<QueryResult> {
    const answer = await this.http.exec(sql, { rowsMax: QUERY_ROWS_MAX + 1 });
    if (answer.rows.length > QUERY_ROWS_MAX) throw tooManyRows(this.http.address);
    return answer;
  }

  /** Rows wait only in their batches: there are but the connections to let go. */
  async close(): Promise<void> {
    this.http.close();
  }

  private async writeNow(batch: RowBatch): Promise<void> {
    for (const table of tablesOf(batch)) await this.writeTable(table);
  }

  private async writeTable(table: TableBuffer): Promise<void> {
    const name = this.prefix + table.name;
    const rows = this.timeOrder.of(table.timestamps.values, table.rows);
    for (let from = 0; from < rows.length; from += this.chunkRows) {
      await this.http.write(this.encoder.encode(table, name, rows.subarray(from, from + this.chunkRows)), name);
    }
  }

  private async checkColumns(table: TableName): Promise<void> {
    const storedName = this.prefix + table;
    const { rows } = await this.http.exec(`SELECT "column", type, upsertKey FROM table_columns('${storedName}')`);
    const found = rows.map(([name, type, key]) => ({ name: String(name), type: String(type), key: key === true }));
    requireSameColumns({ name: table, storedName, address: this.http.address, types: QUESTDB_TYPES, found });
  }

  /** Our tables whose log is not applied to its end. */
  private async tablesBehind(): Promise<string[]> {
    const names = TABLE_NAMES.map((name) => `'${this.prefix}${name}'`).join(', ');
    const { rows } = await this.http.exec(
      `SELECT name, suspended, writerTxn, sequencerTxn, errorMessage FROM wal_tables() WHERE name IN (${names})`,
    );
    const behind: string[] = [];
    for (const [name, suspended, writerTxn, sequencerTxn, errorMessage] of rows) {
      if (suspended === true) throw this.suspended(String(name), String(errorMessage));
      if (writerTxn !== sequencerTxn) behind.push(String(name));
    }
    return behind;
  }

  private suspended(table: string, words: string): StoreError {
    const said = words === '' || words === 'null' ? 'it gives no reason' : words;
    return new StoreError('store.suspended', `QuestDB stopped applying rows to ${table}: ${said}`, {
      address: this.http.address,
      retryable: false,
      remedy: `Free what it lacks (disk space, as a rule), then: ALTER TABLE "${table}" RESUME WAL`,
      context: { table, said },
    });
  }

  private unsettled(tables: readonly string[]): StoreError {
    const message = `QuestDB did not apply all rows of ${tables.join(', ')} in ${this.settleTimeoutMs} ms`;
    return new StoreError('store.unsettled', message, {
      address: this.http.address,
      retryable: true,
      remedy: 'Nothing is lost. See wal_tables() for how far it is behind; give it time, or a faster disk.',
      context: { tables },
    });
  }
}

/** For the chain of writes, which only waits: the caller of the write gets the error itself. */
function ignoreHere(): void {}
