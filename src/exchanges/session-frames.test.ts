import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';
import * as ws from 'ws';

import {
  closeFrameOf,
  cutAtRandom,
  frameOf,
  goodFrames,
  lastFrame,
  OPCODE,
  PAYLOAD_BYTES_MAX,
} from '../../test/fixtures/websocket-frames.ts';
import type { Prng } from '../lib/prng.ts';
import { chance, createPrng } from '../lib/prng.ts';
import { FrameCutter } from './session-frames.ts';

/** Exported by `ws`, and not by its types. */
interface ReceiverOptions {
  readonly maxPayload: number;
  readonly skipUTF8Validation: boolean;
}
const { Receiver } = ws as unknown as { readonly Receiver: new (options: ReceiverOptions) => Writable };

/** What a receiver of `ws` makes of the bytes written to it, in order, as lines. */
class Reference {
  readonly lines: string[];
  private readonly receiver: Writable;
  private ended = false;

  constructor(lines: string[] = []) {
    this.lines = lines;
    this.receiver = new Receiver({ maxPayload: PAYLOAD_BYTES_MAX, skipUTF8Validation: true })
      .on('message', (data: Uint8Array) => lines.push(messageLine(data)))
      .on('ping', (data: Buffer) => lines.push(`ping ${data.toString('hex')}`))
      .on('pong', (data: Buffer) => lines.push(`pong ${data.toString('hex')}`))
      .on('error', (error: Error & { code?: string }) => lines.push(`error ${error.code} ${error.message}`))
      .on('conclude', (code: number, words: Buffer) => {
        this.ended = true;
        lines.push(`close ${code} ${words.toString()}`);
      });
  }

  write(bytes: Uint8Array): void {
    // A socket is not listened to any more behind the close frame.
    if (!this.ended) this.receiver.write(Buffer.from(bytes));
  }
}

function messageLine(data: Uint8Array): string {
  return `message ${data.length} ${createHash('sha256').update(data).digest('hex')}`;
}

/** A cutter with a receiver of `ws` behind it. Nothing that it hands over outlives the call, as in a buffer used again. */
class Subject {
  readonly lines: string[] = [];
  private readonly rest = new Reference(this.lines);
  private readonly waiting: Uint8Array[] = [];
  private readonly isSlow: () => boolean;
  private readonly cutter: FrameCutter;
  private readonly buffer = new Uint8Array(128 * 1024);

  /** @param isSlow whether what the receiver is given now waits */
  constructor(isSlow: () => boolean = () => false) {
    this.isSlow = isSlow;
    const sink = {
      onFrame: (payload: Uint8Array) => void this.lines.push(messageLine(payload)),
      onOther: (bytes: Uint8Array) => this.onOther(bytes),
      hasTakenAll: () => this.waiting.length === 0,
    };
    this.cutter = new FrameCutter(sink, PAYLOAD_BYTES_MAX);
  }

  take(bytes: Uint8Array): void {
    this.buffer.set(bytes);
    this.cutter.take(this.buffer, bytes.length);
    this.buffer.fill(0xee, 0, bytes.length);
  }

  catchUp(): void {
    for (const bytes of this.waiting.splice(0)) this.rest.write(bytes);
  }

  private onOther(bytes: Uint8Array): boolean {
    if (this.waiting.length > 0 || this.isSlow()) {
      this.waiting.push(Uint8Array.from(bytes));
      return false;
    }
    this.rest.write(bytes);
    return true;
  }
}

/** `ws` tells of errors a moment later. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function linesOfReference(stream: Uint8Array): Promise<string[]> {
  const reference = new Reference();
  reference.write(stream);
  await settled();
  return reference.lines;
}

function streamOf(prng: Prng): Uint8Array {
  const frames = goodFrames(prng, 12);
  if (chance(prng, 0.7)) frames.push(lastFrame(prng), ...goodFrames(prng, 3));
  return Buffer.concat(frames);
}

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

describe('the same bytes, cut anywhere, are to a cutter and a receiver of ws behind it what they are to that receiver alone', () => {
  it.each(SEEDS)('seed %i', async (seed) => {
    const prng = createPrng(`frames/${seed}`);
    const stream = streamOf(prng);
    const subject = new Subject();
    for (const piece of cutAtRandom(prng, stream)) subject.take(piece);
    await settled();
    expect(subject.lines).toEqual(await linesOfReference(stream));
  });

  it.each(SEEDS.slice(0, 30))('also where that receiver lags behind: seed %i', async (seed) => {
    const prng = createPrng(`slow/${seed}`);
    const stream = streamOf(prng);
    const subject = new Subject(() => chance(prng, 0.5));
    for (const piece of cutAtRandom(prng, stream)) {
      subject.take(piece);
      if (chance(prng, 0.3)) subject.catchUp();
    }
    subject.catchUp();
    await settled();
    expect(subject.lines).toEqual(await linesOfReference(stream));
  });
});

describe('a cutter', () => {
  const text = (words: string): Uint8Array => frameOf(OPCODE.text, Buffer.from(words));

  function cut(...chunks: readonly Uint8Array[]): { frames: string[]; other: string[] } {
    const frames: string[] = [];
    const other: string[] = [];
    const sink = {
      onFrame: (payload: Uint8Array) => void frames.push(Buffer.from(payload).toString('latin1')),
      onOther: (bytes: Uint8Array) => other.push(Buffer.from(bytes).toString('hex')) > 0,
      hasTakenAll: () => true,
    };
    const cutter = new FrameCutter(sink, PAYLOAD_BYTES_MAX);
    for (const chunk of chunks) cutter.take(chunk, chunk.length);
    return { frames, other };
  }

  it('takes every message of a chunk, and only the rest goes on', () => {
    const ping = frameOf(OPCODE.ping, Buffer.from('x'));
    const chunk = Buffer.concat([text('one'), text(''), ping, text('t'.repeat(200)), text('f'.repeat(70_000))]);
    const { frames, other } = cut(chunk);
    expect(frames).toEqual(['one', '', 't'.repeat(200), 'f'.repeat(70_000)]);
    expect(other).toEqual(['890178']);
  });

  it('hands messages over where they lie', () => {
    const chunk = Buffer.concat([text('one'), text('two')]);
    const buffers: ArrayBufferLike[] = [];
    const sink = {
      onFrame: (payload: Uint8Array) => void buffers.push(payload.buffer),
      onOther: () => true,
      hasTakenAll: () => true,
    };
    new FrameCutter(sink, PAYLOAD_BYTES_MAX).take(chunk, chunk.length);
    expect(buffers).toEqual([chunk.buffer, chunk.buffer]);
  });

  it('reads no further than it was told', () => {
    const chunk = Buffer.concat([text('one'), text('two')]);
    const frames: string[] = [];
    const sink = { onFrame: () => void frames.push('frame'), onOther: () => true, hasTakenAll: () => true };
    new FrameCutter(sink, PAYLOAD_BYTES_MAX).take(chunk, 5);
    expect(frames).toEqual(['frame']);
  });

  it('takes nothing behind a close frame, nor once it was stopped', () => {
    expect(cut(closeFrameOf(1000), text('late')).frames).toEqual([]);
    const frames: string[] = [];
    const sink = {
      onFrame: () => {
        frames.push('frame');
        cutter.stop();
      },
      onOther: () => true,
      hasTakenAll: () => true,
    };
    const cutter: FrameCutter = new FrameCutter(sink, PAYLOAD_BYTES_MAX);
    const chunk = Buffer.concat([text('one'), text('two')]);
    cutter.take(chunk, chunk.length);
    expect(frames).toEqual(['frame']);
  });

  it('passes on what is wrong as soon as it can be told', () => {
    const masked = frameOf(OPCODE.text, Buffer.alloc(300), { masked: true });
    expect(cut(masked.subarray(0, 2)).other).toEqual(['81fe']);
    const claimed = frameOf(OPCODE.text, Buffer.alloc(0), { claimedBytes: 2n ** 40n });
    expect(cut(claimed.subarray(0, 9)).other).toEqual([]);
    expect(cut(claimed).other).toEqual([Buffer.from(claimed).toString('hex')]);
  });
});
