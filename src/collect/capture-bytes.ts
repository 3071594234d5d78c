/** The bytes of a recording, unpacked where they are gzip, of any number of members. */

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { Gunzip } from 'node:zlib';
import { createGunzip } from 'node:zlib';

import { CaptureError } from './capture-error.ts';

export interface CaptureBytesEvents {
  /** Bytes of the file handed out so far, and its size. */
  readonly onProgress: (bytesRead: number, bytesTotal: number) => void;
  /** The packed data end too early or make no sense from here on. Everything readable was handed out. */
  readonly onDamaged: (reason: string) => void;
}

const READ_BYTES = 1024 * 1024;
const PLAIN_BYTES = 256 * 1024;
/**
 * Unpacked in one turn of the thread pool: little, so that the first records are soon on their way, and enough that what
 * comes of it keeps its reader busy for as long as the next turn takes.
 */
const PACKED_BYTES = 64 * 1024;
/** So large that what a turn gives seldom falls into two buffers: the second would wait for the reader. */
const UNPACKED_BYTES = 4 * 1024 * 1024;

/**
 * Yields the bytes piece by piece, each as the buffers that it came in, while the next piece is read and unpacked. The
 * buffers are valid until the next piece is asked for.
 * @throws CaptureError `unreadable`
 */
export async function* readCaptureBytes(path: string, events: CaptureBytesEvents): AsyncGenerator<readonly Buffer[]> {
  const file = await tryFile(path, () => open(path));
  let ahead: Promise<Piece | null> = Promise.resolve(null);
  try {
    const { size } = await tryFile(path, () => file.stat());
    const source = new PieceSource(() => tryFile(path, () => readSome(file)));
    let bytesRead = 0;
    ahead = source.next();
    let last: ArrayBufferLike | null = null;
    for (let piece = await ahead; piece !== null; piece = await ahead) {
      ahead = source.next();
      // What fails there is thrown where it is waited for: after this piece.
      ahead.catch(() => undefined);
      yield piece.buffers;
      for (const { buffer } of piece.buffers) {
        if (last !== null && last !== buffer) giveBack(last);
        last = buffer;
      }
      if (piece.bytesRead === bytesRead) continue;
      ({ bytesRead } = piece);
      // A recording that is still being written grows meanwhile.
      events.onProgress(bytesRead, Math.max(size, bytesRead));
    }
    if (source.damage !== '') events.onDamaged(source.damage);
  } finally {
    await Promise.allSettled([ahead]);
    await file.close();
  }
}

/** Left to the collector, a few of these would make it run again and again. */
function giveBack(memory: ArrayBufferLike): void {
  if (memory instanceof ArrayBuffer) memory.transfer(0);
}

async function readSome(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.allocUnsafeSlow(READ_BYTES) });
  return buffer.subarray(0, bytesRead);
}

async function tryFile<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Check that the path names a recording and that this user may read it.';
    throw new CaptureError('capture.unreadable', `cannot read ${path}: ${words}`, { remedy, path, cause });
  }
}

interface Piece {
  readonly buffers: readonly Buffer[];
  /** Bytes of the file up to the end of this piece. */
  readonly bytesRead: number;
}

/** Reads the file ahead in large blocks, and gives what is in small parts of them. */
class PieceSource {
  private readonly read: () => Promise<Buffer>;
  private block: Buffer = Buffer.alloc(0);
  private at = 0;
  private blockStart = 0;
  private following: Promise<Buffer> | null = null;
  private unpacker: Unpacker | null = null;
  private isEnded = false;

  constructor(read: () => Promise<Buffer>) {
    this.read = read;
  }

  get damage(): string {
    return this.unpacker?.damage ?? '';
  }

  /**
   * The next piece; null behind the last. Where the block has more, its unpacking begins within this call: whoever called
   * may be too busy to let anything begin later.
   */
  next(): Promise<Piece | null> {
    return this.at < this.block.length ? this.take() : this.refill();
  }

  private async refill(): Promise<Piece | null> {
    if (this.isEnded) return null;
    this.blockStart += this.block.length;
    // Of a plain file the block was handed out.
    if (this.unpacker !== null) giveBack(this.block.buffer);
    this.block = await (this.following ?? this.read());
    this.at = 0;
    if (this.block.length === 0) return this.end();
    if (this.blockStart === 0 && this.block[0] === 0x1f && this.block[1] === 0x8b) this.unpacker = new Unpacker();
    this.following = this.read();
    this.following.catch(() => undefined);
    return this.take();
  }

  private async take(): Promise<Piece | null> {
    const { unpacker, at, blockStart } = this;
    if (unpacker?.isDone === true) return this.end();
    this.at = Math.min(this.block.length, at + (unpacker === null ? PLAIN_BYTES : PACKED_BYTES));
    const bytesRead = blockStart + this.at;
    const part = this.block.subarray(at, this.at);
    return { buffers: unpacker === null ? [part] : await unpacker.unpack(part), bytesRead };
  }

  /** What the packer kept to the last. */
  private async end(): Promise<Piece | null> {
    const bytesRead = this.blockStart + this.at;
    this.at = this.block.length;
    this.isEnded = true;
    return this.unpacker === null ? null : { buffers: await this.unpacker.end(), bytesRead };
  }
}

/**
 * Unpacks piece by piece, waiting for each: what was unpacked before the damage is handed out before the damage is told,
 * which a piped stream would throw away.
 */
class Unpacker {
  /** Words about damaged data; empty where there is none. */
  damage = '';
  /** True when nothing more will come, whatever is written. */
  isDone = false;
  private readonly gunzip: Gunzip = createGunzip({ chunkSize: UNPACKED_BYTES });
  private pieces: Buffer[] = [];
  private wake: () => void = () => {};

  constructor() {
    this.gunzip.on('data', (piece: Buffer) => this.pieces.push(piece));
    this.gunzip.on('end', () => this.finish(''));
    this.gunzip.on('error', (error) => this.finish(error.message));
  }

  async unpack(bytes: Buffer): Promise<readonly Buffer[]> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.gunzip.write(bytes, () => resolve());
    });
    return this.take();
  }

  async end(): Promise<readonly Buffer[]> {
    if (!this.isDone) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        this.gunzip.end();
      });
    }
    return this.take();
  }

  private take(): readonly Buffer[] {
    const { pieces } = this;
    this.pieces = [];
    return pieces;
  }

  private finish(damage: string): void {
    this.isDone = true;
    this.damage = damage;
    this.wake();
  }
}
