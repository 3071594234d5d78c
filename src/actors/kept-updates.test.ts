import { describe, expect, it } from 'vitest';
import { utf8Of } from '../lib/utf8.ts';
import { KeptUpdates } from './kept-updates.ts';

/** Keeps frames that say their own numbers; of a `rising` venue both are the same. */
function keptOf(...numbers: readonly (readonly [first: number, last: number])[]): KeptUpdates {
  const kept = new KeptUpdates();
  for (const [first, last] of numbers) kept.keep(utf8Of(`${first}-${last}`), first * 10, first, last);
  return kept;
}

const textsOf = (kept: KeptUpdates): string[] => kept.take().map(({ bytes }) => Buffer.from(bytes).toString());

describe('updates kept for a snapshot', () => {
  it('are led on to by a snapshot that ends right before them, where numbers have no holes', () => {
    const kept = keptOf([101, 105], [106, 107]);
    expect([99, 100, 101, 200].map((last) => kept.isReachedBy(last, 'range'))).toEqual([false, true, true, true]);
  });

  it('must have begun at the snapshot’s moment or before, where numbers only rise', () => {
    const kept = keptOf([10, 10], [25, 25]);
    expect([8, 9, 10, 25].map((last) => kept.isReachedBy(last, 'rising'))).toEqual([false, false, true, true]);
  });

  it('take any snapshot while there are none, unless one is expected', () => {
    const kept = keptOf();
    expect([kept.isEmpty, kept.isReachedBy(1, 'range')]).toEqual([true, true]);
    kept.expect(50);
    expect([48, 49].map((last) => kept.isReachedBy(last, 'range'))).toEqual([false, true]);
    // The first that comes says it better.
    kept.keep(utf8Of('x'), 0, 60, 61);
    expect(kept.isReachedBy(49, 'range')).toBe(false);
    kept.forget();
    expect([kept.isEmpty, kept.isReachedBy(1, 'range')]).toEqual([true, true]);
  });

  it('are taken in the order of their numbers, once, as copies', () => {
    const bytes = utf8Of('a');
    const kept = keptOf([5, 6], [9, 9], [1, 4]);
    kept.keep(bytes, 0, 7, 8);
    bytes[0] = 0x62;
    expect(textsOf(kept)).toEqual(['1-4', '5-6', 'a', '9-9']);
    expect([kept.isEmpty, textsOf(kept), kept.isReachedBy(0, 'range')]).toEqual([true, [], true]);
  });

  it('forget the oldest where there are too many: a snapshot must then reach further', () => {
    const kept = new KeptUpdates();
    const frame = new Uint8Array(75_000);
    for (let number = 1; number <= 4; number++) kept.keep(frame, 0, number, number);
    expect([0, 1, 2].map((last) => kept.isReachedBy(last, 'range'))).toEqual([false, false, true]);
    expect(kept.take().map(({ first }) => first)).toEqual([3, 4]);
  });

  it('are a plain value for another to go on from', () => {
    const kept = keptOf([5, 6], [7, 9]);
    const other = keptOf([1, 2]);
    other.restore(structuredClone(kept.state()));
    expect(other.state()).toEqual(kept.state());
    expect([other.isReachedBy(3, 'range'), textsOf(other)]).toEqual([false, ['5-6', '7-9']]);
  });
});
