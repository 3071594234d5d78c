import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { LineSplitter } from './line-splitter.ts';

/** The blocks of whole lines, each taken apart; null for a line that is too long. */
function split(bytes: Buffer, cuts: readonly number[], bytesMax?: number): (string | null)[] {
  const splitter = new LineSplitter(bytesMax);
  const lines: (string | null)[] = [];
  const take = (block: Buffer | null): void =>
    void lines.push(...(block?.toString().match(/[^\n]*\n|[^\n]+$/g) ?? [null]));
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [i, edge] of edges.entries()) {
    // The memory of a piece is used again for the next.
    const piece = Buffer.from(bytes.subarray(edges[i - 1] ?? 0, edge));
    for (const block of splitter.push(piece)) take(block);
    piece.fill('\n');
  }
  const rest = splitter.end();
  if (rest !== undefined) take(rest);
  return lines;
}

it('gives the same lines however the bytes are cut, even within a character', () => {
  const text = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('\n'))).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
      expect(split(Buffer.from(whole), cuts)).toEqual(whole.match(/[^\n]*\n|[^\n]+$/g) ?? []);
    }),
  );
});

it('drops a line that is too long, and only that', () => {
  const bytes = Buffer.from('short\n0123456789ABCDEF\nafter\n');
  expect(split(bytes, [3, 9, 13, 18], 10)).toEqual(['short\n', null, 'after\n']);
  expect(split(Buffer.from('0123456789ABCDEF'), [4, 12], 10)).toEqual([null]);
});

it('gives as few blocks as can be: one of what lies between two pieces, one of the rest', () => {
  const splitter = new LineSplitter();
  expect(splitter.push(Buffer.from('a\nb\nc')).map(String)).toEqual(['a\nb\n']);
  expect(splitter.push(Buffer.from('d\ne\nf\n')).map(String)).toEqual(['cd\n', 'e\nf\n']);
  expect(splitter.push(Buffer.alloc(0))).toEqual([]);
  expect(splitter.end()).toBeUndefined();
});
