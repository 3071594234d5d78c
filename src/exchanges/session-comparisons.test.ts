import { describe, expect, it } from 'vitest';
import { coinbaseExchange } from './coinbase-exchange.ts';
import { krakenV2 } from './kraken-v2.ts';
import { TestWorld } from './session-test-world.ts';

const { leadMs, settleMs } = coinbaseExchange.comparison;
const BOOK = '{"sequence":1,"bids":[],"asks":[],"time":"2026-09-01T10:00:00Z"}';
const UNHURRIED = { silenceMs: 600_000 };

function openWorld(): TestWorld {
  const world = new TestWorld({ wire: coinbaseExchange, venueSymbols: ['BTC-USD', 'ETH-USD'], limits: UNHURRIED });
  world.startOpen();
  return world;
}

/** Records but for those of the socket. */
function told(world: TestWorld): string[] {
  return world.lines.filter((line) => / (timer|http)/.test(line));
}

describe('a comparison of a book with the venue’s own', () => {
  it('is on record: its beginning before the request, the answer, and its end once all has come', async () => {
    const world = openWorld();
    world.session.compare('BTC-USD');
    expect(told(world)).toEqual(['feed-1.1 timer compare BTC-USD']);
    await world.clock.advance(leadMs - 1);
    expect(world.requests).toHaveLength(0);
    await world.clock.advance(1);
    expect(world.request.url).toBe('http://venue.test/products/BTC-USD/book?level=2');
    await world.clock.advance(10_000);
    world.request.answer(200, BOOK);
    await world.clock.advance(settleMs - 1);
    expect(told(world)).toEqual(['feed-1.1 timer compare BTC-USD', `feed-1.1 http ${BOOK}`]);
    await world.clock.advance(1);
    expect(told(world).at(-1)).toBe('feed-1.1 timer compared BTC-USD');
    await world.session.stop();
    expect(world.clock.pending).toBe(0);
  });

  it('is made of one pair at a time, but of several pairs side by side', async () => {
    const world = openWorld();
    for (const symbol of ['BTC-USD', 'BTC-USD', 'ETH-USD']) world.session.compare(symbol);
    await world.clock.advance(leadMs);
    world.session.compare('BTC-USD');
    expect(world.requests.map(({ url }) => url.split('/')[4])).toEqual(['BTC-USD', 'ETH-USD']);
    world.requests[1]?.answer(200, BOOK);
    await world.clock.advance(settleMs);
    world.session.compare('ETH-USD');
    expect(told(world).filter((line) => line.includes('timer'))).toEqual([
      ...['feed-1.1 timer compare BTC-USD', 'feed-1.1 timer compare ETH-USD'],
      ...['feed-1.1 timer compared ETH-USD', 'feed-1.1 timer compare ETH-USD'],
    ]);
    await world.session.stop();
  });

  it.each(['before the request', 'before the answer', 'before its end'])(
    'ends without a word where the connection is lost or not read %s',
    async (when) => {
      for (const end of ['lost', 'paused'] as const) {
        const world = openWorld();
        world.session.compare('BTC-USD');
        if (when !== 'before the request') await world.clock.advance(leadMs);
        const request = world.requests.at(-1);
        if (when === 'before its end') {
          request?.answer(200, BOOK);
          await world.clock.advance(1);
        }
        const before = told(world);
        if (end === 'lost') world.socket.end('gone');
        else world.session.pause();
        if (when === 'before the answer') expect(request?.signal.aborted).toBe(true);
        await world.clock.advance(60_000);
        expect(told(world)).toEqual(before);
        // Nothing is begun either.
        if (end === 'paused') world.session.compare('BTC-USD');
        expect(told(world)).toEqual(before);
        world.session.resume();
        await world.session.stop();
        expect(world.clock.pending).toBe(0);
      }
    },
  );

  it('ends without an answer where none comes for a minute, and can be made again', async () => {
    const world = openWorld();
    world.session.compare('BTC-USD');
    await world.clock.advance(leadMs);
    const [request] = world.requests;
    for (let second = 0; second < 59; second++) {
      world.requests.at(-1)?.answer(503);
      await world.clock.advance(1000);
    }
    expect(told(world)).toEqual(['feed-1.1 timer compare BTC-USD']);
    await world.clock.advance(1000);
    expect(told(world)).toEqual(['feed-1.1 timer compare BTC-USD', 'feed-1.1 timer compared BTC-USD']);
    expect(request?.signal.aborted).toBe(true);
    const asked = world.requests.length;
    await world.clock.advance(60_000);
    expect(world.requests).toHaveLength(asked);
    world.session.compare('BTC-USD');
    await world.clock.advance(leadMs + 60_000);
    expect(world.requests.length).toBeGreaterThan(asked);
    await world.session.stop();
    expect(world.clock.pending).toBe(0);
  });

  it('is not made where the wire has nothing to compare, or nothing is open', async () => {
    const kraken = new TestWorld({ wire: krakenV2, limits: UNHURRIED });
    kraken.startOpen();
    kraken.session.compare('BTC/USD');
    const closed = new TestWorld({ wire: coinbaseExchange });
    closed.session.compare('BTC-USD');
    await kraken.clock.advance(60_000);
    expect([told(kraken), kraken.requests, told(closed)]).toEqual([[], [], []]);
    await Promise.all([kraken.session.stop(), closed.session.stop()]);
  });
});
