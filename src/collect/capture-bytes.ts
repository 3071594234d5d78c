/** The bytes of a recording, unpacked where they are gzip, of any number of members. */

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { Gunzip } from 'node:zlib';
import { createGunzip } from 'node:zlib';

import { CaptureError } from './capture-error.ts';

export interface CaptureBytesEvents {
  /** Bytes of the file read so far, and its size. */
  readonly onProgress: (bytesRead: number, bytesTotal: number) => void;
  /** The packed data end too early or make no sense from here on. Everything readable was handed out. */
  readonly onDamaged: (reason: string) => void;
}

const READ_BYTES = 128 * 1024;
const UNPACK_BYTES = 256 * 1024;

/** Yields the pieces that each read of the file gives. The pieces are the caller's. @throws CaptureError `unreadable` */
export async function* readCaptureBytes(path: string, events: CaptureBytesEvents): AsyncGenerator<readonly Buffer[]> {
  const file = await tryFile(path, () => open(path));
  try {
    const { size } = await tryFile(path, () => file.stat());
    let bytesRead = 0;
    let unpacker: Unpacker | null = null;
    for (;;) {
      const bytes = await tryFile(path, () => readSome(file));
      if (bytes.length === 0) break;
      if (bytesRead === 0 && bytes[0] === 0x1f && bytes[1] === 0x8b) unpacker = new Unpacker();
      bytesRead += bytes.length;
      yield unpacker === null ? [bytes] : await unpacker.unpack(bytes);
      // A recording that is still being written grows meanwhile.
      events.onProgress(bytesRead, Math.max(size, bytesRead));
      if (unpacker?.isDone === true) break;
    }
    if (unpacker !== null) yield await unpacker.end();
    if (unpacker !== null && unpacker.damage !== '') events.onDamaged(unpacker.damage);
  } finally {
    await file.close();
  }
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

/**
 * Unpacks piece by piece, waiting for each: what was unpacked before the damage is handed out before the damage is told,
 * which a piped stream would throw away.
 */
class Unpacker {
  /** Words about damaged data; empty where there is none. */
  damage = '';
  /** True when nothing more will come, whatever is written. */
  isDone = false;
  private readonly gunzip: Gunzip = createGunzip({ chunkSize: UNPACK_BYTES });
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
