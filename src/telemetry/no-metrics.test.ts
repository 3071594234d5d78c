import { expect, it } from 'vitest';
import { Events } from './events.ts';
import { NO_METRICS } from './no-metrics.ts';

it('takes whatever a thread counts, and keeps nothing', () => {
  NO_METRICS.bus.publishedBatches.inc({ lane: 'md' });
  NO_METRICS.latency.receiveToBook.observe({ exchange: 'kraken' }, 0.1);
  NO_METRICS.thread.heapUsed.set({ thread: 'ingest-0' }, 1);
  const lines: string[] = [];
  const tell = (_facts: object, text: string): void => void lines.push(text);
  const events = new Events({ debug: tell, info: tell, warn: tell, error: tell }, NO_METRICS);
  events.frameMalformed({ exchange: 'kraken', connection: 'ws', reason: 'recv', detail: 'no JSON', bytes: 2 });
  expect(lines).toEqual(['frame malformed']);
});
