/**
 * How far the epochs of a program have come, kept beside the state of its actors, so that those of the next one are newer even
 * where the host's clock was set back in between: what goes on from that state would take them for old. Where processes share
 * their work over a server, the terms of their leases see to it.
 */

import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { StateKeeper } from '../ports/state-keeper.ts';
import { FileKeeper } from '../storage/file-keeper.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Config } from './config.ts';

const NAME = 'epochs';

export interface EpochMarkOptions {
  /** Null where no state outlives the program. */
  readonly keeper: StateKeeper | null;
  readonly clock: Clock;
  readonly everyMs: number;
  /** The mark could not be written; the next one is tried at its time. */
  readonly onFailure: (error: unknown) => void;
}

export class EpochMark {
  private readonly options: EpochMarkOptions;
  /** All epochs of earlier programs are below. */
  private readonly floorUs: number;
  private readonly openedUs: number;
  private cancel: CancelTimer = () => {};
  /** The last write; one at a time. */
  private written: Promise<void> = Promise.resolve();

  private constructor(options: EpochMarkOptions, floorUs: number) {
    this.options = options;
    this.floorUs = floorUs;
    this.openedUs = options.clock.nowUs();
  }

  /** Reads what an earlier program has left. From then on it is kept up by itself, until `close`. */
  static async open(options: EpochMarkOptions): Promise<EpochMark> {
    const bytes = (await options.keeper?.load(NAME)) ?? null;
    const kept = bytes === null ? 0 : Number(new TextDecoder().decode(bytes));
    // What cannot be read is no reason not to start: the clock is right nearly always.
    const mark = new EpochMark(options, Number.isSafeInteger(kept) ? kept : 0);
    mark.keepUp();
    return mark;
  }

  /** The time, and as long as that is below what was kept, so much later than that: no epoch yet is above it, µs. */
  nowUs(): number {
    const nowUs = this.options.clock.nowUs();
    return Math.max(nowUs, this.floorUs + nowUs - this.openedUs);
  }

  async close(): Promise<void> {
    this.cancel();
    await this.save();
  }

  private keepUp(): void {
    const { keeper, clock, everyMs } = this.options;
    if (keeper === null) return;
    this.cancel = clock.setTimer(everyMs, () => {
      void this.save();
      this.keepUp();
    });
  }

  private save(): Promise<void> {
    const { keeper, onFailure } = this.options;
    this.written = this.written.then(async () => {
      if (keeper === null) return;
      try {
        const draft = await keeper.draft(NAME);
        await draft.write(new TextEncoder().encode(String(this.nowUs())));
        await draft.commit();
      } catch (error) {
        onFailure(error);
      }
    });
    return this.written;
  }
}

/** @throws AppError where the folder for state cannot be written to */
export async function openEpochMark({ bus, state }: Config, clock: Clock, log: Logger): Promise<EpochMark> {
  const keeper = bus.kind === 'nats' || state.dir === null ? null : await FileKeeper.open(state.dir);
  return EpochMark.open({
    keeper,
    clock,
    everyMs: state.everyS * 1000,
    onFailure: (error) => log.warn({ err: error }, 'how far epochs have come was not kept: told again in a while'),
  });
}
