import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import type { MonitorSource } from '../ports/monitor-source.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMonitorApp, startMonitor } from './server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function sourceWith(changes: Partial<MonitorSource> = {}): MonitorSource {
  return {
    metrics: async () => '# TYPE whalewatch_feed_frames_total counter\nwhalewatch_feed_frames_total 1\n',
    health: () => ({ healthy: true, reasons: [] }),
    readiness: async () => ({ ready: true, missing: [] }),
    status: () => ({
      version: '0.1.0',
      startedUs: 1_700_000_000_000_000,
      bus: 'embedded',
      store: 'duckdb',
      books: [
        { exchange: 'kraken', symbol: 'BTC-USD', state: 'live', reason: 'none', lastReceiveUs: 1_700_000_001_000_000 },
        { exchange: 'binance', symbol: 'A-<B>', state: 'syncing', reason: 'connecting', lastReceiveUs: null },
      ],
    }),
    query: async (sql) => ({ columns: ['sql'], rows: [[sql]] }),
    ...changes,
  };
}

function appWith(changes: Partial<MonitorSource> = {}) {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });
  const app = createMonitorApp({ source: sourceWith(changes), log, allowedHosts: [] });
  closing.push(() => app.close());
  return { app, log, lines };
}

const ask = (sql: unknown, headers: Record<string, string> = {}) =>
  ({ method: 'POST', url: '/sql', headers: { host: '127.0.0.1:9464', ...headers }, payload: { sql } }) as const;

describe('metrics, health and readiness', () => {
  test('/metrics is the page of all threads in the text format', async () => {
    const reply = await appWith().app.inject('/metrics');
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(reply.body).toContain('whalewatch_feed_frames_total 1');
  });

  test('/healthz says 503 and why once a child was given up', async () => {
    expect((await appWith().app.inject('/healthz')).statusCode).toBe(200);
    const health = { healthy: false, reasons: ['ingest-0 exceeded 10 restarts in 60 s'] };
    const reply = await appWith({ health: () => health }).app.inject('/healthz');
    expect([reply.statusCode, reply.json()]).toEqual([503, health]);
  });

  test('/readyz says 503 and what is missing', async () => {
    expect((await appWith().app.inject('/readyz')).statusCode).toBe(200);
    const readiness = { ready: false, missing: [{ part: 'book', name: 'kraken:BTC-USD', reason: 'gap' }] };
    const reply = await appWith({ readiness: async () => readiness }).app.inject('/readyz');
    expect([reply.statusCode, reply.json()]).toEqual([503, readiness]);
  });

  test('a source that fails is logged, and its words stay here', async () => {
    const { app, lines } = appWith({ metrics: async () => Promise.reject(new Error('inner words')) });
    const reply = await app.inject('/metrics');
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toContain('inner words');
    expect(lines.join('')).toContain('inner words');
  });
});

describe('the status page', () => {
  test('is HTML for browsers, with names escaped', async () => {
    const reply = await appWith().app.inject({ url: '/', headers: { accept: 'text/html,*/*' } });
    expect(reply.headers['content-type']).toContain('text/html');
    expect(reply.body).toContain('<td>kraken:BTC-USD</td><td>live</td>');
    expect(reply.body).toContain('binance:A-&lt;B&gt;');
    expect(reply.body).toContain('1 of 2 books live');
  });

  test('is JSON for programs', async () => {
    const reply = await appWith().app.inject('/');
    expect(reply.json()).toMatchObject({ version: '0.1.0', ready: true, books: [{ symbol: 'BTC-USD' }, {}] });
  });
});

describe('/sql', () => {
  test('answers a statement that reads', async () => {
    const reply = await appWith().app.inject(ask('SELECT 1;'));
    expect([reply.statusCode, reply.json()]).toEqual([200, { columns: ['sql'], rows: [['SELECT 1']] }]);
  });

  test.each([
    ['a statement that writes', ask('DELETE FROM trades'), 400, 'sql.not-read-only'],
    ['no statement', { ...ask(''), payload: {} }, 400, 'http.bad-request'],
    [
      'plain text, as a form of any web page may send it',
      { ...ask(''), payload: 'x', headers: { 'content-type': 'text/plain' } },
      415,
      'http.bad-request',
    ],
    ['a body beyond 64 KiB', ask('SELECT '.padEnd(70_000)), 413, 'http.bad-request'],
    ['a name that was pointed at this machine', ask('SELECT 1', { host: 'evil.example' }), 403, 'http.not-local'],
    ['another machine', { ...ask('SELECT 1'), remoteAddress: '10.0.0.9' }, 403, 'http.not-local'],
  ])('refuses %s', async (_case, request, status, code) => {
    const asked: string[] = [];
    const { app } = appWith({ query: async (sql) => Promise.reject(new Error(String(asked.push(sql)))) });
    const reply = await app.inject(request);
    expect([reply.statusCode, reply.json()]).toMatchObject([status, { code }]);
    expect(asked).toEqual([]);
  });

  test.each([
    ['store.rejected', 400],
    ['store.unreachable', 503],
  ])("tells the store's trouble: %s is %i", async (code, status) => {
    const error = new AppError(code, 'no such table', { remedy: 'SHOW TABLES' });
    const reply = await appWith({ query: async () => Promise.reject(error) }).app.inject(ask('SELECT 1'));
    expect([reply.statusCode, reply.json()]).toEqual([
      status,
      { code, message: 'no such table', remedy: 'SHOW TABLES' },
    ]);
  });
});

describe('listening', () => {
  test('takes a free port, answers there, and stops although a scraper keeps its connection', async () => {
    const { log } = appWith();
    const monitor = await startMonitor({ source: sourceWith(), log, allowedHosts: [], host: '127.0.0.1', port: 0 });
    closing.push(() => monitor.close());
    const reply = await fetch(`${monitor.url}/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql: 'SHOW TABLES' }),
    });
    expect(await reply.json()).toEqual({ columns: ['sql'], rows: [['SHOW TABLES']] });
    await monitor.close();
    await expect(fetch(`${monitor.url}/healthz`)).rejects.toThrow();
  });

  test('a port in use is named, with the way out', async () => {
    const { log } = appWith();
    const options = { source: sourceWith(), log, allowedHosts: [], host: '127.0.0.1' };
    const first = await startMonitor({ ...options, port: 0 });
    closing.push(() => first.close());
    const port = Number(new URL(first.url).port);
    const listening = startMonitor({ ...options, port });
    await expect(listening).rejects.toMatchObject({
      code: 'http.port-in-use',
      message: `port ${port} on 127.0.0.1 is in use by another program`,
      remedy: expect.stringContaining('--http-port'),
    });
  });

  test('an address of another machine is refused', async () => {
    const { log } = appWith();
    const listening = startMonitor({ source: sourceWith(), log, allowedHosts: [], host: '192.0.2.1', port: 0 });
    await expect(listening).rejects.toMatchObject({ code: 'http.cannot-listen', context: { host: '192.0.2.1' } });
  });
});
