/**
 * Keeps the raw archive within a size and an age: the oldest files go first. A file that is being written is left alone. Where a
 * recording loses its beginning, a mark beside it says so: what is left can be replayed, and not be held against the run. So what the
 * run told, beside it, is cut down to its first line.
 */

import { open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface RetentionOptions {
  readonly directory: string;
  /** Bytes of all captures and of what the runs told, together; null for no limit. */
  readonly bytesMax: number | null;
  /** Age of a capture's last change, ms; null for no limit. */
  readonly ageMaxMs: number | null;
  /** The time of day, ms since the epoch. */
  readonly nowMs: number;
}

export interface Removed {
  readonly files: number;
  readonly bytes: number;
}

/** Beside captures of which some are gone. */
export const TRIMMED_FILE = 'trimmed';
/** Beside captures: what the run told, a line each. Whoever writes it appends. */
export const MARKS_FILE = 'marks.ndjson';
const CAPTURE = /\.capture\.ndjson\.gz(\.part)?$/;
/** An unfinished file that nobody has written to for so long is of a process that died. */
const DEAD_AFTER_MS = 24 * 3_600_000;

/** Longer than the first line of what a run told. */
const FIRST_LINE_MAX = 1024;
const LINE_FEED = 0x0a;

interface ArchiveFile {
  readonly path: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** @throws as the system does, but for files and folders that are gone already */
export async function trimArchive(options: RetentionOptions): Promise<Removed> {
  const { directory, bytesMax, ageMaxMs, nowMs } = options;
  const files = await filesOf(directory);
  const captures = files.filter(({ path }) => CAPTURE.test(path));
  const marks = new Map(files.filter(({ path }) => !CAPTURE.test(path)).map((file) => [dirname(file.path), file]));
  const removed = { files: 0, bytes: 0 };
  let left = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const cutMarks = async (folder: string): Promise<void> => {
    const file = marks.get(folder);
    if (file === undefined || !marks.delete(folder)) return;
    const bytes = await cutToFirstLine(file);
    left -= bytes;
    removed.bytes += bytes;
  };
  for (const folder of marks.keys()) {
    if (await exists(join(folder, TRIMMED_FILE))) await cutMarks(folder);
  }
  for (const { path, bytes, changedMs } of captures) {
    const isOld = ageMaxMs !== null && nowMs - changedMs > ageMaxMs;
    const isTooMuch = bytesMax !== null && left > bytesMax;
    if (!isOld && !isTooMuch) continue;
    if (path.endsWith('.part') && nowMs - changedMs < DEAD_AFTER_MS) continue;
    // Said first: what is said too early is only too careful.
    await writeFile(join(dirname(path), TRIMMED_FILE), '');
    await rm(path, { force: true });
    await cutMarks(dirname(path));
    left -= bytes;
    removed.files++;
    removed.bytes += bytes;
  }
  return removed;
}

/** @returns bytes that it has less */
async function cutToFirstLine({ path, bytes }: ArchiveFile): Promise<number> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(FIRST_LINE_MAX) });
    const length = buffer.subarray(0, bytesRead).indexOf(LINE_FEED) + 1;
    if (length === bytes) return 0;
    await truncate(path, length);
    return bytes - length;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isAbsent(error)) return false;
      throw error;
    },
  );
}

/** Captures, and what the runs told; oldest first. */
async function filesOf(directory: string): Promise<ArchiveFile[]> {
  const names = await readdir(directory, { recursive: true }).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  const files: ArchiveFile[] = [];
  for (const name of names.filter((one) => CAPTURE.test(one) || basename(one) === MARKS_FILE)) {
    const path = join(directory, name);
    try {
      const { size, mtimeMs } = await stat(path);
      files.push({ path, bytes: size, changedMs: mtimeMs });
    } catch (error) {
      // It was completed under another name, or is gone.
      if (!isAbsent(error)) throw error;
    }
  }
  return files.sort((one, other) => one.changedMs - other.changedMs || (one.path < other.path ? -1 : 1));
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
