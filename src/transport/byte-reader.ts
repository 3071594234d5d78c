import { CodecError } from './codec-error.ts';

const INITIAL_BYTES = 4 * 1024;
/** Bytes behind the data that may be looked at before a `take` refuses them. */
const SLACK_BYTES = 8;

/**
 * Bounded reading of little-endian bytes. `take` is the only way forward and the only check: it refuses a block that
 * ends behind the data, so that what the caller then reads of the block through `view` exists. Who must read to know how
 * much to take may look at the next eight bytes first: they exist, and are not used before `take` has allowed them.
 *
 * The data are copied into a buffer that the reader keeps: that costs less than the views over each batch's own bytes.
 */
export class ByteReader {
  /** Bytes of the data; the buffer behind them holds leftovers. */
  length = 0;
  view: DataView<ArrayBuffer>;
  /** The data; like `view`, another one after a `load`. */
  bytes: Buffer<ArrayBuffer>;
  /** Where the next `take` starts. */
  at = 0;

  constructor() {
    this.bytes = Buffer.from(new ArrayBuffer(INITIAL_BYTES + SLACK_BYTES));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Starts to read the first `length` bytes of the data, which may change or go as soon as this returns. */
  load(data: Uint8Array, length: number = data.length): void {
    if (data.length + SLACK_BYTES > this.bytes.length) {
      this.bytes = Buffer.from(new ArrayBuffer(data.length * 2 + SLACK_BYTES));
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(data);
    this.length = length;
    this.at = 0;
  }

  /**
   * Moves over `bytes` and returns where they start.
   * @throws CodecError `codec.truncated`
   */
  take(bytes: number): number {
    const start = this.at;
    const end = start + bytes;
    if (end > this.length) throw truncated(start, bytes, this.length);
    this.at = end;
    return start;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  f64(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  i128(): bigint {
    return getInt128(this.view, this.take(16));
  }

  /** Takes a text of `ByteWriter.text` and returns where its UTF-8 starts; it ends at `at`. */
  takeText(): number {
    const bytes = this.view.getUint16(this.take(2), true);
    return this.take(bytes);
  }

  text(): string {
    const start = this.takeText();
    return this.textBetween(start, this.at);
  }

  textBetween(start: number, end: number): string {
    return this.bytes.toString('utf8', start, end);
  }
}

export function getInt128(view: DataView, at: number): bigint {
  return (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true);
}

function truncated(at: number, bytes: number, length: number): CodecError {
  return new CodecError('codec.truncated', 'the batch ends within a record', { at, bytes, length });
}
