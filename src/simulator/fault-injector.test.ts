import { describe, expect, it } from 'vitest';
import { createPrng } from '../lib/prng.ts';
import { corruptDigit, FaultInjector } from './fault-injector.ts';
import { FAULT_KINDS, noFaults, type FaultKind, type FaultPlan } from './fault-plan.ts';
import { FaultDesk } from './faults.ts';

const SEED = 'fault-test';
const FRAME =
  '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":64250.1,"qty":0.75000000}],' +
  '"asks":[],"checksum":4201790596,"timestamp":"2026-09-01T10:00:00.100001Z"}]}';

function injector(plan: FaultPlan = { rates: {} }) {
  const out: string[] = [];
  const counts = noFaults();
  const output = { deliver: (text: string) => out.push(text), cut: () => out.push('cut') };
  return { injector: new FaultInjector(plan, createPrng(SEED), counts, output), out, counts };
}

describe(`fault injector (seed ${SEED})`, () => {
  it('passes everything on where no fault is planned', () => {
    const { injector: faults, out, counts } = injector();
    for (const text of ['a', 'b', 'c']) faults.data(text, 0);
    expect(out).toEqual(['a', 'b', 'c']);
    expect(counts).toEqual(noFaults());
  });

  it.each([
    ['drop', ['first', 'last']],
    ['duplicate', ['first', 'hit', 'hit', 'last']],
    ['reorder', ['first', 'last', 'hit']],
    ['disconnect', ['first', 'cut', 'last']],
    ['freeze', ['first']],
  ] as const)('%s does that and no more', (kind, expected) => {
    const { injector: faults, out, counts } = injector();
    faults.data('first', 0);
    faults.data('hit', 0, kind);
    faults.data('last', 0);
    expect(out).toEqual(expected);
    expect(counts).toEqual({ ...noFaults(), [kind]: 1 });
  });

  it('truncates to a part that is no JSON any more', () => {
    const { injector: faults, out } = injector();
    faults.data(FRAME, 0, 'truncate');
    expect(FRAME.startsWith(out[0] ?? '?')).toBe(true);
    expect(() => JSON.parse(out[0] ?? '')).toThrow(SyntaxError);
  });

  it('changes exactly one digit, of a price or a size and never of a time', () => {
    const prng = createPrng(SEED);
    const places = new Set<number>();
    for (let i = 0; i < 500; i++) {
      const corrupted = corruptDigit(FRAME, prng);
      const differing = Array.from(FRAME).flatMap((char, at) => (char === corrupted[at] ? [] : [at]));
      expect(corrupted).toHaveLength(FRAME.length);
      expect(differing).toHaveLength(1);
      places.add(differing[0] ?? -1);
    }
    const numbers = ['64250.1', '0.75000000'].map((number) => [FRAME.indexOf(number), number.length] as const);
    for (const place of places) {
      expect(numbers.some(([from, length]) => place >= from && place < from + length)).toBe(true);
    }
    expect(places.size).toBe('642501'.length + '075000000'.length);
  });

  it('finds the price and the size of a level that has no decimals, and no time, number or channel', () => {
    const prng = createPrng(SEED);
    const frame = '[10092,[64250,0,-1],17,1785000000130]';
    for (let i = 0; i < 200; i++)
      expect(corruptDigit(frame, prng)).toMatch(/^\[10092,\[\d{5},\d,-\d\],17,1785000000130\]$/);
    const heartbeat = '[10092,17,1785000000130]';
    expect(corruptDigit(heartbeat, prng)).not.toBe(heartbeat);
  });

  it('delays a frame and all after it, in their order', () => {
    const { injector: faults, out } = injector({ rates: {}, delayUsMax: 1_000 });
    faults.data('a', 0, 'delay');
    faults.data('b', 0);
    faults.control('c', 0);
    faults.release(0);
    expect(out).toEqual([]);
    faults.release(1_000);
    faults.data('d', 1_001);
    expect(out).toEqual(['a', 'b', 'c', 'd']);
  });

  it('loses what a freeze silences, acknowledgements too, and speaks again after it', () => {
    const { injector: faults, out } = injector();
    faults.freeze(5_000);
    faults.data('a', 0);
    faults.control('b', 4_999);
    faults.data('c', 5_000);
    expect(out).toEqual(['c']);
  });

  it('strikes as often as the rates say, the same frames for the same seed', () => {
    const rates = { drop: 0.05, duplicate: 0.1, truncate: 0.02 };
    const runs = [injector({ rates }), injector({ rates })];
    for (const { injector: faults } of runs) for (let i = 0; i < 10_000; i++) faults.data(`frame ${i}`, i);
    expect(runs[0]?.out).toEqual(runs[1]?.out);
    const counts = runs[0]?.counts ?? noFaults();
    expect(Math.abs(counts.drop - 500)).toBeLessThan(100);
    expect(Math.abs(counts.duplicate - 1_000)).toBeLessThan(150);
    expect(Math.abs(counts.truncate - 200)).toBeLessThan(60);
    expect(counts.corrupt + counts.reorder + counts.delay).toBe(0);
  });
});

describe('fault desk', () => {
  it('hands out each asked fault once, to its pair', () => {
    const desk = new FaultDesk({ rates: {} }, SEED);
    desk.askNext('BTC-USDT', 'drop');
    desk.askNext('BTC-USDT', 'corrupt');
    desk.askNext('BTC-USDT', 'stale-snapshot');
    expect(desk.takeAsked('ETH-USDT')).toBeUndefined();
    expect([1, 2, 3].map(() => desk.takeAsked('BTC-USDT'))).toEqual(['drop', 'corrupt', undefined]);
    expect([1, 2].map(() => desk.takeStaleSnapshot('BTC-USDT'))).toEqual([true, false]);
  });

  it('refuses rates that are no probabilities', () => {
    const plans: Partial<Record<FaultKind, number>>[] = [{ drop: -0.1 }, { drop: 0.7, delay: 0.7 }, { drop: NaN }];
    for (const rates of plans) {
      expect(() => new FaultDesk({ rates }, SEED)).toThrow(
        expect.objectContaining({ code: 'simulator.faults-invalid' }),
      );
    }
  });

  it('counts every kind', () => {
    expect(Object.keys(noFaults())).toEqual([...FAULT_KINDS]);
  });
});
