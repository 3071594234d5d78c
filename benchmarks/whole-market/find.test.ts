import { describe, expect, it } from 'vitest';

import { findSustained } from './find.ts';

async function found(limit: number): Promise<{ tried: number[]; best: number }> {
  const trials = await findSustained(1, async (times) => times <= limit);
  const best = Math.max(0, ...trials.flatMap(({ times, isSustained }) => (isSustained ? [times] : [])));
  return { tried: trials.map(({ times }) => times), best };
}

describe('the search for the sustained maximum', () => {
  it.each([0.3, 0.9, 1, 3, 17])('comes within a fifth of %d', async (limit) => {
    const { best } = await found(limit);
    expect(best).toBeLessThanOrEqual(limit);
    expect(best * 1.2).toBeGreaterThanOrEqual(limit);
  });

  it('doubles first, and tries no rate twice', async () => {
    const { tried } = await found(5);
    expect(tried.slice(0, 4)).toEqual([1, 2, 4, 8]);
    expect(new Set(tried).size).toBe(tried.length);
  });

  it('gives up where nothing is sustained', async () => {
    const { tried, best } = await found(0);
    expect(best).toBe(0);
    expect(tried.at(-1)).toBe(1 / 64);
  });
});
