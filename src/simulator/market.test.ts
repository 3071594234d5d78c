import { describe, expect, it } from 'vitest';
import { ASK, BID } from '../model/event.ts';
import { describePair, samplePairs } from './instrument.ts';
import { Market, type MarketOptions } from './market.ts';
import type { MarketAction } from './pair-market.ts';

const SEED = 'market-test';
const START_US = 1_785_000_000_000_000;
const GRID = { significantDigits: 7, sizeDecimals: 'dollar-lots' } as const;

function marketOf(pairs: number, overrides: Partial<MarketOptions> = {}): Market {
  return new Market({
    seed: SEED,
    instruments: samplePairs(pairs).map((pair) => describePair(pair, GRID)),
    ratePerPair: 100,
    whalesPerMinute: 0,
    levelsPerSide: 60,
    startUs: START_US,
    ...overrides,
  });
}

/** What happened, as text, without the live objects in it. */
function story(market: Market, steps: readonly number[]): string[] {
  const lines: string[] = [];
  for (const step of steps) {
    market.advance(market.nowUs + step, ({ market: { index }, exchangeUs, changes, trades }) => {
      lines.push(JSON.stringify([index, exchangeUs, changes, trades]));
    });
  }
  return lines;
}

describe(`market (seed ${SEED})`, () => {
  it('gives the same actions for the same seed, in whatever steps time goes', () => {
    const whole = story(marketOf(5, { whalesPerMinute: 60 }), [10_000_000]);
    const steps = story(
      marketOf(5, { whalesPerMinute: 60 }),
      Array.from({ length: 1_000 }, () => 10_000),
    );
    expect(whole.length).toBeGreaterThan(4_000);
    expect(steps).toEqual(whole);
    expect(story(marketOf(5, { seed: 'another' }), [1_000_000])).not.toEqual(whole.slice(0, 500));
  });

  it('does nothing at a moment that has passed: what was published then had it all', () => {
    const market = marketOf(1, { ratePerPair: 200_000 });
    let actions = 0;
    market.advance(START_US, () => undefined);
    for (let passedUs = market.nowUs; passedUs < START_US + 20_000; passedUs = market.nowUs) {
      market.advance(passedUs + 10, ({ exchangeUs }) => {
        actions += 1;
        expect(exchangeUs).toBeGreaterThan(passedUs);
        expect(exchangeUs).toBeLessThanOrEqual(passedUs + 10);
      });
    }
    expect(actions).toBeGreaterThan(3_000);
  });

  it('is never crossed, never thin, and its changes tell the whole truth', () => {
    const market = marketOf(8);
    const shadow = market.pairs.map((pair) => [pair.bids.clone(), pair.asks.clone()] as const);
    let actions = 0;
    market.advance(START_US + 30_000_000, (action: MarketAction) => {
      actions += 1;
      const { bids, asks, index } = action.market;
      expect(bids.priceAt(0) ?? NaN).toBeLessThan(asks.priceAt(0) ?? NaN);
      expect(Math.min(bids.length, asks.length)).toBeGreaterThanOrEqual(10);
      for (const change of action.changes) {
        const ladder = shadow[index]?.[change.side === BID ? 0 : 1];
        expect(ladder?.set(change.price, change.size)).toBe(change.before);
      }
    });
    expect(actions).toBeGreaterThan(20_000);
    for (const pair of market.pairs) {
      expect(shadow[pair.index]?.[0]).toEqual(pair.bids);
      expect(shadow[pair.index]?.[1]).toEqual(pair.asks);
    }
  });

  it('moves its prices and keeps its depth near what was asked', () => {
    const market = marketOf(4);
    market.advance(START_US + 60_000_000, () => undefined);
    for (const pair of market.pairs) {
      const mid = ((pair.bids.priceAt(0) ?? 0) + (pair.asks.priceAt(0) ?? 0)) / 2;
      expect(mid).not.toBe(pair.instrument.startTicks);
      expect(Math.abs(mid / pair.instrument.startTicks - 1)).toBeLessThan(0.05);
      for (const ladder of [pair.bids, pair.asks]) {
        expect(ladder.length).toBeGreaterThan(30);
        expect(ladder.length).toBeLessThan(120);
      }
    }
  });

  it('trades at the price of the levels taken, on the right side, with consecutive ids', () => {
    const market = marketOf(1);
    let lastId = 0;
    market.advance(START_US + 60_000_000, ({ trades, changes }) => {
      for (const [i, trade] of trades.entries()) {
        expect(trade.id).toBe((lastId += 1));
        const change = changes[i];
        expect(change).toMatchObject({ price: trade.price, side: trade.takerSide === 'buy' ? ASK : BID });
        expect((change?.before ?? 0) - (change?.size ?? 0)).toBe(trade.size);
      }
    });
    expect(lastId).toBeGreaterThan(100);
  });

  it('plants whales as often as asked, far above ordinary sizes, and leaves them alone for a while', () => {
    const market = marketOf(3, { whalesPerMinute: 120 });
    const touched: string[] = [];
    market.advance(START_US + 60_000_000, (action) => {
      for (const { side, price, size, before } of action.changes) {
        const resting = market.whales.find(
          (whale) =>
            whale.market === action.market &&
            whale.side === side &&
            whale.price === price &&
            whale.exchangeUs + 250_000 > action.exchangeUs,
        );
        if (resting !== undefined && size < before) touched.push(`${price} at ${action.exchangeUs}`);
      }
    });
    expect(touched).toEqual([]);
    expect(market.whales.length).toBeGreaterThan(90);
    expect(market.whales.length).toBeLessThan(150);
    for (const { market: pair, size, sigma } of market.whales) {
      const { sizeMu, sizeSigma } = pair.instrument;
      expect((Math.log(size) - sizeMu) / sizeSigma).toBeCloseTo(sigma, 1);
      expect(sigma).toBeGreaterThanOrEqual(4.2);
    }
  });

  it('leaps over time in which nothing happened', () => {
    const market = marketOf(2);
    market.leap(START_US + 3_600_000_000);
    const lines = story(market, [1_000_000]);
    expect(market.nowUs).toBe(START_US + 3_601_000_000);
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.length).toBeLessThan(400);
  });

  it('keeps every number a safe integer, also for very cheap and very dear assets', () => {
    const market = marketOf(300, { whalesPerMinute: 600, ratePerPair: 5 });
    market.advance(START_US + 10_000_000, ({ changes }) => {
      for (const { price, size } of changes) {
        expect(Number.isSafeInteger(price) && price >= 1).toBe(true);
        expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
      }
    });
  });
});

describe('pair descriptions', () => {
  it('names well-known pairs first and any number of synthetic ones after them', () => {
    const pairs = samplePairs(2_000);
    expect(pairs[0]).toBe('BTC-USDT');
    expect(pairs).toContain('SIM001-USDT');
    expect(new Set(pairs).size).toBe(2_000);
  });

  it('refuses a name that is not BASE-QUOTE', () => {
    for (const name of ['BTCUSDT', 'btc-usdt', 'BTC-', 'BTC-BTC', 'A-B-C']) {
      expect(() => describePair(name, GRID)).toThrow(expect.objectContaining({ code: 'simulator.pair-invalid' }));
    }
  });

  it('gives Bitcoin a cent or a dime as tick, by the rule of the venue', () => {
    expect(describePair('BTC-USDT', GRID)).toMatchObject({ priceDecimals: 2, sizeDecimals: 5, startTicks: 6_425_000 });
    expect(describePair('BTC-USD', { significantDigits: 6, sizeDecimals: 8 })).toMatchObject({
      priceDecimals: 1,
      sizeDecimals: 8,
    });
  });
});
