import { describe, expect, it } from 'vitest';
import { AheadUpdates, type AheadUpdate } from './ahead-updates.ts';

function update(first: number, last: number, receiveUs = 0, size = 10): AheadUpdate {
  return { bytes: new Uint8Array(size), receiveUs, conn: 'a', first, last };
}

/** Lets a book that stands at `last` go on. @returns what it took, and whether that filled the hole */
function goOn(ahead: AheadUpdates, last: number): { taken: number[][]; isFilled: boolean } {
  const taken: number[][] = [];
  let at = last;
  const isFilled = ahead.release(
    () => at,
    (one) => {
      taken.push([one.first, one.last]);
      at = Math.max(at, one.last);
    },
  );
  return { taken, isFilled };
}

describe('updates that came ahead of a hole', () => {
  it('are let go in the order of their numbers once the hole is filled, also to overlapping ones', () => {
    const ahead = new AheadUpdates();
    for (const one of [update(8, 9), update(5, 6), update(6, 8), update(12, 13)]) ahead.add(one);
    expect(goOn(ahead, 3)).toEqual({ taken: [], isFilled: false });
    expect(goOn(ahead, 4)).toEqual({
      taken: [
        [5, 6],
        [6, 8],
        [8, 9],
      ],
      isFilled: false,
    });
    expect(ahead.isEmpty).toBe(false);
    expect(goOn(ahead, 11)).toEqual({ taken: [[12, 13]], isFilled: true });
    expect(ahead.isEmpty).toBe(true);
  });

  it('fill nothing where nothing waits', () => {
    expect(goOn(new AheadUpdates(), 4)).toEqual({ taken: [], isFilled: false });
  });

  it('wait once: a copy, and what an earlier one holds already, are left out', () => {
    const ahead = new AheadUpdates();
    for (const one of [update(5, 9), update(5, 9), update(6, 8)]) ahead.add(one);
    expect(goOn(ahead, 4).taken).toEqual([[5, 9]]);
  });

  it('are waited for while a connection has not passed the hole, for two seconds, and up to a mebibyte', () => {
    const ahead = new AheadUpdates();
    ahead.seen('a', 9);
    expect(ahead.mayBeFilled(4, 0)).toBe(false);
    ahead.seen('b', 4);
    expect(ahead.mayBeFilled(4, 0)).toBe(true);
    ahead.add(update(6, 9, 1_000_000));
    expect([3_000_000, 3_000_001].map((nowUs) => ahead.mayBeFilled(4, nowUs))).toEqual([true, false]);
    ahead.seen('b', 7);
    expect(ahead.mayBeFilled(4, 1_000_000)).toBe(false);
    ahead.forget('b');
    ahead.seen('c', 1);
    expect(ahead.mayBeFilled(4, 1_000_000)).toBe(true);
    ahead.add(update(10, 11, 1_000_000, 1024 * 1024));
    expect(ahead.mayBeFilled(4, 1_000_000)).toBe(false);
  });

  it('know the newest that each connection has brought, which never falls', () => {
    const ahead = new AheadUpdates();
    ahead.seen('a', 9);
    ahead.seen('a', 5);
    expect([ahead.newestOf('a'), ahead.newestOf('b')]).toEqual([9, NaN]);
  });

  it('are a plain value for another to go on from', () => {
    const ahead = new AheadUpdates();
    ahead.seen('a', 9);
    ahead.add(update(6, 9));
    const other = new AheadUpdates();
    other.add(update(1, 2));
    other.seen('x', 1);
    other.restore(structuredClone(ahead.state()));
    expect(other.state()).toEqual(ahead.state());
    expect(goOn(other, 5)).toEqual({ taken: [[6, 9]], isFilled: true });
  });
});
