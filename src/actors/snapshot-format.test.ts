import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSnapshot, SnapshotRefused, SnapshotWriter } from './snapshot-format.ts';

const HEADING = { layout: 'scoring/1', partitions: 4, partition: 2 };

function snapshot(records: readonly unknown[], heading = HEADING): Uint8Array {
  const writer = new SnapshotWriter(heading);
  const pieces: Uint8Array[] = [];
  for (const [index, record] of records.entries()) {
    writer.add(record);
    if (index % 2 === 0) pieces.push(writer.take());
  }
  pieces.push(writer.end());
  return Buffer.concat(pieces);
}

function refusal(data: Uint8Array, expected = HEADING): string {
  try {
    readSnapshot(data, expected);
  } catch (error) {
    if (error instanceof SnapshotRefused) return error.code;
    throw error;
  }
  return 'taken';
}

const RECORDS = [
  { count: 3, mean: Number.NaN, timeUs: Number.NEGATIVE_INFINITY, weights: Float64Array.of(1, 2.5) },
  { exchange: 'kraken', wide: 2n ** 70n, bytes: Uint8Array.of(1, 2, 3), nothing: null },
  [],
];

describe('a snapshot', () => {
  it('gives back what was put into it, and holds on to none of its bytes', () => {
    const records = readSnapshot(snapshot(RECORDS), HEADING);
    expect(records).toEqual(RECORDS);
    const [first] = records as [(typeof RECORDS)[0] & { weights: Float64Array }];
    expect(first.weights.buffer.byteLength).toBeLessThan(200);
    expect(readSnapshot(snapshot([]), HEADING)).toEqual([]);
  });

  it('is refused where any byte is another, or missing', () => {
    const whole = snapshot(RECORDS);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Uint8Array.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        expect(['state.corrupt', 'state.version']).toContain(refusal(damaged));
        expect(refusal(whole.subarray(0, at))).toBe('state.corrupt');
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("is refused where it is another version's, another role's or another partition's", () => {
    const whole = snapshot(RECORDS);
    const newer = Uint8Array.from(whole);
    newer[4] = 2;
    expect(refusal(newer)).toBe('state.version');
    expect(refusal(whole, { ...HEADING, layout: 'scoring/2' })).toBe('state.version');
    expect(refusal(whole, { ...HEADING, partition: 1 })).toBe('state.other');
    expect(refusal(whole, { ...HEADING, partitions: 8 })).toBe('state.other');
    expect(refusal(whole)).toBe('taken');
  });
});
