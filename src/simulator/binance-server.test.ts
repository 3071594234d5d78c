import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  BinanceReferenceBook,
  binanceCombined,
  binanceDepth,
  binanceSnapshot,
  sorted,
  type BinanceSnapshot,
} from './binance-reference-book.ts';
import { binance, type BinanceLimits } from './binance-server.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const SEED = 'binance-test';
const UNLIMITED: Partial<BinanceLimits> = { messagesPerSecond: Infinity };

const tickerSchema = z.object({ u: z.int(), b: z.string(), a: z.string() });
const tradeSchema = z.object({ e: z.literal('trade'), t: z.int() });
const eventSchema = z.object({ e: z.string() });

let simulator: Simulator;
const probes: SocketProbe[] = [];

async function start(options: Partial<SimulatorOptions> = {}, limits: Partial<BinanceLimits> = UNLIMITED) {
  simulator = await startSimulator({
    seed: SEED,
    venues: ['binance'],
    pairs: ['BTC-USDT', 'ETH-BTC', 'SIM001-USDT'],
    whalesPerMinute: 0,
    driveManually: true,
    definitions: { binance: binance(limits) },
    ...options,
  });
}

async function open(path: string): Promise<SocketProbe> {
  const probe = await SocketProbe.open(`${simulator.urls.binance?.ws}${path}`);
  probes.push(probe);
  return probe;
}

async function get(path: string): Promise<{ status: number; weight: string | null; body: unknown }> {
  const response = await fetch(`${simulator.urls.binance?.rest}${path}`);
  return {
    status: response.status,
    weight: response.headers.get('X-MBX-USED-WEIGHT-1M'),
    body: await response.json(),
  };
}

async function snapshotOf(symbol: string, limit = 5_000): Promise<BinanceSnapshot> {
  return binanceSnapshot.parse((await get(`/api/v3/depth?symbol=${symbol}&limit=${limit}`)).body);
}

afterEach(async () => {
  await simulator.stop();
  probes.length = 0;
});

describe(`simulated Binance (seed ${SEED})`, () => {
  it('lets a plain client build every book and keep it equal to the truth', async () => {
    await start({ ratePerPair: 60, whalesPerMinute: 60 });
    const symbols = new Map([
      ['BTCUSDT', 'BTC-USDT'],
      ['ETHBTC', 'ETH-BTC'],
      ['SIM001USDT', 'SIM001-USDT'],
    ]);
    const streams = [...symbols.keys()].map((symbol) => `${symbol.toLowerCase()}@depth@100ms`);
    const probe = await open(`/stream?streams=${streams.join('/')}`);
    simulator.advance(1_234_567);
    await probe.settle();
    const buffered = probe.takeAs(binanceCombined);
    const books = new Map<string, BinanceReferenceBook>();
    for (const symbol of symbols.keys()) {
      const book = new BinanceReferenceBook();
      book.load(await snapshotOf(symbol));
      books.set(`${symbol.toLowerCase()}@depth@100ms`, book);
    }
    const apply = (frames: readonly { stream: string; data: unknown }[]): void => {
      for (const { stream, data } of frames) books.get(stream)?.apply(binanceDepth.parse(data));
    };
    apply(buffered);
    for (let i = 0; i < 60; i++) {
      simulator.advance(1_000_000);
      await probe.settle();
      apply(probe.takeAs(binanceCombined));
    }
    // On a whole slice of 10 ms a pair is fully told right after its turn, which comes within ten slices.
    simulator.advance(10_000 - (simulator.nowUs % 10_000));
    for (const [symbol, pair] of symbols) {
      const book = books.get(`${symbol.toLowerCase()}@depth@100ms`) ?? new BinanceReferenceBook();
      for (let i = 0; i <= 10 && (await snapshotOf(symbol)).lastUpdateId > book.lastId; i++) {
        simulator.advance(10_000);
        await probe.settle();
        apply(probe.takeAs(binanceCombined));
      }
      expect(book.applied).toBeGreaterThan(400);
      expect(book.unknownRemovals).toBeGreaterThan(5);
      expect({ bids: sorted(book.bids, -1), asks: sorted(book.asks, 1) }).toEqual(simulator.book('binance', pair));
    }
    const seen = simulator.truth().filter(({ exchangeUs }) => exchangeUs > simulator.nowUs - 59_000_000);
    expect(seen.length).toBeGreaterThan(30);
    for (const whale of seen) {
      const stream = `${whale.pair.replace('-', '').toLowerCase()}@depth@100ms`;
      const growth = books
        .get(stream)
        ?.growths.find(
          ({ atMs, price }) =>
            price === whale.price &&
            atMs * 1_000 >= whale.exchangeUs - 1_000 &&
            atMs * 1_000 <= whale.exchangeUs + 101_000,
        );
      expect((growth?.by ?? 0) / Number(whale.size), JSON.stringify(whale)).toBeGreaterThan(0.8);
    }
  });

  it('sends the ticker before the depth event that folds it, and trades with consecutive ids', async () => {
    await start({ ratePerPair: 80 });
    const probe = await open('/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@trade');
    const book = new BinanceReferenceBook();
    book.load(await snapshotOf('BTCUSDT'));
    simulator.advance(30_000_000);
    await probe.settle();
    const ticks: z.infer<typeof tickerSchema>[] = [];
    const tradeIds: number[] = [];
    let audits = 0;
    for (const { stream, data } of probe.takeAs(binanceCombined)) {
      if (stream === 'btcusdt@bookTicker') {
        const tick = tickerSchema.parse(data);
        expect(tick.u).toBeGreaterThan(Math.max(book.lastId, ticks.at(-1)?.u ?? 0));
        ticks.push(tick);
      } else if (stream === 'btcusdt@trade') {
        tradeIds.push(tradeSchema.parse(data).t);
      } else {
        book.apply(binanceDepth.parse(data));
        const newest = ticks.at(-1);
        if (newest === undefined) continue;
        expect(book.best()).toEqual({ b: newest.b, a: newest.a });
        audits += 1;
      }
    }
    expect(audits).toBeGreaterThan(200);
    expect(tradeIds.length).toBeGreaterThan(50);
    expect(tradeIds).toEqual(tradeIds.map((_, i) => (tradeIds[0] ?? 0) + i));
  });

  it('sends the same frames for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      await start({ ratePerPair: 40, faults: { rates: { drop: 0.02, corrupt: 0.02, duplicate: 0.02 } } });
      const probe = await open('/stream?streams=btcusdt@depth@100ms/ethbtc@trade/sim001usdt@bookTicker');
      simulator.advance(10_000_000);
      await probe.settle();
      return probe.frames;
    };
    const first = await run();
    await simulator.stop();
    expect(first.length).toBeGreaterThan(200);
    expect(await run()).toEqual(first);
  });

  it('answers SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS and SET_PROPERTY with their ids', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open('/ws');
    const ask = async (message: unknown): Promise<unknown> => {
      probe.send(message);
      await probe.settle();
      return probe.takeAs(z.unknown()).at(-1);
    };
    const params = ['btcusdt@depth@100ms', 'nosuchpair@trade'];
    expect(await ask({ method: 'SUBSCRIBE', params, id: 1 })).toEqual({ result: null, id: 1 });
    expect(await ask({ method: 'LIST_SUBSCRIPTIONS', id: 'list2' })).toEqual({ result: params, id: 'list2' });
    simulator.advance(1_000_000);
    await probe.settle();
    const raw = probe.takeAs(binanceDepth);
    expect(raw.length).toBeGreaterThan(3);
    expect(raw.every(({ s }) => s === 'BTCUSDT')).toBe(true);
    expect(await ask({ method: 'SET_PROPERTY', params: ['combined', true], id: 3 })).toEqual({ result: null, id: 3 });
    simulator.advance(1_000_000);
    await probe.settle();
    expect(probe.takeAs(binanceCombined).every(({ stream }) => stream === 'btcusdt@depth@100ms')).toBe(true);
    expect(await ask({ method: 'UNSUBSCRIBE', params: ['btcusdt@depth@100ms'], id: 4 })).toEqual({
      result: null,
      id: 4,
    });
    simulator.advance(1_000_000);
    await probe.settle();
    expect(probe.take()).toEqual([]);
    expect(await ask('{nonsense')).toMatchObject({ code: 3 });
    expect(await ask({ method: 'SUBSCRIBE', params: 'btcusdt@trade', id: 5 })).toMatchObject({ code: 2 });
    expect(await ask({ method: 'SUBSCRIBE', params: ['btcusdt@trade'], id: 'not alphanumeric' })).toMatchObject({
      code: 2,
    });
  });

  it('takes raw streams from the path and refuses paths that it does not have', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open('/ws/btcusdt@trade/ethbtc@depth@100ms');
    simulator.advance(3_000_000);
    await probe.settle();
    expect(new Set(probe.takeAs(eventSchema).map(({ e }) => e))).toEqual(new Set(['trade', 'depthUpdate']));
    await expect(open('/v2')).rejects.toThrow('404');
  });

  it('has at most 1024 streams per connection', async () => {
    await start();
    const probe = await open('/ws');
    const streams = Array.from({ length: 1_025 }, (_, i) => `sim${i}usdt@trade`);
    probe.send({ method: 'SUBSCRIBE', params: streams.slice(0, 1_024), id: 1 });
    probe.send({ method: 'SUBSCRIBE', params: streams.slice(1_024), id: 2 });
    await probe.settle();
    expect(probe.takeAs(z.unknown())).toEqual([{ result: null, id: 1 }, expect.objectContaining({ code: 2 })]);
  });

  it('disconnects a client that sends more than five messages in a second', async () => {
    await start({}, {});
    const probe = await open('/ws');
    for (let id = 1; id <= 5; id++) probe.send({ method: 'LIST_SUBSCRIPTIONS', id });
    probe.send({ method: 'LIST_SUBSCRIPTIONS', id: 6 });
    expect(await probe.closed()).toMatchObject({ code: 1008 });
    expect(probe.frames).toHaveLength(5);
  });

  it('pings every 20 seconds and drops who does not answer', async () => {
    await start({}, { ...UNLIMITED, pongWithinUs: 1_000_000 });
    const probe = await open('/ws');
    simulator.advance(20_010_000);
    await probe.settle();
    await probe.settle();
    expect(probe.pings).toHaveLength(1);
    simulator.advance(5_000_000);
    await probe.settle();
    // A whole minute passes before the client gets to read, so its pong cannot come in time.
    simulator.advance(60_000_000);
    expect(await probe.closed()).toMatchObject({ code: 1006 });
  });

  it('lists its symbols with tick and lot, and weighs every request', async () => {
    await start({}, { weightPerMinute: 280 });
    const info = await get('/api/v3/exchangeInfo');
    expect(info).toMatchObject({ status: 200, weight: '20' });
    expect(info.body).toMatchObject({
      rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1 }, {}],
      symbols: [
        { symbol: 'BTCUSDT', status: 'TRADING', baseAsset: 'BTC', quoteAsset: 'USDT' },
        { symbol: 'ETHBTC', baseAsset: 'ETH', quoteAsset: 'BTC' },
        { symbol: 'SIM001USDT' },
      ],
    });
    expect(JSON.stringify(info.body)).toContain('"tickSize":"0.01000000"');
    expect(JSON.stringify(info.body)).toContain('"stepSize":"0.00001000"');
    expect(await get('/api/v3/depth?symbol=BTCUSDT&limit=100')).toMatchObject({ status: 200, weight: '25' });
    expect(await get('/api/v3/depth?symbol=BTCUSDT&limit=5000')).toMatchObject({ status: 200, weight: '275' });
    expect(await get('/api/v3/depth?symbol=NOPE')).toMatchObject({ status: 400, body: { code: -1121 } });
    expect(await get('/api/v3/depth?symbol=BTCUSDT')).toMatchObject({ status: 429, body: { code: -1003 } });
    simulator.advance(60_000_000);
    expect(await get('/api/v3/depth?symbol=BTCUSDT')).toMatchObject({ status: 200, weight: '5' });
    expect(await get('/api/v3/depth?symbol=BTCUSDT&limit=none')).toMatchObject({ status: 400, body: { code: -1102 } });
    expect(await get('/api/v3/time')).toMatchObject({ body: { serverTime: Math.floor(simulator.nowUs / 1_000) } });
  });

  it('cuts a snapshot to its limit, best levels first', async () => {
    await start();
    const whole = simulator.book('binance', 'BTC-USDT');
    const cut = await snapshotOf('BTCUSDT', 7);
    expect(cut.bids).toEqual(whole.bids.slice(0, 7));
    expect(cut.asks).toEqual(whole.asks.slice(0, 7));
  });

  it('leaves a gap where a depth event is dropped', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open('/ws/btcusdt@depth@100ms');
    simulator.advance(1_000_000);
    simulator.dropNext('binance', 'BTC-USDT');
    simulator.advance(1_000_000);
    await probe.settle();
    const events = probe.takeAs(binanceDepth);
    const gaps = events.filter((event, i) => i > 0 && event.U !== (events[i - 1]?.u ?? 0) + 1);
    expect(gaps).toHaveLength(1);
    expect(simulator.faultCounts('binance').drop).toBe(1);
  });

  it('serves a snapshot that is older than the stream but was true once', async () => {
    await start({ ratePerPair: 50 });
    const before = simulator.book('binance', 'BTC-USDT');
    simulator.advance(1_000_000);
    const probe = await open('/ws/btcusdt@depth@100ms');
    simulator.advance(1_000_000);
    await probe.settle();
    simulator.faultNext('binance', 'BTC-USDT', 'stale-snapshot');
    const stale = await snapshotOf('BTCUSDT');
    const firstId = probe.takeAs(binanceDepth)[0]?.U ?? 0;
    expect(stale.lastUpdateId + 1).toBeLessThan(firstId);
    expect({ bids: stale.bids, asks: stale.asks }).toEqual(before);
    expect((await snapshotOf('BTCUSDT')).lastUpdateId + 1).toBeGreaterThanOrEqual(firstId);
  });

  it('breaks connections, and silences them, when asked to', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open('/ws/btcusdt@depth@100ms');
    simulator.freeze('binance', 5_000_000);
    simulator.advance(4_900_000);
    simulator.advance(2_000_000);
    await probe.settle();
    const [first] = probe.takeAs(binanceDepth);
    expect((first?.E ?? 0) * 1_000).toBeGreaterThanOrEqual(simulator.nowUs - 1_900_000);
    simulator.disconnect('binance');
    expect(await probe.closed()).toMatchObject({ code: 1006 });
    expect(simulator.connections('binance')).toBe(0);
  });
});
