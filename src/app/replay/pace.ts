/** Keeps a replay to the times of its recording: no batch goes on earlier than its first record came, at so many times the speed. */

import { setTimeout as delay } from 'node:timers/promises';
import type { RecordBatch } from '../../collect/record-batch.ts';

/** Where the time of a batch's first record stands. */
const FIRST_TIME_AT = 4;
/** Lines for people come so often, at least. */
const WINDOW_MS = 1000;

export class Pace {
  private readonly speed: number;
  private readonly signal: AbortSignal | undefined;
  private startUs = NaN;
  private startedMs = 0;
  private windowMs = 0;

  constructor(speed: number, signal?: AbortSignal) {
    this.speed = speed;
    this.signal = signal;
  }

  /** Resolves when the first record of the batch is due. Captures that go back in time are read on at once. */
  async wait({ bytes }: RecordBatch): Promise<void> {
    const tUs = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(FIRST_TIME_AT, true);
    if (Number.isNaN(this.startUs)) {
      this.startUs = tUs;
      this.startedMs = performance.now();
    }
    const dueMs = this.startedMs + (tUs - this.startUs) / 1000 / this.speed;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await delay(waitMs, undefined, this.signal === undefined ? {} : { signal: this.signal });
  }

  /** Whether it is time to hand over what people wait for. Says so once. */
  get isWindowOver(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.windowMs < WINDOW_MS) return false;
    this.windowMs = nowMs;
    return true;
  }
}
