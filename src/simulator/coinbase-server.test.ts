import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { coinbaseFrame, CoinbaseReferenceBook, type CoinbaseFrame } from './coinbase-reference-book.ts';
import { startSimulator, type Simulator, type SimulatorOptions, type TrueBook } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const SEED = 'coinbase-test';
const PAIRS = ['BTC-USD', 'ETH-USD', 'SIM002-USDT'];
/** A product's batch goes out at most once in so many µs, at the end of a slice; the first product's on its multiples. */
const BATCH_US = 50_000;
const SLICE_US = 10_000;

let simulator: Simulator;

async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  simulator = await startSimulator({
    seed: SEED,
    venues: ['coinbase'],
    pairs: PAIRS,
    whalesPerMinute: 0,
    driveManually: true,
    ...options,
  });
}

async function open(path = ''): Promise<SocketProbe> {
  return SocketProbe.open(`${simulator.urls.coinbase?.ws}${path}`);
}

function subscribe(probe: SocketProbe, product_ids: readonly string[], channels: readonly unknown[]): void {
  probe.send({ type: 'subscribe', product_ids, channels });
}

function unsubscribe(probe: SocketProbe, product_ids: readonly string[], channels: readonly unknown[]): void {
  probe.send({ type: 'unsubscribe', product_ids, channels });
}

async function take(probe: SocketProbe): Promise<CoinbaseFrame[]> {
  await probe.settle();
  return probe.takeAs(coinbaseFrame);
}

/** Frames in few words: `l2update BTC-USD`. */
function briefly(frames: readonly CoinbaseFrame[]): string[] {
  return frames.map((frame) => ('product_id' in frame ? `${frame.type} ${frame.product_id}` : frame.type));
}

/** Keeps what the book was at the end of each slice, by the time in the venue's words. */
function advanceNoting(pair: string, truths: Map<string, TrueBook>, slices: number): void {
  for (let slice = 0; slice < slices; slice++) {
    simulator.advance(SLICE_US);
    const time = `${new Date(simulator.nowUs / 1_000).toISOString().slice(0, -1)}000Z`;
    truths.set(time, simulator.book('coinbase', pair));
  }
}

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${simulator.urls.coinbase?.rest}${path}`);
  return { status: response.status, body: await response.json() };
}

afterEach(async () => {
  await simulator.stop();
});

describe(`simulated Coinbase (seed ${SEED})`, () => {
  it('keeps a plain client right, batch by batch, with every trade', async () => {
    await start({ ratePerPair: 60, whalesPerMinute: 120, levelsPerSide: 60 });
    const books = new Map(PAIRS.map((pair) => [pair, new CoinbaseReferenceBook()]));
    const probe = await open();
    simulator.advance(780_000);
    subscribe(probe, PAIRS, ['level2_batch', 'matches', 'heartbeat']);
    await probe.settle();
    const subscribedUs = simulator.nowUs;
    let compared = 0;
    for (let slice = 0; slice < 2_000; slice++) {
      simulator.advance(SLICE_US);
      const frames = await take(probe);
      for (const frame of frames) if ('product_id' in frame) books.get(frame.product_id)?.follow(frame);
      for (const frame of frames) {
        if (frame.type !== 'l2update') continue;
        expect(books.get(frame.product_id)?.levels()).toEqual(simulator.book('coinbase', frame.product_id));
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(600);
    for (const { updates, matches, heartbeats } of books.values()) {
      expect(Math.min(updates, matches)).toBeGreaterThan(100);
      expect(updates).toBeLessThanOrEqual(20_000_000 / BATCH_US);
      expect(heartbeats).toBe(20);
    }
    const whales = simulator
      .truth()
      .filter(({ exchangeUs }) => exchangeUs > subscribedUs && exchangeUs < simulator.nowUs - BATCH_US);
    expect(whales.length).toBeGreaterThan(20);
    for (const whale of whales) {
      const growths = (books.get(whale.pair)?.growths ?? []).filter(({ time, price }) => {
        const lateUs = Date.parse(time) * 1_000 - whale.exchangeUs;
        return price === whale.price && lateUs >= 0 && lateUs <= BATCH_US;
      });
      const nearest = Math.min(...growths.map(({ by }) => Math.abs(by / Number(whale.size) - 1)));
      expect(nearest, JSON.stringify(whale)).toBeLessThan(1e-6);
    }
    await probe.close();
  });

  it('lists the full current set after each request, at times behind the data of a new channel', async () => {
    await start({ ratePerPair: 50 });
    simulator.advance(10_000_000);
    const data = ['snapshot BTC-USD', 'snapshot ETH-USD', 'last_match BTC-USD', 'last_match ETH-USD'];
    const probes = [await open(), await open('/any/path?at=all')];
    for (const [index, probe] of probes.entries()) {
      subscribe(probe, ['BTC-USD', 'ETH-USD'], ['level2_batch', 'matches']);
      const frames = briefly(await take(probe));
      expect(frames).toEqual(index === 0 ? [...data, 'subscriptions'] : ['subscriptions', ...data]);
    }
    const [probe] = probes;
    if (probe === undefined) throw new Error('no connection');
    const channelsAfter = async (): Promise<unknown> =>
      (await take(probe)).flatMap((frame) => (frame.type === 'subscriptions' ? [frame.channels] : []));
    unsubscribe(probe, ['BTC-USD'], ['level2_batch']);
    subscribe(probe, [], [{ name: 'heartbeat', product_ids: ['ETH-USD'] }]);
    unsubscribe(probe, [], ['matches']);
    unsubscribe(probe, [], ['level2_batch', 'heartbeat', 'ticker']);
    expect(await channelsAfter()).toEqual([
      [
        { name: 'level2_batch', product_ids: ['ETH-USD'] },
        { name: 'matches', product_ids: ['ETH-USD', 'BTC-USD'] },
      ],
      [
        { name: 'level2_batch', product_ids: ['ETH-USD'] },
        { name: 'matches', product_ids: ['BTC-USD', 'ETH-USD'] },
        { name: 'heartbeat', product_ids: ['ETH-USD'] },
      ],
      [
        { name: 'level2_batch', product_ids: ['ETH-USD'] },
        { name: 'heartbeat', product_ids: ['ETH-USD'] },
      ],
      [],
    ]);
    simulator.advance(2_000_000);
    expect(await take(probe)).toEqual([]);
    await Promise.all(probes.map((one) => one.close()));
  });

  it('begins each subscription with the book of the last batch, and none that is there already', async () => {
    await start({ ratePerPair: 200 });
    const truths = new Map<string, TrueBook>();
    const probe = await open();
    advanceNoting('BTC-USD', truths, 5);
    for (let round = 0; round < 10; round++) {
      advanceNoting('BTC-USD', truths, 3);
      subscribe(probe, ['BTC-USD'], ['level2_batch']);
      subscribe(probe, ['BTC-USD'], ['level2_batch']);
      unsubscribe(probe, ['BTC-USD'], ['level2_batch']);
      const [snapshot, ...more] = (await take(probe)).filter(({ type }) => type !== 'subscriptions');
      expect(more).toEqual([]);
      if (snapshot?.type !== 'snapshot') throw new Error('no snapshot');
      expect({ bids: snapshot.bids, asks: snapshot.asks }).toEqual(truths.get(snapshot.time));
    }
    await probe.close();
  });

  it('tells the side of the maker, and of the trade before a subscription', async () => {
    await start({ ratePerPair: 100 });
    const probe = await open();
    subscribe(probe, ['BTC-USD'], ['matches', 'level2_batch']);
    await probe.settle();
    simulator.advance(3_000_000);
    const early = await take(probe);
    // There has been no trade of which it could tell.
    expect(early.filter(({ type }) => type === 'last_match')).toEqual([]);
    const book = new CoinbaseReferenceBook();
    let seen = 0;
    for (const frame of early) {
      // The maker's order rests in the book until the batch that comes behind the match.
      if (frame.type === 'match') {
        const side = frame.side === 'sell' ? book.asks : book.bids;
        if (side.has(frame.price)) seen += 1;
      }
      if ('product_id' in frame) book.follow(frame);
    }
    expect(book.matches).toBeGreaterThan(10);
    expect(seen / book.matches).toBeGreaterThan(0.9);
    const second = await open();
    subscribe(second, ['BTC-USD'], ['matches']);
    const last = early.findLast(({ type }) => type === 'match');
    expect(await take(second)).toContainEqual({ ...last, type: 'last_match' });
    await Promise.all([probe.close(), second.close()]);
  });

  it('beats the heart of each product once in a second, with the number of its last trade', async () => {
    await start({ ratePerPair: 0 });
    const probe = await open();
    subscribe(probe, ['BTC-USD', 'ETH-USD'], ['heartbeat']);
    await probe.settle();
    probe.take();
    simulator.advance(3_000_000);
    const beats = await take(probe);
    expect(briefly(beats).sort()).toEqual(PAIRS.slice(0, 2).flatMap((pair) => Array(3).fill(`heartbeat ${pair}`)));
    expect(beats[0]).toMatchObject({ last_trade_id: 0, sequence: 90_000_000 });
    await probe.close();
  });

  it('refuses, in one frame and with its reason, all of a request that has something wrong in it', async () => {
    await start({ ratePerPair: 50 });
    const probe = await open();
    const requests: unknown[] = [
      { type: 'subscribe', product_ids: ['BTC-USD', 'FOO-USD'], channels: ['level2_batch'] },
      { type: 'subscribe', product_ids: ['BTC-USD'], channels: ['matches', 'level2'] },
      { type: 'subscribe', product_ids: ['BTC-USD'], channels: ['depth'] },
      { type: 'subscribe', channels: ['level2_batch'] },
      { type: 'order', product_ids: ['BTC-USD'], channels: ['level2_batch'] },
      '{nonsense',
    ];
    for (const request of requests) probe.send(request);
    const errors = await take(probe);
    expect(errors.map((frame) => (frame.type === 'error' ? [frame.message, frame.reason] : frame.type))).toEqual([
      ['Failed to subscribe', 'FOO-USD is not a valid product'],
      ['Failed to subscribe', 'level2, level3, and full channels now require authentication.'],
      ['Failed to subscribe', 'depth is not a valid channel'],
      ['Failed to subscribe', 'level2_batch requires product_ids'],
      ['Failed to subscribe', 'the request has a field that is not understood'],
      ['Malformed JSON', undefined],
    ]);
    simulator.advance(1_000_000);
    expect(await take(probe)).toEqual([]);
    await probe.close();
  });

  it('sends away who has not subscribed within five seconds, and nobody else', async () => {
    await start();
    const [idle, refused, subscribed] = [await open(), await open(), await open()];
    subscribe(refused, ['FOO-USD'], ['level2_batch']);
    subscribe(subscribed, ['BTC-USD'], ['heartbeat']);
    unsubscribe(subscribed, ['BTC-USD'], ['heartbeat']);
    await Promise.all([refused.settle(), subscribed.settle()]);
    simulator.advance(4_990_000);
    await idle.settle();
    simulator.advance(10_000);
    expect((await Promise.all([idle.closed(), refused.closed()])).map(({ code }) => code)).toEqual([1008, 1008]);
    await subscribed.settle();
    expect(simulator.connections('coinbase')).toBe(1);
    await subscribed.close();
  });

  it('lists its products by REST, and has nothing else there', async () => {
    await start();
    const { status, body } = await get('/products');
    expect(status).toBe(200);
    expect(z.array(z.object({ id: z.string() })).parse(body)).toHaveLength(PAIRS.length);
    expect(body).toMatchObject([
      {
        ...{ id: 'BTC-USD', base_currency: 'BTC', quote_currency: 'USD', status: 'online', trading_disabled: false },
        ...{ quote_increment: '0.01', base_increment: '0.00000001' },
      },
      { id: 'ETH-USD' },
      { id: 'SIM002-USDT', base_currency: 'SIM002', quote_currency: 'USDT' },
    ]);
    expect(await get('/products/BTC-USD/book')).toEqual({ status: 404, body: { message: 'NotFound' } });
    expect(await get('/products/FOO-USD/book?level=2')).toEqual({ status: 404, body: { message: 'NotFound' } });
    expect(await get('/products/BTC-USD/candles')).toEqual({ status: 404, body: { message: 'NotFound' } });
  });

  it('gives the book of now by REST, of which the next batch tells the changes', async () => {
    await start();
    simulator.advance(1_000_003);
    const { bids, asks } = simulator.book('coinbase', 'BTC-USD');
    const { status, body } = await get('/products/BTC-USD/book?level=2');
    const time = `${new Date(simulator.nowUs / 1_000).toISOString().slice(0, 19)}.000003Z`;
    const rows = (levels: TrueBook['bids']): unknown[] => levels.map(([price, size]) => [price, size, 1]);
    expect(status).toBe(200);
    expect(body).toMatchObject({ bids: rows(bids), asks: rows(asks), auction_mode: false, time });
  });

  it('sends the same frames for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      await start({ ratePerPair: 40, faults: { rates: { drop: 0.02, corrupt: 0.02, reorder: 0.02, truncate: 0.01 } } });
      const probe = await open();
      subscribe(probe, ['BTC-USD', 'SIM002-USDT'], ['level2_batch', 'matches', 'heartbeat']);
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

describe(`faults of simulated Coinbase (seed ${SEED})`, () => {
  /** The book frames of three seconds of which one has this fault. */
  async function framesWith(kind: Parameters<Simulator['faultNext']>[2]): Promise<string[]> {
    await start({ ratePerPair: 50 });
    const probe = await open();
    simulator.faultNext('coinbase', 'BTC-USD', kind);
    subscribe(probe, ['BTC-USD'], ['level2_batch']);
    await probe.settle();
    simulator.advance(3_000_000);
    await probe.settle();
    expect(simulator.faultCounts('coinbase')[kind]).toBe(1);
    await probe.close();
    return probe.frames.filter((text) => !text.includes('"subscriptions"'));
  }

  /** Follows the frames as a client without any suspicion does: it sees sizes, and knows of no rule. */
  function believe(frames: readonly string[]): { bids: Map<string, string>; asks: Map<string, string> } {
    const book = { bids: new Map<string, string>(), asks: new Map<string, string>() };
    for (const text of frames) {
      const frame = coinbaseFrame.parse(JSON.parse(text));
      if (frame.type === 'snapshot') {
        book.bids = new Map(frame.bids);
        book.asks = new Map(frame.asks);
      } else if (frame.type === 'l2update') {
        for (const [word, price, size] of frame.changes) {
          const side = word === 'buy' ? book.bids : book.asks;
          if (Number(size) > 0) side.set(price, size);
          else side.delete(price);
        }
      }
    }
    return book;
  }

  const mapsOf = ({ bids, asks }: TrueBook): ReturnType<typeof believe> => ({
    bids: new Map(bids),
    asks: new Map(asks),
  });

  it.each(['drop', 'corrupt', 'stale-snapshot'] as const)(
    '%s shows in no frame, as nothing is numbered: the book is wrong until the next snapshot',
    async (kind) => {
      // Every frame that came is a good one of its kind.
      const wrong = believe(await framesWith(kind));
      const probe = await open();
      subscribe(probe, ['BTC-USD'], ['level2_batch']);
      await probe.settle();
      const right = believe(probe.frames);
      expect(right).toEqual(mapsOf(simulator.book('coinbase', 'BTC-USD')));
      expect(wrong).not.toEqual(right);
      await probe.close();
    },
  );

  it.each(['duplicate', 'delay'] as const)('%s does no harm: sizes are absolute, and order is kept', async (kind) => {
    expect(believe(await framesWith(kind))).toEqual(mapsOf(simulator.book('coinbase', 'BTC-USD')));
  });

  it('reorder shows in the times of two updates, for who looks at them', async () => {
    const times = (await framesWith('reorder')).flatMap((text) => {
      const frame = coinbaseFrame.parse(JSON.parse(text));
      return frame.type === 'l2update' ? [frame.time] : [];
    });
    expect(times.filter((time, i) => time < (times[i - 1] ?? ''))).toHaveLength(1);
  });

  it('truncate is no JSON', async () => {
    const broken = (await framesWith('truncate')).filter((text) => !text.endsWith('}'));
    expect(broken).toHaveLength(1);
  });

  it('a lost match shows in the next trade id, and in the heartbeat where none follows', async () => {
    await start({ ratePerPair: 100, faults: { rates: { drop: 0.2 } } });
    const probe = await open();
    subscribe(probe, ['BTC-USD'], ['matches', 'heartbeat']);
    await probe.settle();
    simulator.advance(10_000_000);
    const book = new CoinbaseReferenceBook();
    const frames = await take(probe);
    expect(() => frames.forEach((frame) => 'product_id' in frame && book.follow(frame))).toThrow(/^(trade|heartbeat)/);
    await probe.close();
  });
});
