import { expect, it } from 'vitest';
import { compareCommon, compareStarts } from './lives.ts';

const rows = (...texts: readonly string[]): string[] => texts.map((text) => `"kraken:BTC-USD 1",${text}`);

it('takes one side for the beginning of the other, and counts what only one has', () => {
  const longer = rows('1', '2', '3');
  expect(compareStarts(longer, rows('1', '2'))).toEqual({ same: 2, unarchived: 1, unstored: 0, faults: [] });
  expect(compareStarts(rows('1'), longer)).toEqual({ same: 1, unarchived: 0, unstored: 2, faults: [] });
  expect(compareStarts([], longer)).toEqual({ same: 0, unarchived: 0, unstored: 3, faults: [] });
});

it('finds a row that differs, that is missing in the midst, or that is one too many', () => {
  const whole = rows('1', '2', '3');
  for (const other of [rows('1', '9', '3'), rows('1', '3'), rows('1', '2', '2', '3')]) {
    expect(compareStarts(other, whole).faults).toHaveLength(1);
  }
});

it('compares rows of the same key wherever they stand', () => {
  const [one, other] = ['"a 1",x', '"a 2",y'];
  expect(compareCommon([one, other], [other])).toEqual({ same: 1, unarchived: 1, unstored: 0, faults: [] });
  expect(compareCommon([other], [one, '"a 2",z'])).toMatchObject({ same: 0, unstored: 1, faults: [expect.anything()] });
});
