import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { Events } from './events.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';

function setUp() {
  const lines: string[] = [];
  const registry = new Registry();
  const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });
  return { lines, registry, events: new Events(log, createMetrics(registry)) };
}

test('one event is one line and one count', async () => {
  const { lines, registry, events } = setUp();
  events.actorFailed({ role: 'book', actor: 'binance:BTC-USDT', error: new Error('boom') });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    msg: 'actor failed',
    actor: 'binance:BTC-USDT',
    err: { message: 'boom' },
  });
  expect(await registry.metrics()).toContain('whalewatch_actor_failures_total{role="book"} 1');
});

test('a flood is counted in full, logged thinned out, and says how much was left out', async () => {
  const { lines, registry, events } = setUp();
  const frame = { exchange: 'kraken', connection: 'c1', reason: 'json', detail: 'cut off', bytes: 3 };
  for (let i = 0; i < 2010; i++) events.frameMalformed(frame);
  expect(lines).toHaveLength(12);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ leftOut: 999, reason: 'json' });
  expect(await registry.metrics()).toContain(
    'whalewatch_feed_parse_errors_total{exchange="kraken",reason="json"} 2010',
  );
  events.frameMalformed({ ...frame, reason: 'number' });
  expect(lines).toHaveLength(13);
});

test('a store that does not answer is odd, not lost: warn, with the error of the store', async () => {
  const { lines, registry, events } = setUp();
  events.storeRetry({ error: new AppError('store.unreachable', 'no answer'), rows: 5, attempt: 1, backoffMs: 100 });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', rows: 5, err: { code: 'store.unreachable' } });
  expect(await registry.metrics()).toContain('whalewatch_store_retries_total{reason="store.unreachable"} 1');
});

test('trust that is lost is odd, trust that is won is news', () => {
  const { lines, events } = setUp();
  const book = { exchange: 'kraken', symbol: 'BTC-USD', detail: '' };
  events.bookStateChanged({ ...book, from: 'live', to: 'suspect', reason: 'checksum' });
  events.bookStateChanged({ ...book, from: 'syncing', to: 'live', reason: 'none' });
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([{ level: 'warn' }, { level: 'info' }]);
});
