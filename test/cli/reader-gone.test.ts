/** A command whose reader has gone, as behind `| head`: it ends without a word, and not with an error of Node's. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeWithData } from '../data.ts';
import { captureParts } from '../fixtures/captures.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/whalewatch.js', import.meta.url));
const SIGPIPE_EXIT = 141;

describeWithData('a replay of ten Kraken pairs', captureParts('kraken-v1'), (path) => {
  it('ends with its reader', async () => {
    const command = [process.execPath, LAUNCHER, 'replay', path, '--emit', 'orders'];
    const piped = promisify(execFile)('bash', ['-o', 'pipefail', '-c', '"$@" | head -n 1', 'bash', ...command]);
    await expect(piped).rejects.toMatchObject({
      code: SIGPIPE_EXIT,
      stdout: expect.stringMatching(/^\{.*\}\n$/),
      stderr: '',
    });
  });
});
