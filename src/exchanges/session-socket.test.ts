import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';

import { textOfUtf8 } from '../lib/utf8.ts';
import type { FeedRecord } from '../model/feed-record.ts';
import { binance } from './binance.ts';
import { SessionBudgets } from './session-budgets.ts';
import { fetchBody, retryAfterMs } from './session-fetch.ts';
import type { SocketEnd } from './session-socket.ts';
import { openWebSocket } from './session-socket.ts';
import { Session } from './session.ts';
import { createSystemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

let http: Server;
let venue: WebSocketServer;
let host: string;

beforeEach(async () => {
  http = createServer((request, response) => {
    response.setHeader('Retry-After', '7');
    if (request.url === '/api/v3/depth?symbol=BTCUSDT&limit=5000')
      response.end('{"lastUpdateId":1,"bids":[],"asks":[]}');
    else response.writeHead(418).end('tea');
  });
  venue = new WebSocketServer({ server: http, path: '/stream' });
  host = await listen(http);
});

afterEach(async () => {
  for (const client of venue.clients) client.terminate();
  venue.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return `127.0.0.1:${address.port}`;
}

function nextClient(): Promise<WebSocket> {
  return new Promise((resolve) => venue.once('connection', resolve));
}

interface Heard {
  readonly frames: string[];
  pings: number;
  readonly ends: SocketEnd[];
}

async function connect(): Promise<{ heard: Heard; peer: WebSocket; socket: ReturnType<typeof openWebSocket> }> {
  const heard: Heard = { frames: [], pings: 0, ends: [] };
  const arrived = nextClient();
  const opened = Promise.withResolvers<void>();
  const socket = openWebSocket(`ws://${host}/stream`, {
    onOpen: () => opened.resolve(),
    onFrame: (frame) => heard.frames.push(textOfUtf8(frame)),
    onPing: () => heard.pings++,
    onEnd: (end) => heard.ends.push(end),
  });
  const [peer] = await Promise.all([arrived, opened.promise]);
  return { heard, peer, socket };
}

describe('a real socket', () => {
  it('hands over the bytes of text, of what is none, and of what came in pieces', async () => {
    const { heard, peer, socket } = await connect();
    peer.send('plain ✓');
    peer.send(Buffer.from([0x61, 0xff, 0x62]), { binary: false });
    peer.send(Buffer.from([0x63, 0xfe]), { binary: true });
    peer.send('in ', { fin: false });
    peer.send('pieces', { fin: true });
    await vi.waitUntil(() => heard.frames.length === 4);
    expect(heard.frames).toEqual(['plain ✓', 'a\ufffdb', 'c\ufffd', 'in pieces']);
    socket.close();
    await vi.waitUntil(() => heard.ends.length === 1);
    expect(heard.ends).toEqual([{ reason: '1000', retryAfterMs: null }]);
  });

  it('answers pings and tells of them, and says why the venue closed', async () => {
    const { heard, peer } = await connect();
    const pong = once(peer, 'pong');
    peer.ping('abc');
    expect(String((await pong)[0])).toBe('abc');
    expect(heard.pings).toBe(1);
    peer.close(1012, 'maintenance');
    await vi.waitUntil(() => heard.ends.length === 1);
    expect(heard.ends[0]?.reason).toBe('1012 maintenance');
  });

  it('reads nothing while it is paused, and closes all the same', async () => {
    const { heard, peer, socket } = await connect();
    socket.pause();
    peer.send('later');
    const pong = once(peer, 'pong');
    peer.ping();
    // The server's own turn: had the frame been read, the pong would be on its way with it.
    await fetchBody(`http://${host}/`, AbortSignal.timeout(5000));
    expect(heard.frames).toEqual([]);
    socket.resume();
    await pong;
    expect(heard.frames).toEqual(['later']);
    socket.pause();
    socket.close();
    await vi.waitUntil(() => heard.ends.length === 1);
    expect(heard.ends[0]?.reason).toBe('1000');
  });

  it.each([
    ['/teapot', { reason: 'HTTP 400 instead of a WebSocket', retryAfterMs: null }],
    [null, { reason: expect.stringContaining('ECONNREFUSED'), retryAfterMs: null }],
  ])('says once why it did not open at %s', async (path, expected) => {
    let address = host;
    if (path === null) {
      const unused = createServer();
      address = await listen(unused);
      await new Promise((resolve) => unused.close(resolve));
    }
    const ends: SocketEnd[] = [];
    openWebSocket(`ws://${address}${path ?? '/'}`, {
      onOpen: () => expect.unreachable(),
      onFrame: () => expect.unreachable(),
      onPing: () => expect.unreachable(),
      onEnd: (end) => ends.push(end),
    });
    await vi.waitUntil(() => ends.length > 0);
    expect(ends).toEqual([expected]);
  });

  it('learns from a refusal how long to stay away', async () => {
    venue.close();
    http.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n');
    });
    const ends: SocketEnd[] = [];
    openWebSocket(`ws://${host}/stream`, {
      onOpen: () => expect.unreachable(),
      onFrame: () => expect.unreachable(),
      onPing: () => expect.unreachable(),
      onEnd: (end) => ends.push(end),
    });
    await vi.waitUntil(() => ends.length > 0);
    expect(ends).toEqual([{ reason: 'HTTP 429 instead of a WebSocket', retryAfterMs: 30_000 }]);
  });
});

describe('a GET', () => {
  it('resolves with any status, and rejects when it is aborted', async () => {
    const answer = await fetchBody(`http://${host}/tea`, AbortSignal.timeout(5000));
    expect([answer.status, textOfUtf8(answer.body), retryAfterMs(answer.header('retry-after'))]).toEqual([
      418,
      'tea',
      7000,
    ]);
    await expect(fetchBody(`http://${host}/tea`, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});

it('a session over real sockets subscribes, fetches a snapshot, comes back, renews and leaves nothing behind', async () => {
  const clock = createSystemClock();
  const records: FeedRecord[] = [];
  const session = new Session({
    wire: binance,
    wsUrl: `ws://${host}`,
    restUrl: `http://${host}`,
    subscription: { venueSymbols: ['BTCUSDT'], bookDepth: 5000, audit: false },
    connectionId: 'feed',
    clock,
    random: systemRandom,
    budgets: new SessionBudgets({ clock }),
    onRecord: (record) => records.push(record),
    onState: () => {},
  });
  const depth = '{"e":"depthUpdate","E":1700000000000,"s":"BTCUSDT","U":1,"u":2,"b":[],"a":[]}';
  const has = (conn: string, op: string): boolean => records.some((one) => one.conn === conn && one.op === op);

  const first = nextClient();
  session.start();
  const subscribe = await once(await first, 'message');
  expect(String(subscribe[0])).toContain('btcusdt@depth@100ms');
  session.requestSnapshot('BTCUSDT');
  await vi.waitUntil(() => has('feed.1', 'http'));

  const second = nextClient();
  (await first).terminate();
  await once(await second, 'message');

  const third = nextClient();
  session.renew('feed.2');
  await once(await third, 'message');
  const closed = once(await second, 'close');
  (await third).send(depth);
  await closed;
  await vi.waitUntil(() => has('feed.2', 'close'));

  await session.stop();
  expect(records.at(-1)).toMatchObject({ conn: 'feed.3', op: 'close' });
  expect(records.every(({ tUs }, i) => tUs >= (records[i - 1]?.tUs ?? 0))).toBe(true);
  await vi.waitUntil(() => venue.clients.size === 0);
});
