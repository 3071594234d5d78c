/** Reads recordings: captures as feed records, as fast as a disk and one thread allow and no faster than asked for. */

import type { FeedRecord } from '../model/feed-record.ts';
import { readCaptureBytes } from './capture-bytes.ts';
import { decodeCaptureLine } from './capture-line.ts';
import { LINE_BYTES_MAX, LineSplitter } from './line-splitter.ts';

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
}

/** Enough records that a step of the generator costs little beside them. */
const CHUNK_RECORDS = 1000;
/** So many characters of data make a chunk too: a snapshot may have millions. */
const CHUNK_CHARS = 4_000_000;
const LINE_START_CHARS = 120;

/**
 * The records of a capture in the order of its lines, gzip or plain, about 1,000 at a time. Reads on only when the next
 * chunk is asked for. The chunks are the caller's.
 * @throws CaptureError `capture.unreadable` where the file cannot be opened or read
 */
export async function* readCapture(path: string, options: ReadCaptureOptions = {}): AsyncGenerator<FeedRecord[]> {
  const { onMalformed = () => {}, onProgress = () => {} } = options;
  const splitter = new LineSplitter();
  const damages: string[] = [];
  let lineNumber = 0;
  let chunk: FeedRecord[] = [];
  let chunkChars = 0;

  const add = (line: string | null): void => {
    lineNumber++;
    if (line === '' || line === '\r') return;
    const record = line === null ? `longer than ${LINE_BYTES_MAX} bytes` : decodeCaptureLine(line);
    if (typeof record === 'string') {
      onMalformed(lineNumber, record, startOf(line));
      return;
    }
    chunk.push(record);
    chunkChars += line?.length ?? 0;
  };

  const events = { onProgress, onDamaged: (reason: string) => void damages.push(reason) };
  for await (const pieces of readCaptureBytes(path, events)) {
    for (const piece of pieces) {
      for (const line of splitter.push(piece)) {
        add(line);
        if (chunk.length < CHUNK_RECORDS && chunkChars < CHUNK_CHARS) continue;
        yield chunk;
        chunk = [];
        chunkChars = 0;
      }
    }
  }
  const rest = splitter.end();
  const [damage] = damages;
  // A last line without line feed counts; in a packed file that breaks off it is cut in two.
  if (damage !== undefined) onMalformed(lineNumber + 1, `the packed data break off: ${damage}`, startOf(rest));
  else if (rest !== undefined) add(rest);
  if (chunk.length > 0) yield chunk;
}

function startOf(line: string | null | undefined): string {
  return (line ?? '').slice(0, LINE_START_CHARS);
}
