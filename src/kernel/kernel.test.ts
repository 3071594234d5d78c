import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../scripts/build-kernel.ts';
import { LevelBuffer } from '../book/level-buffer.ts';
import { BID } from '../model/event.ts';
import { kernel, views } from './kernel.ts';

describe('the kernel', () => {
  it('that is committed is what its source compiles to', { timeout: 60_000 }, async () => {
    const committed = await readFile(new URL('kernel-wasm.ts', import.meta.url), 'utf8');
    const compiled = await compileKernel();
    const code = (text: string): string => [...text.matchAll(/'([^']*)'/g)].map(([, part]) => part).join('');
    expect(code(committed)).toBe(code(compiled));
  });

  it('gives blocks again that were given back', () => {
    const first = kernel.allocate(1000);
    kernel.release(first, 1000);
    expect(kernel.allocate(900)).toBe(first);
    kernel.release(first, 900);
  });

  it('grows, and its tenants still see what is theirs', () => {
    const levels = new LevelBuffer();
    levels.add(BID, 123, 1, 456, 2);
    const before = views.bytes.buffer;
    const block = kernel.allocate(8 * 1024 * 1024);
    expect(views.bytes.buffer).not.toBe(before);
    expect([levels.count, levels.price[0], levels.size[0], levels.priceDecimals[0]]).toEqual([1, 123, 456, 1]);
    levels.reserve(10_000);
    expect([levels.price[0], levels.size[0], levels.sizeDecimals[0]]).toEqual([123, 456, 2]);
    kernel.release(block, 8 * 1024 * 1024);
  });
});
