import { expect, it } from 'vitest';
import { textTable } from './text-table.ts';

it('sets numbers to the right, texts to the left, and nulls as nothing', () => {
  const rows = [
    ['kraken', 7, null],
    ['b', 1250.5, 'x'],
  ];
  expect(textTable({ columns: ['venue', 'rows', 'note'], rows })).toBe(
    ['venue     rows  note', '------  ------  ----', 'kraken       7', 'b       1250.5  x'].join('\n'),
  );
});

it('shows the columns of an empty answer, and values that are no plain ones as JSON', () => {
  expect(textTable({ columns: ['a', 'bc'], rows: [] })).toBe('a  bc\n-  --');
  expect(textTable({ columns: ['a'], rows: [[[1, 2]], [true]] })).toBe('a\n-----\n[1,2]\ntrue');
});
