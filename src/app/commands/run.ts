/** `whalewatch run`: watches the configured pairs live, every role in one process or some of them. */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Monitor } from '../../monitor/server.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { modelChoice } from '../adapters.ts';
import type { CommonOptions } from '../cli.ts';
import { configOf, integerOption, loggerOf, version, withCommonOptions } from '../cli.ts';
import type { Config } from '../config.ts';
import { redact, ROLES } from '../config.ts';
import { withField } from '../server-field.ts';
import { untilSignal } from '../signals.ts';
import type { ThreadFiles } from '../thread-files.ts';
import type { Tree } from '../tree.ts';

interface RunOptions extends CommonOptions {
  readonly httpPort?: number;
  readonly roles?: readonly string[];
}

export function addRun(program: Command): void {
  withCommonOptions(program.command('run').description('watch the configured pairs live'))
    .addOption(
      new Option('--http-port <port>', 'port of metrics, health and status; 0 takes any free one')
        .env('WHALEWATCH_HTTP_PORT')
        .argParser(integerOption('--http-port', 0, 65_535)),
    )
    .addOption(
      new Option('--roles <list>', `what this process does, of ${ROLES.join(',')}; default all`)
        .env('WHALEWATCH_ROLES')
        .argParser((text) => text.split(',').map((role) => role.trim())),
    )
    .action(async (options: RunOptions, command: Command) => {
      const { httpPort, roles } = options;
      const config = configOf(command, {
        ...(httpPort === undefined ? {} : { http: { port: httpPort } }),
        ...(roles === undefined ? {} : { roles }),
      });
      const log = loggerOf(config);
      const running = await startRun(config, log);
      log.info({ url: running.monitor.url, live: running.liveUrl, config: redact(config) }, 'running');
      const signal = await untilSignal();
      log.info({ signal }, 'stopping');
      await running.stop();
      log.info('stopped');
    });
}

export interface Running {
  readonly tree: Tree;
  readonly monitor: Monitor;
  /** Where the live monitor answers; null where it is not enabled. */
  readonly liveUrl: string | null;
  /** Drains and stops everything. */
  stop(): Promise<void>;
}

/**
 * Starts a live run and its monitor.
 * @param threadFiles what threads run instead of the roles' own files
 * @throws AppError with field and remedy where the configuration, a server or a port does not do
 */
export async function startRun(config: Config, log: Logger, threadFiles?: ThreadFiles): Promise<Running> {
  // Loaded here: help, and a configuration that is refused, do not wait for it.
  const [{ chooseSizeModels }, { resolvePairs }, { Tree: LiveTree }, { startMonitor }] = await Promise.all([
    import('../size-model-choice.ts'),
    import('../pairs.ts'),
    import('../tree.ts'),
    import('../../monitor/server.ts'),
  ]);
  // What is wrong with a model is said before anything starts.
  await chooseSizeModels(modelChoice(config));
  if (config.store.kind === 'duckdb') mkdirSync(dirname(config.store.duckdbPath), { recursive: true });
  // Who neither watches pairs, nor keeps lists of them, nor shows them need not reach the venues.
  const needsVenues = config.roles.some((role) => role !== 'scoring' && role !== 'analytics');
  const venues = needsVenues ? await resolvePairs(config) : [];
  for (const { config: venue, listed, resting } of venues) {
    const { exchange } = venue;
    if (typeof listed === 'string')
      log.warn({ exchange, reason: listed }, 'pairs could not be checked against the venue');
    if (resting.length > 0) log.warn({ exchange, pairs: resting }, 'pairs are listed but not traded now');
  }
  const tree = new LiveTree({
    config,
    venues,
    log,
    version: version(),
    ...(threadFiles === undefined ? {} : { threadFiles }),
  });
  // The port first: it is the cheapest thing that may fail.
  const monitor = await startMonitor({ source: tree, log, ...config.http });
  try {
    await tree.start();
  } catch (error) {
    await monitor.close();
    throw withField(error, config);
  }
  return {
    tree,
    monitor,
    get liveUrl() {
      return tree.liveUrl;
    },
    async stop() {
      await tree.stop();
      await monitor.close();
    },
  };
}
