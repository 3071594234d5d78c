import { CodecError } from './codec-error.ts';

/**
 * Bounded reading of little-endian bytes. `take` is the only way forward and the only check: it refuses a block that
 * ends behind the data, so that what the caller then reads of the block through `view` exists.
 */
export class ByteReader {
  readonly length: number;
  readonly view: DataView;
  /** Where the next `take` starts. */
  at = 0;
  private readonly buffer: Buffer;

  constructor(data: Uint8Array) {
    this.length = data.length;
    this.view = new DataView(data.buffer, data.byteOffset, data.length);
    this.buffer = Buffer.from(data.buffer, data.byteOffset, data.length);
  }

  /**
   * Moves over `bytes` and returns where they start.
   * @throws CodecError `codec.truncated`
   */
  take(bytes: number): number {
    const start = this.at;
    const end = start + bytes;
    if (end > this.length) {
      throw new CodecError('codec.truncated', 'the batch ends within a record', {
        at: start,
        bytes,
        length: this.length,
      });
    }
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
    return this.buffer.toString('utf8', start, this.at);
  }

  textBetween(start: number, end: number): string {
    return this.buffer.toString('utf8', start, end);
  }

  /** The bytes between two places, without a copy. */
  slice(start: number, end: number): Uint8Array {
    return this.buffer.subarray(start, end);
  }
}

export function getInt128(view: DataView, at: number): bigint {
  return (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true);
}
