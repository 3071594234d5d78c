import { expect, it } from 'vitest';
import { usFromEpochSeconds, usFromRfc3339 } from './times.ts';

it('reads times to the microsecond, and cuts what is finer', () => {
  const second = Date.UTC(2026, 7, 24, 22, 21, 56) * 1000;
  expect(usFromRfc3339('2026-08-24T22:21:56Z')).toBe(second);
  expect(usFromRfc3339('2026-08-24T22:21:56.7Z')).toBe(second + 700_000);
  expect(usFromRfc3339('2026-08-24T22:21:56.724795999Z')).toBe(second + 724_795);
  expect(usFromRfc3339('2024-02-29T00:00:00Z')).toBe(Date.UTC(2024, 1, 29) * 1000);
  expect(usFromEpochSeconds('1617666423.123373')).toBe(1_617_666_423_123_373);
});

it.each([
  ['', '2026-08-24', '2026-08-24T22:21:56', '2026-08-24T22:21:56+00:00', '2026-08-24 22:21:56Z'],
  [
    '2026-09-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
  ],
  ['0001-01-01T00:00:00.000000Z', '2101-01-01T00:00:00Z'],
])('takes no other text for a time', (...texts) => {
  for (const text of texts) expect(usFromRfc3339(text), text).toBeNaN();
});
