/**
 * A demo of its own for tests in a browser: simulated exchanges, the real pipeline and its monitor on free ports, in a process
 * that its parent talks to. Says `{ url }` once it runs; `shut` and `open` cut Kraken's feed off and let it come back.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRun } from '../../src/app/commands/run.ts';
import { loadConfig } from '../../src/app/config.ts';
import { samplePairs } from '../../src/simulator/instrument.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { VenueName } from '../../src/simulator/venues.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { DemoOptions, DemoOrder } from './demo.ts';
import { FeedGate } from './feed-gate.ts';

const GATED: VenueName = 'kraken';
const options = JSON.parse(process.argv[2] ?? '{}') as DemoOptions;
const venues: readonly VenueName[] = options.venues;
const pairs = samplePairs(options.pairs);
const folder = mkdtempSync(join(tmpdir(), 'whalewatch-browser-'));
const simulator = await startSimulator({
  ...{ seed: options.seed, venues, pairs, ratePerPair: options.rate, whalesPerMinute: options.whalesPerMinute },
});
const gate = await FeedGate.start(simulator.urls[GATED]?.ws ?? '');
const exchanges = venues.map((exchange) => {
  const { ws = '', rest } = simulator.urls[exchange] ?? {};
  const { protocol, host } = new URL(ws);
  return { exchange, pairs: [...pairs], wsUrl: exchange === GATED ? gate.url : `${protocol}//${host}`, restUrl: rest };
});
const config = loadConfig({
  env: {},
  overrides: {
    exchanges,
    http: { port: 0 },
    monitor: { enabled: true, port: 0 },
    log: { level: 'error' },
    store: { duckdbPath: join(folder, 'rows.duckdb'), flushMs: 200 },
    scoring: { minOrders: 20 },
    // So many that the heat map is as high as the orders are far.
    analytics: { bookTopLevels: 100 },
  },
});
const running = await startRun(config, createLogger({ level: 'error', destination: process.stderr }));

async function obey(order: DemoOrder): Promise<void> {
  if (order === 'shut') gate.shut();
  else if (order === 'open') gate.open();
  else await stop();
}

let stopping = false;

process.on('message', (order: DemoOrder) => void obey(order));
process.on('disconnect', () => void obey('stop'));
process.send?.({ url: running.liveUrl });

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await running.stop();
  await gate.stop();
  await simulator.stop();
  rmSync(folder, { recursive: true, force: true });
  process.disconnect?.();
}
