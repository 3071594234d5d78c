import { expect, it } from 'vitest';
import type { BookStatus } from '../ports/monitor-source.ts';
import { Progress } from './progress.ts';

function books(...live: readonly number[]): BookStatus[] {
  return live.flatMap((count, venue) =>
    Array.from({ length: 3 }, (_, i): BookStatus => {
      const state = i < count ? 'live' : 'syncing';
      return { exchange: `x${venue}`, symbol: `C${i}-USD`, state, reason: 'none', lastReceiveUs: null };
    }),
  );
}

it('says how far it is every ten seconds while that changes, and at once when all is live', () => {
  const progress = new Progress();
  const at = (seconds: number, ...live: readonly number[]): unknown => progress.report(books(...live), seconds * 1e6);
  expect(at(0, 0, 0)).toEqual({ live: 0, books: 6, venues: { x0: '0/3', x1: '0/3' } });
  expect([at(1, 1, 0), at(9, 2, 1)]).toEqual([null, null]);
  expect(at(10, 2, 2)).toEqual({ live: 4, books: 6, venues: { x0: '2/3', x1: '2/3' } });
  expect(at(30, 2, 2)).toBeNull();
  expect(at(31, 3, 2)).toMatchObject({ live: 5 });
  expect(at(32, 3, 3)).toMatchObject({ live: 6, venues: { x0: '3/3', x1: '3/3' } });
  expect([at(33, 3, 3), at(60, 3, 3)]).toEqual([null, null]);
  expect(at(61, 3, 0)).toMatchObject({ live: 3 });
});
