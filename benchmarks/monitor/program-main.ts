/** The process under test: the whole program, every role, with its live monitor. */

import type { Running } from '../../src/app/commands/run.ts';
import { startRun } from '../../src/app/commands/run.ts';
import { loadConfig } from '../../src/app/config.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { scrapeOf } from '../whole-market/scrape.ts';
import type { Told } from './messages.ts';
import { answer } from './process.ts';

let running: Running | null = null;

answer(async (question) => {
  if (question.kind === 'start-program') {
    const config = loadConfig({
      env: {},
      overrides: {
        exchanges: question.exchanges,
        store: { kind: 'none' },
        http: { port: 0 },
        monitor: { enabled: true, port: 0 },
        log: { level: 'error' },
      },
    });
    running = await startRun(config, createLogger({ level: 'error' }));
    return running.liveUrl;
  }
  if (question.kind !== 'usage' || running === null) throw new Error(`the program has no answer to ${question.kind}`);
  return toldOf(running);
});

async function toldOf({ tree }: Running): Promise<Told> {
  const { user, system } = process.cpuUsage();
  const page = await tree.metrics();
  const scrape = scrapeOf(page);
  const sum = (name: string): number => scrape.sum(`whalewatch_${name}`);
  const usage = {
    cpuMs: (user + system) / 1000,
    frames: sum('feed_frames_total'),
    encoded: sum('monitor_encoded_messages_total'),
    sentMessages: sum('monitor_sent_messages_total'),
    sentBytes: sum('monitor_sent_bytes_total'),
    missedBatches: sum('monitor_missed_batches_total'),
    droppedClients: sum('monitor_dropped_clients_total'),
  };
  return { usage, page };
}
