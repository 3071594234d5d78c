import { describe, expect, it } from 'vitest';
import { TradeCopies } from './trade-copies.ts';

const SECOND_US = 1_000_000;
const WINDOW_US = 60 * SECOND_US;

describe('TradeCopies', () => {
  it('finds what another connection brought before, in whatever order', () => {
    const copies = new TradeCopies();
    const told = ['a1', 'a2', 'b2', 'b4', 'a3', 'a4', 'b3', 'b5', 'a5', 'b6'].filter(
      (trade) => !copies.isCopy(trade.slice(1), trade.slice(0, 1), 1),
    );
    expect(told).toEqual(['a1', 'a2', 'b4', 'a3', 'b5', 'b6']);
  });

  it('takes a venue at its word that repeats itself, or that numbers nothing', () => {
    const copies = new TradeCopies();
    expect(['1', '1', '', ''].map((id) => copies.isCopy(id, 'a', 1))).toEqual([false, false, false, false]);
    expect([copies.isCopy('', 'b', 1), copies.isCopy('1', 'b', 1)]).toEqual([false, true]);
  });

  it.each([1, 50, 1_000])('tells all once where one connection stalls for half a minute, at %i trades/s', (perS) => {
    const copies = new TradeCopies();
    const told = { once: 0, twice: 0 };
    const hear = (second: number, conn: string, nowS: number): void => {
      for (let i = 0; i < perS; i++) {
        const isCopy = copies.isCopy(`${second * perS + i}`, conn, nowS * SECOND_US);
        if (isCopy) told.twice++;
        else told.once++;
      }
    };
    // Connection b stands still from 10 to 40 s, and brings it all then.
    for (let second = 0; second < 60; second++) {
      hear(second, 'a', second);
      if (second === 40) for (let late = 10; late < 40; late++) hear(late, 'b', second);
      if (second < 10 || second >= 40) hear(second, 'b', second);
    }
    expect(told).toEqual({ once: 60 * perS, twice: 60 * perS });
  });

  it('remembers a trade for a minute, also across a renewal in the midst of many', () => {
    const copies = new TradeCopies();
    for (let id = 0; id < 200; id++) copies.isCopy(String(id), 'a', id * SECOND_US);
    const nowUs = 199 * SECOND_US;
    expect(copies.isCopy('139', 'b', nowUs)).toBe(true);
    expect(copies.isCopy('138', 'b', nowUs)).toBe(false);
    for (let id = 200; id < 300; id++) {
      expect(copies.isCopy(String(id), 'b', id * SECOND_US)).toBe(false);
      expect(copies.isCopy(String(id), 'a', id * SECOND_US)).toBe(true);
    }
  });

  it('keeps no more than those of a minute, and of a flood no more than a bounded number', () => {
    const copies = new TradeCopies();
    for (let id = 0; id < 100_000; id++) copies.isCopy(String(id), id % 2 === 0 ? 'a' : 'b', 1);
    expect(copies.state().ids).toHaveLength(65_536);
    copies.isCopy('x', 'a', 2 + WINDOW_US);
    expect(copies.state()).toMatchObject({ ids: ['x'], conns: ['a'] });
  });

  it('goes on from its state', () => {
    const copies = new TradeCopies();
    for (let id = 1; id <= 700; id++) copies.isCopy(String(id), id % 2 === 0 ? 'a' : 'b', id);
    const restored = new TradeCopies();
    restored.restore(structuredClone(copies.state()));
    copies.isCopy('701', 'a', 701);
    expect([
      restored.isCopy('700', 'b', 702),
      restored.isCopy('701', 'b', 702),
      restored.isCopy('702', 'a', 702),
    ]).toEqual([true, false, false]);
  });
});
