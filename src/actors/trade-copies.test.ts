import { describe, expect, it } from 'vitest';
import { TradeCopies } from './trade-copies.ts';

describe('TradeCopies', () => {
  it('finds what another connection brought before, in whatever order', () => {
    const copies = new TradeCopies();
    const told = ['a1', 'a2', 'b2', 'b4', 'a3', 'a4', 'b3', 'b5', 'a5', 'b6'].filter(
      (trade) => !copies.isCopy(trade.slice(1), trade.slice(0, 1)),
    );
    expect(told).toEqual(['a1', 'a2', 'b4', 'a3', 'b5', 'b6']);
  });

  it('takes a venue at its word that repeats itself, or that numbers nothing', () => {
    const copies = new TradeCopies();
    expect(['1', '1', '', ''].map((id) => copies.isCopy(id, 'a'))).toEqual([false, false, false, false]);
    expect([copies.isCopy('', 'b'), copies.isCopy('1', 'b')]).toEqual([false, true]);
  });

  it('remembers the last 512, also across a renewal in the midst of many', () => {
    const copies = new TradeCopies();
    for (let id = 1; id <= 2_000; id++) expect(copies.isCopy(String(id), 'a')).toBe(false);
    for (let id = 1_489; id <= 2_000; id++) expect(copies.isCopy(String(id), 'b')).toBe(true);
    expect(copies.isCopy('1488', 'b')).toBe(false);
    for (let id = 2_001; id <= 3_000; id++) {
      expect(copies.isCopy(String(id), 'b')).toBe(false);
      expect(copies.isCopy(String(id), 'a')).toBe(true);
    }
  });

  it('goes on from its state', () => {
    const copies = new TradeCopies();
    for (let id = 1; id <= 700; id++) copies.isCopy(String(id), 'a');
    const restored = new TradeCopies();
    restored.restore(structuredClone(copies.state()));
    copies.isCopy('701', 'a');
    expect([restored.isCopy('700', 'b'), restored.isCopy('701', 'b'), restored.isCopy('702', 'a')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
