/** What is in memory, from inside a process that was started with `--expose-gc`. */

import { setImmediate } from 'node:timers/promises';

import { views } from '../../src/kernel/kernel.ts';
import { IN_USE } from '../../src/kernel/layout.ts';
import { BenchmarkError } from '../harness/benchmark-error.ts';

/**
 * Bytes in use after a collection: objects, the memory behind typed arrays, and the kernel's blocks.
 * @throws BenchmarkError `benchmark.unexpected` where the process cannot collect
 */
export async function heapBytes(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) {
    throw new BenchmarkError('benchmark.unexpected', 'there is no gc to call', 'Start the process with --expose-gc.');
  }
  // What a first collection finds dead may hold memory that only a second one gives back.
  for (let turn = 0; turn < 3; turn++) {
    gc();
    await setImmediate();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers + (views.words[IN_USE] as number);
}
