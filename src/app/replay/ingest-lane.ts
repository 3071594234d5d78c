/**
 * The way of recorded batches into one ingest shard. Everything since the shard's last checkpoint is kept, so that a
 * shard that dies is started again from there and sent the same batches: what it published twice is dropped by the
 * consumers, and the outcome is that of an undisturbed run.
 */

import type { RestartWindow } from '../../actors/runtime/restart-window.ts';
import type { ThreadHost } from '../../actors/runtime/thread-host.ts';
import { ThreadDied } from '../../actors/runtime/thread-host.ts';
import type { BatchMemory, RecordBatch } from '../../collect/record-batch.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Checkpoint } from '../threads/ingest.protocol.ts';

export interface IngestLaneOptions {
  readonly host: ThreadHost;
  /** Boots the shard's thread, empty or from a checkpoint. */
  readonly boot: (checkpoint: Uint8Array | null) => Promise<void>;
  readonly restarts: RestartWindow;
  readonly nowMs: () => number;
  readonly onRestart: (died: ThreadDied) => void;
  /** Gets batches back that nobody needs any more. */
  readonly memory: BatchMemory;
}

export class IngestLane {
  private readonly options: IngestLaneOptions;
  /** What the shard has taken, or been sent when it died, since its checkpoint. */
  private kept: RecordBatch[] = [];
  private checkpointState: Uint8Array | null = null;
  private tail: Promise<unknown> = Promise.resolve();
  private failure: unknown = null;

  constructor(options: IngestLaneOptions) {
    this.options = options;
  }

  /** Boots the shard, empty. @throws as `boot` does */
  start(): Promise<void> {
    return this.options.boot(null);
  }

  /**
   * Lets what is sent from now on wait. A shard that is not linked with its readers yet must not get any: it would wait
   * for them in the middle of a batch, and so for the very command that links it.
   * @param until rejects where there will be nobody to send to
   */
  hold(until: Promise<unknown>): void {
    this.enqueue(() => until).catch((error: unknown) => {
      this.failure ??= error;
    });
  }

  /**
   * Puts a batch behind those before it, and does not wait: whoever sends takes checkpoints so often that what waits
   * stays little.
   * @throws what made an earlier batch fail
   */
  send(batch: RecordBatch): void {
    this.throwFailure();
    this.enqueue(() => this.deliver(batch)).catch((error: unknown) => {
      this.failure ??= error;
    });
  }

  /** No more deliveries, and no more restarts: nothing of this shard is started again behind a replay that ends. */
  close(): void {
    this.failure ??= new Error(`${this.options.host.name}: the replay has ended`);
  }

  /**
   * Takes a checkpoint behind the batches sent so far; what these caused is then on the bus, and the shard will restart
   * from here.
   */
  checkpoint(): Promise<Checkpoint> {
    return this.enqueue(async () => {
      const checkpoint = await this.callNow<Checkpoint>('checkpoint');
      this.checkpointState = checkpoint.state;
      for (const batch of this.kept) this.options.memory.give(batch);
      this.kept = [];
      return checkpoint;
    });
  }

  /** A command that changes nothing, behind the batches sent so far; after a death it is asked of the restored shard. */
  call<T>(name: string): Promise<T> {
    return this.enqueue(() => this.callNow<T>(name));
  }

  private enqueue<T>(act: () => Promise<T>): Promise<T> {
    const done = this.tail.then(() => {
      this.throwFailure();
      return act();
    });
    this.tail = done.catch(() => undefined);
    return done;
  }

  private async callNow<T>(name: string): Promise<T> {
    for (;;) {
      try {
        return await this.options.host.call<T>(name);
      } catch (error) {
        await this.recover(error);
      }
    }
  }

  private async deliver(batch: RecordBatch): Promise<void> {
    this.kept.push(batch);
    try {
      await this.options.host.call('batch', batch.bytes);
    } catch (error) {
      await this.recover(error);
    }
  }

  /** Restores the shard from its checkpoint and sends again what came since. */
  private async recover(error: unknown): Promise<void> {
    const { boot, host, restarts, nowMs, onRestart } = this.options;
    let died = error;
    for (;;) {
      this.throwFailure();
      if (!(died instanceof ThreadDied)) throw died;
      if (!restarts.allow(nowMs())) {
        throw new AppError('replay.restarts-exceeded', `${host.name} died ${restarts.count} times: ${died.message}`, {
          remedy: 'the same frames make it die again: look at the log for the cause',
          cause: died,
        });
      }
      onRestart(died);
      try {
        await boot(this.checkpointState);
        for (const { bytes } of this.kept) await host.call('batch', bytes);
        return;
      } catch (next) {
        died = next;
      }
    }
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure;
  }
}
