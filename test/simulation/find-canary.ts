import type { Canary } from './canaries.ts';
import { seedsOf } from './seeds.ts';
import { runSeed } from './world.ts';

export interface FoundCanary {
  /** Seeds that it took. */
  readonly tried: number;
  /** What gave it away. */
  readonly violation: string;
}

/** @returns null where so many seeds as are allowed do not find it */
export async function findCanary({ sabotage, seedsMax, name }: Canary, base: string): Promise<FoundCanary | null> {
  for (const [index, seed] of seedsOf(`${base}/${name}`, seedsMax).entries()) {
    const { violations } = await runSeed(seed, { sabotage });
    const [violation] = violations;
    if (violation !== undefined) return { tried: index + 1, violation };
  }
  return null;
}
