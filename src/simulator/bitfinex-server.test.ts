import { afterEach, describe, expect, it } from 'vitest';
import { BitfinexReferenceBook, BitfinexReferenceClient } from './bitfinex-reference-book.ts';
import { bitfinex } from './bitfinex-server.ts';
import type { FaultKind } from './fault-plan.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const SEED = 'bitfinex-test';
const [TIMESTAMP, SEQ_ALL, OB_CHECKSUM, BULK_UPDATES] = [32_768, 65_536, 131_072, 536_870_912];
const ALL = TIMESTAMP | SEQ_ALL | OB_CHECKSUM;
const PAIRS = new Map([
  ['tBTCUSD', 'BTC-USD'],
  ['tXRPUDC', 'XRP-USDC'],
  ['tSIM002:UST', 'SIM002-USDT'],
]);

let simulator: Simulator;

async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  simulator = await startSimulator({
    seed: SEED,
    venues: ['bitfinex'],
    pairs: [...PAIRS.values()],
    whalesPerMinute: 0,
    driveManually: true,
    ...options,
  });
}

/** A client on a connection of its own. */
class Line {
  readonly client = new BitfinexReferenceClient();
  readonly probe: SocketProbe;

  constructor(probe: SocketProbe) {
    this.probe = probe;
  }

  static async open(): Promise<Line> {
    return new Line(await SocketProbe.open(simulator.urls.bitfinex?.ws ?? ''));
  }

  send(...requests: readonly Record<string, unknown>[]): void {
    for (const request of requests) this.probe.send(request);
  }

  /** Lets time pass, and the client take what came. @returns what came */
  async pass(us = 0): Promise<string[]> {
    // What was sent before is read by the other side first.
    await this.probe.settle();
    simulator.advance(us);
    await this.probe.settle();
    const frames = this.probe.take();
    this.client.take(frames);
    return frames;
  }

  events(): Record<string, unknown>[] {
    return this.client.events.splice(0);
  }
}

const conf = (flags: number) => ({ event: 'conf', flags });
const bookOf = (symbol: string, len: number | string = 25) => ({
  event: 'subscribe',
  channel: 'book',
  symbol,
  prec: 'P0',
  freq: 'F0',
  len: String(len),
});
const tradesOf = (symbol: string) => ({ event: 'subscribe', channel: 'trades', symbol });

function expectTruth(book: BitfinexReferenceBook, pair: string, length: number): void {
  const truth = simulator.book('bitfinex', pair);
  expect(book.texts()).toEqual({ bids: truth.bids.slice(0, length), asks: truth.asks.slice(0, length) });
}

afterEach(async () => {
  await simulator.stop();
});

describe(`simulated Bitfinex (seed ${SEED})`, () => {
  it.each([
    [1, ALL],
    [25, ALL],
    [25, ALL | BULK_UPDATES],
    [100, ALL],
    [250, OB_CHECKSUM],
  ])('keeps a plain client of length %i and flags %i right, row by row', async (length, flags) => {
    await start({ ratePerPair: 60, whalesPerMinute: 120, levelsPerSide: 120 });
    const line = await Line.open();
    simulator.advance(777_777);
    line.send(conf(flags), ...[...PAIRS.keys()].map((symbol) => bookOf(symbol, length)));
    await line.pass();
    const subscribedUs = simulator.nowUs;
    for (let i = 0; i < 20; i++) {
      await line.pass(1_000_000);
      for (const [symbol, pair] of PAIRS) expectTruth(line.client.book(symbol), pair, length);
    }
    for (const symbol of PAIRS.keys()) {
      const { checked, removals, bids, asks } = line.client.book(symbol);
      expect(checked).toBeGreaterThan(length === 1 ? 50 : 300);
      expect(removals).toBeGreaterThan(50);
      if (length > 1) expect(Math.max(...[...bids, ...asks].map(({ orders }) => orders))).toBeGreaterThan(1);
      expect(Math.min(...[...bids, ...asks].map(({ orders }) => orders))).toBeGreaterThan(0);
    }
    const whales = simulator.truth().filter(({ exchangeUs }) => exchangeUs > subscribedUs);
    expect(whales.length).toBeGreaterThan(20);
    if (length < 25 || (flags & TIMESTAMP) === 0) return;
    const symbols = new Map([...PAIRS].map(([symbol, pair]) => [pair, symbol]));
    for (const { pair, price, size, exchangeUs } of whales) {
      const growth = line.client
        .book(symbols.get(pair) ?? '')
        .growths.find((grown) => grown.price === price && grown.atMs === Math.floor(exchangeUs / 1_000));
      expect((growth?.by ?? 0) / Number(size)).toBeCloseTo(1, 6);
    }
  });

  it('writes very small numbers as the venue does', async () => {
    // About 1e-6 and less.
    const pair = 'XLM-BTC';
    await start({ pairs: [pair], ratePerPair: 50 });
    const line = await Line.open();
    line.send(conf(ALL), bookOf('tXLMBTC', 250));
    const [, , , snapshot] = await line.pass();
    expect(snapshot).toMatch(/\[\d(\.\d)?e-[78],\d+,\d/);
    await line.pass(10_000_000);
    expectTruth(line.client.book('tXLMBTC'), pair, 250);
    expect(line.client.book('tXLMBTC').checked).toBeGreaterThan(100);
  });

  it('begins with its version, and tells each channel its number before its data', async () => {
    await start();
    const line = await Line.open();
    line.send(conf(ALL), { ...bookOf('tBTCUSD'), subId: 'b1' }, tradesOf('tBTCUSD'), bookOf('tXRPUDC', 1));
    const frames = await line.pass();
    expect(frames.map((text) => /^\[\d+/.exec(text)?.[0] ?? /"event":"(\w+)"/.exec(text)?.[1])).toEqual([
      ...['info', 'conf', 'subscribed', '[1002', 'subscribed', '[1003', 'subscribed', '[1004'],
    ]);
    expect(line.events()).toMatchObject([
      { event: 'info', version: 2, platform: { status: 1 } },
      { event: 'conf', status: 'OK', flags: ALL },
      {
        ...{ event: 'subscribed', channel: 'book', chanId: 1002, symbol: 'tBTCUSD', pair: 'BTCUSD' },
        ...{ prec: 'P0', freq: 'F0', len: '25', subId: 'b1' },
      },
      { event: 'subscribed', channel: 'trades', chanId: 1003, symbol: 'tBTCUSD', pair: 'BTCUSD' },
      { event: 'subscribed', channel: 'book', chanId: 1004, symbol: 'tXRPUDC', len: '1' },
    ]);
    const ms = Math.floor(simulator.nowUs / 1_000);
    expect(frames[5]).toBe(`[1003,[],2,${ms}]`);
    expect(frames[7]).toMatch(
      new RegExp(`^\\[1004,\\[\\[[\\d.]+,1,[\\d.]+\\],\\[[\\d.]+,1,-[\\d.]+\\]\\],3,${ms}\\]$`),
    );
    // The same number is another channel's elsewhere.
    const other = await Line.open();
    other.send(tradesOf('tXRPUDC'));
    await other.pass();
    expect(other.events()[1]).toMatchObject({ channel: 'trades', chanId: 1003, symbol: 'tXRPUDC' });
  });

  it.each([
    [0, /^\[1002,\[[\d.]+,\d+,-?[\d.e-]+\]\]$/],
    [SEQ_ALL, /^\[1002,\[[\d.]+,\d+,-?[\d.e-]+\],[2-9]\d*\]$/],
    [TIMESTAMP, /^\[1002,\[[\d.]+,\d+,-?[\d.e-]+\],178\d{10}\]$/],
    [SEQ_ALL | TIMESTAMP, /^\[1002,\[[\d.]+,\d+,-?[\d.e-]+\],[2-9]\d*,178\d{10}\]$/],
    [OB_CHECKSUM, /^\[1002,(\[[\d.]+,\d+,-?[\d.e-]+\]|"cs",-?\d+)\]$/],
    [BULK_UPDATES, /^\[1002,\[(\[[\d.]+,\d+,-?[\d.e-]+\],?)+\]\]$/],
  ])('adds to its frames what the flags %i ask for', async (flags, form) => {
    await start({ ratePerPair: 20 });
    const line = await Line.open();
    line.send(conf(flags), bookOf('tBTCUSD'));
    await line.pass();
    const frames = await line.pass(400_000);
    expect(frames.length).toBeGreaterThan(3);
    for (const text of frames) expect(text).toMatch(form);
    expect(frames.some((text) => text.includes('cs'))).toBe((flags & OB_CHECKSUM) !== 0);
    // Each request takes the place of the one before.
    line.send(conf(0));
    await line.pass();
    for (const text of await line.pass(400_000)) expect(text).toMatch(/^\[1002,\[[\d.]+,\d+,-?[\d.e-]+\]\]$/);
  });

  it('refuses with a code what it does not know, has already or has no room for', async () => {
    await start({ definitions: { bitfinex: bitfinex({ channelsPerConnection: 2 }) } });
    const line = await Line.open();
    line.send(bookOf('tFOOUSD'), bookOf('BTCUSD'), { ...bookOf('tBTCUSD'), prec: 'P7' }, bookOf('tBTCUSD', 50));
    line.send({ ...bookOf('tBTCUSD'), freq: 'F9' }, { event: 'subscribe', channel: 'books', symbol: 'tBTCUSD' });
    line.send({ event: 'subscribe' }, bookOf('tBTCUSD'), bookOf('tBTCUSD'), tradesOf('tBTCUSD'), tradesOf('tXRPUDC'));
    line.send({ event: 'unsubscribe' }, { event: 'unsubscribe', chanId: 7 }, { event: 'huh' }, { event: 'conf' });
    line.probe.send('{nonsense');
    await line.pass();
    const codes = line
      .events()
      .map(({ event, code, msg }) => (event === 'error' ? `${String(code)} ${String(msg)}` : event));
    expect(codes).toEqual([
      ...['info', '10300 symbol: invalid', '10300 symbol: invalid', '10011 prec: invalid', '10012 len: invalid'],
      ...['10300 freq: invalid', '10302 channel: unknown', '10302 channel: unknown'],
      ...['subscribed', '10301 subscribe: dup', 'subscribed', '10305 subscribe: limit'],
      ...['10400 unsubscribe: invalid', '10401 unsubscribe: not subscribed', '10000 event: unknown'],
      ...['10000 event: unknown', '10000 event: unknown'],
    ]);
    expect(line.probe.frames[1]).toContain('"symbol":"tFOOUSD"');
  });

  it('ends a channel, and opens it again with a number and a book of its own', async () => {
    await start({ ratePerPair: 50 });
    const line = await Line.open();
    line.send(conf(ALL), bookOf('tBTCUSD'));
    await line.pass(1_000_000);
    line.events();
    line.send({ event: 'unsubscribe', chanId: 1002 });
    await line.pass();
    expect(line.events()).toEqual([{ event: 'unsubscribed', status: 'OK', chanId: 1002 }]);
    expect(await line.pass(2_000_000)).toEqual([]);
    line.send(bookOf('tBTCUSD'));
    await line.pass(2_000_000);
    expect(line.events()).toMatchObject([{ event: 'subscribed', chanId: 1003 }]);
    expectTruth(line.client.book('tBTCUSD'), 'BTC-USD', 25);
  });

  it('tells trades as they happen and once more, and the last 30 at the beginning, newest first', async () => {
    await start({ ratePerPair: 100 });
    simulator.advance(20_000_000);
    const line = await Line.open();
    line.send(conf(ALL), tradesOf('tBTCUSD'), bookOf('tBTCUSD'));
    await line.pass();
    const frames = await line.pass(20_000_000);
    const rows = (word: string): [id: number, ms: number, amount: number, price: number][] =>
      line.client.trades.filter((trade) => trade.word === word).map(({ row }) => row);
    const past = rows('list').map(([id]) => id);
    expect(past).toHaveLength(30);
    expect(past).toEqual(past.map((_, i) => (past[0] ?? 0) - i));
    const ids = rows('te').map(([id]) => id);
    expect(ids.length).toBeGreaterThan(60);
    expect(ids).toEqual(ids.map((_, i) => (past[0] ?? 0) + 1 + i));
    expect(rows('tu')).toEqual(rows('te'));
    expect(new Set(rows('te').map(([, , amount]) => Math.sign(amount)))).toEqual(new Set([1, -1]));
    // The trade, then the book that it changed, then the trade again.
    const kinds = frames.map((text) => /"\w+"/.exec(text)?.[0] ?? 'row').join(' ');
    expect(kinds).toMatch(/"te" (row )+"cs" "tu"/);
  });

  it('beats its heart on each channel that was quiet for 15 s, and counts that', async () => {
    await start({ ratePerPair: 0 });
    const line = await Line.open();
    line.send(conf(ALL), bookOf('tBTCUSD'));
    await line.pass(7_500_000);
    line.send(tradesOf('tBTCUSD'));
    await line.pass(7_400_000);
    expect(line.client.heartbeats).toEqual([]);
    const frames = await line.pass(29_900_000);
    expect(line.client.heartbeats).toEqual([1002, 1003, 1002, 1003]);
    expect(frames[0]).toMatch(/^\[1002,"hb",3,\d+\]$/);
  });

  it('answers pings', async () => {
    await start();
    const line = await Line.open();
    line.send({ event: 'ping', cid: 42 }, { event: 'ping' });
    await line.pass();
    const ts = Math.floor(simulator.nowUs / 1_000);
    expect(line.events().slice(1)).toEqual([
      { event: 'pong', cid: 42, ts },
      { event: 'pong', ts },
    ]);
  });

  it('lists pairs and currencies by its own codes, as often as it allows', async () => {
    await start({ definitions: { bitfinex: bitfinex({ requestsPerMinute: 4 }) } });
    const get = async (path: string): Promise<unknown> => {
      const response = await fetch(`${simulator.urls.bitfinex?.rest}${path}`);
      return [response.status, await response.json()];
    };
    const pairs = ['BTCUSD', 'SIM002:UST', 'XRPUDC', 'TESTBTC:TESTUSD'];
    const [status, lists] = (await get('/v2/conf/pub:list:pair:exchange')) as [number, string[][]];
    expect([status, lists.length, new Set(lists[0])]).toEqual([200, 1, new Set(pairs)]);
    const currencies = (await get('/v2/conf/pub:list:currency,pub:list:pair:exchange')) as [number, string[][]];
    expect(currencies[1]).toEqual([expect.arrayContaining(['BTC', 'UDC', 'UST']), lists[0]]);
    expect(await get('/v2/conf/pub:list:nothing')).toEqual([500, ['error', 10_020, 'key: invalid']]);
    expect(await get('/v2/tickers')).toMatchObject([404, ['error', 10_000, 'unknown path']]);
    expect(await get('/v2/tickers')).toEqual([429, ['error', 11_010, 'ratelimit: error']]);
  });

  it.each<[FaultKind, RegExp]>([
    ['drop', /^gap/],
    ['duplicate', /^gap/],
    ['reorder', /^gap/],
    ['corrupt', /^checksum|not held|crossed/],
    ['truncate', /JSON/],
    ['stale-snapshot', /^an update before the book/],
  ])('%s shows where it should', async (kind, reason) => {
    await start({ ratePerPair: 50, pairs: ['ETH-USD'] });
    const line = await Line.open();
    simulator.faultNext('bitfinex', 'ETH-USD', kind);
    line.send(conf(ALL), bookOf('tETHUSD'));
    await expect(line.pass(3_000_000)).rejects.toThrow(reason);
    expect(simulator.faultCounts('bitfinex')[kind]).toBe(1);
  });

  it('sends the old book of a stale snapshot after the update that it lacks', async () => {
    await start({ ratePerPair: 50, pairs: ['ETH-USD'] });
    const line = await Line.open();
    simulator.faultNext('bitfinex', 'ETH-USD', 'stale-snapshot');
    line.send(bookOf('tETHUSD'));
    await line.probe.settle();
    const { bids, asks } = simulator.book('bitfinex', 'ETH-USD');
    simulator.advance(1_000_000);
    await line.probe.settle();
    const stale = line.probe.take().find((text) => text.startsWith('[1002,[['));
    const rows = (JSON.parse(stale ?? '[]') as [number, number[][]])[1].map(([price, , amount]) => [
      String(price),
      String(Math.abs(amount ?? 0)),
    ]);
    expect(rows).toEqual([...bids.slice(0, 25), ...asks.slice(0, 25)]);
  });

  it('goes silent in a freeze, which leaves a hole in the counter, and breaks off when asked to', async () => {
    await start({ ratePerPair: 50 });
    const line = await Line.open();
    line.send(conf(ALL), bookOf('tBTCUSD'));
    await line.pass(1_000_000);
    simulator.freeze('bitfinex', 1_000_000);
    simulator.advance(1_100_000);
    await expect(line.pass(1_000_000)).rejects.toThrow(/^gap/);
    simulator.disconnect('bitfinex');
    expect(await line.probe.closed()).toMatchObject({ code: 1006 });
    expect(simulator.connections('bitfinex')).toBe(0);
  });

  it('sends the same frames for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      await start({ ratePerPair: 40, faults: { rates: { drop: 0.02, corrupt: 0.02, reorder: 0.02, truncate: 0.01 } } });
      const line = await Line.open();
      line.send(conf(ALL), ...[...PAIRS.keys()].flatMap((symbol) => [bookOf(symbol), tradesOf(symbol)]));
      await line.probe.settle();
      simulator.advance(10_000_000);
      await line.probe.settle();
      return line.probe.frames;
    };
    const first = await run();
    await simulator.stop();
    expect(first.length).toBeGreaterThan(200);
    expect(await run()).toEqual(first);
  });

  it('is reached at one path alone', async () => {
    await start();
    const { ws = '' } = simulator.urls.bitfinex ?? {};
    expect(ws).toMatch(/\/ws\/2$/);
    await expect(SocketProbe.open(ws.replace('/ws/2', '/ws/1'))).rejects.toThrow('404');
  });
});
