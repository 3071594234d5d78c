import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KrakenReferenceBook, parseKrakenBook } from './kraken-reference-book.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const SEED = 'kraken-test';

const tradesSchema = z.array(z.object({ trade_id: z.int(), symbol: z.string(), ord_type: z.literal('market') }));

let simulator: Simulator;

async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  simulator = await startSimulator({
    seed: SEED,
    venues: ['kraken'],
    pairs: ['BTC-USD', 'ETH-USD', 'SIM002-USDT'],
    whalesPerMinute: 0,
    driveManually: true,
    ...options,
  });
}

async function open(): Promise<SocketProbe> {
  return SocketProbe.open(simulator.urls.kraken?.ws ?? '');
}

function subscribeBook(probe: SocketProbe, symbol: readonly string[], depth: number): void {
  probe.send({ method: 'subscribe', params: { channel: 'book', symbol, depth, snapshot: true }, req_id: depth });
}

async function takeParsed(probe: SocketProbe): Promise<Record<string, unknown>[]> {
  await probe.settle();
  return probe.takeAs(z.record(z.string(), z.unknown()));
}

afterEach(async () => {
  await simulator.stop();
});

describe(`simulated Kraken (seed ${SEED})`, () => {
  it.each([10, 25, 100])('keeps a plain client of depth %i right, frame by frame', async (depth) => {
    await start({ ratePerPair: 60, whalesPerMinute: 120, levelsPerSide: 60 });
    const pairs = new Map([
      ['BTC/USD', 'BTC-USD'],
      ['ETH/USD', 'ETH-USD'],
      ['SIM002/USDT', 'SIM002-USDT'],
    ]);
    const books = new Map([...pairs.keys()].map((symbol) => [symbol, new KrakenReferenceBook(depth)]));
    const probe = await open();
    simulator.advance(777_777);
    subscribeBook(probe, [...pairs.keys()], depth);
    await probe.settle();
    const subscribedUs = simulator.nowUs;
    for (let i = 0; i < 30; i++) {
      simulator.advance(1_000_000);
      await probe.settle();
      for (const text of probe.take()) {
        const message = parseKrakenBook(text);
        if (message !== undefined) books.get(message.symbol)?.apply(message);
      }
    }
    for (const [symbol, pair] of pairs) {
      const book = books.get(symbol) ?? new KrakenReferenceBook(depth);
      const truth = simulator.book('kraken', pair);
      expect(book.applied).toBeGreaterThan(300);
      expect(book.bids).toEqual(truth.bids.slice(0, depth));
      expect(book.asks).toEqual(truth.asks.slice(0, depth));
      if (depth < 60) expect(book.cut).toBeGreaterThan(50);
    }
    const whales = simulator.truth().filter(({ exchangeUs }) => exchangeUs > subscribedUs);
    expect(whales.length).toBeGreaterThan(30);
    for (const whale of whales) {
      const growth = books
        .get(whale.pair.replace('-', '/'))
        ?.growths.find(
          ({ timestamp, price }) =>
            price === whale.price && timestamp.slice(20, 26) === String(whale.exchangeUs).slice(-6),
        );
      expect((growth?.by ?? 0) / Number(whale.size)).toBeCloseTo(1, 6);
    }
    await probe.close();
  });

  it('says status, then one acknowledgement per symbol, each before its snapshot', async () => {
    await start();
    const probe = await open();
    subscribeBook(probe, ['BTC/USD', 'FOO/USD', 'ETH/USD'], 25);
    const frames = await takeParsed(probe);
    expect(frames.map(({ channel, method, success }) => channel ?? `${String(method)} ${String(success)}`)).toEqual([
      'status',
      'subscribe true',
      'book',
      'subscribe false',
      'subscribe true',
      'book',
    ]);
    expect(frames[1]).toMatchObject({
      req_id: 25,
      result: { channel: 'book', depth: 25, snapshot: true, symbol: 'BTC/USD' },
    });
    expect(frames[3]).toMatchObject({ error: 'Currency pair not supported FOO/USD', symbol: 'FOO/USD' });
    expect(probe.frames[0]).toContain('"connection_id":9007199254740994');
    await probe.close();
  });

  it('ends a subscription of the same depth only, and opens it again with a fresh snapshot', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open();
    subscribeBook(probe, ['BTC/USD'], 10);
    subscribeBook(probe, ['BTC/USD'], 10);
    subscribeBook(probe, ['BTC/USD'], 11);
    const unsubscribe = (depth: number): void =>
      probe.send({ method: 'unsubscribe', params: { channel: 'book', symbol: ['BTC/USD'], depth } });
    unsubscribe(25);
    unsubscribe(10);
    const answers = (await takeParsed(probe)).filter(({ method }) => method !== undefined);
    expect(answers.map(({ success, error }) => [success, error])).toEqual([
      [true, undefined],
      [false, 'Already subscribed'],
      [false, 'Subscription depth not supported'],
      [false, 'Subscription Not Found'],
      [true, undefined],
    ]);
    simulator.advance(2_000_000);
    expect(await takeParsed(probe)).toEqual([]);
    subscribeBook(probe, ['BTC/USD'], 10);
    await probe.settle();
    const book = new KrakenReferenceBook(10);
    for (const message of probe.take().flatMap((text) => parseKrakenBook(text) ?? [])) book.apply(message);
    expect(book.bids).toEqual(simulator.book('kraken', 'BTC-USD').bids.slice(0, 10));
    await probe.close();
  });

  it('sends trades with consecutive ids, and the last 50 where a snapshot is asked for', async () => {
    await start({ ratePerPair: 100 });
    simulator.advance(20_000_000);
    const probe = await open();
    probe.send({ method: 'subscribe', params: { channel: 'trade', symbol: ['BTC/USD'], snapshot: true } });
    await probe.settle();
    simulator.advance(20_000_000);
    const frames = (await takeParsed(probe)).filter(({ channel }) => channel === 'trade');
    const ids = frames.flatMap(({ data }) => tradesSchema.parse(data).map(({ trade_id }) => trade_id));
    expect(frames[0]).toMatchObject({ type: 'snapshot' });
    expect(frames[0]?.['data']).toHaveLength(50);
    expect(ids.length).toBeGreaterThan(90);
    expect(ids).toEqual(ids.map((_, i) => (ids[0] ?? 0) + i));
    expect(frames[1]).toMatchObject({ type: 'update' });
    await probe.close();
  });

  it('tells its instruments, answers pings and says what it does not understand', async () => {
    await start();
    const probe = await open();
    probe.send({ method: 'subscribe', params: { channel: 'instrument', snapshot: true } });
    probe.send({ method: 'ping', req_id: 8 });
    probe.send('{nonsense');
    probe.send({ method: 'subscribe', params: { channel: 'level3', symbol: ['BTC/USD'] } });
    const frames = await takeParsed(probe);
    expect(frames[1]).toMatchObject({ method: 'subscribe', success: true, result: { channel: 'instrument' } });
    expect(frames[2]).toMatchObject({
      channel: 'instrument',
      type: 'snapshot',
      data: {
        assets: [{ id: 'BTC' }, { id: 'USD' }, { id: 'ETH' }, { id: 'SIM002' }, { id: 'USDT' }],
        pairs: [
          { symbol: 'BTC/USD', base: 'BTC', quote: 'USD', status: 'online', price_increment: 0.1, qty_precision: 8 },
          { symbol: 'ETH/USD' },
          { symbol: 'SIM002/USDT' },
        ],
      },
    });
    expect(frames[3]).toMatchObject({ method: 'pong', req_id: 8 });
    expect(frames.slice(4)).toEqual([
      expect.objectContaining({ success: false, error: 'Malformed request' }),
      // Single orders are for who has a token.
      expect.objectContaining({ success: false, error: 'EAccount:Invalid permissions' }),
    ]);
    await probe.close();
  });

  it('beats its heart each quiet second of a connection that has subscribed', async () => {
    await start({ ratePerPair: 0 });
    const probe = await open();
    simulator.advance(3_000_000);
    expect((await takeParsed(probe)).map(({ channel }) => channel)).toEqual(['status']);
    subscribeBook(probe, ['BTC/USD'], 10);
    await probe.settle();
    probe.take();
    simulator.advance(5_000_000);
    expect((await takeParsed(probe)).map(({ channel }) => channel)).toEqual(
      Array.from({ length: 5 }, () => 'heartbeat'),
    );
    await probe.close();
  });

  it.each(['drop', 'corrupt', 'reorder', 'stale-snapshot'] as const)('%s shows in the checksum', async (kind) => {
    await start({ ratePerPair: 50 });
    const probe = await open();
    simulator.faultNext('kraken', 'BTC-USD', kind);
    subscribeBook(probe, ['BTC/USD'], 10);
    await probe.settle();
    simulator.advance(3_000_000);
    await probe.settle();
    const messages = probe.frames.flatMap((text) => parseKrakenBook(text) ?? []);
    const book = new KrakenReferenceBook(10);
    expect(() => messages.forEach((message) => book.apply(message))).toThrow(/checksum|not held|crossed/);
    expect(simulator.faultCounts('kraken')[kind]).toBe(1);
    await probe.close();
  });

  it('sends the same frames for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      await start({ ratePerPair: 40, faults: { rates: { drop: 0.02, corrupt: 0.02, reorder: 0.02, truncate: 0.01 } } });
      const probe = await open();
      subscribeBook(probe, ['BTC/USD', 'SIM002/USDT'], 25);
      await probe.settle();
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
