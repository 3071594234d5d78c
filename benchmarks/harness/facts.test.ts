import { describe, expect, it } from 'vitest';

import { agreedFacts, hashOfFacts } from './facts.ts';

describe('facts of rounds', () => {
  it('are put together where they agree', () => {
    const told = [
      { by: 'round 0 of a', facts: { frames: 3 } },
      { by: 'round 0 of b', facts: { frames: 3, books: 'abc' } },
    ];
    expect(agreedFacts(told, { frames: 3 })).toEqual({ frames: 3, books: 'abc' });
  });

  it('are refused where two rounds differ, with the names of both', () => {
    const told = [
      { by: 'round 0 of a', facts: { books: 'abc' } },
      { by: 'round 1 of a', facts: { books: 'abd' } },
    ];
    expect(() => agreedFacts(told, {})).toThrow(
      expect.objectContaining({
        code: 'benchmark.disagreement',
        message: 'books is abc in round 0 of a and abd in round 1 of a',
      }),
    );
  });

  it.each([{ facts: { gaps: 1 } }, { facts: {} }])('are refused where they are not as expected: %j', ({ facts }) => {
    expect(() => agreedFacts([{ by: 'round 0 of a', facts }], { gaps: 0 })).toThrow(
      expect.objectContaining({ code: 'benchmark.unexpected' }),
    );
  });

  it('agree on a number that is none', () => {
    const told = ['a', 'b'].map((by) => ({ by, facts: { sumOfZ: NaN } }));
    expect(agreedFacts(told, {})).toEqual({ sumOfZ: NaN });
  });

  it('have one hash, whatever their order', () => {
    expect(hashOfFacts({ a: 1, b: 'x' })).toBe(hashOfFacts({ b: 'x', a: 1 }));
    expect(hashOfFacts({ a: 1, b: 'x' })).not.toBe(hashOfFacts({ a: 1, b: 'y' }));
  });
});
