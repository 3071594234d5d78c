import { describe, expect, it } from 'vitest';

import type { Round } from './case-protocol.ts';
import { compareCases } from './comparison.ts';
import { thisMachine } from './machine.ts';
import { reportText } from './report.ts';
import { spreadOf } from './spread.ts';

function round(wallMs: number, facts: Round['facts'] = { frames: 1000 }): Round {
  return { wallMs, cpuMs: wallMs * 2, partsMs: { reading: wallMs / 2 }, facts };
}

const BASE = { name: 'base', warmUp: [round(90)], counted: [round(1), round(2), round(4)] };
const PLAIN = { passes: 1, unitsFact: 'frames', rivals: [], witnesses: [], expected: {} };
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
    const { cases, units } = compareCases({ ...PLAIN, rounds: [BASE, OTHER], passes: 2 });
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
    const compare = (): unknown => compareCases({ ...PLAIN, rounds: [BASE, odd], expected: { frames: 1000 } });
    expect(compare).toThrow(expect.objectContaining({ code: 'benchmark.disagreement' }));
  });

  it('gives no figures where a witness says otherwise', () => {
    const witnesses = [{ by: 'somebody else', facts: { frames: 999 } }];
    expect(() => compareCases({ ...PLAIN, rounds: [BASE, OTHER], witnesses })).toThrow(
      expect.objectContaining({ code: 'benchmark.disagreement' }),
    );
  });

  it('says how many times as fast as its rivals a case is, round by round', () => {
    const { cases } = compareCases({ ...PLAIN, rounds: [BASE, OTHER], rivals: ['other'] });
    expect(cases[0]?.timesAsFast).toEqual({ other: { median: 3, min: 2, max: 3 } });
    expect(cases[1]?.timesAsFast).toEqual({ other: { median: 1, min: 1, max: 1 } });
  });

  it('tells the parts of a pass', () => {
    const { cases } = compareCases({ ...PLAIN, rounds: [BASE, OTHER], passes: 2 });
    expect(cases[0]?.partsMs).toEqual({ reading: { median: 0.5, min: 0.25, max: 1 } });
  });

  it('is printed with what it was measured on', () => {
    const comparison = compareCases({ ...PLAIN, rounds: [BASE, OTHER], passes: 2, rivals: ['other'] });
    const text = reportText({
      question: 'which?',
      path: 'a to b',
      machine: thisMachine(),
      warmUp: 1,
      rounds: 3,
      unit: 'frame',
      workloads: [{ workload: 'w', data: 'made up', passes: 2, notes: ['by the way'], ...comparison }],
    });
    const hash = comparison.hash.slice(0, 16);
    const once = ['which?', 'a to b', process.version, '1,000 frames x 2', hash, 'as fast as other', 'by the way'];
    for (const part of once) expect(text).toContain(part);
    expect(text).toMatch(/base\s+1000 \(500 to 2000\)\s.*\s3\.00 \(2\.00 to 3\.00\)$/m);
    expect(text).toMatch(/other\s+3000 \(1500 to 4000\)\s+3\.00 \(2\.00 to 3\.00\)/);
    expect(text).toContain('base, reading: 1 (0 to 1) ms of a pass');
  });
});
