/**
 * What a live ingest thread writes beside the raw frames of its connections, so that a replay of these can be held against it:
 *
 *     {"marks":1,"shard":0,"started_us":…}                          first line
 *     {"book","epoch","at","seq":[…],"kind":[…],"mark":[…]}         a block of events (see `event-marks.ts`)
 *     {"end":true,"books":{"kraken:BTC-USD":812,…}}                 last line, where the thread ended in good order
 *
 * Each incarnation of a thread has a folder of its own for both, since what it knows dies with it.
 */

import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { MARKS_FILE } from '../../collect/archive-retention.ts';
import type { EventView } from '../../model/event.ts';
import type { EventLog } from '../../telemetry/events.ts';
import { EventMarks } from './event-marks.ts';

/** As often as the archive makes sure of what it has. */
const FLUSH_MS = 5000;

/** The folder of one incarnation: its shard, and the beginning of its thread. */
export function recordFolder(dir: string, shard: number, startedUs: number): string {
  const stamp = new Date(startedUs / 1000).toISOString().replace(/[-:]|\.\d+Z/g, '');
  return join(dir, `shard-${shard}`, `${stamp}.${String(startedUs % 1_000_000).padStart(6, '0')}`);
}

export class RunRecord {
  private readonly file: WriteStream;
  private readonly marks: EventMarks;
  private readonly timer: NodeJS.Timeout;
  private hasFailed = false;

  constructor(options: { folder: string; shard: number; startedUs: number; log: EventLog }) {
    const { folder, shard, startedUs, log } = options;
    const fail = (error: unknown): void => {
      // The archive itself goes on; it can then be replayed, and not be verified.
      if (!this.hasFailed) log.error({ err: error }, 'record of the run failed');
      this.hasFailed = true;
    };
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      // A disk that is full must not keep the thread from starting.
      fail(error);
    }
    // Appended to, since it is cut off when the archive becomes too large.
    this.file = createWriteStream(join(folder, MARKS_FILE), { flags: 'ax' });
    this.file.on('error', fail);
    this.marks = new EventMarks((block) => this.write(block));
    this.write({ marks: 1, shard, started_us: startedUs });
    this.timer = setInterval(() => this.marks.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** Takes an event in, during its emission. */
  add(view: EventView): void {
    this.marks.add(view);
  }

  /** The thread ends in good order: nothing will follow. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.marks.flush();
    this.write({ end: true, books: this.marks.counts() });
    if (this.hasFailed) return;
    await new Promise<void>((resolve) => this.file.end(() => resolve()));
  }

  private write(line: object): void {
    if (!this.hasFailed) this.file.write(`${JSON.stringify(line)}\n`);
  }
}
