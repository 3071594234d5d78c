import { AppError } from '../lib/app-error.ts';

/**
 * - `store.unreachable`: no answer, or the file cannot be opened.
 * - `store.rejected`: the store answered, and said no; the message has its words.
 * - `store.schema`: a table of our name has other columns, or the table prefix makes no valid name.
 * - `store.locked`: another process, or another store of this one, has the file open.
 * - `store.suspended`: QuestDB stopped applying a table's WAL and waits for a person.
 * - `store.unsettled`: written rows did not become visible in the time given.
 * - `store.not-read-only`: a query would do more than read.
 * - `store.too-many-rows`, `store.too-slow`: a query asks for more than one answer may be (see query-limits).
 */
export type StoreErrorCode =
  | 'store.unreachable'
  | 'store.rejected'
  | 'store.schema'
  | 'store.locked'
  | 'store.suspended'
  | 'store.unsettled'
  | 'store.not-read-only'
  | 'store.too-many-rows'
  | 'store.too-slow';

export interface StoreErrorOptions {
  readonly remedy: string;
  /** Host and port, or the path of the file. */
  readonly address: string;
  /** True where the same call may succeed later without anybody's help. */
  readonly retryable: boolean;
  readonly context?: Record<string, unknown>;
  readonly cause?: unknown;
}

/** Trouble with the store that its caller or an operator can act on. */
export class StoreError extends AppError {
  declare readonly code: StoreErrorCode;
  readonly address: string;
  readonly retryable: boolean;

  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions) {
    super(code, message, {
      remedy: options.remedy,
      context: { address: options.address, retryable: options.retryable, ...options.context },
      cause: options.cause,
    });
    this.name = 'StoreError';
    this.address = options.address;
    this.retryable = options.retryable;
  }
}

/** The words of anything thrown; of nested failures (fetch wraps the socket's) the innermost that has some. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error && wordsOf(error.cause) !== '') return wordsOf(error.cause);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
