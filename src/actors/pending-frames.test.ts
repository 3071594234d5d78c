import { describe, expect, it } from 'vitest';
import { PendingFrames } from './pending-frames.ts';

const frame = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

describe('PendingFrames', () => {
  it('lists copies of the frames that were added, oldest first', () => {
    const pending = new PendingFrames();
    expect([pending.count, pending.first]).toEqual([0, NaN]);
    const bytes = frame(3, 7);
    expect(pending.add(bytes, 10, 100, 104)).toBe(true);
    expect(pending.add(frame(20_000, 8), 11, 105, 105)).toBe(true);
    bytes.fill(0);
    const listed = pending.list();
    pending.add(frame(2, 9), 12, 106, 110);
    expect([pending.count, pending.first]).toEqual([3, 100]);
    expect(listed).toEqual([
      { bytes: frame(3, 7), receiveUs: 10, first: 100, last: 104 },
      { bytes: frame(20_000, 8), receiveUs: 11, first: 105, last: 105 },
    ]);
  });

  it('lets the older half go when there are too many', () => {
    const pending = new PendingFrames();
    const kept = Array.from({ length: 12 }, (_, index) => pending.add(frame(25_000, index), index, index, index));
    expect(kept).toEqual([true, true, true, true, true, true, true, true, true, true, false, true]);
    expect(pending.list().map(({ bytes, first }) => [first, bytes.length, bytes[0], bytes.at(-1)])).toEqual(
      [6, 7, 8, 9, 10, 11].map((index) => [index, 25_000, index, index]),
    );
    expect(pending.first).toBe(6);
  });

  it('goes on from its own list', () => {
    const pending = new PendingFrames();
    for (let index = 0; index < 4; index++) pending.add(frame(10 + index, index), index, index, index);
    const restored = new PendingFrames();
    restored.add(frame(1, 1), 1, 1, 1);
    restored.restore(pending.list());
    expect(restored.list()).toEqual(pending.list());
    restored.clear();
    expect([restored.count, restored.first, restored.list()]).toEqual([0, NaN, []]);
  });
});
