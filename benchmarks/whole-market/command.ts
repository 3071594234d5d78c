/** The options of the command, checked. */

import { parseArgs } from 'node:util';

import { isTree, type Tree } from '../../src/app/config-tree.ts';
import { BenchmarkError } from '../harness/benchmark-error.ts';

export interface CommandOptions {
  readonly times: number;
  readonly seconds: number;
  readonly pairs: number;
  readonly config: Tree;
  readonly questdbSettings: readonly string[];
  readonly profileFolder: string | null;
  readonly find: boolean;
  readonly json: boolean;
}

/** At this many pairs the snapshots fit into one minute of the venue's budget. */
const PAIRS_MAX = 240;
const FIND_SECONDS = 30;
const SECONDS = 60;

/** @throws BenchmarkError `benchmark.option` */
export function commandOptions(args: readonly string[]): CommandOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      times: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      pairs: { type: 'string', default: '200' },
      config: { type: 'string', default: '{}' },
      questdb: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
      find: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const { find, json, minutes, seconds, profile } = values;
  const standard = find ? FIND_SECONDS : SECONDS;
  return {
    times: positive('times', values.times, 1000),
    seconds:
      minutes === undefined
        ? positive('seconds', seconds ?? `${standard}`, 86_400)
        : positive('minutes', minutes, 1440) * 60,
    pairs: Math.ceil(positive('pairs', values.pairs, PAIRS_MAX)),
    config: configOf(values.config),
    questdbSettings: values.questdb.map(settingOf),
    profileFolder: profile ?? null,
    find,
    json,
  };
}

function positive(name: string, text: string, max: number): number {
  const value = Number(text);
  if (value > 0 && value <= max) return value;
  throw new BenchmarkError('benchmark.option', `--${name} is ${text}`, `Give a number above 0 and up to ${max}.`);
}

function settingOf(text: string): string {
  if (/^[\w.]+=\S+$/.test(text)) return text;
  const remedy = 'Give name=value as in its server.conf.';
  throw new BenchmarkError('benchmark.option', `--questdb is ${text}`, remedy);
}

function configOf(text: string): Tree {
  try {
    const config: unknown = JSON.parse(text);
    if (isTree(config)) return config;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  const remedy = 'Give JSON in the shape of the configuration file, e.g. {"store":{"batchRows":100000}}.';
  throw new BenchmarkError('benchmark.option', `--config is ${text}`, remedy);
}
