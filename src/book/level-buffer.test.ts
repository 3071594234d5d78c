import { describe, expect, it } from 'vitest';
import { ASK, BID } from '../model/event.ts';
import { LevelBuffer } from './level-buffer.ts';
import { TradeBuffer, WireMessage } from './wire-message.ts';

describe('LevelBuffer', () => {
  it('keeps the digits as written', () => {
    const buffer = new LevelBuffer();
    expect(buffer.push(ASK, '64250.20', '1.20000000', 3)).toBe(true);
    const { side, price, priceDecimals, size, sizeDecimals, orders } = buffer;
    expect([side, price, priceDecimals].map((column) => column[0])).toEqual([ASK, 6_425_020, 2]);
    expect([size, sizeDecimals, orders].map((column) => column[0])).toEqual([120_000_000, 8, 3]);
  });

  it.each([
    ['0', '1'],
    ['-1', '1'],
    ['0.000', '1'],
    ['-99999999999999999999', '1'],
    ['1', '-1'],
    ['1', '-0.00000001'],
    ['1', '-99999999999999999999'],
    ['1', ''],
    ['', '1'],
    ['x', '1'],
    ['1', 'NaN'],
  ])('refuses price %j with size %j, and appends nothing', (price, size) => {
    const buffer = new LevelBuffer();
    expect(buffer.push(BID, price, size)).toBe(false);
    expect([buffer.count, buffer.wide]).toEqual([0, false]);
  });

  it('leaves nothing of a refused level behind for the next', () => {
    const buffer = new LevelBuffer();
    expect(buffer.push(BID, '99999999999999999999', 'x')).toBe(false);
    expect(buffer.push(BID, '5', '99999999999999999999')).toBe(true);
    expect([buffer.exactPrice(0), buffer.exactSize(0)]).toEqual([5n, 99_999_999_999_999_999_999n]);
    buffer.clear();
    expect(buffer.push(BID, '5', '6')).toBe(true);
    expect([buffer.wide, buffer.exactPrice(0), buffer.exactSize(0)]).toEqual([false, 5n, 6n]);
  });

  it('grows', () => {
    const buffer = new LevelBuffer();
    for (let i = 1; i <= 5_000; i++) expect(buffer.push(i % 2, String(i), `${i}.5`)).toBe(true);
    const last = [
      buffer.count,
      buffer.side[4_999],
      buffer.price[4_999],
      buffer.size[4_999],
      buffer.sizeDecimals[4_999],
    ];
    expect(last).toEqual([5_000, 0, 5_000, 50_005, 1]);
    expect([buffer.price[0], buffer.orders[4_999]]).toEqual([1, -1]);
  });
});

describe('TradeBuffer', () => {
  it.each([
    ['0', '1'],
    ['1', '0'],
    ['1', '-1'],
    ['-99999999999999999999', '1'],
    ['1', '1e'],
  ])('refuses price %j with size %j', (price, size) => {
    const trades = new TradeBuffer();
    expect(trades.push('7', price, size, true, 1)).toBe(false);
    expect(trades.count).toBe(0);
  });

  it('keeps exact values beyond 2^53', () => {
    const trades = new TradeBuffer();
    expect(trades.push('7', '1.5', '1000000000000.00000001', false, 1)).toBe(true);
    expect([trades.price[0], trades.size[0], trades.wideSizes.get(0)]).toEqual([15, NaN, 100_000_000_000_000_000_001n]);
  });
});

describe('WireMessage', () => {
  it('starts each message empty', () => {
    const message = new WireMessage().start('delta', 'X');
    message.levels.push(BID, '1', '99999999999999999999');
    message.trades.push('1', '1', '99999999999999999999', true, 1);
    Object.assign(message, { first: 1, last: 2, checksum: 3, depth: 4, detail: 'd', exchangeUs: 5 });
    message.start('trades');
    expect(message).toMatchObject({
      kind: 'trades',
      venueSymbol: '',
      first: NaN,
      last: NaN,
      checksum: NaN,
      detail: '',
    });
    expect(message.depth).toBe(Number.POSITIVE_INFINITY);
    expect([message.levels.count, message.levels.wide, message.trades.count]).toEqual([0, false, 0]);
    expect(message.trades.wideSizes.size).toBe(0);
  });
});
