import { describe, expect, it } from 'vitest';

import { chosen } from './command-line.ts';

const ALL = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

describe('the choice of workloads', () => {
  it.each([
    { names: [], said: 'all' },
    { names: ['c', 'a'], said: 'some' },
  ])('is $said by $names, in their own order', ({ names }) => {
    const expected = names.length === 0 ? ['a', 'b', 'c'] : ['a', 'c'];
    expect(chosen(ALL, names).map(({ name }) => name)).toEqual(expected);
  });

  it('names what there is where a name means nothing', () => {
    expect(() => chosen(ALL, ['a', 'd'])).toThrow(
      expect.objectContaining({ code: 'benchmark.option', remedy: 'There are: a, b, c.' }),
    );
  });
});
