/**
 * Reads recordings: captures as batches of feed records, as fast as a disk and one thread allow and no faster than asked
 * for.
 */

import type { FeedOp } from '../model/feed-record.ts';
import { readCaptureBytes } from './capture-bytes.ts';
import { decodeCaptureLine } from './capture-line.ts';
import { CaptureScanner, NOT_SCANNED } from './capture-scanner.ts';
import { LINE_BYTES_MAX, LineSplitter } from './line-splitter.ts';
import type { RecordBatch } from './record-batch.ts';
import { BatchMemory, RecordWriter } from './record-batch.ts';

export interface ReadCaptureOptions {
  /**
   * Told of everything that cannot be read: a line that is no record (it is skipped), or packed data that break off
   * (nothing follows).
   * @param lineNumber counts from 1
   * @param lineStart the first characters of the line
   */
  readonly onMalformed?: (lineNumber: number, reason: string, lineStart: string) => void;
  /** Bytes of the file read so far and its size, a few times per megabyte. */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
  /** Records per batch, at most. A batch also ends where its memory does, at about a megabyte. Default 4,096. */
  readonly batchRecords?: number;
  /** Number of the first record; they count on from there. Default 0. */
  readonly firstFrame?: number;
  /** What a connection is called in the batches, if not by its id. Its answer may change with each `open`. */
  readonly nameConnection?: (exchange: string, conn: string, op: FeedOp) => string;
  /** Where batches live. Whoever gives them back there when they were read saves much time. */
  readonly memory?: BatchMemory;
}

const BATCH_RECORDS = 4096;
const LINE_START_CHARS = 120;
const LINE_FEED = 0x0a;

/**
 * The records of a capture in the order of its lines, gzip or plain, in batches. Reads on only when the next batch is
 * asked for, but for a little that is under way by then.
 * @throws CaptureError `capture.unreadable` where the file cannot be opened or read
 */
export async function* readCapture(path: string, options: ReadCaptureOptions = {}): AsyncGenerator<RecordBatch> {
  const { onMalformed = () => {}, onProgress = () => {} } = options;
  const damages: string[] = [];
  const events = { onProgress, onDamaged: (reason: string) => void damages.push(reason) };
  const splitter = new LineSplitter();
  const lines = new LineReader(options);
  for await (const pieces of readCaptureBytes(path, events)) {
    for (const piece of pieces) {
      for (const block of splitter.push(piece)) yield* lines.read(block);
    }
  }
  const rest = splitter.end();
  const [damage] = damages;
  // A last line without line feed counts; in a packed file that breaks off it is cut in two.
  if (damage !== undefined) {
    onMalformed(lines.count + 1, `the packed data break off: ${damage}`, startOf(rest?.toString() ?? ''));
  } else if (rest !== undefined) {
    yield* lines.read(rest);
  }
  yield* lines.end();
}

/** Packs lines. */
class LineReader {
  /** Lines read. */
  count = 0;
  private readonly options: ReadCaptureOptions;
  private readonly batchRecords: number;
  private readonly writer: RecordWriter;
  private readonly scanner: CaptureScanner;
  private frame: number;

  constructor(options: ReadCaptureOptions) {
    const { memory = new BatchMemory(), batchRecords = BATCH_RECORDS, firstFrame = 0 } = options;
    this.options = options;
    this.batchRecords = batchRecords;
    this.writer = new RecordWriter(memory);
    this.scanner = new CaptureScanner(this.writer);
    this.frame = firstFrame;
  }

  /** @param block whole lines, the last one with or without a line feed; null for a line that is too long */
  *read(block: Buffer | null): Generator<RecordBatch> {
    const { writer, scanner, batchRecords } = this;
    if (block === null) {
      this.tellMalformed(`longer than ${LINE_BYTES_MAX} bytes`, '');
      return;
    }
    scanner.begin(block);
    for (let at = 0; at < block.length;) {
      if (writer.records >= batchRecords) yield writer.take();
      const next = scanner.scan(at, this.frame);
      if (next !== NOT_SCANNED) {
        at = next;
        this.count++;
        this.frame++;
        continue;
      }
      const feed = block.indexOf(LINE_FEED, at);
      const end = feed < 0 ? block.length : feed;
      yield* this.readAny(block.toString('utf8', at, end));
      at = end + 1;
    }
  }

  *end(): Generator<RecordBatch> {
    if (this.writer.records > 0) yield this.writer.take();
  }

  /** A line of any shape. */
  private *readAny(line: string): Generator<RecordBatch> {
    const { writer, scanner, options } = this;
    const read = line === '' || line === '\r' ? null : decodeCaptureLine(line);
    if (typeof read === 'string') return this.tellMalformed(read, line);
    this.count++;
    if (read === null) return undefined;
    const { exchange, op } = read;
    const conn = options.nameConnection?.(exchange, read.conn, op) ?? read.conn;
    if (op === 'open') scanner.forget();
    const record = { ...read, conn };
    if (!writer.append(record, this.frame, true)) {
      yield writer.take();
      writer.append(record, this.frame, true);
    }
    this.frame++;
    scanner.learn(read, writer.source(exchange, conn));
    return undefined;
  }

  private tellMalformed(reason: string, line: string): void {
    this.count++;
    this.options.onMalformed?.(this.count, reason, startOf(line));
  }
}

function startOf(line: string): string {
  return line.slice(0, LINE_START_CHARS);
}
