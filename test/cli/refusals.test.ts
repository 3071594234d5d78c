import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { aPort, runCli } from '../fixtures/live-cli.ts';

let folder = '';
let simulator: Simulator;
/** A port that is taken, and one that nobody answers on. */
let taken: Awaited<ReturnType<typeof aPort>>;
let closedPort = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whalewatch-refusals-'));
  simulator = await startSimulator({ seed: 'refusals', venues: ['binance', 'kraken'], pairs: ['BTC-USDT', 'ETH-USD'] });
  taken = await aPort();
  const closed = await aPort();
  closedPort = closed.port;
  await closed.release();
});

afterAll(async () => {
  await taken.release();
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

interface Refusal {
  readonly what: string;
  /** The configuration, as far as it is not that of a sound run on the simulator. */
  readonly config?: () => unknown;
  readonly text?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** What the message must name: field, value and way out. */
  readonly names: readonly (string | (() => string))[];
  /** The check of `doctor` that finds it beforehand. */
  readonly check: string;
}

function krakenEntry(): Record<string, unknown> {
  const { kraken } = simulator.urls;
  return { exchange: 'kraken', pairs: ['ETH-USD'], wsUrl: kraken?.ws.replace(/\/v2$/, ''), restUrl: kraken?.rest };
}

function sound(): Record<string, unknown> {
  const { binance } = simulator.urls;
  const binanceEntry = { exchange: 'binance', pairs: ['BTC-USDT'], wsUrl: binance?.ws, restUrl: binance?.rest };
  return { exchanges: [binanceEntry, krakenEntry()], http: { port: 0 }, log: { level: 'warn' } };
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'some of the roles over the embedded bus',
    config: () => ({ roles: ['ingest', 'scoring'] }),
    names: ['roles', 'embedded', 'bus.kind to nats', 'store.kind to questdb'],
    check: 'configuration',
  },
  {
    what: 'an unknown role',
    config: () => ({ roles: ['ingets'] }),
    names: ['roles[0]', '"ingets"', 'store, monitor, scoring, analytics, ingest'],
    check: 'configuration',
  },
  {
    what: 'an unknown exchange',
    config: () => ({ exchanges: [{ exchange: 'krakken', pairs: ['BTC-USD'] }] }),
    names: ['exchanges[0].exchange', '"krakken"', 'Did you mean "kraken"?'],
    check: 'configuration',
  },
  {
    what: 'an unknown pair',
    config: () => ({ exchanges: [{ ...krakenEntry(), pairs: ['ETH-USDD'] }] }),
    names: ['exchanges[kraken].pairs', 'ETH-USDD', 'did you mean ETH-USD?'],
    check: 'pairs',
  },
  {
    what: 'a number that is none',
    env: { WHALEWATCH_INGEST_SHARDS: 'many' },
    names: ['ingest.shards', 'WHALEWATCH_INGEST_SHARDS', 'many'],
    check: 'configuration',
  },
  {
    what: 'a port in use',
    config: () => ({ http: { port: taken.port } }),
    names: [() => String(taken.port), 'in use', 'http.port'],
    check: 'http port',
  },
  {
    what: 'a NATS server that is away',
    config: () => ({ bus: { kind: 'nats', servers: [`nats://127.0.0.1:${closedPort}`] } }),
    names: ['bus.servers', () => `nats://127.0.0.1:${closedPort}`, 'start nats-server'],
    check: 'bus',
  },
  {
    what: 'a QuestDB that is away',
    config: () => ({ store: { kind: 'questdb', questdbUrl: `http://127.0.0.1:${closedPort}` } }),
    names: ['store.questdbUrl', () => `http://127.0.0.1:${closedPort}`, 'Start QuestDB'],
    check: 'store',
  },
  {
    what: 'a missing configuration file',
    args: ['--config', 'nowhere.yaml'],
    names: ['nowhere.yaml', 'no such file', '--config'],
    check: 'configuration',
  },
  {
    what: 'a configuration file that is no YAML',
    text: 'exchanges: [\n  - {',
    names: ['not YAML or JSON', 'Correct the syntax'],
    check: 'configuration',
  },
];

describe.each(REFUSALS)('$what', ({ what, config, text, env = {}, args, names, check }) => {
  function argsOf(): readonly string[] {
    if (args !== undefined) return args;
    const file = join(folder, `${what.replaceAll(/\W/g, '-')}.yaml`);
    writeFileSync(file, text ?? JSON.stringify({ ...sound(), ...(config?.() as object | undefined) }));
    return ['--config', file];
  }
  const wanted = (): string[] => names.map((name) => (typeof name === 'string' ? name : name()));

  it('keeps a run from starting, with one message that says where and what to do', async () => {
    const { code, stdout, stderr } = await runCli(['run', ...argsOf()], { cwd: folder, env });
    expect([code, stdout]).toEqual([1, '']);
    for (const name of wanted()) expect(stderr).toContain(name);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr.match(/^remedy: /gm)).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at |node:internal|bug:|"level":/m);
  });

  it('is found by the doctor beforehand', async () => {
    const { code, stdout, stderr } = await runCli(['doctor', '--live', '--json', ...argsOf()], { cwd: folder, env });
    const findings = JSON.parse(stdout) as { check: string; verdict: string; detail: string; remedy?: string }[];
    const failed = findings.filter(({ verdict }) => verdict === 'fail');
    expect([code, stderr, failed.map((finding) => finding.check)]).toEqual([1, '', [check]]);
    const said = `${failed[0]?.detail} ${failed[0]?.remedy}`;
    for (const name of wanted()) expect(said).toContain(name);
  });
});

const NO_STORE = { WHALEWATCH_STORE_DUCKDB_PATH: 'none.duckdb' };

describe('an option', () => {
  it.each([
    { args: ['run', '--http-port', 'abc'], names: ['--http-port', 'abc', '0 to 65535'] },
    { args: ['replay', '--shards', '0', 'x.gz'], names: ['--shards', 'found 0', '1 to 256'] },
    { args: ['replay', 'nowhere.capture.ndjson.gz'], names: ['nowhere.capture.ndjson.gz', 'remedy: '] },
    { args: ['sql', 'DROP TABLE trades'], names: ['DROP', 'SELECT'] },
    { args: ['instruments', '--as-of', '2026-02-31'], names: ['--as-of', '2026-02-31', '2026-11-01'] },
    { args: ['frobnicate'], names: ["unknown command 'frobnicate'", 'Usage:'] },
  ])('that makes no sense is refused: $args', async ({ args, names }) => {
    const { code, stdout, stderr } = await runCli(args, { cwd: folder });
    expect([code, stdout]).toEqual([1, '']);
    for (const name of names) expect(stderr).toContain(name);
    expect(stderr).not.toMatch(/^\s+at |bug:/m);
  });

  it('whose variable is empty says nothing', async () => {
    const env = { WHALEWATCH_ROLES: '', WHALEWATCH_CONFIG: '', WHALEWATCH_JSON: '' };
    const { code, stderr } = await runCli(['sql', 'SELECT 1'], {
      cwd: folder,
      env: { ...env, WHALEWATCH_HTTP_PORT: String(closedPort), ...NO_STORE },
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('store.duckdbPath: there is no')]);
  });
});

describe('a question to the store', () => {
  it('is not answered by what happens to listen on the port of the program', async () => {
    const stranger = createServer((_, response) => response.end('{"status":"ok"}')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const env = { WHALEWATCH_HTTP_PORT: String(port), ...NO_STORE };
    const asked = await runCli(['sql', 'SELECT 1'], { cwd: folder, env });
    const none = await runCli(['sql', 'SELECT 1'], { cwd: folder, env: { ...env, WHALEWATCH_STORE_KIND: 'none' } });
    stranger.close();
    expect([asked.code, asked.stdout, asked.stderr]).toEqual([1, '', expect.stringContaining('there is no')]);
    expect([none.code, none.stdout, none.stderr]).toEqual([1, '', expect.stringContaining('store.kind is none')]);
  });
});
