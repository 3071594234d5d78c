import { expect, test } from 'vitest';
import { viewKey } from './keys.ts';
import { clientMessage } from './live.ts';
import { historyQuery, pairParams, whalesQuery } from './rest.ts';

const WHALES = { kind: 'whales', exchange: 'kraken', symbol: 'BTC-USD', minScore: 3 } as const;

test('a view has one key, which names all of it', () => {
  expect(viewKey(WHALES)).toBe('whales:kraken:BTC-USD:3');
  expect(viewKey({ ...WHALES, minScore: null })).toBe('whales:kraken:BTC-USD:all');
  expect(viewKey({ kind: 'markets' })).toBe('markets');
});

test('messages of clients are what the schema says and nothing more', () => {
  expect(clientMessage.safeParse({ type: 'subscribe', view: WHALES }).success).toBe(true);
  for (const wrong of [
    null,
    {},
    { type: 'subscribe' },
    { type: 'subscribe', view: { ...WHALES, minScore: 7 } },
    { type: 'subscribe', view: { ...WHALES, symbol: "BTC-USD' OR 1=1" } },
    { type: 'subscribe', view: { ...WHALES, more: 1 } },
    { type: 'publish', view: WHALES },
  ]) {
    expect(clientMessage.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
  }
});

test('queries have bounds, and names have no quotes in them', () => {
  expect(whalesQuery.parse({ from: '0', minScore: '4' })).toEqual({ from: 0, minScore: 4, limit: 500 });
  for (const wrong of [
    { limit: '5001' },
    { limit: '0' },
    { from: '-1' },
    { to: '1e30' },
    { from: 'x' },
    { more: '1' },
  ]) {
    expect(historyQuery.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
  }
  expect(pairParams.safeParse({ exchange: "kraken'", symbol: 'BTC-USD' }).success).toBe(false);
});
