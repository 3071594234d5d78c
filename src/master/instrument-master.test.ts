import { describe, expect, it } from 'vitest';
import type { InstrumentRow } from '../book/wire-message.ts';
import type { InstrumentVersion } from '../model/instrument.ts';
import { InstrumentMaster } from './instrument-master.ts';

function row(symbol: string, more: Partial<InstrumentRow> = {}): InstrumentRow {
  const [base = '', quote = ''] = symbol.split('-');
  return { venueSymbol: base + quote, base, quote, tickSize: '0.1', lotSize: '0.00000001', tradable: true, ...more };
}

const rows = (...symbols: readonly string[]): InstrumentRow[] => symbols.map((symbol) => row(symbol));
const told = (versions: readonly InstrumentVersion[]): string[] =>
  versions.map(({ symbol, status, isCurrent, validFromUs, validToUs }) => {
    return `${symbol} ${status} ${validFromUs}..${validToUs ?? ''}${isCurrent ? ' current' : ''}`;
  });

describe('InstrumentMaster', () => {
  it('begins a version of every pair of a first list, which is no news', () => {
    const master = new InstrumentMaster('test 1');
    const { versions, changes, refused } = master.observe('x', rows('BTC-USD', 'ETH-USD'), 10);
    expect(told(versions)).toEqual(['BTC-USD trading 10.. current', 'ETH-USD trading 10.. current']);
    expect([changes, refused]).toEqual([[], null]);
    expect(versions[0]).toMatchObject({ venueSymbol: 'BTCUSD', tickSize: 0.1, lotSize: 1e-8 });
    expect(master.observe('x', rows('ETH-USD', 'BTC-USD'), 20)).toEqual({ versions: [], changes: [], refused: null });
  });

  it('closes a version and begins the next where anything changes', () => {
    const master = new InstrumentMaster('test 1');
    master.observe('x', rows('BTC-USD', 'ETH-USD'), 10);
    const changed = [row('BTC-USD', { tickSize: '0.01', tradable: false }), row('ETH-USD')];
    const { versions, changes } = master.observe('x', changed, 20);
    expect(told(versions)).toEqual(['BTC-USD trading 10..20', 'BTC-USD halted 20.. current']);
    expect(changes).toEqual([
      {
        kind: 'changed',
        exchange: 'x',
        symbol: 'BTC-USD',
        detail: 'tick size 0.1 -> 0.01, status trading -> halted',
      },
    ]);
  });

  it('tells of pairs that come, go, and come back', () => {
    const master = new InstrumentMaster('test 1');
    master.observe('x', rows('BTC-USD', 'ETH-USD'), 10);
    const gone = master.observe('x', rows('BTC-USD', 'SOL-USD'), 20);
    expect(told(gone.versions)).toEqual([
      'SOL-USD trading 20.. current',
      'ETH-USD trading 10..20',
      'ETH-USD delisted 20.. current',
    ]);
    expect(gone.changes.map(({ kind, symbol }) => [kind, symbol])).toEqual([
      ['listed', 'SOL-USD'],
      ['delisted', 'ETH-USD'],
    ]);
    expect(master.observe('x', rows('BTC-USD', 'SOL-USD'), 30).versions).toEqual([]);
    const back = master.observe('x', rows('BTC-USD', 'SOL-USD', 'ETH-USD'), 40);
    expect(told(back.versions)).toEqual(['ETH-USD delisted 20..40', 'ETH-USD trading 40.. current']);
    expect(back.changes).toEqual([{ kind: 'listed', exchange: 'x', symbol: 'ETH-USD', detail: '' }]);
  });

  it('goes on from what the store has, venue by venue', () => {
    const first = new InstrumentMaster('test 1');
    first.observe('x', rows('BTC-USD', 'ETH-USD'), 10);
    const later = new InstrumentMaster('test 2', first.present('x'));
    expect(told(later.observe('x', rows('BTC-USD'), 20).versions)).toEqual([
      'ETH-USD trading 10..20',
      'ETH-USD delisted 20.. current',
    ]);
    expect(later.observe('y', rows('BTC-USD'), 30).changes).toEqual([]);
  });

  it('does not believe an empty list, or one that has lost half of its pairs', () => {
    const master = new InstrumentMaster('test 1');
    const symbols = Array.from({ length: 10 }, (_, i) => `C${i}-USD`);
    master.observe('x', rows(...symbols), 10);
    for (const count of [0, 4]) {
      const { versions, changes, refused } = master.observe('x', rows(...symbols.slice(0, count)), 20);
      expect([versions, changes, refused]).toEqual([[], [], expect.stringContaining(`${count} pairs where it had 10`)]);
    }
    expect(master.observe('x', rows(...symbols.slice(0, 5)), 30).changes).toHaveLength(5);
  });

  it('takes the traded symbol of a pair that has several', () => {
    const master = new InstrumentMaster('test 1');
    const list = [
      row('BTC-USD', { venueSymbol: 'OLD', tradable: false }),
      row('BTC-USD'),
      row('BTC-USD', { venueSymbol: 'C' }),
    ];
    expect(master.observe('x', list, 10).versions.map(({ venueSymbol }) => venueSymbol)).toEqual(['BTCUSD']);
    expect(master.observe('x', [...rows('BTC-USD'), row('-', { base: '', quote: '' })], 20).versions).toEqual([]);
  });
});
