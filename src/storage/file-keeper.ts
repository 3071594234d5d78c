/** Keeps state in a folder: a file per name, replaced as a whole once the new one is on the disk. */

import { access, appendFile, constants, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../lib/app-error.ts';
import type { StateDraft, StateKeeper } from '../ports/state-keeper.ts';

export class FileKeeper implements StateKeeper {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Makes the folder where it is missing, so that a place that does not do is told of at the start.
   * @throws AppError `state.folder`
   */
  static async open(folder: string): Promise<FileKeeper> {
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
    } catch (cause) {
      throw new AppError('state.folder', `state cannot be kept in ${folder}`, {
        remedy: 'name another directory (state.dir), or null to keep it in memory',
        cause,
      });
    }
    return new FileKeeper(folder);
  }

  async load(name: string): Promise<Uint8Array | null> {
    try {
      return await readFile(this.pathOf(name));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }

  async draft(name: string): Promise<StateDraft> {
    await mkdir(this.folder, { recursive: true });
    const path = this.pathOf(name);
    const written = `${path}.part`;
    // What an earlier draft left there goes.
    await writeFile(written, '');
    return new FileDraft(written, path);
  }

  private pathOf(name: string): string {
    return join(this.folder, `${name}.state`);
  }
}

/** No file stays open between its parts: a draft may be left where it is at any time. */
class FileDraft implements StateDraft {
  private readonly written: string;
  private readonly path: string;

  constructor(written: string, path: string) {
    this.written = written;
    this.path = path;
  }

  async write(part: Uint8Array): Promise<void> {
    await appendFile(this.written, part);
  }

  async commit(): Promise<void> {
    const file = await open(this.written, 'r+');
    try {
      // A name must not outlive its content when the power fails.
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(this.written, this.path);
  }
}
