/** Dead letters in a file of JSON lines, the batch in base64; a person empties it. */

import { appendFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../lib/app-error.ts';
import type { DeadLetter, DeadLetters } from '../ports/dead-letters.ts';

const BYTES_MAX = 64 * 1024 * 1024;

export class FileDeadLetters implements DeadLetters {
  private readonly folder: string;
  private readonly bytesMax: number;

  constructor(folder: string, bytesMax = BYTES_MAX) {
    this.folder = folder;
    this.bytesMax = bytesMax;
  }

  async put({ data, ...letter }: DeadLetter): Promise<void> {
    const path = join(this.folder, 'dead-letters.ndjson');
    await mkdir(this.folder, { recursive: true });
    const line = `${JSON.stringify({ ...letter, data: Buffer.from(data).toString('base64') })}\n`;
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    if (size + line.length > this.bytesMax) {
      throw new AppError('dead.full', `${path} is full: nothing more is passed over`, {
        remedy: 'see what is in it, and move it away',
      });
    }
    await appendFile(path, line);
  }
}
