import { expect, it } from 'vitest';
import { ScoreTally } from './score-tally.ts';
import { emptyScore } from './whale-score.ts';

it('counts scores by value, those that abstained apart, and takes other counts in', () => {
  const tally = new ScoreTally();
  for (const score of [0, 6, NaN, 6, 3, NaN, NaN]) tally.add({ ...emptyScore(), score });
  const counts = { '0': 1, '1': 0, '2': 0, '3': 1, '4': 0, '5': 0, '6': 2, none: 3 };
  expect(tally.toRecord()).toEqual(counts);
  tally.addCounts(counts);
  tally.addCounts({ none: 1 });
  expect(tally.toRecord()).toEqual({ ...counts, '0': 2, '3': 2, '6': 4, none: 7 });
});
