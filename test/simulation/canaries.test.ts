/** A simulation that finds nothing shows nothing: mistakes that are planted must be found, each within its number of seeds. */

import { describe, expect, it } from 'vitest';
import { CANARIES } from './canaries.ts';
import { findCanary } from './find-canary.ts';

describe('the simulation', () => {
  it.each(CANARIES.map((canary) => [canary.mistake, canary] as const))('finds it where %s', async (_, canary) => {
    const found = await findCanary(canary, 'canary');
    expect(found, `${canary.name} was not found in ${canary.seedsMax} seeds`).not.toBeNull();
  });
});
