import { describe, expect, it } from 'vitest';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { briefly, IngestWorld } from '../../test/fixtures/ingest-world.ts';
import type { Level } from '../../test/fixtures/venue-frames.ts';
import { binanceDelta, binanceSnapshot, binanceTrade, KrakenPair } from '../../test/fixtures/venue-frames.ts';
import type { EventView } from '../model/event.ts';
import { copyOf } from '../../test/fixtures/event-copies.ts';

const BINANCE = 'wss://stream.binance.com:9443/stream';
const BIDS: readonly Level[] = [['100.0', '1']];
const ASKS: readonly Level[] = [['101.0', '1']];

function goLive(world: IngestWorld, symbol = 'BTCUSDT', conn = 'a'): void {
  world.happen('binance', conn, 'open', null, BINANCE);
  world.happen('binance', conn, 'recv', binanceDelta(1, 2, {}, symbol));
  const { url, body } = binanceSnapshot(2, BIDS, ASKS, symbol);
  world.happen('binance', conn, 'http', body, url);
  world.happen('binance', conn, 'recv', binanceDelta(3, 3, {}, symbol));
}

describe('IngestShard', () => {
  it('counts each frame once: malformed, ignored or used', () => {
    const world = new IngestWorld();
    goLive(world);
    world.happen('binance', 'a', 'recv', '{"result":null,"id":1}');
    world.happen('binance', 'a', 'recv', '{"stream":"btcusdt@kline_1m","data":{"e":"kline","s":"BTCUSDT"}}');
    world.happen('binance', 'a', 'recv', 'nonsense');
    world.happen('binance', 'a', 'recv', '');
    world.happen('binance', 'a', 'send', '{"method":"SUBSCRIBE"}');
    world.happen('binance', 'a', 'timer', 'some other timer');
    expect(world.shard.counters).toEqual({ ignored: 2, general: 0, malformed: 2 });
  });

  it('leaves the count of what concerns all shards to one of them', () => {
    const world = new IngestWorld();
    for (const data of ['nonsense', '{"result":null,"id":1}']) {
      world.shard.process(feedRecord({ tUs: 1, exchange: 'binance', conn: 'a', op: 'recv', data }), 0, false);
    }
    expect(world.shard.counters).toEqual({ ignored: 0, general: 0, malformed: 0 });
    expect(world.asked).toEqual([]);
  });

  it('counts frames of market data in an unusual shape, which are used all the same', () => {
    const world = new IngestWorld();
    goLive(world);
    world.happen('binance', 'a', 'recv', binanceDelta(4, 4).replace('{', '{ '));
    world.happen('binance', 'a', 'recv', '{ "stream":"btcusdt@kline_1m","data":{"e":"kline","s":"BTCUSDT"}}');
    world.happen('binance', 'a', 'recv', '{ "result":null,"id":1}');
    expect(world.shard.counters).toEqual({ ignored: 2, general: 1, malformed: 0 });
    expect(briefly(world.events).at(-1)).toBe('book.delta live');
  });

  it('keeps the books of its own pairs only', () => {
    const world = new IngestWorld({ owns: (symbol) => symbol === 'ETH-USDT' });
    goLive(world, 'BTCUSDT');
    goLive(world, 'ETHUSDT', 'b');
    expect([...world.shard.books()].map(([key]) => key)).toEqual(['binance:ETH-USDT']);
    expect(new Set(world.events.map(({ header }) => header.symbol))).toEqual(new Set(['ETH-USDT']));
  });

  it('reads frames of a connection whose beginning it has not seen', () => {
    const world = new IngestWorld();
    world.happen('binance', 'a', 'recv', binanceDelta(1, 2));
    world.happen('kraken', 'a', 'recv', '{"channel":"heartbeat"}');
    world.happen('kraken', 'b', 'recv', '{"event":"heartbeat"}');
    expect(world.shard.counters).toEqual({ ignored: 2, general: 0, malformed: 0 });
    expect(briefly(world.events)).toEqual(['status syncing/awaiting-snapshot']);
  });

  it('counts frames of an unknown venue as malformed', () => {
    const world = new IngestWorld();
    world.happen('nowhere', 'a', 'recv', '{}');
    world.happen('nowhere', 'a', 'http', '{}', 'https://nowhere.test/');
    expect(world.shard.counters.malformed).toBe(2);
    expect(world.asked).toEqual(['malformed no wire of nowhere reads it', 'malformed unknown exchange nowhere']);
  });

  it('creates no book for a frame that cannot be read', () => {
    const world = new IngestWorld();
    world.happen('binance', 'a', 'open', null, BINANCE);
    world.happen('binance', 'a', 'recv', binanceDelta(1, 2, { bids: [['x', '1']] }));
    expect([...world.shard.books()]).toEqual([]);
  });

  it('doubts every live book of a connection on which a frame names nobody, where nothing later would show a loss', () => {
    const world = new IngestWorld();
    goLive(world);
    world.happen('kraken', 'k', 'open', null, 'wss://ws.kraken.com/v2');
    world.happen('kraken', 'k', 'recv', new KrakenPair('BTC/USD', 10, BIDS, ASKS).snapshot());
    for (const [conn, ...products] of [['c', 'BTC-USD', 'ETH-USD'] as const, ['d', 'SOL-USD'] as const]) {
      world.happen('coinbase', conn, 'open', null, 'wss://ws-feed.exchange.coinbase.com');
      for (const product of products) {
        const head = { type: 'snapshot', product_id: product, bids: BIDS, asks: ASKS };
        world.happen('coinbase', conn, 'recv', JSON.stringify({ ...head, time: '2026-09-01T10:00:00.000001Z' }));
      }
    }
    world.take();
    // Numbers will show it to the first, checksums to the second.
    world.happen('binance', 'a', 'recv', '{"stream":"btcusdt@depth","da');
    world.happen('kraken', 'k', 'recv', '{"channel":"book","type":"upd');
    world.happen('coinbase', 'c', 'recv', '{"type":"l2upd');
    expect(world.take().asked.filter((one) => one.startsWith('resubscribe'))).toEqual([
      'resubscribe coinbase BTC-USD',
      'resubscribe coinbase ETH-USD',
    ]);
    expect([...world.shard.books()].map(([key, { trust }]) => `${key} ${trust}`)).toEqual([
      'binance:BTC-USDT live',
      'kraken:BTC-USD live',
      'coinbase:BTC-USD suspect',
      'coinbase:ETH-USD suspect',
      'coinbase:SOL-USD live',
    ]);
  });

  it('keeps one book for two names of a pair', () => {
    const world = new IngestWorld();
    const level = '[["100.0","1.0","1.1"]]';
    world.happen('kraken', 'v1', 'open', null, 'wss://ws.kraken.com');
    world.happen('kraken', 'v1', 'recv', `[1,{"bs":${level},"as":[]},"book-10","XBT/USD"]`);
    world.happen('kraken', 'v2', 'open', null, 'wss://ws.kraken.com/v2');
    world.happen('kraken', 'v2', 'recv', new KrakenPair('BTC/USD', 10, BIDS, ASKS).snapshot());
    expect([...world.shard.books()].map(([key]) => key)).toEqual(['kraken:BTC-USD']);
    expect(world.book('kraken:BTC-USD').counters.snapshots).toBe(2);
  });

  it("takes scales and names from the venue's own list, and says which pairs it had to guess", () => {
    const world = new IngestWorld();
    const pair = (symbol: string, baseAsset: string, quoteAsset: string): object => ({
      symbol,
      baseAsset,
      quoteAsset,
      status: 'TRADING',
      filters: [
        { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
        { filterType: 'LOT_SIZE', stepSize: '0.00001000' },
      ],
    });
    const list = JSON.stringify({ symbols: [pair('USDTBTC', 'USDT', 'BTC')] });
    world.happen('binance', 'a', 'http', list, 'https://api.binance.com/api/v3/exchangeInfo');
    world.happen('binance', 'a', 'recv', binanceDelta(1, 2, {}, 'USDTBTC'));
    world.happen('binance', 'a', 'recv', binanceDelta(1, 2, {}, 'ETHBTC'));
    world.happen('binance', 'a', 'recv', binanceDelta(1, 2, {}, 'XYZ'));
    expect([...world.shard.books()].map(([key, { book }]) => [key, book.priceScale, book.sizeScale])).toEqual([
      ['binance:USDT-BTC', 2, 5],
      ['binance:ETH-BTC', 0, 0],
      ['binance:XYZ-UNKNOWN', 0, 0],
    ]);
    expect(world.shard.assumedSymbols()).toEqual(['binance:ETHBTC', 'binance:XYZ']);
  });

  it('hands on that a connection will be closed, and what the venue refuses', () => {
    const world = new IngestWorld();
    world.happen('binance', 'a', 'open', null, BINANCE);
    world.happen('binance', 'a', 'recv', '{"e":"serverShutdown","E":1785000000000}');
    world.happen('binance', 'a', 'recv', '{"code":2,"msg":"Invalid request"}');
    expect(world.asked).toEqual(['renew a', 'refused binance  2: Invalid request']);
  });

  it('halts the books of the venue in maintenance, and no others', () => {
    const world = new IngestWorld();
    goLive(world);
    world.happen('kraken', 'k', 'open', null, 'wss://ws.kraken.com/v2');
    world.happen('kraken', 'k', 'recv', new KrakenPair('BTC/USD', 10, BIDS, ASKS).snapshot());
    world.take();
    world.happen('kraken', 'k', 'recv', '{"channel":"status","type":"update","data":[{"system":"maintenance"}]}');
    expect(world.take().events.map(({ header }) => `${header.exchange} ${header.state}`)).toEqual(['kraken stale']);
    expect(world.book('binance:BTC-USDT').trust).toBe('live');
  });
});

describe('a book whose step throws', () => {
  /** A world whose next emission of the pair fails, once, before or after the event is out. */
  function faulty(when: 'before' | 'after'): { world: IngestWorld; events: EventView[]; failNext: () => void } {
    const events: EventView[] = [];
    let armed = false;
    const world = new IngestWorld({
      emit: (view) => {
        const fails = armed && view.header.symbol === 'BTC-USDT';
        if (fails) armed = false;
        if (fails && when === 'before') throw new Error('planted');
        events.push(copyOf(view));
        if (fails) throw new Error('planted');
      },
    });
    return { world, events, failNext: () => (armed = true) };
  }

  it.each(['before', 'after'] as const)('is built anew alone, whether it failed %s its event was out', (when) => {
    const { world, events, failNext } = faulty(when);
    goLive(world);
    goLive(world, 'ETHUSDT', 'b');
    const before = world.book('binance:BTC-USDT');
    const other = world.book('binance:ETH-USDT');
    const countersBefore = { ...before.counters };
    events.length = 0;
    world.take();
    failNext();
    world.happen('binance', 'a', 'recv', binanceDelta(4, 4, { bids: [['100.0', '2']] }));
    const after = world.book('binance:BTC-USDT');
    expect(after).not.toBe(before);
    expect(world.take().asked).toEqual(['failed binance:BTC-USDT Error: planted', 'request binance BTCUSDT']);
    expect(briefly(events)).toEqual([...(when === 'after' ? ['book.delta live'] : []), 'status suspect/actor-failed']);
    expect(after.counters).toEqual({ ...countersBefore, updates: countersBefore.updates + 1, resyncs: 1 });
    // The world's own consumer would have thrown at a hole or at an identity used twice.
    const { url, body } = binanceSnapshot(6, BIDS, ASKS);
    world.happen('binance', 'a', 'recv', binanceDelta(5, 7));
    world.happen('binance', 'a', 'http', body, url);
    expect(world.book('binance:BTC-USDT').trust).toBe('live');
    expect(world.book('binance:ETH-USDT')).toBe(other);
    world.happen('binance', 'b', 'recv', binanceDelta(4, 4, {}, 'ETHUSDT'));
    expect(other.trust).toBe('live');
    const identities = events.map(({ header }) => `${header.symbol} ${header.epoch} ${header.seq}`);
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('never names two trades of one time alike', () => {
    let armed = false;
    const told: string[] = [];
    const world = new IngestWorld({
      emit: (view) => {
        if (view.kind !== 'trade') return;
        if (armed) {
          armed = false;
          throw new Error('planted');
        }
        told.push(view.tradeId);
      },
    });
    world.happen('kraken', 'k', 'open', null, 'wss://ws.kraken.com');
    const trade = '[1,[["5","1","1.1","s","l",""]],"trade","XBT/USD"]';
    world.happen('kraken', 'k', 'recv', trade);
    world.happen('kraken', 'k', 'recv', trade);
    armed = true;
    world.happen('kraken', 'k', 'recv', trade);
    world.happen('kraken', 'k', 'recv', trade);
    expect(told).toEqual(['0', '1', '3']);
  });

  it('goes on telling copies of trades from new ones', () => {
    const { world, events, failNext } = faulty('before');
    goLive(world);
    world.happen('binance', 'b', 'open', null, BINANCE);
    world.happen('binance', 'a', 'recv', binanceTrade(1, 1_700_000_000_001));
    failNext();
    world.happen('binance', 'a', 'recv', binanceDelta(4, 4));
    events.length = 0;
    world.happen('binance', 'b', 'recv', binanceTrade(1, 1_700_000_000_001));
    world.happen('binance', 'b', 'recv', binanceTrade(2, 1_700_000_000_002));
    expect(events.map((view) => (view.kind === 'trade' ? view.tradeId : view.kind))).toEqual(['2']);
  });
});
