import { describe, expect, it } from 'vitest';
import { isSustained } from './report.ts';

const lagS = { median: 0.6, min: 0, max: 1.2, last: 0.8, slope: 0 };

describe('a run is sustained', () => {
  it.each([
    ['where the lag of a short run goes up and down with the writing of rows', 20, 0, { slope: 0.025 }, true],
    ['not where the lag rises for minutes, however slowly', 300, 0, { slope: 0.025 }, false],
    ['not where a short run falls behind quickly', 30, 0, { slope: 0.22 }, false],
    ['not where the lag is long, though it has stopped to rise', 300, 0, { max: 6 }, false],
    ['not where the sockets were not read', 300, 7, {}, false],
  ])('%s', (_name, seconds, heldS, own, expected) => {
    expect(isSustained({ seconds, heldS, lagS: { ...lagS, ...own } })).toBe(expected);
  });
});
