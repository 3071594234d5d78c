/**
 * Takes the messages that came whole in one frame out of a WebSocket's inbound bytes, where they lie. Everything else (pings,
 * pongs, fragments, the close frame, whatever breaks a rule of RFC 6455) goes on to a receiver that knows the whole
 * protocol, in order and cut at frames, so that what is missing in between is nothing to it.
 *
 *     chunk  | data | data | ping | data | da|   ->  |ta | close | ...
 *               |      |      |      |     \____________/     |
 *            onFrame onFrame  |   onFrame     onFrame         |
 *                             onOther                      onOther, from there on to the end
 *
 * See https://www.rfc-editor.org/rfc/rfc6455#section-5.2 for the layout of a frame.
 */

export interface FrameSink {
  /** The payload of a text or binary message; valid during the call only. */
  onFrame(payload: Uint8Array): void;
  /**
   * Bytes for the other receiver; valid during the call only.
   * @returns false where they wait: until `hasTakenAll`, messages go there too, since they must stay in order
   */
  onOther(bytes: Uint8Array): boolean;
  /** Whether the other receiver has worked through everything that it was given. */
  hasTakenAll(): boolean;
}

const FIN = 0x80;
const RESERVED = 0x70;
const OPCODE = 0x0f;
const MASKED = 0x80;
const LENGTH = 0x7f;

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const PING = 9;
const PONG = 10;

const CONTROL_BYTES_MAX = 125;
/** A frame that a chunk does not end is gathered here; for a larger one there is a buffer of its own. */
const GATHER_BYTES = 4096;

/** What the first two bytes of a frame say of it. */
type FrameKind = 'message' | 'first' | 'next' | 'last' | 'control' | 'foreign';

export class FrameCutter {
  private readonly sink: FrameSink;
  private readonly payloadBytesMax: number;
  /** Everything goes to the other receiver from here on. */
  private isOver = false;
  /** Bytes of a frame still to come that go to the other receiver. */
  private passBytes = 0;
  /** Payload so far of a message that comes in fragments; null where none does. */
  private fragmentBytes: number | null = null;
  private otherWaits = false;
  private gather = new Uint8Array(GATHER_BYTES);
  /** Bytes in `gather`: of the one frame that is not complete. */
  private gathered = 0;

  /** @param payloadBytesMax a larger message is for the other receiver to refuse */
  constructor(sink: FrameSink, payloadBytesMax: number) {
    this.sink = sink;
    this.payloadBytesMax = payloadBytesMax;
  }

  /** Takes what was read. @param end bytes of `chunk` that count; they are not needed after the call */
  take(chunk: Uint8Array, end: number): void {
    let at = this.gathered === 0 ? 0 : this.complete(chunk, end);
    while (at < end) {
      if (this.isOver || this.passBytes > 0) {
        at += this.pass(chunk, at, end);
        continue;
      }
      const frame = this.look(chunk, at, end);
      if (frame > end - at) {
        this.keep(chunk, at, end, frame);
        return;
      }
      if (frame > 0) {
        this.deliver(chunk, at, frame);
        at += frame;
      }
    }
  }

  /** No message is handed over any more. */
  stop(): void {
    this.isOver = true;
  }

  /**
   * Decides what becomes of the frame that begins at `at`.
   * @returns its bytes where it is a message; the bytes that must be there to tell, where they are not; otherwise 0: what
   * is to be passed on is noted
   */
  private look(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < 2) return 2;
    const kind = this.kindOf(bytes[at] as number, bytes[at + 1] as number);
    if (kind === 'foreign') return this.giveUp();
    const head = headBytes((bytes[at + 1] as number) & LENGTH);
    if (end - at < head) return head;
    const payload = payloadBytes(bytes, at);
    if (payload + (this.fragmentBytes ?? 0) > this.payloadBytesMax && kind !== 'control') return this.giveUp();
    if (kind === 'message' && !this.isOtherBehind()) return head + payload;
    if (kind === 'first') this.fragmentBytes = payload;
    if (kind === 'next') this.fragmentBytes = (this.fragmentBytes ?? 0) + payload;
    if (kind === 'last') this.fragmentBytes = null;
    this.passBytes = head + payload;
    return 0;
  }

  private kindOf(first: number, second: number): FrameKind {
    if ((first & RESERVED) !== 0 || (second & MASKED) !== 0) return 'foreign';
    const isFinal = (first & FIN) !== 0;
    const isFragmented = this.fragmentBytes !== null;
    switch (first & OPCODE) {
      case TEXT:
      case BINARY:
        if (isFragmented) return 'foreign';
        return isFinal ? 'message' : 'first';
      case CONTINUATION:
        if (!isFragmented) return 'foreign';
        return isFinal ? 'last' : 'next';
      case PING:
      case PONG:
        return isFinal && second <= CONTROL_BYTES_MAX ? 'control' : 'foreign';
      default:
        // Among these the close frame: behind it comes nothing that counts.
        return 'foreign';
    }
  }

  private giveUp(): 0 {
    this.isOver = true;
    return 0;
  }

  private isOtherBehind(): boolean {
    if (this.otherWaits && this.sink.hasTakenAll()) this.otherWaits = false;
    return this.otherWaits;
  }

  private deliver(bytes: Uint8Array, at: number, frame: number): void {
    const head = headBytes((bytes[at + 1] as number) & LENGTH);
    this.sink.onFrame(new Uint8Array(bytes.buffer, bytes.byteOffset + at + head, frame - head));
  }

  /** @returns the bytes passed on */
  private pass(bytes: Uint8Array, at: number, end: number): number {
    const passed = this.isOver ? end - at : Math.min(end - at, this.passBytes);
    this.passBytes = Math.max(0, this.passBytes - passed);
    if (!this.sink.onOther(bytes.subarray(at, at + passed))) this.otherWaits = true;
    return passed;
  }

  // ---- a frame that lies in several chunks ----

  /** @returns the bytes of the chunk that went to the frame begun before */
  private complete(chunk: Uint8Array, end: number): number {
    let at = 0;
    while (this.gathered > 0) {
      const wanted = this.isOver ? 0 : this.look(this.gather, 0, this.gathered);
      if (wanted === 0) {
        this.passGathered();
      } else if (wanted > this.gathered) {
        if (at === end) break;
        const taken = Math.min(wanted - this.gathered, end - at);
        this.keep(chunk, at, at + taken, wanted);
        at += taken;
      } else {
        const { gather, gathered } = this;
        this.forgetGathered();
        this.deliver(gather, 0, gathered);
      }
    }
    return at;
  }

  /** @param wanted bytes of the frame as far as is known */
  private keep(chunk: Uint8Array, at: number, end: number, wanted: number): void {
    const bytes = this.gathered + end - at;
    if (bytes > this.gather.length) {
      // At most twice what has come: a length that is only claimed costs nothing.
      const larger = new Uint8Array(Math.max(bytes, Math.min(wanted, 2 * bytes)));
      larger.set(this.gather.subarray(0, this.gathered));
      this.gather = larger;
    }
    this.gather.set(chunk.subarray(at, end), this.gathered);
    this.gathered = bytes;
  }

  private passGathered(): void {
    const { gather, gathered } = this;
    this.forgetGathered();
    this.pass(gather, 0, gathered);
  }

  private forgetGathered(): void {
    this.gathered = 0;
    if (this.gather.length > GATHER_BYTES) this.gather = new Uint8Array(GATHER_BYTES);
  }
}

/** @param length the seven bits of the second byte @returns bytes before the payload of a frame without a mask */
function headBytes(length: number): number {
  if (length < 126) return 2;
  return length === 126 ? 4 : 10;
}

/** The header must be there as a whole. Lengths beyond 2^53 are not exact, but large. */
function payloadBytes(bytes: Uint8Array, at: number): number {
  const length = (bytes[at + 1] as number) & LENGTH;
  if (length < 126) return length;
  let payload = 0;
  for (let index = at + 2; index < at + headBytes(length); index++) payload = payload * 256 + (bytes[index] as number);
  return payload;
}
