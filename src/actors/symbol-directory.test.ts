import { describe, expect, it } from 'vitest';
import type { InstrumentRow } from '../book/wire-message.ts';
import { binance } from '../exchanges/binance.ts';
import { SymbolDirectory } from './symbol-directory.ts';

function row(venueSymbol: string, base: string, quote: string, more: Partial<InstrumentRow> = {}): InstrumentRow {
  return { venueSymbol, base, quote, tickSize: '0.01000000', lotSize: '0.00100', tradable: true, ...more };
}

describe('SymbolDirectory', () => {
  it("takes names and scales from the venue's list", () => {
    const directory = new SymbolDirectory('binance');
    directory.learn([row('USDTBTC', 'USDT', 'BTC', { tradable: false })]);
    expect(directory.find('USDTBTC', binance.splitSymbol)).toEqual({
      exchange: 'binance',
      symbol: 'USDT-BTC',
      venueSymbol: 'USDTBTC',
      base: 'USDT',
      quote: 'BTC',
      priceScale: 2,
      sizeScale: 3,
      tradable: false,
    });
    expect([...directory.assumed]).toEqual([]);
    expect(directory.bySymbol('USDT-BTC')?.venueSymbol).toBe('USDTBTC');
    expect(directory.bySymbol('BTC-USDT')).toBeUndefined();
  });

  it.each([
    ['1', 0],
    ['10', 0],
    ['0.5', 1],
    ['0.00000001', 8],
    ['1e-8', 8],
    ['', null],
    ['free', null],
    [null, null],
  ])('reads a step of %s as %s decimals', (tickSize, priceScale) => {
    const directory = new SymbolDirectory('kraken');
    directory.learn([row('A/B', 'A', 'B', { tickSize })]);
    expect(directory.find('A/B', () => null).priceScale).toBe(priceScale);
  });

  it('reads a symbol that it does not know, once, and remembers that it guessed', () => {
    const directory = new SymbolDirectory('binance');
    const first = directory.find('ETHBTC', binance.splitSymbol);
    expect(first).toMatchObject({ symbol: 'ETH-BTC', priceScale: null, sizeScale: null, tradable: true });
    expect(directory.find('ETHBTC', () => null)).toBe(first);
    expect(directory.find('QQQ', binance.splitSymbol).symbol).toBe('QQQ-UNKNOWN');
    expect([...directory.assumed]).toEqual(['ETHBTC', 'QQQ']);
    expect(directory.size).toBe(2);
  });

  it('keeps the name that it gave, also when the list says otherwise later', () => {
    const directory = new SymbolDirectory('binance');
    const read = directory.find('USDTBTC', () => ({ base: 'US', quote: 'DTBTC' }));
    directory.learn([row('USDTBTC', 'USDT', 'BTC'), row('ETHBTC', 'ETH', 'BTC')]);
    expect(directory.find('USDTBTC', binance.splitSymbol)).toBe(read);
    expect(directory.find('ETHBTC', binance.splitSymbol).sizeScale).toBe(3);
  });

  it('takes a newer list of what it learned from a list', () => {
    const directory = new SymbolDirectory('binance');
    directory.learn([row('ETHBTC', 'ETH', 'BTC')]);
    directory.learn([row('ETHBTC', 'ETH', 'BTC', { tickSize: '0.0001' })]);
    expect(directory.find('ETHBTC', binance.splitSymbol).priceScale).toBe(4);
  });

  it('passes by rows without a name', () => {
    const directory = new SymbolDirectory('binance');
    directory.learn([row('', 'A', 'B'), row('AB', '', 'B'), row('AB', 'A', '')]);
    expect(directory.size).toBe(0);
  });

  it('goes on from its state: what was guessed stays guessed', () => {
    const directory = new SymbolDirectory('binance');
    directory.learn([row('ETHBTC', 'ETH', 'BTC')]);
    directory.find('QQQ', binance.splitSymbol);
    const restored = new SymbolDirectory('binance');
    restored.find('LATER', binance.splitSymbol);
    restored.restore(structuredClone(directory.state()));
    expect(restored.state()).toEqual(directory.state());
    restored.learn([row('QQQ', 'Q', 'QQ')]);
    expect(restored.find('QQQ', binance.splitSymbol).symbol).toBe('QQQ-UNKNOWN');
  });
});
