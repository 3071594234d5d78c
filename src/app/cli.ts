/** What all commands share: options, configuration, how errors and results are shown. */

import type { Command } from 'commander';
import { Option } from 'commander';
import { readFileSync } from 'node:fs';
import { AppError } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createLogger } from '../telemetry/logger.ts';
import type { Config, ConfigOverrides } from './config.ts';
import { loadConfig } from './config.ts';

/** Read by the tests' own helpers, and inherited by the commands that tests start. */
const TEST_ENV = [
  'TEST_NATS_URL',
  'TEST_QUESTDB_URL',
  'TEST_PROMETHEUS',
  'TEST_PROMTOOL',
  'TEST_SERVICES',
  'TEST_CHAOS',
  'DATA_DIR',
].map((name) => `WHALEWATCH_${name}`);

export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** The options that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .addOption(new Option('--config <file>', 'configuration file (YAML or JSON)').env('WHALEWATCH_CONFIG'))
    .addOption(new Option('--json', 'print results as JSON').env('WHALEWATCH_JSON'));
}

/**
 * The configuration of a command, once its options are parsed. Variables of its own options are no fields; those of
 * another command's options mean nothing here, and are refused like any unknown one.
 * @throws AppError `config.invalid` with all problems
 */
export function configOf(command: Command, overrides: ConfigOverrides = {}): Config {
  const { config: file } = command.opts<CommonOptions>();
  return loadConfig({
    ...(file === undefined ? {} : { file }),
    env: process.env,
    ownedEnv: [...TEST_ENV, ...command.options.flatMap(({ envVar }) => envVar ?? [])],
    overrides,
  });
}

export function loggerOf(config: Config): Logger {
  return createLogger({ level: config.log.level, pretty: config.log.pretty });
}

export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Results go to stdout, and nothing else does. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Words for people go to stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** An integer option within a range. @throws AppError naming the option */
export function integerOption(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new AppError('option.invalid', `${name}: found ${text}, allowed is a whole number from ${min} to ${max}`);
    }
    return value;
  };
}

/** Shows an error: expected trouble in its own words with its remedy, a bug with its stack. */
export function showError(error: unknown): void {
  if (error instanceof AppError) {
    say(`error: ${error.message}`);
    if (error.remedy !== undefined) say(`remedy: ${error.remedy}`);
    return;
  }
  say(`bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}
