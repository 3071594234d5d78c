/**
 * The way of recorded batches into one ingest shard. Everything since the shard's last checkpoint is kept, so that a
 * shard that dies is started again from there and sent the same batches: what it published twice is dropped by the
 * consumers, and the outcome is that of an undisturbed run.
 */

import type { RestartWindow } from '../../actors/runtime/restart-window.ts';
import type { ThreadHost } from '../../actors/runtime/thread-host.ts';
import { ThreadDied } from '../../actors/runtime/thread-host.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Checkpoint } from '../threads/ingest.protocol.ts';

/** Batches that wait for the shard; a further one makes the reader wait. */
const QUEUE_MAX = 2;

export interface IngestLaneOptions {
  readonly host: ThreadHost;
  /** Boots the shard's thread, empty or from a checkpoint. */
  readonly boot: (checkpoint: Uint8Array | null) => Promise<void>;
  readonly restarts: RestartWindow;
  readonly nowMs: () => number;
  readonly onRestart: (died: ThreadDied) => void;
}

export class IngestLane {
  private readonly options: IngestLaneOptions;
  private kept: Uint8Array[] = [];
  private checkpointState: Uint8Array | null = null;
  private tail: Promise<void> = Promise.resolve();
  private queued = 0;
  private failure: unknown = null;

  constructor(options: IngestLaneOptions) {
    this.options = options;
  }

  /** Sends a batch behind those before it; resolves as soon as there is room for another. */
  async send(batch: Uint8Array): Promise<void> {
    this.queued++;
    this.tail = this.tail
      .then(() => this.deliver(batch))
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.queued--;
      });
    if (this.queued > QUEUE_MAX) await this.tail;
    this.throwFailure();
  }

  /** No more deliveries, and no more restarts: nothing of this shard is started again behind a replay that ends. */
  close(): void {
    this.failure ??= new Error(`${this.options.host.name}: the replay has ended`);
  }

  /** Waits for all batches; what they caused is then on the bus, and the shard will restart from here. */
  async checkpoint(): Promise<Checkpoint> {
    await this.tail;
    this.throwFailure();
    const checkpoint = await this.call<Checkpoint>('checkpoint');
    this.checkpointState = checkpoint.state;
    this.kept = [];
    return checkpoint;
  }

  /** A command that changes nothing; after a death it is asked of the restored shard. */
  async call<T>(name: string): Promise<T> {
    for (;;) {
      try {
        return await this.options.host.call<T>(name);
      } catch (error) {
        await this.recover(error);
      }
    }
  }

  private async deliver(batch: Uint8Array): Promise<void> {
    this.throwFailure();
    this.kept.push(batch);
    try {
      await this.options.host.call('batch', batch);
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
        for (const batch of this.kept) await host.call('batch', batch);
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
