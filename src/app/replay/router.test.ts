import { describe, expect, it } from 'vitest';
import { feedRecord } from '../../../test/fixtures/feed-records.ts';
import { wireRegistry } from '../../exchanges/registry.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import { partitionOf } from '../../model/partition.ts';
import { ALL_SHARDS, Router } from './router.ts';

const SHARDS = 4;
const BINANCE_URL = 'wss://stream.binance.com:9443/stream?streams=btcusdt@depth@100ms';

function newRouter(shards = SHARDS): Router {
  return new Router({ wires: wireRegistry, shards, partitions: shards });
}

function record(
  exchange: string,
  op: FeedRecord['op'],
  fields: { conn?: string; url?: string; data?: string } = {},
): FeedRecord {
  const { conn = 'ws', url = null, data = null } = fields;
  return feedRecord({ tUs: 1, exchange, conn, op, url, data });
}

function depthOf(symbol: string): string {
  const stream = `${symbol.toLowerCase()}@depth@100ms`;
  return JSON.stringify({ stream, data: { e: 'depthUpdate', E: 1, s: symbol, U: 1, u: 2, b: [['1', '1']], a: [] } });
}

describe('a router of one shard', () => {
  it('sends everything there, whatever it is', () => {
    const router = newRouter(1);
    expect(router.shardOf(record('nowhere', 'recv', { data: '?' }))).toBe(0);
    expect(router.shardOf(record('binance', 'close'))).toBe(0);
  });
});

describe('a router of several shards', () => {
  it("sends a pair's frames to the shard of the pair's partition", () => {
    const router = newRouter();
    router.shardOf(record('binance', 'open', { url: BINANCE_URL }));
    for (const [venueSymbol, symbol] of [
      ['BTCUSDT', 'BTC-USDT'],
      ['ETHUSDT', 'ETH-USDT'],
      ['ETHBTC', 'ETH-BTC'],
    ] as const) {
      const shard = router.shardOf(record('binance', 'recv', { data: depthOf(venueSymbol) }));
      expect(shard).toBe(partitionOf('binance', symbol, SHARDS));
    }
  });

  it("sends a pair's REST snapshot where its frames go", () => {
    const router = newRouter();
    const url = 'https://api.binance.com/api/v3/depth?symbol=ETHUSDT&limit=1000';
    const shard = router.shardOf(record('binance', 'http', { url, data: '{"lastUpdateId":1,"bids":[],"asks":[]}' }));
    expect(shard).toBe(partitionOf('binance', 'ETH-USDT', SHARDS));
  });

  it.each(['open', 'close', 'send', 'timer'] as const)('sends what concerns a whole connection to all: %s', (op) => {
    expect(newRouter().shardOf(record('kraken', op, { url: 'wss://ws.kraken.com/v2', data: 'silence' }))).toBe(
      ALL_SHARDS,
    );
  });

  it('sends frames about no pair, and those that nobody can read, to all', () => {
    const router = newRouter();
    router.shardOf(record('kraken', 'open', { url: 'wss://ws.kraken.com/v2' }));
    expect(router.shardOf(record('kraken', 'recv', { data: '{"channel":"heartbeat"}' }))).toBe(ALL_SHARDS);
    expect(router.shardOf(record('kraken', 'recv', { data: '{"cut off' }))).toBe(ALL_SHARDS);
    expect(router.shardOf(record('nowhere', 'recv', { data: '{}' }))).toBe(ALL_SHARDS);
    expect(router.shardOf(record('nowhere', 'http', { url: 'https://nowhere.example/', data: '{}' }))).toBe(ALL_SHARDS);
  });

  it('recognises the wire of a connection whose opening was not recorded', () => {
    const data = depthOf('BTCUSDT');
    expect(newRouter().shardOf(record('binance', 'recv', { data }))).toBe(partitionOf('binance', 'BTC-USDT', SHARDS));
  });

  it("names pairs as the venue's own list does, once it was seen", () => {
    const router = newRouter();
    const listed = { symbol: 'XYZABC', status: 'TRADING', baseAsset: 'XY', quoteAsset: 'ZABC', filters: [] };
    const list = { url: 'https://api.binance.com/api/v3/exchangeInfo', data: JSON.stringify({ symbols: [listed] }) };
    expect(router.shardOf(record('binance', 'http', list))).toBe(ALL_SHARDS);
    const shard = router.shardOf(record('binance', 'recv', { data: depthOf('XYZABC') }));
    expect(shard).toBe(partitionOf('binance', 'XY-ZABC', SHARDS));
  });
});
