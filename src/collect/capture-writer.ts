/**
 * The raw archive: every feed record as a line of a capture, before anything else is made of it. Files rotate by size
 * and age, and each can be replayed on its own: a reader tells the wire of a connection that was open before by its
 * frames, so nothing is repeated at the start of a file, where it would look like a new connection.
 *
 * The archive must never stop the market: a slow disk asks the feed to wait, a failing one is reported and retried while
 * records are buffered up to the limit, then dropped and counted.
 */

import type { FeedRecord } from '../model/feed-record.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';
import { CaptureError } from './capture-error.ts';
import { CaptureFile } from './capture-file.ts';
import { encodeCaptureLine } from './capture-line.ts';

export interface CaptureWriterOptions {
  readonly directory: string;
  readonly exchange: string;
  readonly clock: Clock;
  /** Packed size at which a file is completed. Default 256 MiB. */
  readonly fileBytesMax?: number;
  /** Age at which a file is completed. Default one hour. */
  readonly fileAgeMaxMs?: number;
  /** The longest time after which a record can be read from the file, whatever happens to this process. Default 5 s. */
  readonly flushIntervalMs?: number;
  /** Characters that may wait to be written; half of it asks the feed to wait. Default 64 Mi. */
  readonly bufferCharsMax?: number;
  /** Told of every failure, once each: `capture.unwritable` or `capture.overflow`. Must not throw. */
  readonly onError: (error: CaptureError) => void;
  /** Records reach the disk again. Must not throw. */
  readonly onRecover?: (facts: { downMs: number; recordsLost: number }) => void;
  /** A file is complete. */
  readonly onFile?: (path: string) => void;
}

export interface CaptureWriterTotals {
  /** Records that were handed over. */
  records: number;
  /** Records that no file has, or that an unfinished file may lack. */
  dropped: number;
  /** Files completed. */
  files: number;
  /** Packed bytes of the files completed. */
  bytes: number;
}

/** Handed to the packer in one piece: large enough that a turn of the thread pool costs little beside it. */
const BATCH_CHARS = 256 * 1024;
const RETRY_MS = 5000;

export class CaptureWriter {
  readonly totals: CaptureWriterTotals = { records: 0, dropped: 0, files: 0, bytes: 0 };
  private readonly options: Required<CaptureWriterOptions>;
  private readonly batchChars: number;
  private lines: string[] = [];
  private waitingChars = 0;
  private writingChars = 0;
  /** Time of the first line that waits. */
  private startUs = 0;
  private file: CaptureFile | null = null;
  private fileOpenedUs = 0;
  /** Records in the file since its last flush: lost where the file fails. */
  private unflushed = 0;
  private flushDue = false;
  /** Nothing is tried before; 0 while the disk behaves. */
  private retryAtUs = 0;
  /** The first failure of those that go on, and how many records had been dropped before it. */
  private failing: { readonly sinceUs: number; readonly dropped: number } | null = null;
  private overflowing = false;
  private closing = false;
  private task: Promise<void> | null = null;
  private cancelTick: CancelTimer | null = null;
  private drains: (() => void)[] = [];

  constructor(options: CaptureWriterOptions) {
    this.options = {
      fileBytesMax: 256 * 1024 * 1024,
      fileAgeMaxMs: 3_600_000,
      flushIntervalMs: 5000,
      bufferCharsMax: 64 * 1024 * 1024,
      onFile: () => {},
      onRecover: () => {},
      ...options,
    };
    this.batchChars = Math.min(BATCH_CHARS, this.options.bufferCharsMax / 4);
  }

  /**
   * Takes a record. @returns false where the disk cannot keep up: the feed should stop reading until `drained`. The
   * record was taken all the same, unless the buffer is full.
   */
  append(record: FeedRecord): boolean {
    this.totals.records++;
    const line = encodeCaptureLine(record);
    if (this.closing || this.buffered + line.length > this.options.bufferCharsMax) {
      this.drop(1);
      return !this.isBehind;
    }
    if (this.lines.length === 0) this.startUs = record.tUs;
    this.lines.push(line);
    this.waitingChars += line.length;
    this.cancelTick ??= this.setTick();
    if (this.waitingChars >= this.batchChars) this.work();
    return !this.isBehind;
  }

  /** Resolves when the feed may go on reading. */
  async drained(): Promise<void> {
    if (this.isBehind) await new Promise<void>((resolve) => this.drains.push(resolve));
  }

  /** Characters that wait to be written. */
  get buffered(): number {
    return this.waitingChars + this.writingChars;
  }

  /** Writes what waits and completes the file. Records that come later are dropped and counted. */
  async close(): Promise<void> {
    this.closing = true;
    this.cancelTick?.();
    await this.idle();
    this.work();
    await this.idle();
  }

  private async idle(): Promise<void> {
    while (this.task !== null) await this.task;
  }

  /** A failing disk asks nobody to wait: it may fail for long. */
  private get isBehind(): boolean {
    return this.buffered > this.options.bufferCharsMax / 2 && this.retryAtUs === 0 && !this.closing;
  }

  private setTick(): CancelTimer {
    return this.options.clock.setTimer(this.options.flushIntervalMs, () => {
      this.flushDue = true;
      this.cancelTick = this.setTick();
      this.work();
    });
  }

  private work(): void {
    if (this.task === null && this.hasWork) this.task = this.run();
  }

  /** One at a time. Never rejects. */
  private async run(): Promise<void> {
    while (this.hasWork) {
      try {
        await this.step();
      } catch (error) {
        await this.giveUp(error);
      }
      this.release();
    }
    if (this.file === null && this.lines.length === 0) {
      this.cancelTick?.();
      this.cancelTick = null;
    }
    this.task = null;
  }

  private get hasWork(): boolean {
    if (this.closing) return this.lines.length > 0 || this.file !== null;
    if (this.options.clock.nowUs() < this.retryAtUs) return false;
    return this.waitingChars >= this.batchChars || this.flushDue;
  }

  private async step(): Promise<void> {
    const { directory, exchange, clock, fileBytesMax, fileAgeMaxMs } = this.options;
    const mustFlush = this.flushDue;
    this.flushDue = false;
    if (this.lines.length > 0) {
      if (this.file === null) {
        this.file = await CaptureFile.create({ directory, exchange, startUs: this.startUs });
        this.fileOpenedUs = clock.nowUs();
      }
      const text = this.take();
      await this.file.append(text);
      this.writingChars = 0;
    }
    if (this.file === null) return;
    const ageMs = (clock.nowUs() - this.fileOpenedUs) / 1000;
    if (this.closing || this.file.size >= fileBytesMax || ageMs >= fileAgeMaxMs) await this.complete(this.file);
    else if (mustFlush && this.unflushed > 0) await this.file.flush();
    else return;
    this.unflushed = 0;
    this.retryAtUs = 0;
    this.recover();
  }

  private recover(): void {
    const { failing } = this;
    this.failing = null;
    if (failing === null) return;
    const downMs = (this.options.clock.nowUs() - failing.sinceUs) / 1000;
    this.options.onRecover({ downMs, recordsLost: this.totals.dropped - failing.dropped });
  }

  private take(): string {
    const text = this.lines.join('');
    this.unflushed += this.lines.length;
    this.writingChars = this.waitingChars;
    this.lines = [];
    this.waitingChars = 0;
    return text;
  }

  private async complete(file: CaptureFile): Promise<void> {
    await file.close();
    this.file = null;
    this.totals.files++;
    this.totals.bytes += file.size;
    this.options.onFile(file.path);
  }

  /** The file failed: what it may lack is lost, what still waits goes to the next one. */
  private async giveUp(cause: unknown): Promise<void> {
    const { directory, clock, onError } = this.options;
    const { file } = this;
    this.file = null;
    this.writingChars = 0;
    this.failing ??= { sinceUs: clock.nowUs(), dropped: this.totals.dropped };
    this.retryAtUs = clock.nowUs() + RETRY_MS * 1000;
    let lost = this.unflushed;
    this.unflushed = 0;
    if (this.closing) {
      lost += this.lines.length;
      this.take();
      this.unflushed = 0;
      this.writingChars = 0;
    }
    this.totals.dropped += lost;
    onError(
      new CaptureError('capture.unwritable', `cannot write the raw archive: ${wordsOf(cause)}`, {
        remedy: 'Check that the archive folder exists, may be written to, and that its disk has space.',
        path: file?.path ?? directory,
        context: { recordsLost: lost, abandoned: file === null ? 'no file' : await abandon(file) },
        cause,
      }),
    );
  }

  private drop(records: number): void {
    this.totals.dropped += records;
    if (this.overflowing || this.closing) return;
    this.overflowing = true;
    const { directory, bufferCharsMax, onError } = this.options;
    onError(
      new CaptureError('capture.overflow', `the raw archive drops records: ${bufferCharsMax} characters wait already`, {
        remedy: 'Write the archive to a faster disk, or subscribe to fewer pairs.',
        path: directory,
        context: { bufferCharsMax },
      }),
    );
  }

  /** Lets the feed go on where there is room again, or where waiting has no end in sight. */
  private release(): void {
    if (this.buffered < this.options.bufferCharsMax / 2) this.overflowing = false;
    if (this.isBehind) return;
    const { drains } = this;
    this.drains = [];
    for (const go of drains) go();
  }
}

async function abandon(file: CaptureFile): Promise<string> {
  try {
    await file.abandon();
    return 'closed';
  } catch (error) {
    return `not closed either: ${wordsOf(error)}`;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
