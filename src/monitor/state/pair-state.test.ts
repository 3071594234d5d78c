import { describe, expect, test } from 'vitest';
import { QUOTES_MAX, SPARK_POINTS } from '../api/keys.ts';
import { marketRow } from '../api/market.ts';
import { deltaOf, metricOf, NOON_US, scoreOf, statusOf, tradeOf } from './events.fixture.ts';
import { MarketState } from './market-state.ts';
import { RING_ORDERS } from './order-ring.ts';
import { PairState } from './pair-state.ts';

function newPair(): PairState {
  const pair = new PairState({ exchange: 'kraken', symbol: 'BTC-USD' }, { whaleScoreMin: 4, sinceUs: NOON_US });
  pair.keepDetail();
  return pair;
}

const SPREAD = [100, 104, 4, 2];

describe('a pair', () => {
  test('is known by its name before its first event, and by nothing else', () => {
    const row = newPair().row();
    expect(marketRow.parse(row)).toEqual(row);
    expect(row).toMatchObject({
      state: 'syncing',
      bid: null,
      mid: null,
      suggestedBid: null,
      lastPrice: null,
      spark: [],
    });
  });

  test('has the quote, the last trade, the mean spread and what follows from them', () => {
    const pair = newPair();
    pair.step(statusOf({ resyncs: 1, checksumOk: 9 }, { state: 'live' }));
    pair.step(deltaOf(10_000, 10_400));
    // As a venue writes it that pads its numbers.
    pair.step(tradeOf(10_010_000_000, { priceScale: 8 }));
    pair.step(metricOf('spread', 0, SPREAD));
    pair.step(metricOf('liquidity', 0, [1, 2, 0.5]));
    const row = pair.row();
    expect(marketRow.parse(row)).toEqual(row);
    expect(row).toMatchObject({
      ...{ state: 'live', resyncs: 1, checksumOk: 9, lastPrice: 100.1, lastTaker: 'sell', bid: 100, ask: 104 },
      ...{ mid: 102, spread: 4, spreadAvg15s: 2, liquidityRatio: 0.5, suggestedBid: 101, suggestedAsk: 103 },
      ...{ spark: [102], priceDigits: 2, lastReceiveMs: NOON_US / 1000 + 1 },
    });
  });

  test('has no quote and suggests nothing while its book is not live', () => {
    const pair = newPair();
    pair.step(deltaOf(10_000, 10_400));
    pair.step(metricOf('spread', 0, SPREAD));
    pair.step(statusOf({ gaps: 2 }, { state: 'suspect', reason: 'gap', receiveUs: NOON_US + 5000 }));
    expect(pair.row()).toMatchObject({
      ...{ state: 'suspect', reason: 'gap', gaps: 2, stateSinceMs: NOON_US / 1000 + 5 },
      ...{ bid: null, spread: null, spreadAvg15s: null, suggestedBid: null, suggestedAsk: null },
    });
    // The mean of before is not that of the book that comes back.
    pair.step(deltaOf(10_000, 10_400));
    expect(pair.row()).toMatchObject({ bid: 100, spreadAvg15s: null, suggestedBid: null });
    // A supervisor that speaks for a lost shard knows no totals.
    pair.step(statusOf({}, { state: 'stale', reason: 'shard-lost' }));
    expect(pair.row()).toMatchObject({ state: 'stale', gaps: 2 });
  });

  test('shows orders from a minimum score on, in their order, and tells a reader what is new to it', () => {
    const pair = newPair();
    const scores = [Number.NaN, 0, 4, 1, 6, 0];
    for (const [at, score] of scores.entries()) pair.step(scoreOf(score, at + 1));
    const sizes = (minScore: number | null, from = null as ReturnType<PairState['bookmark']> | null): number[] =>
      pair.ordersSince(from, minScore).orders.map(({ size }) => size);
    expect([sizes(null), sizes(0), sizes(4)]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [2, 3, 4, 5, 6],
      [3, 5],
    ]);
    const seen = pair.bookmark();
    pair.step(scoreOf(5, 7));
    expect([sizes(4, seen), sizes(6, seen)]).toEqual([[7], []]);
    expect(pair.row()).toMatchObject({ whales: 3, scores: [2, 1, 0, 0, 1, 1, 1] });
    expect(pair.largest().map(({ size }) => size)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    pair.pass(NOON_US + 3600e6);
    expect(pair.row()).toMatchObject({ whales: 0 });
  });

  test('takes a repeated delivery once, and says how many orders a slow reader has missed', () => {
    const pair = newPair();
    pair.step(scoreOf(2, 1));
    pair.step(scoreOf(2, 1));
    pair.step(metricOf('spread', 5, SPREAD));
    pair.step(metricOf('spread', 5, SPREAD));
    expect([pair.row().scores[2], pair.quotesSince(null).length]).toEqual([1, 1]);
    const seen = pair.bookmark();
    for (let seq = 2; seq < 2 + RING_ORDERS + 3; seq++) pair.step(scoreOf(2, seq));
    const { orders, leftOut } = pair.ordersSince(seen, 0);
    expect([orders.length, leftOut]).toEqual([RING_ORDERS, 3]);
  });

  test('keeps bounded lists of quotes and points', () => {
    const pair = newPair();
    for (let second = 0; second < QUOTES_MAX + 50; second++) pair.step(metricOf('spread', second, SPREAD));
    const quotes = pair.quotesSince(null);
    expect([quotes.length, quotes[0]?.timeMs]).toEqual([QUOTES_MAX, NOON_US / 1000 + 50_000]);
    expect([pair.row().spark.length, pair.sparkCount]).toEqual([SPARK_POINTS, (QUOTES_MAX + 50) / 5]);
    expect(pair.sparkSince(pair.sparkCount - 2)).toEqual([102, 102]);
    expect(pair.sparkSince(pair.sparkCount)).toEqual([]);
  });
});

describe('the market', () => {
  const known = Array.from({ length: 300 }, (_, i) => ({
    exchange: 'kraken',
    symbol: `A${i}-USD`,
    state: 'syncing' as const,
    reason: 'connecting' as const,
  }));

  test('finds pairs by their names, those that nobody knew before too', () => {
    const market = new MarketState({ whaleScoreMin: 4, sinceUs: NOON_US, known });
    market.step(deltaOf(1, 2));
    market.step(deltaOf(3, 4, { exchange: 'binance' }));
    market.step(deltaOf(5, 6));
    expect(market.pairs).toHaveLength(302);
    expect(market.find({ exchange: 'kraken', symbol: 'BTC-USD' })?.row()).toMatchObject({ bid: 0.05 });
    expect(market.find({ exchange: 'binance', symbol: 'BTC-USD' })?.row()).toMatchObject({ bid: 0.03 });
    expect(market.find({ exchange: 'gemini', symbol: 'BTC-USD' })).toBeNull();
  });

  test('keeps detail of the first pairs always, and of others while a view looks', () => {
    const market = new MarketState({ whaleScoreMin: 4, sinceUs: NOON_US, known });
    const step = (symbol: string, second: number): void => {
      const metric = metricOf('spread', second, SPREAD);
      metric.header.symbol = symbol;
      market.step(metric);
    };
    const quotes = (symbol: string): unknown => market.find({ exchange: 'kraken', symbol })?.quotesSince(null).length;
    step('A0-USD', 1);
    step('A299-USD', 1);
    expect([quotes('A0-USD'), quotes('A299-USD')]).toEqual([1, 0]);
    const late = market.find({ exchange: 'kraken', symbol: 'A299-USD' });
    if (late === null) throw new Error('the pair is missing');
    market.watch(late);
    market.watch(late);
    step('A299-USD', 2);
    market.unwatch(late);
    expect(quotes('A299-USD')).toBe(1);
    market.unwatch(late);
    expect(quotes('A299-USD')).toBe(0);
  });
});
