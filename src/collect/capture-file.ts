/** One file of the raw archive: gzip, under a name of its own from the start, and renamed when it is complete. */

import type { FileHandle } from 'node:fs/promises';
import { access, mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gzip } from 'node:zlib';
import { constants, createGzip } from 'node:zlib';

export interface CaptureFileName {
  readonly directory: string;
  readonly exchange: string;
  /** Time of the first record, µs. */
  readonly startUs: number;
}

const EXTENSION = '.capture.ndjson.gz';
/** The name of a file that is being written, or that was when its process died. */
const PART = '.part';
const UNPACKED_BYTES = 256 * 1024;
/** Files of one exchange that begin in the same second. */
const SAME_SECOND_MAX = 1000;

export class CaptureFile {
  /** Where it lies once it is closed. */
  readonly path: string;
  private readonly handle: FileHandle;
  private readonly gzip: Gzip = createGzip({ chunkSize: UNPACKED_BYTES });
  private packed: Buffer[] = [];
  private failure: Error | null = null;
  private bytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.handle = handle;
    this.gzip.on('data', (piece: Buffer) => this.packed.push(piece));
    this.gzip.on('error', (error) => {
      this.failure = error;
    });
  }

  /** Creates the file, and its folder where that is missing. Never touches a file that exists. @throws as the system does */
  static async create({ directory, exchange, startUs }: CaptureFileName): Promise<CaptureFile> {
    await mkdir(directory, { recursive: true });
    const start = new Date(startUs / 1000).toISOString().replace(/[-:]|\.\d+/g, '');
    for (let n = 1; n <= SAME_SECOND_MAX; n++) {
      const path = join(directory, `${exchange}-${start}-${n}${EXTENSION}`);
      const handle = await openNew(path + PART);
      if (handle === null) continue;
      // Who holds the part owns the name, so that no other writer can complete a file of this name from now on.
      if (!(await exists(path))) return new CaptureFile(path, handle);
      await handle.close();
      await unlink(path + PART);
    }
    throw new Error(`${SAME_SECOND_MAX} files of ${exchange} begin at ${start} already`);
  }

  /** Packed bytes that reached the file. */
  get size(): number {
    return this.bytes;
  }

  /** Packs the text and writes what comes out; some stays with the packer until `flush`. */
  async append(text: string): Promise<void> {
    await this.pack((done) => this.gzip.write(text, done));
    await this.write();
  }

  /** Everything appended so far can be read from the file afterwards, even if this process dies. */
  async flush(): Promise<void> {
    await this.pack((done) => this.gzip.flush(constants.Z_SYNC_FLUSH, done));
    await this.write();
  }

  /** Completes the file and gives it its final name. */
  async close(): Promise<void> {
    await this.pack((done) => this.gzip.once('end', done).end());
    await this.write();
    await this.handle.close();
    await rename(this.path + PART, this.path);
  }

  /**
   * Gives the file up after a failure; what reached it stays under its unfinished name. Where that is nothing the file goes:
   * a disk that is full for hours would be left with thousands of them. @throws as the system does
   */
  async abandon(): Promise<void> {
    this.gzip.destroy();
    await this.handle.close();
    if (this.bytes === 0) await unlink(this.path + PART);
  }

  private async pack(act: (done: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.gzip.once('close', resolve);
      act(() => {
        this.gzip.off('close', resolve);
        resolve();
      });
    });
    if (this.failure !== null) throw this.failure;
  }

  private async write(): Promise<void> {
    const { packed } = this;
    this.packed = [];
    for (const piece of packed) {
      await this.handle.appendFile(piece);
      this.bytes += piece.length;
    }
  }
}

async function openNew(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return null;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
