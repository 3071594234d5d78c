/** `npm run kernel`: compiles the kernel's AssemblyScript into `src/kernel/kernel-wasm.ts`. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = 'node_modules/assemblyscript/bin/asc.js';
const ENTRY = 'src/kernel/assembly/index.ts';
const OUT = join(ROOT, 'src/kernel/kernel-wasm.ts');
/** The memory's sizes are those of `src/kernel/kernel.ts`. */
const OPTIONS = [
  ['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
  ['--enable', 'simd', '--enable', 'relaxed-simd'],
  ['--importMemory', '--initialMemory', '16', '--maximumMemory', '32768'],
].flat();
const LINE_LENGTH = 112;

/** The source text of `src/kernel/kernel-wasm.ts`. @throws Error with the compiler's words */
export async function compileKernel(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'whalewatch-kernel-'));
  try {
    const binary = join(folder, 'kernel.wasm');
    await promisify(execFile)(process.execPath, [COMPILER, ENTRY, ...OPTIONS, '--outFile', binary], { cwd: ROOT });
    const text = (await readFile(binary)).toString('base64');
    const lines = text.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
    return [
      '/** Compiled from `assembly/` by `npm run kernel`; not to be edited. */',
      `export const KERNEL_WASM =\n  ${lines.map((line) => `'${line}'`).join(' +\n  ')};`,
      '',
    ].join('\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (import.meta.main) await writeFile(OUT, await compileKernel());
