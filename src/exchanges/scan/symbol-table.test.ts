import { describe, expect, it } from 'vitest';
import { assert } from '../../lib/assert.ts';
import { hashOfBytes, SymbolTable } from './symbol-table.ts';

/** The text as it stands in the middle of a frame, in the middle of its memory. */
function viewOf(text: string): DataView {
  const bytes = Buffer.from(`..."${text}"...`, 'latin1');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function look(table: SymbolTable, text: string): string {
  const view = viewOf(text);
  const found = table.text(view, 4, 4 + text.length);
  // The memory of a frame is used again.
  for (let at = 0; at < view.byteLength; at++) view.setUint8(at, 0);
  return found;
}

describe('SymbolTable', () => {
  it('gives the text of the bytes, the first time and every time', () => {
    const table = new SymbolTable();
    for (const text of ['BTCUSDT', 'XBT/USD', 'A', 'a', '1000SATSUSDT', 'x'.repeat(300), ' ', '~']) {
      for (let time = 0; time < 3; time++) expect(look(table, text)).toBe(text);
    }
  });

  it('tells texts of the same hash apart', () => {
    const byHash = new Map<number, string>();
    const alike: string[] = [];
    for (let i = 0; i < 300_000; i++) {
      const text = `${Math.imul(i, 0x2545f491) >>> 0}`.padStart(10, '0').repeat(2);
      const hash = hashOfBytes(viewOf(text), 4, 4 + text.length);
      const other = byHash.get(hash);
      if (other !== undefined && other.length === text.length) alike.push(other, text);
      byHash.set(hash, text);
    }
    assert(alike.length >= 4, 'so many texts without two of the same hash');
    const table = new SymbolTable();
    for (let time = 0; time < 3; time++) for (const text of alike) expect(look(table, text)).toBe(text);
  });

  it('tells beginnings and endings of a text apart', () => {
    const table = new SymbolTable();
    const texts = ['BTCUSDT', 'BTCUSD', 'BTCUSDC', 'TCUSDT', 'CTBUSDT', 'B', '', 'BTCU', 'BTCUS', 'SDTBTCU'];
    for (let time = 0; time < 3; time++) for (const text of texts) expect(look(table, text)).toBe(text);
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
