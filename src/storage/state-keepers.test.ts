import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keepsState } from '../ports/state-keeper.conformance.ts';
import { FileKeeper } from './file-keeper.ts';
import { MemoryKeeper, memoryPlace } from './memory-keeper.ts';

const root = mkdtempSync(join(tmpdir(), 'whalewatch-state-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('FileKeeper', () => {
  let folders = 0;
  keepsState(() => {
    const folder = join(root, String(folders++), 'made-where-missing');
    return Promise.resolve(() => Promise.resolve(new FileKeeper(folder)));
  });

  it('says at the start where a folder does not do', async () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    await expect(FileKeeper.open(join(file, 'below'))).rejects.toMatchObject({ code: 'state.folder' });
  });

  it('leaves one file per name', async () => {
    const folder = join(root, 'one');
    for (const text of ['a', 'b']) {
      const draft = await new FileKeeper(folder).draft('scoring-0');
      await draft.write(Buffer.from(text));
      await draft.commit();
    }
    expect(readdirSync(folder)).toEqual(['scoring-0.state']);
  });
});

describe('MemoryKeeper', () => {
  keepsState(() => {
    const places = { 'scoring-0': memoryPlace(), 'scoring-1': memoryPlace() };
    return Promise.resolve(() => Promise.resolve(new MemoryKeeper(structuredClone(places))));
  });
});
