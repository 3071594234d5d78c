/** Seeds over worker threads: each world lives on one thread, and there are as many of them at a time as cores. */

import { Worker } from 'node:worker_threads';
import type { Outcome } from './world.ts';

export interface SpreadOptions {
  readonly seeds: readonly string[];
  readonly workers: number;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** What a world leaves behind is collected seldom: its young objects get more room than usual. */
const YOUNG_MB = 64;

/** Resolves when every seed was run. Rejects where a worker dies, which no seed may bring about. */
export async function spreadSeeds({ seeds, workers, onOutcome }: SpreadOptions): Promise<void> {
  const queue = [...seeds];
  const total = Math.max(1, Math.min(workers, queue.length));
  await Promise.all(Array.from({ length: total }, () => work(queue, onOutcome)));
}

function work(queue: string[], onOutcome: (outcome: Outcome) => void): Promise<void> {
  const worker = new Worker(new URL('seed-worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  return new Promise((resolve, reject) => {
    let seed: string | undefined;
    const next = (): void => {
      seed = queue.shift();
      if (seed !== undefined) worker.postMessage(seed);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('message', (outcome: Outcome) => {
      onOutcome(outcome);
      next();
    });
    worker.on('error', (error) => reject(new Error(`the worker died over seed ${seed}`, { cause: error })));
    next();
  });
}
