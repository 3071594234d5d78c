import { describe, expect, it } from 'vitest';
import { FNV_BASIS, FNV_PRIME, SymbolTable } from './symbol-table.ts';

function hashOf(text: string): number {
  let hash = FNV_BASIS;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return hash;
}

/** The text as it stands in the middle of a frame, in the middle of its memory. */
function look(table: SymbolTable, text: string, hash = hashOf(text)): string {
  const bytes = Buffer.from(`..."${text}"...`, 'latin1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = table.text(view, 4, 4 + text.length, hash);
  // The memory of a frame is used again.
  bytes.fill(0);
  return found;
}

describe('SymbolTable', () => {
  it('gives the text of the bytes, the first time and every time', () => {
    const table = new SymbolTable();
    for (const text of ['BTCUSDT', 'XBT/USD', 'A', 'a', '1000SATSUSDT', 'x'.repeat(300), ' ', '~']) {
      for (let time = 0; time < 3; time++) expect(look(table, text)).toBe(text);
    }
  });

  it('tells texts of the same hash apart: beginnings, endings and others', () => {
    const table = new SymbolTable();
    const texts = ['BTCUSDT', 'BTCUSD', 'BTCUSDC', 'TCUSDT', 'CTBUSDT', 'B', ''];
    for (let time = 0; time < 3; time++) {
      for (const text of texts) expect(look(table, text, 42)).toBe(text);
      // The last slot: the search goes on at the first.
      for (const text of texts) expect(look(table, text, -1)).toBe(text);
    }
  });

  it('goes on when it is full', () => {
    const table = new SymbolTable();
    const symbols = Array.from({ length: 40_000 }, (_, i) => `S${i}USDT`);
    for (let time = 0; time < 2; time++) {
      const wrong = symbols.filter((symbol) => look(table, symbol) !== symbol);
      expect(wrong).toEqual([]);
    }
  });
});
