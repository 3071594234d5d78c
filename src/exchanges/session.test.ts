import { describe, expect, it } from 'vitest';

import { krakenV1 } from './kraken-v1.ts';
import { krakenV2 } from './kraken-v2.ts';
import type { FakeSocket } from './session-test-world.ts';
import { TestWorld } from './session-test-world.ts';

const depthFrame = (symbol: string): string =>
  `{"stream":"${symbol.toLowerCase()}@depth@100ms","data":{"e":"depthUpdate","E":1700000000000,"s":"${symbol}",` +
  `"U":1,"u":2,"b":[["1.0","2.0"]],"a":[]}}`;

describe('a connection', () => {
  it('is named by generation, and tells its whole life in records', async () => {
    const world = new TestWorld();
    const socket = world.startOpen();
    socket.receive('{"result":null,"id":1}');
    socket.end('1006');
    expect(socket.url).toBe('ws://venue.test/stream');
    expect(world.records[0]).toMatchObject({ exchange: 'binance', url: 'ws://venue.test/stream' });
    expect(world.lines).toEqual([
      'feed-1.1 open',
      `feed-1.1 send ${socket.sent[0] ?? ''}`,
      'feed-1.1 recv {"result":null,"id":1}',
      'feed-1.1 close',
    ]);
    await world.session.stop();
  });

  it('sends its frames one by one, at the pace that the venue allows', async () => {
    const symbols = Array.from({ length: 250 }, (_, i) => `COIN${i}USDT`);
    const world = new TestWorld({ venueSymbols: symbols, limits: { sendIntervalMs: 300 } });
    const socket = world.startOpen();
    const startUs = world.clock.nowUs();
    await world.clock.advance(1000);
    const sends = world.records.filter(({ op }) => op === 'send');
    expect(sends.map(({ tUs }) => (tUs - startUs) / 1000)).toEqual([0, 300, 600]);
    expect(sends.map(({ data }) => data)).toEqual(socket.sent);
    await world.session.stop();
  });

  it('is given up when it does not open within ten seconds, and leaves no record', async () => {
    const world = new TestWorld();
    world.session.start();
    await world.clock.advance(10_000);
    expect(world.sockets[0]?.state).toBe('ended');
    expect(world.eventsOf('refused')).toMatchObject([{ conn: 'feed-1.1', reason: 'no connection within 10000 ms' }]);
    expect(world.records).toEqual([]);
    await world.session.stop();
  });

  it('passes nothing on after its end, whatever the socket still does', async () => {
    const world = new TestWorld();
    const socket = world.startOpen();
    await world.session.stop();
    const count = world.records.length;
    socket.receive(depthFrame('BTCUSDT'));
    socket.open();
    expect(world.records).toHaveLength(count);
  });
});

describe('coming back', () => {
  it('waits longer each time, jittered and at most 30 s, as its seed has it', async () => {
    const run = async (seed: string): Promise<number[]> => {
      const world = new TestWorld({ seed, limits: { connectionsPerInterval: { count: 100, intervalMs: 1000 } } });
      world.session.start();
      for (let attempt = 0; attempt < 12; attempt++) {
        world.socket.end('ECONNREFUSED');
        await world.clock.advance(world.retryDelays.at(-1) ?? NaN);
      }
      await world.session.stop();
      return world.retryDelays;
    };
    const delays = await run('a');
    expect(delays).toHaveLength(12);
    delays.forEach((delay, i) => expect(delay).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** i)));
    expect(Math.max(...delays)).toBeGreaterThan(5000);
    expect(await run('a')).toEqual(delays);
    expect(await run('b')).not.toEqual(delays);
  });

  it('begins anew only after a connection that lasted', async () => {
    const world = new TestWorld();
    const ceilings: number[] = [];
    world.session.start();
    for (const lifeMs of [0, 1000, 1000, 29_000, 31_000]) {
      world.socket.open();
      for (let left = lifeMs; left > 0; left -= 1000) {
        await world.clock.advance(1000);
        world.socket.ping();
      }
      world.socket.end('1006');
      ceilings.push(world.retryDelays.at(-1) ?? NaN);
      await world.clock.advance(30_000);
    }
    // The same draws of the seed, with and without the reset.
    expect(ceilings[4]).toBeLessThanOrEqual(500);
    expect(Math.max(...ceilings.slice(1, 4))).toBeGreaterThan(500);
    await world.session.stop();
  });

  it('stays away as long as a refusing venue says', async () => {
    const world = new TestWorld();
    world.session.start();
    world.socket.end('HTTP 429 instead of a WebSocket', 120_000);
    expect(world.retryDelays).toEqual([120_000]);
    await world.clock.advance(119_000);
    expect(world.sockets).toHaveLength(1);
    await world.clock.advance(1000);
    expect(world.sockets).toHaveLength(2);
    await world.session.stop();
  });

  it('keeps to the number of connections per interval', async () => {
    const world = new TestWorld({ limits: { connectionsPerInterval: { count: 2, intervalMs: 300_000 } } });
    world.session.start();
    world.socket.end('1006');
    await world.clock.advance(30_000);
    world.socket.end('1006');
    await world.clock.advance(200_000);
    expect(world.sockets).toHaveLength(2);
    expect(world.eventsOf('retrying').at(-1)?.reason).toBe('the budget of new connections is spent');
    await world.clock.advance(70_000);
    expect(world.sockets).toHaveLength(3);
    await world.session.stop();
  });
});

describe('silence', () => {
  it('is a record, cuts the connection, and leads to the next one', async () => {
    const world = new TestWorld({ limits: { silenceMs: 30_000 } });
    const socket = world.startOpen();
    await world.clock.advance(20_000);
    socket.ping();
    await world.clock.advance(29_999);
    expect(world.eventsOf('silent')).toEqual([]);
    await world.clock.advance(1);
    expect(world.lines.slice(-2)).toEqual(['feed-1.1 timer silence', 'feed-1.1 close']);
    expect(world.events.slice(-3).map(({ kind }) => kind)).toEqual(['silent', 'closed', 'retrying']);
    expect(socket.state).toBe('ended');
    await world.clock.advance(500);
    expect(world.sockets).toHaveLength(2);
    await world.session.stop();
  });

  it('is broken by a ping of ours after half the limit, once per silence', async () => {
    const world = new TestWorld({ wire: krakenV1, venueSymbols: ['XBT/USD'], limits: { silenceMs: 6000 } });
    const socket = world.startOpen();
    await world.clock.advance(2999);
    const pings = (): number => socket.sent.filter((frame) => frame === krakenV1.limits.ping).length;
    expect(pings()).toBe(0);
    await world.clock.advance(2);
    expect(pings()).toBe(1);
    socket.receive('{"event":"pong"}');
    await world.clock.advance(2990);
    expect(pings()).toBe(1);
    await world.clock.advance(20);
    expect(pings()).toBe(2);
    await world.session.stop();
  });

  it('is not blamed on the venue while this thread was held up', async () => {
    const world = new TestWorld({ limits: { silenceMs: 30_000 } });
    const socket = world.startOpen();
    world.clock.stall(60_000);
    expect(world.eventsOf('silent')).toEqual([]);
    socket.receive(depthFrame('BTCUSDT'));
    await world.clock.advance(29_000);
    expect(socket.state).toBe('open');
    await world.clock.advance(1000);
    expect(socket.state).toBe('ended');
    await world.session.stop();
  });

  it('is not counted while the session is paused', async () => {
    const world = new TestWorld({ limits: { silenceMs: 30_000 } });
    const socket = world.startOpen();
    world.session.pause();
    expect(socket.paused).toBe(true);
    await world.clock.advance(300_000);
    world.session.resume();
    expect(socket.paused).toBe(false);
    await world.clock.advance(29_000);
    expect(socket.state).toBe('open');
    await world.session.stop();
  });

  it('a socket that opens during a pause is not read either', async () => {
    const world = new TestWorld();
    world.session.pause();
    expect(world.startOpen().paused).toBe(true);
    await world.session.stop();
  });
});

describe('renewal', () => {
  const renewing = (): { world: TestWorld; old: FakeSocket; fresh: FakeSocket } => {
    const world = new TestWorld({ venueSymbols: ['BTCUSDT', 'ETHUSDT'] });
    const old = world.startOpen();
    world.session.renew('feed-1.1');
    const fresh = world.socket;
    fresh.open();
    return { world, old, fresh };
  };

  it('closes the old connection when every book was heard on the new one', async () => {
    const { world, old, fresh } = renewing();
    fresh.receive('{"result":null,"id":1}');
    fresh.receive(depthFrame('BTCUSDT'));
    old.receive(depthFrame('ETHUSDT'));
    expect(old.state).toBe('open');
    fresh.receive(depthFrame('ETHUSDT'));
    expect(old.state).toBe('ended');
    expect(world.lines.slice(-2)).toEqual([`feed-1.2 recv ${depthFrame('ETHUSDT')}`, 'feed-1.1 close']);
    expect(world.eventsOf('closed')).toMatchObject([{ conn: 'feed-1.1', planned: true }]);
    await world.session.stop();
  });

  it('does not wait long for a quiet pair', async () => {
    const { world, old, fresh } = renewing();
    fresh.receive(depthFrame('BTCUSDT'));
    await world.clock.advance(4999);
    expect(old.state).toBe('open');
    await world.clock.advance(1);
    expect(old.state).toBe('ended');
    await world.session.stop();
  });

  it('keeps the old connection where the new one brings no book', async () => {
    const { world, old, fresh } = renewing();
    for (let i = 0; i < 60; i++) {
      await world.clock.advance(1000);
      old.receive(depthFrame('BTCUSDT'));
      fresh.ping();
    }
    expect(fresh.state).toBe('ended');
    expect(old.state).toBe('open');
    await world.clock.advance(500);
    expect(world.sockets).toHaveLength(3);
    await world.session.stop();
  });

  it('lets the new connection serve at once where the old one is lost meanwhile', async () => {
    const { world, old, fresh } = renewing();
    old.end('1001');
    fresh.receive(depthFrame('BTCUSDT'));
    await world.clock.advance(25_000);
    expect(world.sockets).toHaveLength(2);
    expect(fresh.state).toBe('open');
    expect(world.retryDelays).toEqual([]);
    await world.session.stop();
  });

  it('begins anew where the new connection is itself to be replaced before it took over', async () => {
    const { world, old, fresh } = renewing();
    fresh.receive(depthFrame('BTCUSDT'));
    world.session.renew('feed-1.2');
    expect([fresh.state, old.state]).toEqual(['ended', 'open']);
    await world.clock.advance(500);
    expect(world.sockets).toHaveLength(3);
    world.socket.open();
    world.socket.receive(depthFrame('BTCUSDT'));
    world.socket.receive(depthFrame('ETHUSDT'));
    expect([old.state, world.socket.state]).toEqual(['ended', 'open']);
    await world.session.stop();
  });

  it('happens once for a connection', async () => {
    const { world, fresh } = renewing();
    world.session.renew('feed-1.1');
    fresh.receive(depthFrame('BTCUSDT'));
    fresh.receive(depthFrame('ETHUSDT'));
    world.session.renew('feed-1.1');
    expect(world.sockets).toHaveLength(2);
    world.session.renew();
    expect(world.sockets).toHaveLength(3);
    await world.session.stop();
  });

  it('comes by itself shortly before the age limit, jittered', async () => {
    const ages = await Promise.all(
      ['a', 'b', 'c'].map(async (seed) => {
        const world = new TestWorld({ seed, limits: { connectionLifeMs: 240_000, silenceMs: 1e9 } });
        world.startOpen();
        let ageMs = 0;
        for (; world.sockets.length === 1; ageMs += 20) await world.clock.advance(20);
        await world.session.stop();
        return ageMs;
      }),
    );
    ages.forEach((age) => {
      expect(age).toBeGreaterThanOrEqual(225_000);
      expect(age).toBeLessThanOrEqual(230_020);
    });
    expect(new Set(ages).size).toBe(3);
  });

  it('knows whose a connection is', () => {
    const { world } = renewing();
    expect(['feed-1', 'feed-1.2', 'feed-11.2', 'feed', 'feed-1.x.2'].map((conn) => world.session.owns(conn))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('records', () => {
  it('are never handed over within each other, and keep their order', async () => {
    const world = new TestWorld({ wire: krakenV2, venueSymbols: ['BTC/USD'] });
    let depth = 0;
    let deepest = 0;
    world.onRecord = ({ op }) => {
      depth++;
      deepest = Math.max(deepest, depth);
      if (op === 'recv') world.session.resubscribe('BTC/USD');
      depth--;
    };
    const socket = world.startOpen();
    await world.clock.advance(2000);
    socket.receive('{"channel":"heartbeat"}');
    expect(deepest).toBe(1);
    expect(world.records.slice(-2).map(({ op }) => op)).toEqual(['recv', 'send']);
    await world.session.stop();
  });
});

describe('resubscribing', () => {
  it('asks once while the frames wait, and more slowly the more often it is wished', async () => {
    const world = new TestWorld({ wire: krakenV2, venueSymbols: ['BTC/USD'], limits: { silenceMs: 1e9 } });
    const socket = world.startOpen();
    await world.clock.advance(1000);
    const before = socket.sent.length;
    world.session.resubscribe('BTC/USD');
    world.session.resubscribe('BTC/USD');
    await world.clock.advance(1000);
    const [unsubscribe = '', subscribe = ''] = socket.sent.slice(before);
    expect(unsubscribe).toContain('"unsubscribe"');
    expect(subscribe).toContain('"subscribe"');
    for (let i = 0; i < 600; i++) {
      world.session.resubscribe('BTC/USD');
      await world.clock.advance(100);
    }
    expect((socket.sent.length - before) / 2).toBeLessThan(15);
    await world.session.stop();
  });

  it('asks for nothing that the connection is still about to subscribe to', async () => {
    const world = new TestWorld({
      wire: krakenV2,
      venueSymbols: ['BTC/USD'],
      limits: { sendIntervalMs: 1000, silenceMs: 1e9 },
    });
    const socket = world.startOpen();
    world.session.resubscribe('BTC/USD');
    await world.clock.advance(10_000);
    expect(socket.sent.filter((frame) => frame.includes('"unsubscribe"'))).toEqual([]);
    world.session.resubscribe('BTC/USD');
    await world.clock.advance(10_000);
    expect(socket.sent.filter((frame) => frame.includes('"unsubscribe"'))).toHaveLength(1);
    await world.session.stop();
  });

  it('does nothing where snapshots come by REST', async () => {
    const world = new TestWorld();
    const socket = world.startOpen();
    world.session.resubscribe('BTCUSDT');
    await world.clock.advance(1000);
    expect(socket.sent).toHaveLength(1);
    await world.session.stop();
  });
});

describe('stopping', () => {
  it('leaves no timer, socket or request, in whatever it was doing', async () => {
    const moments: ((world: TestWorld) => void)[] = [
      () => {},
      (world) => world.socket.open(),
      (world) => world.socket.end('1006'),
      (world) => {
        world.socket.open();
        world.session.requestSnapshot('BTCUSDT');
        world.session.requestInstruments();
      },
      (world) => {
        world.socket.open();
        world.session.renew();
        world.socket.open();
        world.socket.receive(depthFrame('ETHUSDT'));
      },
    ];
    for (const reach of moments) {
      const world = new TestWorld({ limits: { sendIntervalMs: 1000, silenceMs: 1e9 } });
      world.session.start();
      reach(world);
      await world.session.stop();
      expect(world.clock.pending).toBe(0);
      expect(world.sockets.every(({ state }) => state === 'ended')).toBe(true);
      expect(world.requests.every(({ signal }) => signal.aborted)).toBe(true);
      const opened = world.records.filter(({ op }) => op === 'open').length;
      expect(world.records.filter(({ op }) => op === 'close')).toHaveLength(opened);
    }
  });

  it('may be asked for twice', async () => {
    const world = new TestWorld();
    world.startOpen();
    await Promise.all([world.session.stop(), world.session.stop()]);
    expect(world.events.at(-1)).toMatchObject({ kind: 'closed', planned: true });
  });

  it.each(['connecting', 'open', 'renewing', 'closed', 'retrying'] as const)(
    'may be asked for by whoever hears of the state %s',
    async (kind) => {
      const world = new TestWorld();
      const stops: Promise<void>[] = [];
      world.onEvent = (event) => {
        if (event.kind === kind && stops.length === 0) stops.push(world.session.stop());
      };
      const socket = world.startOpen();
      world.session.renew();
      world.socket.end('1006');
      socket.end('1006');
      await Promise.all(stops);
      expect(stops).toHaveLength(1);
      expect(world.clock.pending).toBe(0);
      expect(world.sockets.every(({ state }) => state === 'ended')).toBe(true);
    },
  );
});

describe('a venue that wants to know who asks', () => {
  it('gets sealed frames, of which no record knows', async () => {
    const world = new TestWorld({ authorise: () => Promise.resolve((frame) => `${frame} sealed`) });
    world.session.start();
    await world.clock.advance(0);
    world.socket.open();
    expect(world.socket.sent).toHaveLength(1);
    expect(world.socket.sent[0]).toMatch(/ sealed$/);
    expect(world.lines.join('\n')).not.toContain('sealed');
    expect(JSON.stringify(world.events)).not.toContain('sealed');
    await world.session.stop();
  });

  it('is not connected to before that is granted, and asked again later where it is refused', async () => {
    let attempts = 0;
    const world = new TestWorld({
      authorise: () => {
        attempts++;
        return attempts === 1 ? Promise.reject(new Error('no token')) : Promise.resolve((frame) => frame);
      },
    });
    world.session.start();
    await world.clock.advance(0);
    expect([world.sockets.length, attempts]).toEqual([0, 1]);
    expect(world.eventsOf('retrying')).toMatchObject([{ reason: 'not authorised: no token' }]);
    await world.clock.advance(1000);
    expect([world.sockets.length, attempts]).toEqual([1, 2]);
    await world.session.stop();
  });

  it('is not connected to any more where the session has stopped meanwhile', async () => {
    let grant: (seal: (frame: string) => string) => void = () => undefined;
    const world = new TestWorld({ authorise: () => new Promise((resolve) => (grant = resolve)) });
    world.session.start();
    await world.session.stop();
    grant((frame) => frame);
    await world.clock.advance(0);
    expect(world.sockets).toHaveLength(0);
  });
});
