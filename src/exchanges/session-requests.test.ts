import { describe, expect, it } from 'vitest';

import { TestWorld } from './session-test-world.ts';

const SNAPSHOT = '{"lastUpdateId":5,"bids":[],"asks":[]}';
const PINGED = { silenceMs: 1e9 };

function httpRecords(world: TestWorld): unknown[] {
  return world.records.filter(({ op }) => op === 'http').map(({ conn, url, data }) => ({ conn, url, data }));
}

describe('a snapshot by REST', () => {
  it('is asked for once per pair and becomes a record', async () => {
    const world = new TestWorld({ limits: PINGED });
    world.startOpen();
    world.session.requestSnapshot('BTCUSDT');
    world.session.requestSnapshot('BTCUSDT');
    world.session.requestSnapshot('ETHUSDT');
    const url = 'http://venue.test/api/v3/depth?symbol=BTCUSDT&limit=5000';
    expect(world.requests.map((request) => request.url)).toEqual([url, url.replace('BTC', 'ETH')]);
    world.requests[0]?.answer(200, SNAPSHOT);
    await world.clock.advance(0);
    expect(httpRecords(world)).toEqual([{ conn: 'feed-1.1', url, data: SNAPSHOT }]);
    await world.session.stop();
  });

  it('may be asked for again after its answer, a moment later', async () => {
    const world = new TestWorld({ limits: PINGED });
    world.startOpen();
    world.session.requestSnapshot('BTCUSDT');
    world.request.answer(200, SNAPSHOT);
    await world.clock.advance(0);
    world.session.requestSnapshot('BTCUSDT');
    await world.clock.advance(500);
    expect(world.requests).toHaveLength(2);
    await world.session.stop();
  });

  it('waits for the weight budget', async () => {
    const world = new TestWorld({ limits: { ...PINGED, restWeight: { budget: 500, intervalMs: 60_000 } } });
    world.startOpen();
    for (const symbol of ['AUSDT', 'BUSDT', 'CUSDT']) world.session.requestSnapshot(symbol);
    for (const request of world.requests) request.answer(200, SNAPSHOT);
    await world.clock.advance(59_999);
    expect(world.requests).toHaveLength(2);
    await world.clock.advance(1);
    expect(world.requests).toHaveLength(3);
    await world.session.stop();
  });

  it('slows down by what the venue counted for this address', async () => {
    const world = new TestWorld({ limits: PINGED });
    world.startOpen();
    world.session.requestSnapshot('AUSDT');
    world.request.answer(200, SNAPSHOT, { 'x-mbx-used-weight-1m': '5900' });
    await world.clock.advance(0);
    world.session.requestSnapshot('BUSDT');
    await world.clock.advance(59_000);
    expect(world.requests).toHaveLength(1);
    await world.clock.advance(1000);
    expect(world.requests).toHaveLength(2);
    await world.session.stop();
  });

  it('is repeated after a failure, with back-off and a word about it', async () => {
    const world = new TestWorld({ limits: PINGED });
    world.startOpen();
    world.session.requestSnapshot('BTCUSDT');
    world.request.fail(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
    await world.clock.advance(500);
    world.request.answer(503);
    await world.clock.advance(1000);
    world.request.answer(200, SNAPSHOT);
    await world.clock.advance(0);
    expect(world.eventsOf('rest-failed')).toMatchObject([
      { status: null, reason: 'connect ECONNREFUSED', delayMs: expect.toSatisfy((ms: number) => ms <= 500) },
      { status: 503, reason: 'HTTP 503', delayMs: expect.toSatisfy((ms: number) => ms <= 1000) },
    ]);
    expect(httpRecords(world)).toHaveLength(1);
    await world.session.stop();
  });

  it('fails where the answer takes too long', async () => {
    const world = new TestWorld({ limits: PINGED });
    world.startOpen();
    world.session.requestSnapshot('BTCUSDT');
    await world.clock.advance(15_000);
    expect(world.eventsOf('rest-failed')).toMatchObject([{ reason: 'no answer within 15000 ms' }]);
    await world.clock.advance(500);
    expect(world.requests).toHaveLength(2);
    await world.session.stop();
  });

  it.each([429, 418])(
    'holds all requests to the host back after status %i, as long as the venue says',
    async (status) => {
      const world = new TestWorld({ limits: PINGED });
      world.startOpen();
      world.session.requestSnapshot('AUSDT');
      world.request.answer(status, '', { 'retry-after': '90' });
      await world.clock.advance(0);
      world.session.requestSnapshot('BUSDT');
      expect(world.eventsOf('rest-failed')).toMatchObject([{ status, delayMs: 90_000 }]);
      await world.clock.advance(89_999);
      expect(world.requests).toHaveLength(1);
      await world.clock.advance(1);
      expect(world.requests).toHaveLength(3);
      await world.session.stop();
    },
  );

  it('that the venue refuses for good is recorded and not repeated', async () => {
    const world = new TestWorld({ limits: PINGED });
    world.startOpen();
    world.session.requestSnapshot('NOSUCH');
    world.request.answer(400, '{"code":-1121,"msg":"Invalid symbol."}');
    await world.clock.advance(60_000);
    expect(world.requests).toHaveLength(1);
    expect(world.eventsOf('rest-failed')).toMatchObject([{ status: 400, delayMs: null }]);
    expect(httpRecords(world)).toMatchObject([{ data: '{"code":-1121,"msg":"Invalid symbol."}' }]);
    await world.session.stop();
  });

  it('is forgotten when the last connection closes, and its late answer with it', async () => {
    const world = new TestWorld({ limits: PINGED });
    const socket = world.startOpen();
    world.session.requestSnapshot('BTCUSDT');
    const first = world.request;
    socket.end('1006');
    first.answer(200, SNAPSHOT);
    world.session.requestSnapshot('BTCUSDT');
    expect(first.signal.aborted).toBe(true);
    await world.clock.advance(500);
    world.socket.open();
    world.session.requestSnapshot('BTCUSDT');
    await world.clock.advance(500);
    expect(httpRecords(world)).toEqual([]);
    expect(world.requests).toHaveLength(2);
    await world.session.stop();
  });

  it('survives a renewal', async () => {
    const world = new TestWorld({ limits: PINGED });
    const old = world.startOpen();
    world.session.requestSnapshot('BTCUSDT');
    world.session.renew();
    world.socket.open();
    old.end('1001');
    world.request.answer(200, SNAPSHOT);
    await world.clock.advance(0);
    expect(httpRecords(world)).toMatchObject([{ conn: 'feed-1.2' }]);
    await world.session.stop();
  });
});

it('the list of instruments can be had before there is a connection', async () => {
  const world = new TestWorld();
  world.session.requestInstruments();
  world.session.requestInstruments();
  expect(world.requests).toHaveLength(1);
  world.request.answer(200, '{"symbols":[]}');
  await world.clock.advance(0);
  expect(httpRecords(world)).toEqual([
    { conn: 'feed-1', url: 'http://venue.test/api/v3/exchangeInfo', data: '{"symbols":[]}' },
  ]);
  await world.session.stop();
});
