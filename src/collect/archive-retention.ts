/**
 * Keeps the raw archive within a size and an age: the oldest files go first. A file that is being written is left alone. Where a
 * recording loses its beginning, a mark beside it says so: what is left can be replayed, and not be held against the run.
 */

import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface RetentionOptions {
  readonly directory: string;
  /** Bytes of all captures together; null for no limit. */
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
const CAPTURE = /\.capture\.ndjson\.gz(\.part)?$/;
/** An unfinished file that nobody has written to for so long is of a process that died. */
const DEAD_AFTER_MS = 24 * 3_600_000;

interface Capture {
  readonly path: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** @throws as the system does, but for files and folders that are gone already */
export async function trimArchive(options: RetentionOptions): Promise<Removed> {
  const { directory, bytesMax, ageMaxMs, nowMs } = options;
  const captures = await capturesOf(directory);
  let left = captures.reduce((sum, { bytes }) => sum + bytes, 0);
  const removed = { files: 0, bytes: 0 };
  for (const { path, bytes, changedMs } of captures) {
    const isOld = ageMaxMs !== null && nowMs - changedMs > ageMaxMs;
    const isTooMuch = bytesMax !== null && left > bytesMax;
    if (!isOld && !isTooMuch) continue;
    if (path.endsWith('.part') && nowMs - changedMs < DEAD_AFTER_MS) continue;
    // Said first: what is said too early is only too careful.
    await writeFile(join(dirname(path), TRIMMED_FILE), '');
    await rm(path, { force: true });
    left -= bytes;
    removed.files++;
    removed.bytes += bytes;
  }
  return removed;
}

/** Oldest first. */
async function capturesOf(directory: string): Promise<Capture[]> {
  const names = await readdir(directory, { recursive: true }).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  const captures: Capture[] = [];
  for (const name of names.filter((one) => CAPTURE.test(one))) {
    const path = join(directory, name);
    try {
      const { size, mtimeMs } = await stat(path);
      captures.push({ path, bytes: size, changedMs: mtimeMs });
    } catch (error) {
      // It was completed under another name, or is gone.
      if (!isAbsent(error)) throw error;
    }
  }
  return captures.sort((one, other) => one.changedMs - other.changedMs || (one.path < other.path ? -1 : 1));
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
