import { afterEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  bitstampBook,
  bitstampFrame,
  BitstampReferenceBook,
  bitstampTrade,
  type BitstampBookMessage,
} from './bitstamp-reference-book.ts';
import { bitstamp, type BitstampLimits } from './bitstamp-server.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const SEED = 'bitstamp-test';
const PAIRS = new Map([
  ['btcusd', 'BTC-USD'],
  ['ethbtc', 'ETH-BTC'],
  ['sim001usdt', 'SIM001-USDT'],
]);
const SLICE_US = 10_000;

type Frame = z.infer<typeof bitstampFrame>;

let simulator: Simulator;

async function start(options: Partial<SimulatorOptions> = {}, limits: Partial<BitstampLimits> = {}): Promise<void> {
  simulator = await startSimulator({
    seed: SEED,
    venues: ['bitstamp'],
    pairs: [...PAIRS.values()],
    whalesPerMinute: 0,
    driveManually: true,
    definitions: { bitstamp: bitstamp(limits) },
    ...options,
  });
}

/** A socket with these channels, whose acknowledgements are read already. */
async function open(...channels: readonly string[]): Promise<SocketProbe> {
  const probe = await SocketProbe.open(simulator.urls.bitstamp?.ws ?? '');
  for (const channel of channels) probe.send({ event: 'bts:subscribe', data: { channel } });
  await probe.settle();
  probe.take();
  return probe;
}

async function framesOf(probe: SocketProbe): Promise<Frame[]> {
  await probe.settle();
  return probe.takeAs(bitstampFrame);
}

async function diffsOf(probe: SocketProbe): Promise<BitstampBookMessage[]> {
  return (await framesOf(probe)).map(({ data }) => bitstampBook.parse(data));
}

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${simulator.urls.bitstamp?.rest}${path}`);
  return { status: response.status, body: await response.json() };
}

async function snapshotOf(symbol: string): Promise<BitstampBookMessage> {
  return bitstampBook.parse((await get(`/api/v2/order_book/${symbol}/?group=1`)).body);
}

/** A client of BTC-USD that has heard a second of diffs and then got its snapshot. */
async function followed(probe: SocketProbe): Promise<BitstampReferenceBook> {
  const book = new BitstampReferenceBook();
  simulator.advance(1_000_000);
  for (const diff of await diffsOf(probe)) book.follow(diff);
  expect(book.load(await snapshotOf('btcusd'))).toBe(true);
  return book;
}

afterEach(async () => {
  await simulator.stop();
});

describe(`simulated Bitstamp (seed ${SEED})`, () => {
  it('lets a plain client hold the book of the venue after every single diff', async () => {
    await start({ ratePerPair: 60, whalesPerMinute: 120, levelsPerSide: 60 });
    const probe = await open(...[...PAIRS.keys()].map((symbol) => `diff_order_book_${symbol}`));
    const books = new Map(
      [...PAIRS.keys()].map((symbol) => [`diff_order_book_${symbol}`, new BitstampReferenceBook()]),
    );
    simulator.advance(1_234_567);
    for (const { channel, data } of await framesOf(probe)) books.get(channel)?.follow(bitstampBook.parse(data));
    for (const symbol of PAIRS.keys()) {
      expect(books.get(`diff_order_book_${symbol}`)?.load(await snapshotOf(symbol))).toBe(true);
    }
    const followedUs = simulator.nowUs;
    simulator.advance(SLICE_US - (simulator.nowUs % SLICE_US));
    for (let slice = 0; slice < 2_000; slice++) {
      for (const { channel, data } of await framesOf(probe)) {
        const book = books.get(channel);
        book?.follow(bitstampBook.parse(data));
        const pair = PAIRS.get(channel.replace('diff_order_book_', '')) ?? '';
        expect(book?.levels()).toEqual(simulator.book('bitstamp', pair));
      }
      simulator.advance(SLICE_US);
    }
    for (const book of books.values()) {
      expect(book.applied).toBeGreaterThan(120);
      expect(book.dropped).toBeGreaterThan(0);
      expect(book.unknownRemovals).toBe(0);
    }
    const whales = simulator
      .truth()
      .filter(({ exchangeUs }) => exchangeUs > followedUs && exchangeUs < simulator.nowUs - 200_000);
    expect(whales.length).toBeGreaterThan(20);
    for (const whale of whales) {
      const growth = books
        .get(`diff_order_book_${whale.pair.replace('-', '').toLowerCase()}`)
        ?.growths.find(
          ({ atUs, price }) =>
            price === whale.price && atUs >= whale.exchangeUs && atUs <= whale.exchangeUs + 150_000 + SLICE_US,
        );
      expect((growth?.by ?? 0) / Number(whale.size), JSON.stringify(whale)).toBeGreaterThan(0.8);
    }
  });

  it('sends at most one diff of a pair each 150 ms, with its data first and its channel last', async () => {
    await start({ ratePerPair: 60 });
    const probe = await open('diff_order_book_btcusd');
    simulator.advance(SLICE_US - (simulator.nowUs % SLICE_US));
    const slices: number[] = [];
    for (let slice = 0; slice < 300; slice++) {
      simulator.advance(SLICE_US);
      if ((await framesOf(probe)).length > 0) slices.push(slice);
    }
    const waits = slices.slice(1).map((slice, i) => slice - (slices[i] ?? 0));
    expect(new Set(waits)).toEqual(new Set([15]));
    const levels = '(\\["\\d+","\\d+\\.\\d{8}"\\],?)*';
    const times = '"timestamp":"\\d{10}","microtimestamp":"\\d{16}"';
    const shape = `^{"data":{${times},"bids":\\[${levels}\\],"asks":\\[${levels}\\]},"channel":"diff_order_book_btcusd","event":"data"}$`;
    for (const text of probe.frames.slice(1)) expect(text).toMatch(new RegExp(shape));
  });

  it('acknowledges channel by channel, and refuses what it does not have without saying what', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open();
    const succeeded = (what: string, channel: string) => ({ event: `bts:${what}_succeeded`, channel, data: {} });
    const refused = (message: string) => ({ event: 'bts:error', channel: '', data: { code: null, message } });
    const channel = 'diff_order_book_btcusd';
    probe.send({ event: 'bts:subscribe', data: { channel } });
    probe.send({ event: 'bts:subscribe', data: { channel: 'diff_order_book_nosuchpair' } });
    probe.send({ event: 'bts:subscribe', data: { channel: 'no_such_channel_btcusd' } });
    probe.send({ event: 'bts:subscribe', data: {} });
    probe.send({ event: 'subscribe', data: { channel } });
    probe.send('{nonsense');
    expect(await framesOf(probe)).toEqual([
      succeeded('subscription', channel),
      refused('Bad subscription string.'),
      refused('Bad subscription string.'),
      refused('Incorrect JSON format.'),
      refused('Incorrect JSON format.'),
      refused('Incorrect JSON format.'),
    ]);
    simulator.advance(1_000_000);
    expect((await diffsOf(probe)).length).toBeGreaterThan(3);
    probe.send({ event: 'bts:unsubscribe', data: { channel } });
    expect(await framesOf(probe)).toEqual([succeeded('unsubscription', channel)]);
    simulator.advance(1_000_000);
    expect(await framesOf(probe)).toEqual([]);
  });

  it('says nothing of a quiet pair but answers heartbeats', async () => {
    await start({ ratePerPair: 0 });
    const probe = await open('diff_order_book_btcusd', 'live_trades_btcusd');
    simulator.advance(60_000_000);
    expect(await framesOf(probe)).toEqual([]);
    probe.send({ event: 'bts:heartbeat' });
    expect(await framesOf(probe)).toEqual([{ event: 'bts:heartbeat', channel: '', data: { status: 'success' } }]);
  });

  it('asks an old connection to reconnect, goes on meanwhile, and drops it', async () => {
    await start({ ratePerPair: 50 }, { connectionLifeUs: 5_000_000, reconnectWithinUs: 2_000_000 });
    const probe = await open('diff_order_book_btcusd');
    simulator.advance(6_000_000);
    const frames = await framesOf(probe);
    const asked = frames.flatMap(({ event }, i) => (event === 'bts:request_reconnect' ? [i] : []));
    expect(frames[asked[0] ?? -1]).toEqual({ event: 'bts:request_reconnect', channel: '', data: '' });
    expect(asked).toHaveLength(1);
    expect(frames.length - (asked[0] ?? 0)).toBeGreaterThan(3);
    simulator.advance(2_000_000);
    expect(await probe.closed()).toMatchObject({ code: 1006 });
  });

  it('sends trades one by one, with the side of the taker, whose order is the younger one', async () => {
    await start({ ratePerPair: 100 });
    const probe = await open(...[...PAIRS.keys()].map((symbol) => `live_trades_${symbol}`));
    const before = simulator.nowUs;
    simulator.advance(30_000_000);
    const frames = await framesOf(probe);
    const trades = frames.map(({ data }) => bitstampTrade.parse(data));
    expect(new Set(frames.map(({ event }) => event))).toEqual(new Set(['trade']));
    expect(trades.map(({ id }) => id)).toEqual(trades.map((_, i) => (trades[0]?.id ?? 0) + i));
    expect(trades.length).toBeGreaterThan(200);
    for (const trade of trades) {
      expect(trade.price).toBe(Number(trade.price_str));
      expect(trade.amount).toBeCloseTo(Number(trade.amount_str), 8);
      expect(trade.type === 0).toBe(trade.buy_order_id > trade.sell_order_id);
      expect(trade.microtimestamp).toMatch(new RegExp(`^${trade.timestamp}\\d{3}000$`));
      expect(Number(trade.microtimestamp)).toBeGreaterThanOrEqual(before - 1_000);
    }
    expect(new Set(trades.map(({ type }) => type))).toEqual(new Set([0, 1]));
    // The floats are the venue's, and not always what the text beside them says.
    expect(trades.some(({ amount, amount_str: text }) => amount !== Number(text))).toBe(true);
  });

  it('says of a trade on which side of the book its taker found it', async () => {
    await start({ ratePerPair: 20 });
    const probe = await open('live_trades_btcusd');
    let trades = 0;
    for (let slice = 0; slice < 3_000; slice++) {
      const { bids, asks } = simulator.book('bitstamp', 'BTC-USD');
      const middle = (Number(bids[0]?.[0]) + Number(asks[0]?.[0])) / 2;
      simulator.advance(SLICE_US);
      for (const { data } of await framesOf(probe)) {
        const { type, price } = bitstampTrade.parse(data);
        expect(type).toBe(price > middle ? 0 : 1);
        trades += 1;
      }
    }
    expect(trades).toBeGreaterThan(20);
  });

  it('lists its pairs, and gives a book by level, by order and by order with ids', async () => {
    await start();
    expect(await get('/api/v2/trading-pairs-info/')).toMatchObject({
      status: 200,
      body: [
        { name: 'BTC/USD', url_symbol: 'btcusd', base_decimals: 8, counter_decimals: 0, trading: 'Enabled' },
        { name: 'ETH/BTC', url_symbol: 'ethbtc', counter_decimals: 6, minimum_order: '20.0 BTC' },
        { name: 'SIM001/USDT', url_symbol: 'sim001usdt' },
      ],
    });
    const byLevel = await snapshotOf('btcusd');
    const truth = simulator.book('bitstamp', 'BTC-USD');
    expect({ bids: byLevel.bids, asks: byLevel.asks }).toEqual(truth);
    expect((await get('/api/v2/order_book/btcusd')).body).toEqual(byLevel);
    const byOrder = bitstampBook.parse((await get('/api/v2/order_book/btcusd/?group=0')).body);
    expect(byOrder.bids).toHaveLength(2 * truth.bids.length);
    expect(byOrder.bids[1]?.[0]).toBe(truth.bids[0]?.[0]);
    const { body: withIds } = await get('/api/v2/order_book/btcusd/?group=2');
    expect(withIds).toMatchObject({
      bids: expect.arrayContaining([[truth.bids[0]?.[0], expect.any(String), expect.any(String)]]),
    });
    expect(await get('/api/v2/order_book/btcusd/?group=3')).toMatchObject({ status: 400, body: { status: 'error' } });
    expect(await get('/api/v2/order_book/nosuchpair/')).toMatchObject({ status: 404, body: { status: 'error' } });
    await expect(SocketProbe.open(`${simulator.urls.bitstamp?.ws}/v2`)).rejects.toThrow('404');
  });

  it('refuses requests beyond its rate', async () => {
    await start({}, { requestsPerSecond: 2, requestsPerTenMinutes: 4 });
    const path = '/api/v2/order_book/btcusd/';
    const statuses = async (count: number): Promise<number[]> => {
      const answers: number[] = [];
      for (let i = 0; i < count; i++) answers.push((await get(path)).status);
      simulator.advance(1_000_000);
      return answers;
    };
    expect(await statuses(2)).toEqual([200, 200]);
    expect(await statuses(2)).toEqual([200, 200]);
    expect(await get(path)).toMatchObject({ status: 400, body: { code: '400.002' } });
    simulator.advance(600_000_000);
    expect(await statuses(3)).toEqual([200, 200, 400]);
  });

  it('serves a book from its cache that was true some seconds ago', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open('diff_order_book_btcusd');
    const truths = new Map<string, unknown>();
    for (let slice = 0; slice < 1_500; slice++) {
      simulator.advance(SLICE_US);
      const [diff] = await diffsOf(probe);
      if (diff !== undefined) truths.set(diff.microtimestamp, simulator.book('bitstamp', 'BTC-USD'));
    }
    simulator.faultNext('bitstamp', 'BTC-USD', 'stale-snapshot');
    const stale = await snapshotOf('btcusd');
    expect({ bids: stale.bids, asks: stale.asks }).toEqual(truths.get(stale.microtimestamp));
    expect(simulator.nowUs - Number(stale.microtimestamp)).toBeGreaterThan(9_000_000);
    // A client that has listened for less than that can tell.
    const late = await open('diff_order_book_btcusd');
    const book = new BitstampReferenceBook();
    simulator.advance(1_000_000);
    for (const diff of await diffsOf(late)) book.follow(diff);
    expect(book.load(stale)).toBe(false);
    expect(book.load(await snapshotOf('btcusd'))).toBe(true);
  });

  it.each(['duplicate', 'reorder', 'truncate'] as const)('%s shows at once', async (kind) => {
    await start({ ratePerPair: 50 });
    const probe = await open('diff_order_book_btcusd');
    const book = await followed(probe);
    simulator.faultNext('bitstamp', 'BTC-USD', kind);
    simulator.advance(1_000_000);
    await expect(diffsOf(probe).then((diffs) => diffs.forEach((diff) => book.follow(diff)))).rejects.toThrow(
      kind === 'truncate' ? /JSON/ : / after /,
    );
    expect(simulator.faultCounts('bitstamp')[kind]).toBe(1);
  });

  // No number and no checksum: moments go on rising, and the book that follows them is another one than the venue's.
  it.each(['drop', 'corrupt'] as const)('%s shows in nothing that a diff says', async (kind) => {
    await start({ ratePerPair: 50 });
    const probe = await open('diff_order_book_btcusd');
    const book = await followed(probe);
    simulator.faultNext('bitstamp', 'BTC-USD', kind);
    simulator.advance(400_000);
    for (const diff of await diffsOf(probe)) book.follow(diff);
    expect(simulator.faultCounts('bitstamp')[kind]).toBe(1);
    const { microtimestamp, bids, asks } = await snapshotOf('btcusd');
    expect(book.atUs).toBe(Number(microtimestamp));
    expect(book.levels()).not.toEqual({ bids, asks });
  });

  it('sends the same frames for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      await start({ ratePerPair: 40, faults: { rates: { drop: 0.02, corrupt: 0.02, duplicate: 0.02 } } });
      const probe = await open('diff_order_book_btcusd', 'live_trades_sim001usdt');
      simulator.advance(10_000_000);
      await probe.settle();
      return probe.frames;
    };
    const first = await run();
    await simulator.stop();
    expect(first.length).toBeGreaterThan(60);
    expect(await run()).toEqual(first);
  });
});
