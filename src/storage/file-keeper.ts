/** Keeps state in a folder: a file per name, replaced as a whole once the new one is on the disk. */

import type { FileHandle } from 'node:fs/promises';
import { access, constants, mkdir, open, readFile, rename } from 'node:fs/promises';
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
    const file = await open(written, 'w');
    return new FileDraft(file, () => rename(written, path));
  }

  private pathOf(name: string): string {
    return join(this.folder, `${name}.state`);
  }
}

class FileDraft implements StateDraft {
  private readonly file: FileHandle;
  private readonly replace: () => Promise<void>;

  constructor(file: FileHandle, replace: () => Promise<void>) {
    this.file = file;
    this.replace = replace;
  }

  async write(part: Uint8Array): Promise<void> {
    try {
      await this.file.appendFile(part);
    } catch (error) {
      // The disk is full: nobody comes back to this draft.
      await this.file.close();
      throw error;
    }
  }

  async commit(): Promise<void> {
    try {
      // A name must not outlive its content when the power fails.
      await this.file.datasync();
    } finally {
      await this.file.close();
    }
    await this.replace();
  }
}
