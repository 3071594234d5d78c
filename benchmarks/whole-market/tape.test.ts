import { describe, expect, it } from 'vitest';

import type { Recording, Step } from './recording.ts';
import { setLevel } from './recording.ts';
import { makeScripts } from './script.ts';
import { FIRST_UPDATE, Tape } from './tape.ts';

const NOW_MS = 1_723_161_255_208;

/** A market that rises by a dollar per frame, with a trade before each. */
function rising(): Recording {
  const steps: Step[] = [];
  for (let price = 100; price < 120; price++) {
    steps.push({ kind: 'trade', price: `${price + 1}.00`, size: '1.50', buyerIsMaker: false });
    steps.push({
      kind: 'depth',
      bids: [
        [`${price}.00`, '3.00'],
        ['50.00', '0.00'],
      ],
      asks: [
        [`${price + 1}.00`, '0.00'],
        [`${price + 2}.00`, '2.00'],
      ],
    });
  }
  return { bids: new Map([['99.00', '1.00']]), asks: new Map([['101.00', '1.00']]), steps };
}

/** The JSON of all frames of a tape, each header taken off. */
function framesOf(tape: Tape): { stream: string; data: Record<string, unknown> }[] {
  return tape.frames.map(({ start, end }) => {
    const text = tape.bytes.toString('utf8', start, end);
    return JSON.parse(text.slice(text.indexOf('{'))) as { stream: string; data: Record<string, unknown> };
  });
}

const scripts = makeScripts(rising(), { scripts: 2, depthFrames: 6, levels: 10 });

describe('a script', () => {
  it('brings its book back to where it began', () => {
    for (const { bids, asks, steps } of scripts) {
      const book = { bids: new Map(bids), asks: new Map(asks) };
      for (const { step } of steps) {
        if (step.kind !== 'depth') continue;
        for (const row of step.bids) setLevel(book.bids, row);
        for (const row of step.asks) setLevel(book.asks, row);
        const best = [Math.max(...[...book.bids.keys()].map(Number)), Math.min(...[...book.asks.keys()].map(Number))];
        expect(best[0]).toBeLessThan(best[1] ?? 0);
      }
      expect(book).toEqual({ bids: new Map(bids), asks: new Map(asks) });
    }
  });

  it('counts what changes, and not what stays', () => {
    const first = scripts[0]?.steps.slice(0, 2).map(({ tally }) => tally);
    expect(first).toEqual([
      // The bid and the ask that came, and the ask that went; the level at 50 was never there.
      { changes: 3, prices: 303, sizes: 5, newOrders: 2, trades: 0, tradedSizes: 0 },
      { changes: 0, prices: 0, sizes: 0, newOrders: 0, trades: 1, tradedSizes: 1.5 },
    ]);
  });
});

describe('a tape', () => {
  it('numbers the frames of each pair on from pass to pass, and keeps their length', () => {
    const tape = new Tape(scripts.map((script, at) => ({ venueSymbol: `M00${at}USDT`, script })));
    const length = tape.bytes.length;
    const updates: unknown[] = [];
    for (let pass = 0; pass < 2; pass++) {
      for (const frame of tape.frames) tape.stamp(frame, NOW_MS + pass);
      const depth = framesOf(tape).filter(({ data }) => data['s'] === 'M001USDT' && data['e'] === 'depthUpdate');
      expect(depth.map(({ data }) => data['U'])).toEqual(depth.map(({ data }) => data['u']));
      expect(new Set(depth.map(({ data }) => data['E']))).toEqual(new Set([NOW_MS + pass]));
      updates.push(...depth.map(({ data }) => data['u']));
    }
    expect(tape.bytes.length).toBe(length);
    expect(updates).toEqual(updates.map((_, at) => FIRST_UPDATE + 1 + at));
  });

  it('holds every step once', () => {
    const tape = new Tape(scripts.map((script, at) => ({ venueSymbol: `M00${at}USDT`, script })));
    const steps = scripts.flatMap((script) => script.steps);
    expect(tape.frames.length).toBe(steps.length);
    expect(tape.changes).toBe(steps.reduce((sum, { tally }) => sum + tally.changes, 0));
  });
});
