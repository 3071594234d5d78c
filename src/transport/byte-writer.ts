import { CodecError } from './codec-error.ts';

const INITIAL_BYTES = 64 * 1024;
const TEXT_BYTES_MAX = 0xffff;

/**
 * A growing little-endian byte buffer. `reserve` makes room once for a block of known or largest size; the writer then
 * stores straight through `view` and moves `length`, which keeps bounds checks out of the columns' loops. `reserve` may
 * replace `view`: take it afterwards.
 */
export class ByteWriter {
  /** Bytes written. */
  length = 0;
  view: DataView<ArrayBuffer>;
  private buffer: Buffer<ArrayBuffer>;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.buffer = Buffer.from(new ArrayBuffer(initialBytes));
    this.view = new DataView(this.buffer.buffer);
  }

  /** Makes room for `bytes` more and returns where they start; `length` already counts them. */
  reserve(bytes: number): number {
    const start = this.length;
    const end = start + bytes;
    if (end > this.buffer.length) this.grow(end);
    this.length = end;
    return start;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.view.setUint8(at, value);
  }

  f64(value: number): void {
    const at = this.reserve(8);
    this.view.setFloat64(at, value, true);
  }

  /** @throws CodecError `codec.range` where the value needs more than 128 bits */
  i128(value: bigint): void {
    const at = this.reserve(16);
    setInt128(this.view, at, value);
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }

  /** Raw bytes of a column's first `count` rows. */
  column(bytes: Uint8Array, count: number): void {
    const at = this.reserve(count);
    const { buffer } = this;
    for (let row = 0; row < count; row++) buffer[at + row] = bytes[row] as number;
  }

  /**
   * UTF-8 behind its length in two bytes.
   * @throws CodecError `codec.range` above 65,535 bytes
   */
  text(value: string): void {
    // Room for the worst case; what is not used is given back.
    const at = this.reserve(2 + value.length * 3);
    const bytes = this.asciiOrUtf8(value, at + 2);
    if (bytes > TEXT_BYTES_MAX) throw new CodecError('codec.range', 'a text is too long for a batch', { bytes });
    this.view.setUint16(at, bytes, true);
    this.length = at + 2 + bytes;
  }

  /** The bytes written so far, without a copy: valid until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.length);
  }

  /** A copy in a buffer of its own, of exactly the written length. */
  copy(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.buffer.buffer.slice(0, this.length));
  }

  clear(): void {
    this.length = 0;
  }

  private asciiOrUtf8(value: string, at: number): number {
    const { buffer } = this;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return buffer.write(value, at, 'utf8');
      buffer[at + i] = code;
    }
    return value.length;
  }

  private grow(least: number): void {
    const bytes = new ArrayBuffer(Math.max(least, this.buffer.length * 2));
    const grown = Buffer.from(bytes);
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
    this.view = new DataView(bytes);
  }
}

/** @throws CodecError `codec.range` where the value needs more than 128 bits */
export function setInt128(view: DataView, at: number, value: bigint): void {
  if (BigInt.asIntN(128, value) !== value) {
    throw new CodecError('codec.range', 'an integer needs more than 128 bits', { value: value.toString() });
  }
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigInt64(at + 8, value >> 64n, true);
}
