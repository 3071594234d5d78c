/**
 * The supervisor's side of a role's thread: one single-thread Piscina pool per incarnation. Commands run one at a
 * time; a death rejects the command under way and those that wait, and is reported once. Starting again, with what
 * state and when, is the supervisor's decision.
 */

import { Piscina } from 'piscina';
import type { Transferable } from 'node:worker_threads';
import { AppError } from '../../lib/app-error.ts';
import type { Answer } from './failure.ts';
import { valueOf } from './failure.ts';
import { PayloadUnsendable } from './payload-unsendable.ts';
import { STOP } from './thread-protocol.ts';
import type { ThreadTask } from './thread-protocol.ts';

export interface ThreadHostOptions {
  /** For messages, e.g. `ingest-0`. */
  readonly name: string;
  /** URL of the thread file. */
  readonly file: URL;
  /** Heap limit of the thread, MiB; beyond it the thread dies alone. Null: V8's own. */
  readonly maxHeapMb: number | null;
  /** Ending it in the midst of its work would end the whole process. */
  readonly isTied?: boolean;
  /** The thread died (threw outside a command, exited, ran out of memory). Called once per incarnation. */
  readonly onDeath: (error: ThreadDied) => void;
}

/** The thread died: its commands got no answer. */
export class ThreadDied extends AppError {
  constructor(name: string, cause: unknown) {
    const words = cause instanceof Error ? cause.message : String(cause);
    super('thread.died', `thread ${name} died: ${words}`, { cause });
    this.name = 'ThreadDied';
  }
}

function isUnsendable(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'DataCloneError';
}

export class ThreadHost {
  readonly name: string;
  incarnation = 0;
  private readonly options: ThreadHostOptions;
  private pool: Piscina | null = null;
  private dead: ThreadDied | null = null;
  private stopping = false;
  private booted = false;
  /** Resolves when the last command of the queue is done, whatever came of it. */
  private tail: Promise<unknown> = Promise.resolve();

  constructor(options: ThreadHostOptions) {
    this.options = options;
    this.name = options.name;
  }

  /** Whether it must not be ended alone. */
  get isTied(): boolean {
    return this.options.isTied === true;
  }

  /** Whether it runs, or is starting: commands then wait for it. */
  get alive(): boolean {
    return this.pool !== null && this.dead === null;
  }

  /** Whether its role has come up: from then on it must answer. */
  get isUp(): boolean {
    return this.booted && this.alive;
  }

  /**
   * Starts a fresh thread, in the place of a dead one if there was one.
   * @throws ThreadDied where it does not come up, or is stopped meanwhile; AppError where the role cannot start (its
   * reason): there is no thread then
   */
  boot(init: unknown, transfer: readonly Transferable[] = []): Promise<void> {
    this.stopping = false;
    const booting = this.start(init, transfer);
    this.tail = booting.catch(() => undefined);
    return booting;
  }

  private async start(init: unknown, transfer: readonly Transferable[]): Promise<void> {
    await this.pool?.destroy();
    if (this.stopping) throw new ThreadDied(this.name, 'it was stopped before it started');
    this.incarnation++;
    this.dead = null;
    this.booted = false;
    const pool = new Piscina({
      filename: this.options.file.href,
      // One worker, made for the boot. A minimum of one would put an empty worker in the place of a dead one, at times
      // after the pool was destroyed.
      minThreads: 0,
      maxThreads: 1,
      // The watch, the command under way, and the ping.
      concurrentTasksPerWorker: 3,
      idleTimeout: Number.POSITIVE_INFINITY,
      // The thread's own sockets and timers must run while it waits for a task.
      atomics: 'disabled',
      stricterFIFO: true,
      ...(this.options.maxHeapMb === null
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: this.options.maxHeapMb } }),
    });
    this.pool = pool;
    // A worker may also fail while it loads its file, before it has a task to reject. A rejection, which tells the
    // cause, comes first.
    pool.on('error', (error: Error) => this.onDeath(pool, error));
    pool.on('workerDestroy', () => setImmediate(() => this.onDeath(pool, new Error('its worker has ended'))));
    const { incarnation } = this;
    try {
      valueOf(await this.runOn(pool, { task: 'boot', incarnation, init }, transfer));
    } catch (error) {
      if (this.pool === pool) this.pool = null;
      await pool.destroy();
      throw error;
    }
    this.booted = true;
    this.runOn(pool, { task: 'watch', incarnation }, []).catch((error: unknown) => this.onDeath(pool, error));
  }

  /**
   * Runs a command after those before it.
   * @throws ThreadDied where the thread dies first, or the command throws anything but an AppError; AppError as the
   * command threw it
   */
  call<T>(name: string, payload?: unknown, transfer: readonly Transferable[] = []): Promise<T> {
    const { incarnation, pool } = this;
    const run = async (): Promise<T> => {
      // A pool that was destroyed would start another worker for it.
      if (this.dead !== null || pool === null || this.pool !== pool) {
        throw this.dead ?? new ThreadDied(this.name, 'it is not running');
      }
      return valueOf(await this.runOn(pool, { task: 'command', incarnation, name, payload }, transfer)) as T;
    };
    const result = this.tail.then(run, run);
    this.tail = result.catch(() => undefined);
    return result;
  }

  /**
   * Resolves in a turn of the thread's event loop, past commands that are under way.
   * @throws ThreadDied where the thread is not running, or dies first
   */
  async ping(): Promise<void> {
    const { pool } = this;
    if (this.dead !== null || pool === null) throw this.dead ?? new ThreadDied(this.name, 'it is not running');
    await this.runOn(pool, { task: 'ping' }, []);
  }

  /** Ends the thread as it is, which counts as its death. Nothing where it is dead already. */
  end(reason: string): void {
    if (this.pool !== null) this.onDeath(this.pool, new Error(reason));
  }

  /** Lets the role stop itself, then ends the thread. Past the deadline it is ended as it is. */
  async stop(deadlineMs: number): Promise<void> {
    this.stopping = true;
    const pool = this.pool;
    if (pool === null) return;
    if (this.dead === null) {
      const deadline = AbortSignal.timeout(deadlineMs);
      const expired = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve()));
      await Promise.race([this.call(STOP).catch(() => undefined), expired]);
    }
    this.pool = null;
    await pool.destroy();
  }

  /** A task that rejects instead of answering is the death of its thread; one that cannot be sent never reached it. */
  private async runOn(pool: Piscina, task: ThreadTask, transfer: readonly Transferable[]): Promise<Answer> {
    try {
      return (await pool.run(task, { transferList: [...transfer] as never })) as Answer;
    } catch (error) {
      if (isUnsendable(error)) throw new PayloadUnsendable(this.name, error);
      this.onDeath(pool, error);
      throw this.dead ?? new ThreadDied(this.name, error);
    }
  }

  private onDeath(pool: Piscina, error: unknown): void {
    if (this.stopping || this.dead !== null || pool !== this.pool) return;
    this.dead = new ThreadDied(this.name, error);
    // Rejects what still waits in the pool.
    void pool.destroy();
    this.options.onDeath(this.dead);
  }
}
