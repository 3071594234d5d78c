/**
 * Reads the lines of a capture in the very shape in which our writer writes them, straight into a batch:
 *
 *     {"t_us":1723161253937085,"ex":"binance","conn":"ws","op":"recv","data":"{\"stream\": … }"}
 *     └ start └ 16 digits      └ head, one of few in a recording            └ escapes \" \\ \/, else printable ASCII
 *
 * No object and no text is made of such a line. Any other line is the general reader's, and so are the first ones of a
 * connection: from those the heads are learned.
 */

import type { FeedRecord } from '../model/feed-record.ts';
import { FEED_OPS } from '../model/feed-record.ts';
import type { RecordSource, RecordWriter } from './record-batch.ts';

/** What `scan` returns for a line that it does not read. */
export const NOT_SCANNED = -1;

/** From `,"ex":` to the quotation mark in front of the data, by words of four bytes. */
interface Head {
  readonly text: string;
  readonly length: number;
  readonly words: Int32Array;
  /** The last bytes, which make no word, and the bits that count in them. */
  readonly tail: number;
  readonly tailMask: number;
  readonly source: RecordSource;
  readonly op: number;
}

/** As many as a process has connections. When full, the oldest goes. */
const HEADS_MAX = 64;
const START = Buffer.from('{"t_us":');
const START_LOW = START.readInt32LE(0);
const START_HIGH = START.readInt32LE(4);
const DIGITS = 16;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
/** The two bytes of an escape. */
const ESCAPED_QUOTE = BACKSLASH | (QUOTE << 8);
/** `}` and a line feed. */
const LINE_END = 0x0a7d;
/** The longest look behind the end of a line. */
const SLACK_BYTES = 8;
const HIGH_BITS = 0x80808080;

/**
 * High bits of the bytes that end a run: `"`, `\`, what is below 0x20 or above 0x7f. Bytes behind the first of them may be
 * marked without cause. (S. E. Anderson, Bit Twiddling Hacks, "Determine if a word has a zero byte")
 */
const endsIn = (word: number): number => {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  return (
    (((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes) | (word - 0x20202020) | word) &
    HIGH_BITS
  );
};

export class CaptureScanner {
  private readonly writer: RecordWriter;
  private readonly heads: Head[] = [];
  private oldest = 0;
  /** The head of the last line: the next has most often the same. */
  private last: Head | null = null;
  private view: DataView = new DataView(new ArrayBuffer(0));

  /** @param writer where the records go */
  constructor(writer: RecordWriter) {
    this.writer = writer;
  }

  /** Takes a buffer, in which places are then meant. */
  begin({ buffer, byteOffset, byteLength }: Uint8Array): void {
    this.view = new DataView(buffer, byteOffset, byteLength);
  }

  /**
   * Reads one line into the batch.
   * @returns the place behind its line feed; NOT_SCANNED, and the batch is as it was, where the line is of another
   * shape, too near to the buffer's end, or longer than what the batch has room for
   */
  scan(from: number, frame: number): number {
    const { view, writer } = this;
    let at = from + START.length;
    const headAt = at + DIGITS;
    if (headAt + SLACK_BYTES > view.byteLength) return NOT_SCANNED;
    if (view.getInt32(from, true) !== START_LOW || view.getInt32(from + 4, true) !== START_HIGH) return NOT_SCANNED;
    const tUs = readDigits(view, at);
    if (!(tUs <= Number.MAX_SAFE_INTEGER)) return NOT_SCANNED;
    const head = this.headAt(headAt);
    if (head === null) return NOT_SCANNED;

    at = headAt + head.length;
    const out = writer.view;
    const dataAt = writer.dataAt;
    let to = dataAt;
    const limit = Math.min(view.byteLength - SLACK_BYTES, at + writer.roomFor(head.source) - SLACK_BYTES);
    for (;;) {
      if (at > limit) return NOT_SCANNED;
      const word = view.getInt32(at, true);
      out.setInt32(to, word, true);
      const ends = endsIn(word);
      if (ends === 0) {
        at += 4;
        to += 4;
        continue;
      }
      const run = (31 - Math.clz32(ends & -ends)) >> 3;
      at += run;
      to += run;
      const pair = view.getUint16(at, true);
      if (pair === ESCAPED_QUOTE) {
        out.setUint8(to, QUOTE);
      } else {
        if ((pair & 0xff) === QUOTE) break;
        const escaped = pair >> 8;
        if ((pair & 0xff) !== BACKSLASH || (escaped !== BACKSLASH && escaped !== SLASH)) return NOT_SCANNED;
        out.setUint8(to, escaped);
      }
      at += 2;
      to++;
    }
    if (view.getUint16(at + 1, true) !== LINE_END) return NOT_SCANNED;
    writer.addWritten(tUs, frame, head.source, head.op, to - dataAt);
    return at + 3;
  }

  /** Remembers how lines of this record's connection and op begin. @param source of records of that connection */
  learn({ exchange, conn, op, url, data }: FeedRecord, source: RecordSource): void {
    if (url !== null || data === null) return;
    const text = `,"ex":${JSON.stringify(exchange)},"conn":${JSON.stringify(conn)},"op":"${op}","data":"`;
    if (this.heads.some((head) => head.text === text)) return;
    const head = headOf(text, source, FEED_OPS.indexOf(op));
    this.heads[this.oldest] = head;
    this.oldest = (this.oldest + 1) % HEADS_MAX;
    this.last = head;
  }

  /** From now on connections may go by other names. */
  forget(): void {
    this.heads.length = 0;
    this.oldest = 0;
    this.last = null;
  }

  private headAt(at: number): Head | null {
    const { view, last } = this;
    if (last !== null && isAt(view, at, last)) return last;
    for (const head of this.heads) {
      if (!isAt(view, at, head)) continue;
      this.last = head;
      return head;
    }
    return null;
  }
}

/** Exactly sixteen digits, as all times between 2001 and 2286 have; NaN where they are none. */
function readDigits(view: DataView, from: number): number {
  const high = readEight(view, from);
  const low = readEight(view, from + 8);
  // A number does not begin with zero.
  return high < 10_000_000 || low < 0 ? NaN : high * 100_000_000 + low;
}

function readEight(view: DataView, from: number): number {
  let value = 0;
  for (let at = from; at < from + 8; at++) {
    const digit = view.getUint8(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function headOf(text: string, source: RecordSource, op: number): Head {
  const bytes = Buffer.from(text);
  const words = new Int32Array(bytes.length >> 2);
  for (let at = 0; at < words.length; at++) words[at] = bytes.readInt32LE(at * 4);
  let tail = 0;
  let tailMask = 0;
  for (let at = words.length * 4; at < bytes.length; at++) {
    tail |= (bytes[at] ?? 0) << (8 * (at % 4));
    tailMask |= 0xff << (8 * (at % 4));
  }
  return { text, length: bytes.length, words, tail, tailMask, source, op };
}

function isAt(view: DataView, from: number, { length, words, tail, tailMask }: Head): boolean {
  if (from + length + SLACK_BYTES > view.byteLength) return false;
  let at = from;
  for (let word = 0; word < words.length; word++) {
    if (view.getInt32(at, true) !== words[word]) return false;
    at += 4;
  }
  return (view.getInt32(at, true) & tailMask) === tail;
}
