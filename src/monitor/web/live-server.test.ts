/** The real server on loopback, with real requests and sockets. */

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import type { QueryResult } from '../../ports/store.ts';
import { CLOSE_CODES } from '../api/keys.ts';
import { serverMessage } from '../api/live.ts';
import { pairsAnswer, quotesAnswer, tradesAnswer, whalesAnswer } from '../api/rest.ts';
import { LiveHub } from '../live/live-hub.ts';
import { WhalesFeed } from '../live/whales-feed.ts';
import { deltaOf, NOON_US, scoreOf, statusOf } from '../state/events.fixture.ts';
import { MarketState } from '../state/market-state.ts';
import { SystemBoard } from '../state/system-board.ts';
import type { AccessOptions } from './access.ts';
import { Access } from './access.ts';
import { History } from './history.ts';
import { startLiveServer } from './live-server.ts';
import { textFrame } from './text-frame.ts';

const TOKEN = 'a-token-of-the-tests';
const NOW_MS = NOON_US / 1000;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Options {
  readonly access?: Partial<AccessOptions>;
  readonly clientsMax?: number;
  /** Whether there is a page. */
  readonly built?: boolean;
  readonly query?: (sql: string) => Promise<QueryResult>;
}

async function start(options: Options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  const pageRoot = join(folder, 'page');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  if (options.built === true) {
    mkdirSync(join(pageRoot, 'assets'), { recursive: true });
    writeFileSync(join(pageRoot, 'index.html'), '<!doctype html><title>the page</title>');
    writeFileSync(join(pageRoot, 'assets', 'index-abc123.js'), 'export {};');
    writeFileSync(join(pageRoot, '.hidden'), 'hidden');
  }
  const market = new MarketState({ whaleScoreMin: 4, sinceUs: NOON_US, known: [] });
  market.step(statusOf({}, { state: 'live' }));
  market.step(deltaOf(10_000, 10_200));
  const hub = new LiveHub({
    version: '1.2.3',
    limits: { clientsMax: options.clientsMax ?? 10, bufferedBytesMax: 1e6, slowMsMax: 5000 },
    encode: (message) => textFrame(JSON.stringify(message)),
    open: (view) => {
      const pair = view.kind === 'whales' ? market.find(view) : null;
      return view.kind !== 'whales' || pair === null ? null : new WhalesFeed(market, pair, view);
    },
  });
  const asked: string[] = [];
  const history = new History({
    query: (sql) => {
      asked.push(sql);
      return options.query?.(sql) ?? Promise.resolve({ columns: ['ts'], rows: [] });
    },
    tablePrefix: 'p_',
  });
  const board = new SystemBoard({ version: '1.2.3', startedUs: NOON_US, bus: 'embedded', store: 'none' });
  const errors: unknown[] = [];
  const server = await startLiveServer(
    {
      version: '1.2.3',
      access: new Access({
        host: '127.0.0.1',
        token: null,
        trustedProxyHeader: null,
        allowedHosts: [],
        ...options.access,
      }),
      hub,
      market,
      history,
      systemAt: (nowMs) => board.state(nowMs, { clients: 0, clientsMax: 1, clientsDropped: 0, batchesDropped: 0 }),
      nowMs: () => NOW_MS,
      pageRoot,
      onError: (error) => errors.push(error),
    },
    { host: '127.0.0.1', port: 0 },
  );
  closing.push(() => server.close());
  return { ...server, hub, market, asked, errors };
}

/** A request as it is written: `fetch` would tidy its path, and chooses Host itself. */
function ask(
  url: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    request.on('error', reject).end(options.body);
  });
}

/** A socket, and how it ended or what it was answered. */
function dial(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/live`, { headers });
  closing.push(() => socket.terminate());
  const got: unknown[] = [];
  socket.on('message', (data: Buffer) => got.push(serverMessage.parse(JSON.parse(data.toString()))));
  const refused = new Promise<number>((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  socket.on('error', () => undefined);
  const opened = once(socket, 'open');
  // Who awaits a refusal awaits no opening.
  opened.catch(() => undefined);
  return { socket, got, refused, closed, opened };
}

describe('the page', () => {
  test('comes with headers that let nothing foreign in', async () => {
    const { url } = await start({ built: true });
    const { status, headers, body } = await ask(url, '/?view=whales');
    expect([status, body]).toEqual([200, expect.stringContaining('the page')]);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(/default-src 'self';.*frame-ancestors 'none'/),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['content-security-policy']).not.toContain('unsafe');
    const asset = await ask(url, '/assets/index-abc123.js');
    expect(asset.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringContaining('javascript'),
    });
  });

  test('is told how to be built where it is not', async () => {
    const { url } = await start();
    const { status, body } = await ask(url, '/');
    expect([status, body]).toEqual([200, expect.stringContaining('npm run build:monitor')]);
    expect((await ask(url, '/assets/x.js')).status).toBe(404);
  });

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '//etc/passwd',
    '/%00',
    '/.hidden',
    '/assets',
  ])('gives nothing beside its files: %s', async (path) => {
    const { url } = await start({ built: true });
    const { status, body } = await ask(url, path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).not.toContain('secret');
  });
});

describe('the present and the past', () => {
  test('answers as the schemas say', async () => {
    const row = {
      columns: ['ts', 'epoch', 'seq', 'side', 'price', 'size', 'notional', 'whale_score', 'z', 'orders', 'model'],
      rows: [
        ['2026-11-29T11:59:59.500250Z', 5, 2, 'ask', 2, 3, 6, 4, 3.5, null, 'lognormal'],
        ['2026-11-29T11:59:58Z', 5, 1, 'bid', 1, 3, 3, 4, 3.5, 2, 'lognormal'],
      ],
    };
    const { url, asked } = await start({
      query: (sql) => Promise.resolve(sql.includes('new_orders') ? row : { columns: ['ts'], rows: [] }),
    });
    expect(pairsAnswer.parse(JSON.parse((await ask(url, '/api/pairs')).body)).pairs[0]).toMatchObject({ bid: 100 });
    expect(JSON.parse((await ask(url, '/api/system')).body)).toMatchObject({ version: '1.2.3' });
    const reply = await ask(url, `/api/whales/kraken/BTC-USD?from=${NOW_MS - 60_000}&minScore=4&limit=1`);
    expect(whalesAnswer.parse(JSON.parse(reply.body))).toMatchObject({
      ...{ fromMs: NOW_MS - 60_000, toMs: NOW_MS, more: true },
      orders: [{ id: '5.2', timeMs: NOW_MS - 500 + 0.25, side: 'ask', notional: 6, score: 4, scoreSize: null }],
    });
    expect(asked[0]).toBe(
      'SELECT ts, epoch, seq, side, price, size, notional, whale_score, z, score_size, score_spread, score_mid, ' +
        'score_imbalance, spread_bps, mid_distance_bps, imbalance, orders, model FROM p_new_orders ' +
        "WHERE exchange = 'kraken' AND symbol = 'BTC-USD' AND ts >= '2026-11-29T11:59:00.000Z' " +
        "AND ts < '2026-11-29T12:00:00.000Z' AND whale_score >= 4 ORDER BY ts DESC LIMIT 2",
    );
    for (const [path, answer] of [
      ['quotes', quotesAnswer],
      ['trades', tradesAnswer],
    ] as const) {
      const { body } = await ask(url, `/api/${path}/kraken/BTC-USD`);
      expect(answer.safeParse(JSON.parse(body)).error).toBeUndefined();
    }
  });

  test.each([
    ["/api/whales/kraken/BTC-USD'%20OR%201=1", 400],
    ["/api/whales/kraken'--/BTC-USD", 400],
    ['/api/whales/kraken/NO-SUCH', 404],
    ['/api/quotes/kraken/BTC-USD?limit=100000', 400],
    ['/api/quotes/kraken/BTC-USD?from=1;DROP', 400],
    ['/api/quotes/kraken/BTC-USD?from=2&to=1', 400],
    ['/api/quotes/kraken/BTC-USD?from=0', 400],
    ['/api/quotes/kraken/BTC-USD?limit=1&limit=2', 400],
    ['/api/quotes/kraken/BTC-USD?columns=price', 400],
    ['/api/nothing', 404],
  ])('refuses %s with %i and asks nobody', async (path, status) => {
    const { url, asked } = await start();
    const reply = await ask(url, path);
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([status, { code: expect.any(String) }]);
    expect(asked).toEqual([]);
  });

  test('tells of trouble with the store in its words, and of a bug in none', async () => {
    const busy = await start({ query: () => Promise.reject(new AppError('monitor.busy', 'too many')) });
    expect((await ask(busy.url, '/api/trades/kraken/BTC-USD')).status).toBe(503);
    const broken = await start({ query: () => Promise.reject(new Error('inner words')) });
    const { status, body } = await ask(broken.url, '/api/trades/kraken/BTC-USD');
    expect([status, body]).toEqual([500, expect.not.stringContaining('inner words')]);
    expect(broken.errors).toHaveLength(1);
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    '%s is refused: there is nothing to write',
    async (method) => {
      const { url } = await start();
      const body = method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {};
      expect(await ask(url, '/api/pairs', { method, ...body })).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD' },
      });
    },
  );

  test('is described by the schemas that check it, without a reference that leads nowhere', async () => {
    const { url } = await start();
    const { body } = await ask(url, '/api/openapi.json');
    const document = z
      .object({
        openapi: z.string(),
        paths: z.record(z.string(), z.unknown()),
        components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
      })
      .parse(JSON.parse(body));
    expect(Object.keys(document.paths).toSorted()).toEqual([
      '/api/pairs',
      '/api/quotes/{exchange}/{symbol}',
      '/api/system',
      '/api/trades/{exchange}/{symbol}',
      '/api/whales/{exchange}/{symbol}',
    ]);
    const references = [...body.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '');
    expect(references.length).toBeGreaterThan(3);
    for (const reference of references) {
      expect(Object.keys(document.components.schemas)).toContain(reference.replace('#/components/schemas/', ''));
    }
  });
});

describe('who may look', () => {
  const protectedBy = { access: { token: TOKEN } };

  test.each([
    ['a name that was pointed here', { host: 'evil.example' }, 403],
    ['a page of another site', { host: '127.0.0.1', origin: 'https://evil.example' }, 403],
    ['a proxy', { host: '127.0.0.1', 'x-forwarded-for': '1.2.3.4' }, 403],
  ])('not %s', async (_case, headers, status) => {
    const { url } = await start({ built: true });
    for (const path of ['/', '/api/pairs']) expect((await ask(url, path, { headers })).status).toBe(status);
    expect(await dial(url, headers).refused).toBe(status);
  });

  test('with a token: who has it, or has logged in with it', async () => {
    const { url } = await start({ built: true, ...protectedBy });
    for (const path of ['/', '/api/pairs', '/assets/index-abc123.js', '/api/openapi.json']) {
      expect((await ask(url, path)).status, path).toBe(401);
      expect((await ask(url, path, { headers: { authorization: `Bearer ${TOKEN}x` } })).status, path).toBe(401);
      expect((await ask(url, path, { headers: { authorization: `Bearer ${TOKEN}` } })).status, path).toBe(200);
    }
    expect(await dial(url).refused).toBe(401);
    expect((await ask(url, '/login?token=wrong')).status).toBe(401);
    expect((await ask(url, '/login')).status).toBe(401);
    const login = await ask(url, `/login?token=${TOKEN}`);
    expect(login).toMatchObject({ status: 303, headers: { location: '/', 'cache-control': 'no-store' } });
    const cookie = String(login.headers['set-cookie']).split(';')[0] ?? '';
    expect((await ask(url, '/', { headers: { cookie } })).status).toBe(200);
    const socket = dial(url, { cookie, origin: url });
    await socket.opened;
    expect(await dial(url, { cookie, origin: 'https://evil.example' }).refused).toBe(403);
  });
});

describe('the socket', () => {
  const subscribe = (minScore: number): string =>
    JSON.stringify({ type: 'subscribe', view: { kind: 'whales', exchange: 'kraken', symbol: 'BTC-USD', minScore } });

  test('carries a snapshot and what changes', async () => {
    const { url, hub, market } = await start();
    const { socket, got, opened } = dial(url, { origin: url });
    await opened;
    socket.send(subscribe(3));
    await vi.waitFor(() => {
      hub.tick(NOW_MS);
      expect(got.at(-1)).toMatchObject({ type: 'snapshot', data: { market: { bid: 100 } } });
    });
    market.step(scoreOf(4, 1));
    hub.tick(NOW_MS + 200);
    await vi.waitFor(() => expect(got.at(-1)).toMatchObject({ type: 'update', data: { orders: [{ score: 4 }] } }));
    expect(got[0]).toMatchObject({ type: 'hello', version: '1.2.3' });
  });

  test.each([
    ['no message of a client', '{"type":"drop"}', CLOSE_CODES.malformed],
    ['no JSON', 'hello', CLOSE_CODES.malformed],
    ['bytes', Buffer.from([0, 1, 2]), CLOSE_CODES.malformed],
    ['more than 4 KiB', 'x'.repeat(4097), CLOSE_CODES.tooBig],
    ['a megabyte', 'x'.repeat(1e6), CLOSE_CODES.tooBig],
  ])('closes on %s', async (_case, message, code) => {
    const { url, hub } = await start();
    const { socket, opened, closed } = dial(url);
    await opened;
    socket.send(message);
    expect((await closed).code).toBe(code);
    await vi.waitFor(() => expect(hub.clients).toBe(0));
    const { tooBig, malformed } = hub.counters.dropped;
    expect(tooBig + malformed).toBe(1);
  });

  test('closes on a flood of messages', async () => {
    const { url } = await start();
    const { socket, opened, closed } = dial(url);
    await opened;
    for (let i = 0; i < 60; i++) socket.send(subscribe(3));
    expect(await closed).toMatchObject({
      code: CLOSE_CODES.tooManyMessages,
      reason: expect.stringContaining('messages'),
    });
  });

  test('lets so many clients in and no more', async () => {
    const { url } = await start({ clientsMax: 2 });
    for (const one of [dial(url), dial(url)]) await one.opened;
    expect((await dial(url).closed).code).toBe(CLOSE_CODES.tooManyClients);
  });

  test('says good-bye when the server stops', async () => {
    const { url, hub } = await start();
    const { opened, closed } = dial(url);
    await opened;
    hub.close();
    expect((await closed).code).toBe(CLOSE_CODES.goingAway);
  });

  test('a client that does not read is closed, and others go on', async () => {
    const { url, hub, market } = await start();
    const [mute, quick] = [dial(url), dial(url)];
    for (const one of [mute, quick]) {
      await one.opened;
      one.socket.send(subscribe(0));
    }
    await vi.waitFor(() => expect(hub.clients).toBe(2));
    mute.socket.pause();
    let nowMs = NOW_MS;
    let seq = 0;
    await vi.waitFor(
      () => {
        for (let step = 0; step < 50; step++) {
          for (let order = 0; order < 40; order++) market.step(scoreOf(order % 7, ++seq));
          hub.tick((nowMs += 100));
        }
        expect(hub.counters.dropped.tooSlow).toBe(1);
      },
      { timeout: 20_000, interval: 1 },
    );
    expect(hub.clients).toBe(1);
    await vi.waitFor(() => expect(quick.got.length).toBeGreaterThan(50));
  });
});
