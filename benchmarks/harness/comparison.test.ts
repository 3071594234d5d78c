import { describe, expect, it } from 'vitest';

import type { Round } from './case-protocol.ts';
import { compareCases } from './comparison.ts';
import { thisMachine } from './machine.ts';
import { reportText } from './report.ts';
import { spreadOf } from './spread.ts';

function round(wallMs: number, facts: Round['facts'] = { frames: 1000 }): Round {
  return { wallMs, cpuMs: wallMs * 2, facts };
}

const BASE = { name: 'base', warmUp: [round(90)], counted: [round(1), round(2), round(4)] };
const OTHER = { name: 'other', warmUp: [round(90)], counted: [round(3), round(6), round(8)] };

describe('spread', () => {
  it.each([
    { figures: [3], spread: { median: 3, min: 3, max: 3 } },
    { figures: [5, 1, 3], spread: { median: 3, min: 1, max: 5 } },
    { figures: [4, 1, 2, 10], spread: { median: 3, min: 1, max: 10 } },
  ])('of $figures', ({ figures, spread }) => {
    expect(spreadOf(figures)).toEqual(spread);
  });

  it('of nothing is a bug', () => {
    expect(() => spreadOf([])).toThrow('at least one');
  });
});

describe('comparison of cases', () => {
  it('leaves the warm-up out and takes ratios round by round', () => {
    const { cases, units } = compareCases({ rounds: [BASE, OTHER], passes: 2, unitsFact: 'frames', expected: {} });
    expect(units).toBe(1000);
    expect(cases[0]?.wall).toEqual({
      nsPerUnit: { median: 1000, min: 500, max: 2000 },
      ratio: { median: 1, min: 1, max: 1 },
    });
    expect(cases[1]?.wall.ratio).toEqual({ median: 3, min: 2, max: 3 });
    expect(cases[1]?.cpu).toEqual({
      nsPerUnit: { median: 6000, min: 3000, max: 8000 },
      ratio: { median: 3, min: 2, max: 3 },
    });
  });

  it('gives no figures where a warm-up round came to something else', () => {
    const odd = { ...OTHER, warmUp: [round(90, { frames: 999 })] };
    const compare = (): unknown =>
      compareCases({ rounds: [BASE, odd], passes: 1, unitsFact: 'frames', expected: { frames: 1000 } });
    expect(compare).toThrow(expect.objectContaining({ code: 'benchmark.disagreement' }));
  });

  it('is printed with what it was measured on', () => {
    const comparison = compareCases({ rounds: [BASE, OTHER], passes: 2, unitsFact: 'frames', expected: {} });
    const text = reportText({
      question: 'which?',
      path: 'a to b',
      machine: thisMachine(),
      warmUp: 1,
      rounds: 3,
      unit: 'frame',
      workloads: [{ workload: 'w', data: 'made up', passes: 2, ...comparison }],
    });
    for (const part of ['which?', 'a to b', process.version, '1,000 frames x 2', comparison.hash.slice(0, 16)]) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/other\s+3000 \(1500 to 4000\)\s+3\.00 \(2\.00 to 3\.00\)/);
  });
});
