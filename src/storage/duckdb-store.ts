import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { assert } from '../lib/assert.ts';
import type { QueryResult, RowBatch, Store } from '../ports/store.ts';
import { checkTablePrefix, DUCKDB_TYPES, duckDbDdl } from './ddl.ts';
import { CLOSED_SETTINGS, readRows } from './duckdb-reading.ts';
import { DuckDbStage } from './duckdb-stage.ts';
import { ColumnBatch, type RowBatchOptions, tablesOf } from './row-batch.ts';
import { requireSameColumns } from './schema-check.ts';
import { StoreError, wordsOf } from './store-error.ts';
import { TABLE_NAMES, type TableName } from './tables.ts';

export interface DuckDbStoreOptions extends RowBatchOptions {
  /** The database file, created where missing (its folder is not). */
  readonly path: string;
  /** Goes before every table's name. Default none. */
  readonly tablePrefix?: string;
  /** What DuckDB's own buffers may take, MB. Default 1024. */
  readonly memoryMbMax?: number;
}

/**
 * Files open in this thread. DuckDB's file lock keeps other processes out but not a second instance in the same one;
 * and as the lock is POSIX's, closing that second instance would also give the first one's lock away.
 */
const openPaths = new Set<string>();

interface OpenDatabase {
  readonly path: string;
  readonly instance: DuckDBInstance;
  /** Carries the transactions of `write`. */
  readonly writer: DuckDBConnection;
  readonly stages: ReadonlyMap<TableName, DuckDbStage>;
}

/**
 * The embedded store: one file, no server, one process. A write is one transaction over all tables; when it resolves,
 * the rows are in DuckDB's write-ahead log on disk. It has no TTL: the file grows until somebody deletes from it.
 */
export class DuckDbStore implements Store {
  private readonly options: DuckDbStoreOptions;
  private readonly prefix: string;
  private database: OpenDatabase | null = null;
  /** The end of the last write: writes share one connection, hence one transaction at a time. */
  private lastWrite: Promise<unknown> = Promise.resolve();
  private readonly queries = new Set<Promise<unknown>>();
  private closing = false;

  /** @throws StoreError `store.schema` for an impossible table prefix */
  constructor(options: DuckDbStoreOptions) {
    this.options = options;
    this.prefix = options.tablePrefix ?? '';
    checkTablePrefix(this.prefix, options.path);
  }

  /** @throws StoreError `store.locked` too: somebody else has the file */
  async open(): Promise<void> {
    if (this.database !== null) return;
    const path = this.claimPath();
    let instance: DuckDBInstance | null = null;
    this.closing = false;
    try {
      instance = await this.openFile(path);
      this.database = await this.prepare(path, instance);
    } catch (error) {
      instance?.closeSync();
      openPaths.delete(path);
      throw error;
    }
  }

  newBatch(): RowBatch {
    return new ColumnBatch({ orderChanges: this.options.orderChanges ?? true });
  }

  write(batch: RowBatch): Promise<void> {
    this.requireOpen();
    const written = this.lastWrite.then(() => this.writeNow(batch));
    this.lastWrite = written.catch(ignoreHere);
    return written;
  }

  /** Nothing to wait for: what `write` has committed, `query` sees. */
  async settle(): Promise<void> {}

  async query(sql: string): Promise<QueryResult> {
    this.requireOpen();
    // On a connection apart from the writer's: it sees whole batches only and is never part of a transaction of ours.
    const answer = readRows(this.opened().instance, sql, this.options.path);
    this.queries.add(answer);
    try {
      return await answer;
    } catch (cause) {
      throw cause instanceof StoreError ? cause : this.rejection(cause, { sql });
    } finally {
      this.queries.delete(answer);
    }
  }

  /** Waits for everything under way: a thread that ended in the midst of a call of DuckDB would end the whole process. */
  async close(): Promise<void> {
    this.closing = true;
    await this.lastWrite;
    await Promise.allSettled(this.queries);
    if (this.database === null) return;
    const { path, instance, writer } = this.database;
    this.database = null;
    writer.closeSync();
    instance.closeSync();
    openPaths.delete(path);
  }

  private async writeNow(batch: RowBatch): Promise<void> {
    const { writer, stages } = this.opened();
    const filled = tablesOf(batch).filter((table) => table.rows > 0);
    const stageOf = (table: TableName): DuckDbStage => {
      const stage = stages.get(table);
      assert(stage !== undefined, `no stage for ${table}`);
      return stage;
    };
    try {
      for (const table of filled) await stageOf(table.name).fill(table);
      await writer.run('BEGIN');
      try {
        for (const table of filled) await stageOf(table.name).upsert(table);
      } catch (error) {
        await writer.run('ROLLBACK');
        throw error;
      }
      // Outside of the rollback: a COMMIT that fails has rolled back by itself.
      await writer.run('COMMIT');
    } catch (cause) {
      throw this.rejection(cause, { rows: batch.rows });
    }
  }

  private async openFile(path: string): Promise<DuckDBInstance> {
    try {
      const memoryLimit = `${this.options.memoryMbMax ?? 1024}MB`;
      return await DuckDBInstance.create(path, { memory_limit: memoryLimit, ...CLOSED_SETTINGS });
    } catch (cause) {
      const words = wordsOf(cause);
      if (/could not set lock/i.test(words)) throw lockedError(path, words, cause);
      throw new StoreError('store.unreachable', `cannot open ${path}: ${words}`, {
        address: path,
        retryable: false,
        remedy: 'Check that the folder exists, may be written to, and that the file is a DuckDB database.',
        cause,
      });
    }
  }

  private async prepare(path: string, instance: DuckDBInstance): Promise<OpenDatabase> {
    const writer = await instance.connect();
    const stages = new Map<TableName, DuckDbStage>();
    try {
      for (const table of TABLE_NAMES) {
        await writer.run(duckDbDdl(table, { prefix: this.prefix }));
        await this.checkColumns(writer, table);
        const stage = new DuckDbStage(writer, table, this.prefix);
        await stage.create();
        stages.set(table, stage);
      }
    } catch (cause) {
      writer.closeSync();
      throw cause instanceof StoreError ? cause : this.rejection(cause, {});
    }
    return { path, instance, writer, stages };
  }

  private async checkColumns(connection: DuckDBConnection, table: TableName): Promise<void> {
    const storedName = this.prefix + table;
    const result = await connection.runAndReadAll(
      `SELECT column_name, data_type FROM duckdb_columns()` +
        ` WHERE database_name = current_database() AND schema_name = 'main' AND table_name = '${storedName}'`,
    );
    const found = result.getRows().map(([name, type]) => ({ name: String(name), type: String(type), key: null }));
    requireSameColumns({ name: table, storedName, address: this.options.path, types: DUCKDB_TYPES, found });
  }

  /** Marks the file as ours. Its real path, so that a link to it is known for the same file. */
  private claimPath(): string {
    const { path } = this.options;
    let real: string;
    try {
      real = existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
    } catch (cause) {
      throw new StoreError('store.unreachable', `cannot open ${path}: its folder is missing`, {
        address: path,
        retryable: false,
        remedy: `Create the folder ${dirname(path)}.`,
        cause,
      });
    }
    if (openPaths.has(real)) throw lockedError(path, 'this process has it open already', undefined);
    openPaths.add(real);
    return real;
  }

  private requireOpen(): void {
    assert(!this.closing, `the store ${this.options.path} is closed`);
  }

  private opened(): OpenDatabase {
    assert(this.database !== null, `the store ${this.options.path} is not open`);
    return this.database;
  }

  private rejection(cause: unknown, context: Record<string, unknown>): StoreError {
    const said = wordsOf(cause);
    // Disk and memory can be freed; anything else would fail in the same way again.
    const retryable = /^(IO|Out of Memory) Error/i.test(said);
    return new StoreError('store.rejected', `DuckDB refused: ${said}`, {
      address: this.options.path,
      retryable,
      remedy: retryable ? 'Free disk space or memory.' : 'Compare the statement with the words of DuckDB.',
      context: { said, ...context },
      cause,
    });
  }
}

function lockedError(path: string, words: string, cause: unknown): StoreError {
  return new StoreError('store.locked', `${path} is open elsewhere: ${words}`, {
    address: path,
    retryable: true,
    remedy: 'Ask the running supervisor instead (`whalewatch sql` does), or stop it first.',
    cause,
  });
}

/** For the chain of writes, which only waits: the caller of the write gets the error itself. */
function ignoreHere(): void {}
