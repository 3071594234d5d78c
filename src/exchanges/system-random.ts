import type { Random } from '../ports/random.ts';

/** The runtime's own generator: for jitter, which needs to differ between processes and nothing more. */
export const systemRandom: Random = { next: () => Math.random() };
