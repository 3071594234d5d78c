import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { LineSplitter } from './line-splitter.ts';

function split(bytes: Buffer, cuts: readonly number[], bytesMax?: number): (string | null)[] {
  const splitter = new LineSplitter(bytesMax);
  const lines: (string | null)[] = [];
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  edges.forEach((edge, i) => lines.push(...splitter.push(bytes.subarray(edges[i - 1] ?? 0, edge))));
  const rest = splitter.end();
  return rest === undefined ? lines : [...lines, rest];
}

it('gives the same lines however the bytes are cut, even within a character', () => {
  const text = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('\n'))).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
      const expected = whole.split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(split(Buffer.from(whole), cuts)).toEqual(expected);
    }),
  );
});

it('drops a line that is too long, and only that', () => {
  const bytes = Buffer.from('short\n0123456789ABCDEF\nafter\n');
  expect(split(bytes, [3, 9, 13, 18], 10)).toEqual(['short', null, 'after']);
  expect(split(Buffer.from('0123456789ABCDEF'), [4, 12], 10)).toEqual([null]);
});
