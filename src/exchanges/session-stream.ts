/**
 * A connection to a venue as `ws` is given it: a stream whose inbound side lacks the messages that came whole in one frame.
 * Those are handed over from the buffer into which the runtime has read them; handshake, pings, fragments, close and errors
 * are the business of `ws`, which reads and writes this stream like any other.
 *
 *     kernel --> one buffer per connection --> FrameCutter --messages--> session
 *                                                  \-------all else----> ws
 *
 * No buffer is allocated per read, and neither an event nor a copy lies between the read and the message.
 */

import type { OnReadOpts, Socket } from 'node:net';
import { Duplex } from 'node:stream';

import { FrameCutter } from './session-frames.ts';

/** Opens the connection below. @param onread an option of `net.connect` and `tls.connect` */
export type RawConnect = (onread: OnReadOpts) => Socket;

type WriteDone = (error?: Error | null) => void;

/** As much as the runtime's own reads take. */
const READ_BYTES = 64 * 1024;
const NO_BYTES = Buffer.alloc(0);
const RESPONSE_END = '\r\n\r\n';
const SWITCHING_PROTOCOLS = '101';
const RESPONSE_STATUS = /^HTTP\/\d\.\d (\d{3})/;

export class FrameStream extends Duplex {
  private readonly raw: Socket;
  private readonly cutter: FrameCutter;
  /**
   * `response`: the handshake's, for the runtime's HTTP client. `switching`: it is complete, and what follows waits until
   * the handshake is found to be good. `frames`: messages are taken out. `refusal`: no frames will come.
   */
  private phase: 'response' | 'switching' | 'frames' | 'refusal' = 'response';
  /** The response as far as it came, then what came behind it. */
  private early: Buffer = NO_BYTES;
  private isStopped = false;
  /** More has been passed on than was read. */
  private isFull = false;

  /** @param onFrame gets each message; its bytes are valid during the call only */
  constructor(connect: RawConnect, payloadBytesMax: number, onFrame: (payload: Uint8Array) => void) {
    super();
    const sink = {
      onFrame,
      onOther: (bytes: Uint8Array) => this.passOn(bytes),
      hasTakenAll: () => this.readableLength === 0,
    };
    this.cutter = new FrameCutter(sink, payloadBytesMax);
    const buffer = new Uint8Array(READ_BYTES);
    this.raw = connect({
      buffer,
      callback: (bytes) => {
        if (this.phase === 'frames') this.cutter.take(buffer, bytes);
        else this.onEarly(buffer.subarray(0, bytes));
        return !this.isStopped && !this.isFull;
      },
    });
    this.raw.on('end', () => this.push(null));
    this.raw.on('error', (error) => this.destroy(error));
    this.raw.on('close', () => this.destroy());
  }

  /** The handshake was good: what follows are frames. Those that came with it are handed over at once. */
  begin(): void {
    const { early } = this;
    this.phase = 'frames';
    this.early = NO_BYTES;
    this.cutter.take(early, early.length);
  }

  /** Stops reading: the kernel's window closes. What has been read is still handed over. */
  stopReading(): void {
    this.isStopped = true;
    this.raw.pause();
  }

  startReading(): void {
    this.isStopped = false;
    if (!this.isFull) this.raw.resume();
  }

  override _read(): void {
    if (!this.isFull) return;
    this.isFull = false;
    if (!this.isStopped) this.raw.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: WriteDone): void {
    this.raw.write(chunk, done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: WriteDone): void {
    this.raw.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: WriteDone): void {
    this.raw.end(() => done());
  }

  override _destroy(error: Error | null, done: WriteDone): void {
    this.cutter.stop();
    if (this.raw.closed) {
      done(error);
      return;
    }
    this.raw.once('close', () => done(error));
    this.raw.destroy();
  }

  /** The bytes are copied: what takes them may keep them. @returns whether they were taken at once */
  private passOn(bytes: Uint8Array): boolean {
    if (this.destroyed) return true;
    if (!this.push(Buffer.from(bytes))) this.isFull = true;
    return this.readableLength === 0;
  }

  private onEarly(bytes: Uint8Array): void {
    if (this.phase === 'refusal') {
      this.passOn(bytes);
      return;
    }
    const passed = this.early.length;
    const early = Buffer.concat([this.early, bytes]);
    this.early = early;
    if (this.phase === 'switching') return;
    const last = early.indexOf(RESPONSE_END);
    if (last === -1) {
      this.passOn(bytes);
      return;
    }
    const end = last + RESPONSE_END.length;
    const status = RESPONSE_STATUS.exec(early.toString('latin1', 0, end))?.[1] ?? '';
    this.early = NO_BYTES;
    if (status === SWITCHING_PROTOCOLS) {
      this.phase = 'switching';
      this.early = early.subarray(end);
      this.passOn(early.subarray(passed, end));
      return;
    }
    // A response that only informs is followed by another one.
    if (!status.startsWith('1')) this.phase = 'refusal';
    this.passOn(early.subarray(passed, end));
    if (end < early.length) this.onEarly(early.subarray(end));
  }
}
