import { describe, expect, it } from 'vitest';

import { CaseProcess } from './case-process.ts';
import { turnsOf } from './interleaved.ts';
import { runRound } from './serve-case.ts';

describe('a round', () => {
  it('resets before each pass and tells the facts of the last', async () => {
    let left = 7;
    const round = await runRound(
      {
        reset: () => void (left = 0),
        run: () => ++left,
        facts: () => ({ left }),
      },
      3,
    );
    expect(round.facts).toEqual({ left: 1 });
    expect(round.partsMs).toEqual({});
  });

  it('waits for passes that wait for something, and adds up what they say of their time', async () => {
    let left = 0;
    const prepared = {
      reset: () => void (left = 0),
      run: async () => {
        await Promise.resolve();
        return ++left;
      },
      partsMs: () => ({ reading: 2 }),
      facts: () => ({ left }),
    };
    expect(await runRound(prepared, 3)).toMatchObject({ facts: { left: 1 }, partsMs: { reading: 6 } });
  });

  it('is refused where a pass leaves something behind for the next', async () => {
    let left = 0;
    const leaky = { reset() {}, run: () => ++left, facts: () => ({}) };
    await expect(runRound(leaky, 2)).rejects.toMatchObject({ code: 'benchmark.disagreement' });
  });
});

describe('the process of a case', () => {
  it('that ends instead of answering is named', async () => {
    const file = new URL('spread.ts', import.meta.url);
    await expect(CaseProcess.start(file, { name: 'no case', spec: null })).rejects.toMatchObject({
      code: 'benchmark.case_died',
      message: expect.stringContaining('no case'),
    });
  });
});

describe('turns', () => {
  it('begin with another case in each round', () => {
    expect([0, 1, 2, 3].map((round) => turnsOf(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(turnsOf([], 5)).toEqual([]);
  });
});
