/** What stands in the repository. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

it.skipIf(!existsSync(join(ROOT, '.git')))(
  'is text that was written here: no package, no program, no picture',
  async () => {
    const { stdout } = await promisify(execFile)('git', ['ls-files', '-z'], { cwd: ROOT });
    const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)));
    expect(files).toContain('test/repository.test.ts');
    expect(files.filter((file) => readFileSync(join(ROOT, file)).includes(0))).toEqual([]);
  },
);
