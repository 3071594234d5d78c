/** `whalewatch doctor`: finds beforehand what would keep a run from working, and says what to do. */

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { wireRegistry } from '../../exchanges/registry.ts';
import { authoriserOf } from '../../exchanges/session-authorisation.ts';
import { createSystemClock } from '../../exchanges/system-clock.ts';
import { AppError } from '../../lib/app-error.ts';
import { openStore } from '../../storage/open-store.ts';
import { natsInit, storeOptions } from '../adapters.ts';
import type { CommonOptions } from '../cli.ts';
import { configOf, print, withCommonOptions } from '../cli.ts';
import type { Config } from '../config.ts';
import { bookChannel, credentialsOf, subscribedDepth } from '../config.ts';
import { listenError } from '../free-port.ts';
import { resolvePairs } from '../pairs.ts';

export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly remedy?: string;
}

interface DoctorOptions extends CommonOptions {
  readonly live?: boolean;
}

const NODE_MAJOR = 26;
/** Latencies are differences of two hosts' clocks: beyond this they say nothing. */
const CLOCK_SKEW_MS_MAX = 1000;
/** Without `--live` nobody asked for the venues, so that one that is out of reach must not hold up the answer. */
const BRIEF_TIMEOUT_MS = 4000;

export function addDoctor(program: Command): void {
  withCommonOptions(program.command('doctor').description('check configuration, servers, clocks and permissions'))
    .addOption(new Option('--live', 'also try the venues themselves').env('WHALEWATCH_LIVE'))
    .action(async (options: DoctorOptions, command: Command) => {
      const findings = await examine(command, options.live === true);
      if (options.json === true) print(JSON.stringify(findings));
      else for (const finding of findings) print(lineOf(finding));
      if (findings.some(({ verdict }) => verdict === 'fail')) process.exitCode = 1;
    });
}

async function examine(command: Command, live: boolean): Promise<Finding[]> {
  const findings: Finding[] = [checkNode()];
  let config: Config;
  try {
    config = configOf(command);
    const pairs = config.exchanges.map(
      ({ exchange, pairs: list }) => `${exchange} ${list === 'all' ? 'all' : list.length} pairs`,
    );
    findings.push({ check: 'configuration', verdict: 'ok', detail: pairs.join(', ') });
  } catch (error) {
    return [...findings, failed('configuration', error)];
  }
  findings.push(await checkPort(config), await checkBus(config), await checkStore(config), checkArchive(config));
  if (config.bus.kind === 'nats') findings.push(checkSpool(config.bus.spool.dir));
  findings.push(...(await checkPairs(config, live)));
  if (live) {
    for (const venue of config.exchanges)
      findings.push(await checkSocket(venue), ...(await checkAccount(config, venue)));
  }
  return findings;
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR) return { check: 'node', verdict: 'ok', detail: process.version };
  const remedy = 'start it as `npx whalewatch`, after `npm ci --include=optional`';
  return { check: 'node', verdict: 'fail', detail: `${process.version}, needed is ${NODE_MAJOR}`, remedy };
}

async function checkPort({ http }: Config): Promise<Finding> {
  const detail = `${http.host}:${http.port}`;
  const error = await listenError(http);
  if (error === null) return { check: 'http port', verdict: 'ok', detail };
  const taken = error.code === 'EADDRINUSE';
  return {
    check: 'http port',
    verdict: 'fail',
    detail: taken
      ? `http.port: ${detail} is in use`
      : `http.host, http.port: cannot listen on ${detail}: ${String(error)}`,
    remedy: taken
      ? 'set http.port (or --http-port) to a free one, or stop what listens there'
      : 'set http.host to an address of this machine',
  };
}

async function checkBus(config: Config): Promise<Finding> {
  const topology = { partitions: 1, ingestShards: 1, scoringShards: 1, store: false };
  const init = natsInit(config, topology, '');
  if (init === null) return { check: 'bus', verdict: 'ok', detail: 'embedded, nothing to reach' };
  try {
    const { openNats } = await import('../threads/nats-init.ts');
    const bus = await openNats(init);
    await bus.close();
    return { check: 'bus', verdict: 'ok', detail: `JetStream answers at ${config.bus.servers.join(', ')}` };
  } catch (error) {
    return failed('bus', error, 'bus.servers');
  }
}

async function checkStore(config: Config): Promise<Finding> {
  const { store } = config;
  const options = storeOptions(config, { ttl: false });
  if (options === null) return { check: 'store', verdict: 'warn', detail: 'store.kind is none: no rows are kept' };
  try {
    if (options.kind === 'duckdb') requireWritable('store.duckdbPath', dirname(resolve(options.path)));
    const opened = await openStore(options);
    try {
      if (options.kind === 'questdb')
        return await checkClock(async () => (await opened.query('SELECT now()')).rows[0]?.[0]);
      return { check: 'store', verdict: 'ok', detail: `${options.path} opens` };
    } finally {
      await opened.close();
    }
  } catch (error) {
    return failed('store', error, store.kind === 'questdb' ? 'store.questdbUrl' : 'store.duckdbPath');
  }
}

async function checkClock(now: () => Promise<unknown>): Promise<Finding> {
  const skewMs = Math.abs(Date.parse(String(await now())) - Date.now());
  if (skewMs <= CLOCK_SKEW_MS_MAX)
    return { check: 'store', verdict: 'ok', detail: `QuestDB answers, its clock is ${Math.round(skewMs)} ms off` };
  return {
    check: 'store',
    verdict: 'warn',
    detail: `QuestDB answers, but its clock differs from this host's by ${Math.round(skewMs)} ms`,
    remedy: 'run a time service (chrony, systemd-timesyncd) on both hosts: latencies are differences of clocks',
  };
}

function checkArchive({ archive }: Config): Finding {
  if (archive.dir === null) return { check: 'archive', verdict: 'ok', detail: 'off (archive.dir is null)' };
  try {
    requireWritable('archive.dir', resolve(archive.dir));
    return { check: 'archive', verdict: 'ok', detail: `${archive.dir} can be written` };
  } catch (error) {
    return failed('archive', error);
  }
}

function checkSpool(dir: string | null): Finding {
  if (dir === null) return { check: 'spool', verdict: 'ok', detail: 'off (bus.spool.dir is null)' };
  try {
    requireWritable('bus.spool.dir', resolve(dir));
    return { check: 'spool', verdict: 'ok', detail: `${dir} can be written` };
  } catch (error) {
    return failed('spool', error);
  }
}

/** @throws AppError naming the field, where the directory cannot be made or written */
function requireWritable(field: string, directory: string): void {
  try {
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new AppError('doctor.not-writable', `${field}: ${directory} cannot be written: ${String(error)}`, {
      remedy: 'name another directory, or give this user the right to write there',
    });
  }
}

/** Asks each venue for its instruments. One that cannot be asked fails only a live examination. */
async function checkPairs(config: Config, live: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    for (const { config: venue, listed, resting, pairs } of await resolvePairs(
      config,
      live ? undefined : BRIEF_TIMEOUT_MS,
    )) {
      const check = `${venue.exchange} pairs`;
      if (typeof listed === 'string')
        findings.push(
          live
            ? { check, verdict: 'fail', detail: listed, remedy: reachRemedy(venue.exchange) }
            : { check, verdict: 'warn', detail: `could not be checked: ${listed}`, remedy: 'try `doctor --live`' },
        );
      else if (resting.length > 0)
        findings.push({ check, verdict: 'warn', detail: `not traded now: ${resting.join(', ')}` });
      else findings.push({ check, verdict: 'ok', detail: `lists all ${pairs.length} pairs` });
    }
  } catch (error) {
    findings.push(failed('pairs', error));
  }
  return findings;
}

/** Whether a venue whose channel wants an account takes the credentials, as far as that can be told without subscribing. */
async function checkAccount(config: Config, venue: Config['exchanges'][number]): Promise<Finding[]> {
  const { exchange } = venue;
  const wire = wireRegistry.live(exchange, bookChannel(venue));
  const credentials = credentialsOf(config, exchange);
  if (wire?.authentication === undefined || credentials === null) return [];
  const check = `${exchange} account`;
  const { authentication } = wire;
  const clock = createSystemClock();
  if (authentication.tokenRequest(credentials, clock.nowUs()) === null) {
    return [
      { check, verdict: 'ok', detail: `credentials.${exchange} are there; the venue judges them at a subscription` },
    ];
  }
  const restUrl = venue.restUrl ?? wire.endpoints.rest;
  try {
    await authoriserOf({ authentication, credentials, restUrl, clock })();
    return [{ check, verdict: 'ok', detail: `${restUrl} takes credentials.${exchange}` }];
  } catch (error) {
    return [failed(check, error, `credentials.${exchange}`)];
  }
}

async function checkSocket(venue: Config['exchanges'][number]): Promise<Finding> {
  const { exchange } = venue;
  const channel = bookChannel(venue);
  const wire = wireRegistry.live(exchange, channel);
  const check = `${exchange} socket`;
  const subscription = { venueSymbols: [], bookDepth: subscribedDepth(venue), audit: false };
  const url = `${(venue.wsUrl ?? wire?.endpoints.ws ?? '').replace(/\/$/, '')}${wire?.connectPath(subscription) ?? ''}`;
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    const timer = setTimeout(
      () => finish({ check, verdict: 'fail', detail: `${url} did not open in 10 s`, remedy: reachRemedy(exchange) }),
      10_000,
    );
    const finish = (finding: Finding): void => {
      clearTimeout(timer);
      socket.close();
      resolve(finding);
    };
    socket.addEventListener('open', () =>
      finish({ check, verdict: 'ok', detail: `${url} opens${channel === 'orders' ? ', for single orders' : ''}` }),
    );
    socket.addEventListener('error', () =>
      finish({ check, verdict: 'fail', detail: `${url} refuses`, remedy: reachRemedy(exchange) }),
    );
  });
}

function reachRemedy(exchange: string): string {
  return `check the network, a firewall or a proxy; exchanges[${exchange}].wsUrl and .restUrl name other addresses`;
}

function failed(check: string, error: unknown, field?: string): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const detail = field === undefined || message.includes(field) ? message : `${field}: ${message}`;
  const remedy = error instanceof AppError ? error.remedy : undefined;
  return { check, verdict: 'fail', detail, ...(remedy === undefined ? {} : { remedy }) };
}

function lineOf({ check, verdict, detail, remedy }: Finding): string {
  const mark = { ok: '  ok ', warn: 'warn ', fail: 'FAIL ' }[verdict];
  return `${mark} ${check.padEnd(16)} ${detail}${remedy === undefined ? '' : `\n      ${' '.repeat(17)}→ ${remedy}`}`;
}
