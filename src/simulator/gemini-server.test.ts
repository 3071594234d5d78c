import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  GeminiReferenceBook,
  geminiDepth,
  geminiTicker,
  geminiTrade,
  readGeminiDepth,
  readGeminiFrame,
  type GeminiDepth,
} from './gemini-reference-book.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const SEED = 'gemini-test';
const PAIRS = new Map([
  ['btcusd', 'BTC-USD'],
  ['ethbtc', 'ETH-BTC'],
  ['sim001usdt', 'SIM001-USDT'],
]);

let simulator: Simulator;

async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  simulator = await startSimulator({
    seed: SEED,
    venues: ['gemini'],
    pairs: [...PAIRS.values()],
    whalesPerMinute: 0,
    driveManually: true,
    ...options,
  });
}

async function open(query = '?snapshot=-1'): Promise<SocketProbe> {
  return SocketProbe.open(`${simulator.urls.gemini?.ws}/${query}`);
}

/** Asks and waits for the frames up to the answer and those right behind it. */
async function ask(probe: SocketProbe, method: string, params?: unknown, id: unknown = 'x'): Promise<unknown[]> {
  probe.send({ id, method, params });
  await probe.settle();
  return probe.takeAs(z.unknown());
}

async function subscribe(probe: SocketProbe, ...streams: readonly string[]): Promise<void> {
  probe.send({ id: 'subscribe', method: 'SUBSCRIBE', params: streams });
  await probe.settle();
}

async function takeDepths(probe: SocketProbe): Promise<GeminiDepth[]> {
  await probe.settle();
  return probe.take().flatMap((text) => readGeminiDepth(text) ?? []);
}

async function get(path: string): Promise<{ status: number; text: string; body: unknown }> {
  const response = await fetch(`${simulator.urls.gemini?.rest}${path}`);
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
}

/** Lets the market go on until each pair's difference of this moment has gone out, and calls back right behind it. */
async function eachTold(probe: SocketProbe, told: (pair: string, frames: readonly GeminiDepth[]) => void) {
  simulator.advance(100_000 - (simulator.nowUs % 100_000));
  for (const pair of PAIRS.values()) {
    told(pair, await takeDepths(probe));
    simulator.advance(10_000);
  }
}

afterEach(async () => {
  await simulator.stop();
});

describe(`simulated Gemini (seed ${SEED})`, () => {
  it('lets a plain client hold every book as it truly is, from the first frame on', async () => {
    await start({ ratePerPair: 60, whalesPerMinute: 60 });
    simulator.advance(1_234_567);
    const books = new Map([...PAIRS.keys()].map((symbol) => [symbol, new GeminiReferenceBook()]));
    const apply = (frames: readonly GeminiDepth[]): void => {
      for (const frame of frames) books.get(frame.s)?.apply(frame);
    };
    const probe = await open();
    await subscribe(probe, ...[...PAIRS.keys()].map((symbol) => `${symbol}@depth@100ms`));
    let checked = 0;
    for (let i = 0; i < 40; i++) {
      simulator.advance(1_000_000);
      await eachTold(probe, (pair, frames) => {
        apply(frames);
        const symbol = pair.replace('-', '').toLowerCase();
        expect(books.get(symbol)?.levels()).toEqual(simulator.book('gemini', pair));
        checked++;
      });
    }
    expect(checked).toBe(120);
    for (const { applied, unknownRemovals } of books.values()) {
      expect(applied).toBeGreaterThan(300);
      expect(unknownRemovals).toBeGreaterThan(5);
    }
    const seen = simulator.truth().filter(({ exchangeUs }) => exchangeUs > simulator.nowUs - 39_000_000);
    expect(seen.length).toBeGreaterThan(20);
    for (const { pair, price, exchangeUs, size } of seen.filter((whale) => whale.exchangeUs < simulator.nowUs - 1e6)) {
      const growth = books
        .get(pair.replace('-', '').toLowerCase())
        ?.growths.find(
          (one) => one.price === price && one.atUs >= exchangeUs && one.atUs <= exchangeUs + 100_000 + 10_000,
        );
      expect((growth?.by ?? 0) / Number(size)).toBeGreaterThan(0.8);
    }
    await probe.close();
  });

  it('numbers updates over all pairs, each difference beginning where the one before ended', async () => {
    await start({ ratePerPair: 60 });
    const probe = await open();
    await subscribe(probe, 'btcusd@depth@100ms', 'ethbtc@depth@100ms');
    simulator.advance(5_000_000);
    const frames = await takeDepths(probe);
    const numbers = frames.filter(({ U, u }) => U !== u).map(({ u }) => u);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const symbol of ['btcusd', 'ethbtc']) {
      const [first, ...later] = frames.filter(({ s }) => s === symbol);
      expect(first?.U).toBe(first?.u);
      expect(later.map(({ U }) => U)).toEqual([first?.u, ...later.slice(0, -1).map(({ u }) => u)]);
      expect(later.length).toBeGreaterThan(30);
      // Updates of the other pair lie between.
      const touched = later.reduce((sum, { b, a }) => sum + b.length + a.length, 0);
      expect((later.at(-1)?.u ?? 0) - (first?.u ?? 0)).toBeGreaterThan(1.5 * touched);
    }
    await probe.close();
  });

  it('writes times of 19 digits and trade ids of 16, and best prices with the number of their update', async () => {
    await start({ ratePerPair: 80 });
    const probe = await open();
    await subscribe(probe, 'btcusd@depth@100ms', 'btcusd@bookTicker', 'btcusd@trade');
    const book = new GeminiReferenceBook();
    const ids: number[] = [];
    const quotes: z.infer<typeof geminiTicker>[] = [];
    let audits = 0;
    simulator.advance(20_000_000);
    await probe.settle();
    const [acknowledgement, ...frames] = probe.take();
    expect(acknowledgement).toBe('{"id":"subscribe","status":200,"result":null}');
    for (const frame of frames.map(readGeminiFrame)) {
      const trade = geminiTrade.safeParse(frame).data;
      const quote = geminiTicker.safeParse(frame).data;
      if (trade !== undefined) ids.push(Number(trade.t));
      else if (quote !== undefined) {
        expect(quote.u).toBeGreaterThan(Math.max(book.last, quotes.at(-1)?.u ?? 0));
        quotes.push(quote);
      } else {
        book.apply(geminiDepth.parse(frame));
        const newest = quotes.at(-1);
        if (newest === undefined) continue;
        expect(book.best()).toEqual({ bid: [newest.b, newest.B], ask: [newest.a, newest.A] });
        expect(newest.u).toBeLessThanOrEqual(book.last);
        audits++;
      }
    }
    expect(audits).toBeGreaterThan(150);
    expect(quotes.some(({ E }) => BigInt(E) !== BigInt(Number(E)))).toBe(true);
    expect(ids.length).toBeGreaterThan(30);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    await probe.close();
  });

  it('sends the whole book again after UNSUBSCRIBE and SUBSCRIBE, and not for a stream that is subscribed', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open();
    const streams = ['btcusd@depth@100ms'];
    expect(await ask(probe, 'SUBSCRIBE', streams, 1)).toMatchObject([{ id: 1, status: 200 }, { e: 'depthUpdate' }]);
    expect(await ask(probe, 'SUBSCRIBE', streams, 2)).toEqual([{ id: 2, status: 200, result: null }]);
    simulator.advance(1_000_000);
    expect((await takeDepths(probe)).length).toBeGreaterThan(3);
    expect(await ask(probe, 'UNSUBSCRIBE', streams, 3)).toEqual([{ id: 3, status: 200, result: null }]);
    simulator.advance(1_000_000);
    expect(await takeDepths(probe)).toEqual([]);
    await subscribe(probe, ...streams);
    simulator.advance(1_000_000 - (simulator.nowUs % 100_000));
    const book = new GeminiReferenceBook();
    for (const frame of await takeDepths(probe)) book.apply(frame);
    expect(book.applied).toBeGreaterThan(3);
    expect(book.levels()).toEqual(simulator.book('gemini', 'BTC-USD'));
    await probe.close();
  });

  it('sends as much of the whole book as the connection asked for: all, some levels, nothing', async () => {
    await start({ ratePerPair: 50 });
    const truth = simulator.book('gemini', 'BTC-USD');
    const some = await open('?snapshot=7');
    await subscribe(some, 'btcusd@depth@100ms');
    expect((await takeDepths(some))[0]).toMatchObject({ b: truth.bids.slice(0, 7), a: truth.asks.slice(0, 7) });
    for (const query of ['', '?snapshot=0', '?snapshot=all']) {
      const none = await open(query);
      await subscribe(none, 'btcusd@depth@100ms');
      expect(await takeDepths(none)).toEqual([]);
      simulator.advance(1_000_000);
      const [first] = await takeDepths(none);
      expect(first?.U).toBeLessThan(first?.u ?? 0);
      await none.close();
    }
    await some.close();
    await expect(SocketProbe.open(`${simulator.urls.gemini?.ws}/v2/marketdata`)).rejects.toThrow('404');
  });

  it('refuses a whole request for one bad name, and what it does not know', async () => {
    await start();
    const probe = await open();
    const params = ['btcusd@depth@100ms', 'nosuch@trade'];
    expect(await ask(probe, 'SUBSCRIBE', params, 'SUBSCRIBE both')).toEqual([
      { id: 'SUBSCRIBE both', status: 400, error: { code: -1013, msg: 'Invalid stream name: nosuch@trade' } },
    ]);
    expect(await ask(probe, 'LIST_SUBSCRIPTIONS')).toEqual([{ id: 'x', status: 200, result: [] }]);
    const refusals: [method: string, params: unknown, status: number, code: number][] = [
      ['SUBSCRIBE', ['BTCUSD@depth@100ms'], 400, -1013],
      ['SUBSCRIBE', ['btcusd@depth@10ms'], 400, -1013],
      ['SUBSCRIBE', [], 400, -1013],
      ['SUBSCRIBE', 'btcusd@trade', 400, -1013],
      ['UNSUBSCRIBE', [7], 400, -1013],
      ['order.place', {}, 401, -1002],
      ['unheard-of', undefined, 400, -1020],
    ];
    for (const [method, bad, status, code] of refusals) {
      expect(await ask(probe, method, bad)).toMatchObject([{ id: 'x', status, error: { code } }]);
    }
    for (const nonsense of ['{nonsense', '[]', { method: 'ping' }, { id: {}, method: 'ping' }]) {
      probe.send(nonsense);
      await probe.settle();
      expect(probe.takeAs(z.unknown())).toMatchObject([{ id: null, status: 400, error: { code: -1013 } }]);
    }
    await probe.close();
  });

  it('answers in either spelling of a method, with the id of the request', async () => {
    await start();
    const probe = await open();
    expect(await ask(probe, 'subscribe', ['btcusd@trade', 'ethbtc@bookTicker'])).toEqual([
      { id: 'x', status: 200, result: null },
    ]);
    expect(await ask(probe, 'list_subscriptions', undefined, 7)).toEqual([
      { id: 7, status: 200, result: ['btcusd@trade', 'ethbtc@bookTicker'] },
    ]);
    expect(await ask(probe, 'ping')).toEqual([{ id: 'x', status: 200, result: {} }]);
    expect(await ask(probe, 'TIME')).toMatchObject([{ result: { serverTime: Math.floor(simulator.nowUs / 1_000) } }]);
    expect(await ask(probe, 'conninfo')).toMatchObject([{ id: 'x', status: 200, result: { authenticated: false } }]);
    await probe.close();
  });

  it('pings every 20 seconds', async () => {
    await start();
    const probe = await open();
    simulator.advance(19_900_000);
    await probe.settle();
    expect(probe.pings).toEqual([]);
    simulator.advance(40_200_000);
    await probe.settle();
    expect(probe.pings).toHaveLength(3);
    await probe.close();
  });

  it('lists its symbols with the steps of sizes and prices as numbers', async () => {
    await start();
    expect(await get('/v1/symbols')).toMatchObject({ status: 200, body: [...PAIRS.keys()] });
    const one = await get('/v1/symbols/details/btcusd');
    expect(one.text).toContain('"tick_size":0.00000001,"quote_increment":0.01,"min_order_size":"0.00000001"');
    expect(one.body).toMatchObject({ symbol: 'BTCUSD', base_currency: 'BTC', quote_currency: 'USD', status: 'open' });
    expect(one.body).toMatchObject({ product_type: 'spot', contract_price_currency: 'USD' });
    const all = z.array(z.looseObject({ symbol: z.string() })).parse((await get('/v1/symbols/details/all')).body);
    expect(all.map(({ symbol }) => symbol)).toEqual(['BTCUSD', 'ETHBTC', 'SIM001USDT']);
    expect(all[0]).toEqual(one.body);
    const refused = { status: 400, body: { result: 'error', reason: 'InvalidSymbol' } };
    expect(await get('/v1/symbols/details/nosuch')).toMatchObject(refused);
    expect(await get('/v1/book/nosuch')).toMatchObject(refused);
    expect(await get('/v1/pubticker/btcusd')).toMatchObject({ status: 404, body: { result: 'error' } });
  });

  it('serves books by REST, as deep as they are asked for, and no more than 120 answers in a minute', async () => {
    await start();
    const truth = simulator.book('gemini', 'BTC-USD');
    const level = z.object({ price: z.string(), amount: z.string(), timestamp: z.string() });
    const bookOf = async (query: string): Promise<{ bids: string[][]; asks: string[][] }> => {
      const { body } = await get(`/v1/book/BTCUSD${query}`);
      const { bids, asks } = z.object({ bids: z.array(level), asks: z.array(level) }).parse(body);
      const rows = (side: typeof bids): string[][] => side.map(({ price, amount }) => [price, amount]);
      return { bids: rows(bids), asks: rows(asks) };
    };
    expect(await bookOf('?limit_bids=0&limit_asks=0')).toEqual(truth);
    expect(await bookOf('?limit_bids=3')).toEqual({ bids: truth.bids.slice(0, 3), asks: truth.asks.slice(0, 50) });
    for (let i = 2; i < 120; i++) await get('/v1/symbols');
    expect(await get('/v1/symbols')).toMatchObject({ status: 429, body: { result: 'error', reason: 'RateLimit' } });
    simulator.advance(60_000_000);
    expect(await get('/v1/symbols')).toMatchObject({ status: 200 });
  });

  it.each(['drop', 'reorder', 'stale-snapshot'] as const)('%s shows in the numbers', async (kind) => {
    await start({ ratePerPair: 50 });
    const probe = await open();
    simulator.faultNext('gemini', 'BTC-USD', kind);
    await subscribe(probe, 'btcusd@depth@100ms');
    simulator.advance(3_000_000);
    const frames = await takeDepths(probe);
    const book = new GeminiReferenceBook();
    expect(() => frames.forEach((frame) => book.apply(frame))).toThrow(/gap|no whole book/);
    expect(simulator.faultCounts('gemini')[kind]).toBe(1);
    await probe.close();
  });

  it('shows a corrupt digit nowhere but in the book, since the venue has no checksum', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open();
    simulator.faultNext('gemini', 'BTC-USD', 'corrupt');
    await subscribe(probe, 'btcusd@depth@100ms');
    simulator.advance(300_000 - (simulator.nowUs % 100_000));
    const book = new GeminiReferenceBook();
    for (const frame of await takeDepths(probe)) book.apply(frame);
    expect(simulator.faultCounts('gemini').corrupt).toBe(1);
    expect(book.levels()).not.toEqual(simulator.book('gemini', 'BTC-USD'));
    await probe.close();
  });

  it('breaks connections, and silences them, when asked to', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open();
    await subscribe(probe, 'btcusd@depth@100ms');
    await takeDepths(probe);
    simulator.freeze('gemini', 5_000_000);
    simulator.advance(6_900_000);
    const [first] = await takeDepths(probe);
    expect(Number(first?.E.slice(0, -3))).toBeGreaterThanOrEqual(simulator.nowUs - 1_900_000);
    simulator.disconnect('gemini');
    expect(await probe.closed()).toMatchObject({ code: 1006 });
    expect(simulator.connections('gemini')).toBe(0);
  });

  it('sends the same frames for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      await start({
        ratePerPair: 40,
        faults: { rates: { drop: 0.02, corrupt: 0.02, duplicate: 0.02, truncate: 0.01 } },
      });
      const probe = await open();
      await subscribe(probe, 'btcusd@depth@100ms', 'ethbtc@trade', 'sim001usdt@bookTicker');
      simulator.advance(10_000_000);
      await probe.settle();
      return probe.frames;
    };
    const first = await run();
    await simulator.stop();
    expect(first.length).toBeGreaterThan(200);
    expect(await run()).toEqual(first);
  });
});
